//! `daedal demo`

use std::path::{Path, PathBuf};
use std::time::Instant;

use alloy_primitives::U256;
use daedal_chain::operations::Holder;
use daedal_provenance::{Keys, Password};
use serde_json::json;

use super::Common;
use super::register::{Registered, register, to_json};
use crate::assemble;
use crate::chain::{self, Overrides, Wish};
use crate::examples;
use crate::failure::Failure;
use crate::hint;
use crate::home::{Home, block_on, remembered};
use crate::keys;
use crate::material::Subject;
use crate::process::{Loaded, write_lock};
use crate::progress::Show;
use crate::release::{self, Released, Signing, release};
use crate::runs::{self, Carrier, Dials, Telling, code_of, find};
use crate::settings::SETTINGS_FILE;
use crate::text;
use crate::ui::Ui;
use crate::verify;

/// The example that the demo runs.
const EXAMPLE: &str = "tidal-almanac";
/// The password file of the demo's studio, relative to it.
const PASSWORD_FILE: &str = ".daedal/password";

/// What to do when the run did not come to its end.
const AGAIN: &str = "help: run the same command again: it goes on from here, and what was done is not done again. On a \
                     busy machine a step may just have had too little time";

/// Makes a studio, runs an example, publishes and verifies it.
#[derive(Debug, clap::Args)]
pub(crate) struct Demo {
    /// Where the demo's studio is made
    #[arg(long, default_value = "daedal-demo")]
    dir: PathBuf,
}

impl Demo {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        let start = Instant::now();
        let common_password = common.password_file.is_some();
        make_studio(&self.dir)?;
        let place = std::fs::canonicalize(&self.dir)
            .map_err(|error| Failure::because("the demo's studio can't be found", &error))?;
        let home = Home::at(place)?;
        let engines = assemble::engines();
        let holders = holders(&home)?;
        write_lock(&home.root.join(EXAMPLE))?;
        let loaded = Loaded::open(&home.root.join(EXAMPLE), &engines)?;
        let planned = loaded.planned;
        block_on(async {
            let studio = home.open_to_write("daedal demo").await?;
            let mut begun = runs::begin(
                &home,
                &studio,
                &planned,
                &engines,
                &Dials::default(),
                None,
                ui,
            )
            .await?;
            // Asked a second time, the demo shows what it has made.
            let known = begun.done_before().cloned();
            let ran_before = known.is_some();
            begun.spec = known.unwrap_or(begun.spec);
            let run = begun.spec.id();
            let carrier = Carrier::start(
                &studio,
                engines.clone(),
                home.jobs(None),
                home.settings.run.rate()?,
            );
            let report = carrier
                .carry(&home, &planned.plan, begun, Show::People, ui)
                .await?;
            let code = code_of(&report.status);
            if code != 0 {
                let plan = &planned.plan;
                let telling = Telling::default();
                let code = runs::conclude(&home, &studio, plan, &report, ui, telling)?;
                ui.note(AGAIN);
                return Ok(code);
            }
            let summary = find(&studio, &run.to_string()).await?;
            // The demo has a password of its own, whatever the user's is.
            let common = Common {
                password_file: None,
                ..common.clone()
            };
            let signing = Signing::new(&home, &common, ui);
            // The chain begins with the account: it has to be there first.
            let person = signing.person()?;
            let client = chain::reach(&home, "daedal demo").await?;
            let reads = chain::ledgers_if_any(&home, &studio, &client).await?;
            let operator = chain::operator(&home, &studio, client, reads, person).await?;
            let overrides = Overrides {
                holders: holders.clone(),
                ..Overrides::default()
            };
            let subject = Subject::of(planned);
            let wish = Wish::read(&subject, &overrides)?;
            let work = register(&home, &studio, &operator, &subject, &wish, None).await?;
            let holding = operator.reads().holders(work.known.work).await;
            let shareholders = holding.map_err(chain::refused)?;
            // The release opens the chain for itself.
            drop(operator);
            let sealed_before = !release::takes_the_key(&home, &studio, &summary, true).await?;
            let runs = std::slice::from_ref(&summary);
            let released = release(&home, &studio, &engines, runs, &signing, true).await?;
            let released = released
                .into_iter()
                .next()
                .ok_or_else(|| Failure::bug("nothing was released"))?;
            studio.close().await.map_err(|error| remembered(&error))?;
            let files = published_files(&home, &released);
            let mut worst = 0;
            let mut verdicts = Vec::new();
            for file in &files {
                let verdict = verify::file(file, Some(&home))?;
                worst = verify::worse(worst, verdict.exit.code());
                verdicts.push(json!({ "file": file, "verdict": verdict }));
            }
            let elapsed = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
            let site = home.site().join("index.html");
            let value = json!({
                "studio": home.root, "run": run, "registered": to_json(&subject, &work), "released": super::release::to_json(&released),
                "site": site, "verdicts": verdicts, "elapsed_ms": elapsed,
                "ran_before": ran_before, "sealed_before": sealed_before,
            });
            let done = Done {
                report: (!ran_before).then_some(&report),
                sealed_before,
                released: &released,
                work: &work,
                shareholders: &shareholders,
                files: &files,
                worst,
                elapsed_ms: elapsed,
            };
            let mut text = screen(&home, &done);
            if common_password {
                text.push_str(&password_told(&home));
            }
            ui.result(&value, &text);
            Ok(worst)
        })
    }
}

