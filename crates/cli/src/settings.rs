//! `daedal.toml`: what a studio is set to.

mod hushed;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use alloy_primitives::Address;
use config::{Config, Environment, File, FileFormat};
use daedal_core::UsdMicros;
use daedal_core::process::units::parse_usd;
use daedal_core::process::{Mistake, Mistakes, Span};
use daedal_providers::comfyui::ComfySettings;
use daedal_providers::diffusion::PainterSettings;
use daedal_providers::http::HttpSettings;
use daedal_providers::llm::ModelSettings;
use daedal_providers::secrets::SecretSettings;
use daedal_providers::speech::SpeakerSettings;
use serde::Deserialize;

use crate::failure::Failure;
use hushed::Hushed;

/// Name of the settings file; the directory that holds it is a studio.
pub(crate) const SETTINGS_FILE: &str = "daedal.toml";

/// What version control leaves out of a new studio: keys above all.
pub(crate) const IGNORED_NEW: &str = ".daedal/\nout/\nsite/\n";

/// What a new studio's file says.
pub(crate) const SETTINGS_NEW: &str = "\
# A Daedal studio. Every setting is optional; a variable such as DAEDAL__SITE__URL overrides it.

[studio]
# name = \"Night Press\"          # who signs: shown in credentials and on the site

[run]
# jobs = 4                      # tasks at once; the machine's cores by default
# compute = \"0.60 USD\"          # what an hour of a task costs here: counts in costs and budgets
# day_max = \"5 USD\"             # the most that models may cost in a day
# studio_max = \"100 USD\"        # the most that they may cost in all

[site]
# dir = \"site\"                  # where the gallery is written
# url = \"https://example.org\"   # where it is served; absolute links in feeds need it

[account]
# password_file = \"…\"           # for unattended use; keep it out of version control
# certificate = \"chain.pem\"     # a certificate chain of your own (leaf first) and its key
# key = \"key.pem\"
# sign = true                   # sign what you set by hand at `daedal run`

[chain]                         # in the studio itself, unless an address is set
# rpc = \"https://…\"             # JSON-RPC of any EVM chain
# chain_id = 8453               # the chain that it has to be
# timeout_s = 30                # how long a node may take for one answer
# confirmations = 3             # blocks on a transaction before it counts; 1 on a node of this machine
# max_fee = \"2.5 gwei\"          # most that a unit of gas may cost
# registry = \"0x…\"              # contracts there; `daedal chain deploy` prints them all

# What engines that call out may use: docs/providers.md tells all of it.
# [secrets.openai]
# env = \"OPENAI_API_KEY\"         # the environment variable that holds it

# [llm.writer]                  # steps say `model: writer`
# kind = \"openai\"               # or anthropic, gemini, ollama
# model = \"gpt-5-mini\"
# key = \"openai\"                # the name of a secret

# [comfyui]                     # a ComfyUI server, for steps that use it
# url = \"http://127.0.0.1:8188\"

# [diffusion.ink]               # steps of the engine diffusion say `model: ink`
# kind = \"a1111\"              # or openai, comfyui, replicate, local
# url = \"http://127.0.0.1:7860\"

# [speech.narrator]             # steps of the engine speech say `voice: narrator`
# kind = \"openai\"
# model = \"tts-1\"
# voice = \"onyx\"
# key = \"openai\"
# price = \"15 USD\"            # of a million characters

[tend]                          # what `daedal tend` does by itself
# processes = [\"almanac\"]       # whose `schedule:` it follows
# zone = \"Europe/Oslo\"          # by which clocks; UTC by default
# day_max = \"3 USD\"             # the most that its runs may cost in a day (UTC)
# failures_max = 3              # a process that fails so often in a row is stopped
# webhook = \"https://…\"         # who is told, signed with `webhook_secret`, the name of a secret
";

