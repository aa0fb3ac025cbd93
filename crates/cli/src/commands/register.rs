//! `daedal register`

use std::path::PathBuf;

use daedal_chain::operations::Operator;
use daedal_channels::site;
use daedal_core::bundle::LOCK_FILE;
use daedal_core::plan::Planned;
use daedal_store::Studio;
use serde_json::{Value, json};

use super::Common;
use crate::assemble;
use crate::chain::{self, Known, Overrides};
use crate::failure::Failure;
use crate::home::{Home, block_on, remembered};
use crate::process::Loaded;
use crate::text::quoted;
use crate::ui::Ui;
use crate::{keys, runs};

/// Registers a process as a token, and splits its shares as its `token:` says. Asking twice for the same
/// is asking once.
#[derive(Debug, clap::Args)]
pub(crate) struct Register {
    /// Directory of the process, or its process file
    #[arg(default_value = ".")]
    process: PathBuf,
    #[command(flatten)]
    overrides: Overrides,
}

/// A process that is a work now.
pub(crate) struct Registered {
    pub(crate) known: Known,
    /// The version that its files are.
    pub(crate) version: u64,
    /// Whether it was before.
    pub(crate) before: bool,
    /// Holders and parts; none when it was registered before.
    pub(crate) holders: Vec<(String, String)>,
}

impl Register {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        let engines = assemble::engines();
        let Loaded { planned, files } = Loaded::open(&self.process, &engines)?;
        require_lock(&planned, &self.process.display().to_string())?;
        let home = Home::find_or_make(common, files.root(), ui)?;
        // Before the studio is locked: nobody else must wait while a password is typed.
        let person = keys::person(&home, common, ui)?;
        block_on(async {
            let command = format!("daedal register {}", planned.plan.process);
            let studio = home.open_to_write(&command).await?;
            let client = chain::reach(&home, &command).await?;
            let operator = chain::operator(&home, &studio, client, person).await?;
            let done = register(&home, &studio, &operator, &planned, &self.overrides).await?;
            studio.close().await.map_err(|error| remembered(&error))?;
            let value = to_json(&planned, &done);
            ui.result(&value, &told(&planned, &done));
            Ok(0)
        })
    }
}

/// Registration binds a process to the versions of its engines.
pub(crate) fn require_lock(planned: &Planned, place: &str) -> Result<(), Failure> {
    if planned.bundle.files.contains_key(LOCK_FILE) {
        return Ok(());
    }
    Err(Failure::new(format!(
        "{} has no {LOCK_FILE}, so that its versions would not say which engines they mean",
        planned.plan.process
    ))
    .help(format!("pin them first: daedal lock {}", quoted(place))))
}

/// Registers a process, unless that has been done.
pub(crate) async fn register(
    home: &Home,
    studio: &Studio,
    operator: &Operator,
    planned: &Planned,
    overrides: &Overrides,
) -> Result<Registered, Failure> {
    let reads = operator.reads();
    let name = &planned.plan.process;
    let bundle = planned.bundle.digest();
    if let Some(known) = chain::known(studio, reads, name).await? {
        let version = reads.version_of(known.work, bundle).await;
        let Some(version) = version.map_err(chain::refused)? else {
            return Err(Failure::new(format!(
                "{name} is registered already, as work {}, with other files than these",
                known.work
            ))
            .help("make these its next version: daedal publish PROCESS"));
        };
        return Ok(Registered {
            known,
            version,
            before: true,
            holders: Vec::new(),
        });
    }
    runs::keep_bundle(studio, planned).await?;
    let uri = site::work_uri(home.settings.site.url.as_deref(), name, 1);
    let registration = chain::registration(
        planned,
        overrides,
        operator.account(),
        home.settings.chain.treasury,
        reads,
        uri,
    )?;
    let key = format!("register:{bundle}");
    let registered = operator
        .register(&key, &registration)
        .await
        .map_err(chain::refused)?;
    Ok(Registered {
        known: chain::remember(studio, reads, name, &registered).await?,
        version: 1,
        before: registered.transaction.is_none(),
        holders: chain::holders_told(&registration),
    })
}

fn told(planned: &Planned, done: &Registered) -> String {
    let Known {
        chain,
        registry,
        work,
        shares,
    } = done.known;
    let news = if done.before {
        "is registered already, as"
    } else {
        "is registered as"
    };
    let mut text = format!(
        "{} {news} work {work}, version {}\n  token    {}\n  shares   {shares}\n",
        planned.plan.process,
        done.version,
        chain::caip19(chain, registry, work),
    );
    if done.before {
        text.push_str("  holders, royalty and upstream works stand as they were registered\n");
    }
    for (holder, part) in &done.holders {
        text.push_str(&format!("  holder   {holder}  {part}\n"));
    }
    text.push_str(
        "what its runs make can be released with an anchor and as editions: daedal release RUN\n",
    );
    text
}

/// The same for programs.
pub(crate) fn to_json(planned: &Planned, done: &Registered) -> Value {
    let known = &done.known;
    let holders: Vec<Value> = done
        .holders
        .iter()
        .map(|(holder, part)| json!({ "address": holder, "part": part }))
        .collect();
    json!({
        "process": planned.plan.process,
        "bundle": planned.bundle.digest(),
        "work": known.work,
        "version": done.version,
        "chain": known.chain,
        "token": chain::caip19(known.chain, known.registry, known.work),
        "shares": known.shares,
        "holders": holders,
        "registered_before": done.before,
    })
}