/// The holders of the demo's work: its creator, and two accounts that the demo makes for those who drew and
/// wrote with them.
fn holders(home: &Home) -> Result<Vec<String>, Failure> {
    let password = std::fs::read_to_string(home.root.join(PASSWORD_FILE))
        .map_err(|error| Failure::because("the demo's password can't be read", &error))?;
    let password = Password::new(password.trim().to_owned());
    let mut holders = vec!["creator=70%".to_owned()];
    for (name, part) in [("Illustrator", "20%"), ("Typographer", "10%")] {
        let place = home
            .root
            .join(daedal_store::embedded::FOLDER)
            .join("holders")
            .join(name.to_lowercase());
        let keys = Keys::at(place);
        let account = match keys.exist() {
            true => keys.account(),
            false => keys.make(&password, name, text::now().0),
        };
        let account = account.map_err(|error| keys::refused(&error))?;
        holders.push(format!("{}={part}", account.address.to_checksum(None)));
    }
    Ok(holders)
}

/// Makes the demo's studio, or finds it.
fn make_studio(dir: &Path) -> Result<(), Failure> {
    let settings = format!(
        "[studio]\nname = \"Daedal demo\"\n\n[account]\n# Made by the demo: a studio of yours asks \
         for a password instead.\npassword_file = \"{PASSWORD_FILE}\"\n"
    );
    // The settings are written last: without them a demo was interrupted, and is begun again.
    let is_ours = || {
        std::fs::read_dir(dir).is_ok_and(|entries| {
            entries.flatten().all(|entry| {
                let name = entry.file_name();
                name == EXAMPLE || name == daedal_store::embedded::FOLDER
            })
        })
    };
    if dir.join(EXAMPLE).is_dir() && dir.join(SETTINGS_FILE).is_file() {
        return Ok(());
    }
    if dir.exists() && !is_ours() {
        return Err(
            Failure::new(format!("{} is there and is no demo", dir.display()))
                .help("name another directory: daedal demo --dir DIR"),
        );
    }
    let failed = |error: &std::io::Error| {
        Failure::because(format!("{} can't be made", dir.display()), error)
            .help("name a directory that you may write to: daedal demo --dir DIR")
    };
    let example = examples::get(EXAMPLE).ok_or_else(|| Failure::bug("the example is missing"))?;
    example
        .write_to(&dir.join(EXAMPLE), None)
        .map_err(|error| failed(&error))?;
    let mut secret = [0; 16];
    getrandom::fill(&mut secret)
        .map_err(|error| Failure::new(format!("no randomness can be had: {error}")))?;
    let password: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    write_private(&dir.join(PASSWORD_FILE), &password).map_err(|error| failed(&error))?;
    std::fs::write(dir.join(SETTINGS_FILE), settings).map_err(|error| failed(&error))
}

/// Writes a file that only its owner can read.
fn write_private(place: &Path, content: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    let folder = place.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    // Temporary files are their owner's alone.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(content.as_bytes())?;
    file.persist(place).map_err(|error| error.error)?;
    Ok(())
}

/// The published files of the site, as they lie on the disk.
fn published_files(home: &Home, released: &Released) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for piece in &released.pieces {
        let digest = piece.sealed.file.digest;
        files.extend(verify::find_published(&home.site(), &digest));
    }
    files
}