/// What a studio is set to.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Settings {
    pub(crate) studio: StudioSettings,
    pub(crate) run: RunSettings,
    pub(crate) site: SiteSettings,
    pub(crate) account: AccountSettings,
    pub(crate) chain: ChainSettings,
    pub(crate) http: HttpSettings,
    pub(crate) secrets: BTreeMap<String, SecretSettings>,
    pub(crate) llm: BTreeMap<String, ModelSettings>,
    pub(crate) comfyui: ComfySettings,
    pub(crate) diffusion: BTreeMap<String, PainterSettings>,
    pub(crate) tend: TendSettings,
    pub(crate) speech: BTreeMap<String, SpeakerSettings>,
}

/// Who the studio is.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct StudioSettings {
    /// Who signs.
    pub(crate) name: Option<String>,
}

/// How runs are carried out.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct RunSettings {
    /// Tasks at once.
    pub(crate) jobs: Option<std::num::NonZero<usize>>,
    /// What an hour of a task costs on this machine, such as `0.60 USD`.
    pub(crate) compute: Option<String>,
    /// The most that models may cost in a day, such as `5 USD`.
    pub(crate) day_max: Option<String>,
    /// The most that models may cost in all, such as `100 USD`.
    pub(crate) studio_max: Option<String>,
}

impl RunSettings {
    /// What an hour of a task costs; nothing unless it is set.
    pub(crate) fn rate(&self) -> Result<UsdMicros, Failure> {
        let help = "write what an hour of a task costs here, such as \"0.60 USD\"";
        Ok(price("run", "compute", self.compute.as_deref(), help)?.unwrap_or_default())
    }

    /// The most that models may cost in a day, where that is set.
    pub(crate) fn day_max(&self) -> Result<Option<UsdMicros>, Failure> {
        let help = "write the most that models may cost in a day, such as \"5 USD\"";
        price("run", "day_max", self.day_max.as_deref(), help)
    }

    /// The most that models may cost in all, where that is set.
    pub(crate) fn studio_max(&self) -> Result<Option<UsdMicros>, Failure> {
        let help = "write the most that models may cost in this studio in all, such as \"100 USD\"";
        price("run", "studio_max", self.studio_max.as_deref(), help)
    }
}

/// A price of a section.
fn price(
    section: &str,
    name: &str,
    text: Option<&str>,
    help: &str,
) -> Result<Option<UsdMicros>, Failure> {
    let read = |text| {
        parse_usd(text).ok_or_else(|| {
            let what = format!("`{name}` under [{section}] is `{text}`, which is no price");
            Failure::new(what).help(help)
        })
    };
    text.map(read).transpose()
}

/// What `daedal tend` does.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct TendSettings {
    /// Processes whose schedule is followed, relative to the studio.
    pub(crate) processes: Vec<PathBuf>,
    /// The IANA time zone of schedules that name none.
    pub(crate) zone: Option<String>,
    /// The most that their runs may cost in a day, such as `3 USD`.
    pub(crate) day_max: Option<String>,
    /// Failures in a row after which a process is stopped.
    pub(crate) failures_max: Option<std::num::NonZero<u32>>,
    /// Who is told what happens.
    pub(crate) webhook: Option<String>,
    /// Name of the secret that signs what they are told.
    pub(crate) webhook_secret: Option<String>,
}

impl TendSettings {
    /// The most that runs which begin by themselves may cost in a day, where that is set.
    pub(crate) fn day_max(&self) -> Result<Option<UsdMicros>, Failure> {
        let help = "write the most that runs which begin by themselves may cost in a day, such as \"3 USD\"";
        price("tend", "day_max", self.day_max.as_deref(), help)
    }

    /// The time zone of schedules that name none.
    pub(crate) fn zone(&self) -> &str {
        self.zone.as_deref().unwrap_or("UTC")
    }
}

/// The gallery.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct SiteSettings {
    /// Where it is written, relative to the studio.
    pub(crate) dir: Option<PathBuf>,
    /// Where it is served.
    pub(crate) url: Option<String>,
}

