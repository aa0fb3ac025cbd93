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
use crate::chain::{self, Known, Overrides, Wish};
use crate::failure::Failure;
use crate::hint;
use crate::home::{Home, block_on, remembered};
use crate::process::Loaded;
use crate::text::quoted;
use crate::ui::Ui;
use crate::{keys, release, runs};

/// When the metadata of a version can be read.
pub(crate) const METADATA_LATER: &str = "its metadata is on the site from its first release on\n";

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
        let wish = Wish::read(&planned, &self.overrides)?;
        let home = Home::find_or_make(common, files.root(), ui)?;
        // Before the studio is locked: nobody else must wait while a password is typed.
        let person = keys::person(&home, common, ui)?;
        block_on(async {
            let command = format!("daedal register {}", planned.plan.process);
            let studio = home.open_to_write(&command).await?;
            let client = chain::reach(&home, &command).await?;
            // Before an embedded chain gets its contracts: a registration that can't be leaves nothing.
            let reads = chain::ledgers_if_any(&home, &studio, &client).await?;
            wish.upstream(reads.as_ref()).await?;
            let operator = chain::operator(&home, &studio, client, reads, person).await?;
            let done = register(&home, &studio, &operator, &planned, &wish).await?;
            let on_site = release::tell_site(&home, &planned, &done.known, done.version)?;
            studio.close().await.map_err(|error| remembered(&error))?;
            let mut value = to_json(&planned, &done);
            value["metadata_on_site"] = on_site.into();
            let mut text = told(&planned, &done);
            if !on_site {
                text.push_str(METADATA_LATER);
            }
            ui.result(&value, &text);
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
    wish: &Wish,
) -> Result<Registered, Failure> {
    let reads = operator.reads();
    let name = &planned.plan.process;
    let bundle = planned.bundle.digest();
    let upstream = wish.upstream(Some(reads)).await?;
    let holders = wish.holders(operator.account(), home.settings.chain.treasury);
    if let Some(known) = registered_before(studio, operator, planned).await? {
        let version = reads.version_of(known.work, bundle).await;
        let Some(version) = version.map_err(chain::refused)? else {
            return Err(Failure::new(format!(
                "{name} is registered already, as work {}, with other files than these",
                known.work
            ))
            .help(format!(
                "make these its next version: {} publish PROCESS",
                hint::daedal()
            )));
        };
        wish.agrees(reads, known.work, &upstream, holders).await?;
        return Ok(Registered {
            known,
            version,
            before: true,
            holders: Vec::new(),
        });
    }
    runs::keep_bundle(studio, planned).await?;
    let url = release::site_url(home, &planned.process)?;
    let uri = site::work_uri(url.as_deref(), name, 1);
    let registration = wish.registration(planned, upstream, holders, uri);
    let key = format!("register:{bundle}");
    let registered = operator
        .register(&key, &registration)
        .await
        .map_err(chain::refused)?;
    Ok(Registered {
        known: chain::remember(studio, reads, name, &registered).await?,
        version: 1,
        before: false,
        holders: chain::holders_told(&registration),
    })
}

/// The work that the process is, by the studio's records, or by the chain where they are lost.
async fn registered_before(
    studio: &Studio,
    operator: &Operator,
    planned: &Planned,
) -> Result<Option<Known>, Failure> {
    let reads = operator.reads();
    let name = &planned.plan.process;
    if let Some(known) = chain::known(studio, reads, name).await? {
        return Ok(Some(known));
    }
    let bundle = planned.bundle.digest();
    let found = reads.work_of(operator.account(), bundle).await;
    let Some(work) = found.map_err(chain::refused)? else {
        return Ok(None);
    };
    let shares = reads.work(work).await.map_err(chain::refused)?.shares;
    let registered = daedal_chain::operations::Registered {
        work,
        shares,
        transaction: None,
    };
    Ok(Some(
        chain::remember(studio, reads, name, &registered).await?,
    ))
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
    text.push_str(&format!(
        "what its runs make can be released with an anchor and as editions: {} release RUN\n",
        hint::daedal()
    ));
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