/// How this program is called from here: by its name where that finds it, else by its path.
fn called() -> String {
    let me = std::env::current_exe().unwrap_or_default();
    let on_path = std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join("daedal") == me));
    if on_path {
        return "daedal".to_owned();
    }
    let here = std::env::current_dir().unwrap_or_default();
    me.strip_prefix(&here).unwrap_or(&me).display().to_string()
}

/// What a demo did.
struct Done<'a> {
    /// Of the run; none when an earlier demo did all of it.
    report: Option<&'a daedal_exec::RunReport>,
    /// Whether an earlier demo sealed everything.
    sealed_before: bool,
    released: &'a Released,
    work: &'a Registered,
    shareholders: &'a [Holder],
    files: &'a [PathBuf],
    /// The worst exit code of the verdicts.
    worst: u8,
    elapsed_ms: u64,
}

/// Which password file commands in the demo's studio take, where the user's own goes before what it says itself.
fn password_told(home: &Home) -> String {
    let file = crate::text::quoted(&home.root.join(PASSWORD_FILE).display().to_string());
    format!(
        "\n  DAEDAL_PASSWORD_FILE or --password-file names a password of yours, and the demo's studio has its own. \
         For\n  commands that sign there, give it: --password-file {file}\n"
    )
}

/// What happened, on one screen.
fn screen(home: &Home, done: &Done<'_>) -> String {
    let shown = |path: &Path| {
        let here = std::env::current_dir().unwrap_or_default();
        path.strip_prefix(&here)
            .unwrap_or(path)
            .display()
            .to_string()
    };
    let me = called();
    let ran = match done.report {
        Some(report) => format!(
            "Ran `{EXAMPLE}`: {} tasks, {} carried out, {} taken from earlier runs.",
            report.tasks,
            report.tasks - report.hits,
            report.hits
        ),
        None => format!("`{EXAMPLE}` was run before: nothing had to be done again."),
    };
    let process = shown(&home.root.join(EXAMPLE).join("process.yaml"));
    let mut text = format!("\n  1  {ran}\n     {process}\n");
    let pieces = &done.released.pieces;
    let sealed = match done.sealed_before {
        false => "Sealed",
        true => "Found sealed before:",
    };
    text.push_str(&format!(
        "  2  {sealed} {} posters with Content Credentials: who made them, how, from what.\n",
        pieces.len()
    ));
    for piece in pieces {
        let (title, name) = (&piece.title, piece.piece.stem());
        text.push_str(&format!("     “{title}”, {name}\n"));
    }
    let mut channels = done.released.channels.iter();
    let published = match channels.any(|(_, published)| published.changed > 0) {
        true => "Published a gallery.",
        false => "The gallery stands as it was published.",
    };
    text.push_str(&format!(
        "  3  {published} Open it in a browser:\n     {}\n",
        shown(&home.site().join("index.html"))
    ));
    let known = &done.work.known;
    let registered = match done.work.before {
        false => "Registered the process",
        true => "Found the process registered",
    };
    text.push_str(&format!(
        "  4  {registered} as work {} of the studio's own chain, with {} holders of its shares:\n",
        known.work,
        done.shareholders.len()
    ));
    let all: U256 = done.shareholders.iter().map(|holder| holder.shares).sum();
    for holder in done.shareholders {
        let percent = holder.shares * U256::from(100) / all.max(U256::ONE);
        text.push_str(&format!("     {percent:>3}%  {}\n", holder.account));
    }
    if let Some(on_chain) = &done.released.on_chain {
        text.push_str(&format!(
            "     The run is anchored in block {}; {} editions are for sale.\n",
            on_chain.anchor.block,
            on_chain.editions.len()
        ));
    }
    let verdict = match done.worst {
        0 => "every check holds, the anchor too".to_owned(),
        code => format!("a check failed (code {code})"),
    };
    text.push_str(&format!(
        "  5  Verified {} files: {verdict}. Do it again:\n",
        done.files.len()
    ));
    if let Some(file) = done.files.first() {
        let studio = hint::option();
        text.push_str(&format!("     {me}{studio} verify {}\n", shown(file)));
    }
    text.push_str(&format!(
        "\n  All of it took {}. Run it again and nothing is done twice.\n  Next: {me} new \
         my-process\n",
        text::duration(done.elapsed_ms)
    ));
    text
}