/// The studio's keys.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct AccountSettings {
    /// File whose first line is the password, relative to the studio.
    pub(crate) password_file: Option<PathBuf>,
    /// Certificate chain of one's own, relative to the studio.
    pub(crate) certificate: Option<PathBuf>,
    /// Its private key.
    pub(crate) key: Option<PathBuf>,
    /// Whether what a person sets by hand for a run is signed, where there are keys and a password.
    pub(crate) sign: Option<bool>,
}

/// The chain.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ChainSettings {
    /// Address of the JSON-RPC of a chain; the embedded one if absent.
    pub(crate) rpc: Option<String>,
    /// The chain that it has to be.
    pub(crate) chain_id: Option<u64>,
    /// The registry of works.
    pub(crate) registry: Option<Address>,
    /// The contract of anchors.
    pub(crate) anchor: Option<Address>,
    /// The contract of editions.
    pub(crate) editions: Option<Address>,
    /// The stablecoin of new works.
    pub(crate) asset: Option<Address>,
    /// The contract of treasuries and offerings.
    pub(crate) capital: Option<Address>,
    /// The market.
    pub(crate) market: Option<Address>,
    /// The escrow of paid runs.
    pub(crate) commissions: Option<Address>,
    /// The maker of governors and collectives.
    pub(crate) governance: Option<Address>,
    /// Who holds what a process gives to its treasury; the studio's account if absent.
    pub(crate) treasury: Option<Address>,
    /// Seconds that a node may take for one answer.
    pub(crate) timeout_s: Option<u64>,
    /// Blocks that have to stand on a transaction, its own counted.
    pub(crate) confirmations: Option<u64>,
    /// Most that a unit of gas may cost, such as `2.5 gwei`.
    pub(crate) max_fee: Option<String>,
}

/// The sections of the file, to refuse others; the environment may hold other names.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)] // Only its shape matters.
struct Strict {
    studio: Option<StudioSettings>,
    run: Option<RunSettings>,
    site: Option<SiteSettings>,
    account: Option<AccountSettings>,
    chain: Option<ChainSettings>,
    http: Option<HttpSettings>,
    secrets: Option<BTreeMap<String, SecretSettings>>,
    llm: Option<BTreeMap<String, ModelSettings>>,
    comfyui: Option<ComfySettings>,
    diffusion: Option<BTreeMap<String, PainterSettings>>,
    tend: Option<TendSettings>,
    speech: Option<BTreeMap<String, SpeakerSettings>>,
}

impl Settings {
    /// Reads the file of the studio at `root` and the environment over it.
    pub(crate) fn read(root: &Path) -> Result<Self, Failure> {
        let path = root.join(SETTINGS_FILE);
        let text = std::fs::read_to_string(&path).map_err(|error| {
            Failure::because(format!("{} can't be read", path.display()), &error)
        })?;
        toml::from_str::<Strict>(&text).map_err(|error| mistake(&path, &text, &error))?;
        Config::builder()
            .add_source(File::from_str(&text, FileFormat::Toml))
            .add_source(
                Environment::with_prefix("DAEDAL")
                    .separator("__")
                    .try_parsing(true),
            )
            .build()
            .and_then(Config::try_deserialize::<Self>)
            .map_err(|error| {
                Failure::because("a variable DAEDAL__… can't be used", &error)
                    .help("they are called like DAEDAL__SITE__URL, for `url` under [site]")
            })
    }
}

/// What is wrong with the file, and where.
fn mistake(path: &Path, text: &str, error: &toml::de::Error) -> Failure {
    let range = error.span().unwrap_or_default();
    let span = Span {
        start: range.start,
        length: range.len(),
    };
    let hushed = Hushed::of(text);
    let mistake = Mistake::new(span, hushed.message(error.message()));
    Mistakes::new(&path.display().to_string(), &hushed.text, vec![mistake]).into()
}
