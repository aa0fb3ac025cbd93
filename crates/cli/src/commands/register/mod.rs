//! `daedal register`

mod look;

use std::path::PathBuf;

use alloy_primitives::Address;
use daedal_chain::operations::{Kind, Ledgers, Operator, Registration};
use daedal_channels::site;
use daedal_core::bundle::LOCK_FILE;
use daedal_core::plan::Planned;
use daedal_store::Studio;
use serde_json::{Value, json};

use super::Common;
use crate::assemble;
use crate::chain::{self, Acting, Known, Overrides, Wish};
use crate::failure::Failure;
use crate::hint;
use crate::home::{Home, block_on, remembered};
use crate::intents::{self, Hand};
use crate::material::{Material, Subject};
use crate::text::quoted;
use crate::ui::Ui;
use crate::{keys, release, runs};

/// When the metadata of a version can be read.
pub(crate) const METADATA_LATER: &str = "its metadata is on the site from its first release on\n";

/// Registers a process as a token, and splits its shares as its `token:` says; or a model or a dataset, which
/// is named by the digest of its files and has no process file. Asking twice for the same is asking once.
#[derive(Debug, clap::Args)]
pub(crate) struct Register {
    /// Directory of the process, or its process file; file or directory of a model or a dataset
    #[arg(default_value = ".")]
    process: PathBuf,
    /// What it is
    #[arg(long, value_enum, default_value_t)]
    kind: Material,
    /// What a model or a dataset is called [default: as its file]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Where the metadata of a model or a dataset is
    #[arg(long, value_name = "URL")]
    uri: Option<String>,
    #[command(flatten)]
    overrides: Overrides,
    #[command(flatten)]
    acting: Acting,
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
        let name = self.name.as_deref();
        let subject = Subject::open(&self.process, self.kind, name, &engines)?;
        if let Some(planned) = &subject.planned {
            require_lock(planned, &self.process.display().to_string())?;
        }
        let wish = Wish::read(&subject, &self.overrides)?;
        if self.acting.dry_run {
            return look::look(&self, &subject, &wish, common, ui);
        }
        let mut home = Home::find_or_make(common, &subject.place, ui)?;
        self.acting.settle(&mut home);
        // Before the studio is locked: nobody else must wait while a password is typed.
        let person = keys::person_named(&home, common, self.acting.account.as_deref(), ui)?;
        block_on(async {
            let command = format!("daedal register {}", subject.name);
            let studio = home.open_to_write(&command).await?;
            let client = chain::reach(&home, &command).await?;
            // Before an embedded chain gets its contracts: a registration that can't be leaves nothing.
            let reads = chain::ledgers_if_any(&home, &studio, &client).await?;
            wish.lineage(&home, reads.as_ref().map(|reads| (&studio, reads)))
                .await?;
            wish.holders(
                &home,
                keys::address_named(&home, self.acting.account.as_deref())?,
            )?;
            let author = Hand::Own(Box::new(person.clone()));
            let operator = chain::operator(&home, &studio, client, reads, person).await?;
            let uri = self.uri.as_deref();
            let done = register(&home, &studio, &operator, &subject, &wish, uri).await?;
            let mut value = to_json(&subject, &done);
            let mut text = told(&subject, &done);
            if !done.before {
                text.push_str(&treasury_told(&home, &wish));
            }
            if let Some(planned) = &subject.planned {
                let domain = done.known.domain();
                intents::sign_authorship(
                    &home,
                    &studio,
                    &author,
                    subject.bundle,
                    domain,
                    Vec::new(),
                )
                .await?;
                let on_site = release::tell_site(&home, planned, &done.known, done.version)?;
                value["metadata_on_site"] = on_site.into();
                if !on_site {
                    text.push_str(METADATA_LATER);
                }
            }
            studio.close().await.map_err(|error| remembered(&error))?;
            ui.result(&value, &text);
            Ok(0)
        })
    }
}

/// Who holds what a process gives to its treasury.
fn treasury_told(home: &Home, wish: &Wish) -> String {
    match (wish.treasury_part(), home.settings.chain.treasury) {
        (None, _) => String::new(),
        (Some(part), Some(holder)) => {
            format!("  treasury {holder} holds its {part}, by `treasury` under [chain]\n")
        }
        (Some(part), None) => format!(
            "  treasury its {part} are among the creator's: name another holder by `treasury` under \
             [chain] before you register\n"
        ),
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

/// Registers something, unless that has been done. `uri` is where the metadata of a model or dataset is.
pub(crate) async fn register(
    home: &Home,
    studio: &Studio,
    operator: &Operator,
    subject: &Subject,
    wish: &Wish,
    uri: Option<&str>,
) -> Result<Registered, Failure> {
    let reads = operator.reads();
    let (name, bundle) = (&subject.name, subject.bundle);
    let lineage = wish.lineage(home, Some((studio, reads))).await?;
    let holders = wish.holders(home, operator.account())?;
    let before = registered_before(studio, reads, operator.account(), subject).await?;
    if let Some(known) = before {
        chain::remember_known(studio, reads, name, known).await?;
        let version = reads.version_of(known.work, bundle).await;
        let Some(version) = version.map_err(chain::refused)? else {
            return Err(Failure::new(format!(
                "{name} is registered already, as work {}, with other files than these",
                known.work
            ))
            .help(format!(
                "make these its next version: {} publish",
                hint::daedal()
            )));
        };
        wish.agrees(reads, known.work, subject.kind, &lineage.works, holders)
            .await?;
        let first = reads.first_holders(known.work).await;
        let first: Vec<_> = first
            .map_err(chain::refused)?
            .into_iter()
            .map(|holder| (holder.account, holder.shares))
            .collect();
        return Ok(Registered {
            known,
            version,
            before: true,
            holders: chain::parts_told(&first),
        });
    }
    if let Some(planned) = &subject.planned {
        runs::keep_bundle(studio, planned).await?;
    }
    let uri = uri_of(home, subject, uri)?;
    let registration: Registration = wish.registration(subject, lineage.works, holders, uri);
    let key = format!("register:{bundle}");
    let registered = operator
        .register(&key, &registration)
        .await
        .map_err(chain::refused)?;
    Ok(Registered {
        known: chain::remember(studio, reads, name, &registered).await?,
        version: 1,
        before: false,
        holders: chain::parts_told(&registration.holders),
    })
}

/// Where the metadata of the first version is: of a process, on the site.
fn uri_of(home: &Home, subject: &Subject, given: Option<&str>) -> Result<String, Failure> {
    match (&subject.planned, given) {
        (Some(_), Some(_)) => Err(Failure::new("the metadata of a process is on its site")
            .help("leave --uri away; `url` under [site] says where the site is")),
        (Some(planned), None) => {
            let url = release::site_url(home, &planned.process)?;
            Ok(site::work_uri(url.as_deref(), &subject.name, 1))
        }
        (None, given) => Ok(given.unwrap_or_default().to_owned()),
    }
}

/// The work that it is, by the studio's records, or by the chain where they are lost.
async fn registered_before(
    studio: &Studio,
    reads: &Ledgers,
    me: Address,
    subject: &Subject,
) -> Result<Option<Known>, Failure> {
    if let Some(known) = chain::known(studio, reads, &subject.name).await? {
        return Ok(Some(known));
    }
    let found = reads.work_of(me, subject.bundle).await;
    let Some(work) = found.map_err(chain::refused)? else {
        return Ok(None);
    };
    Ok(Some(Known {
        chain: reads.client().chain_id(),
        registry: reads.deployment().registry,
        work,
        shares: reads.work(work).await.map_err(chain::refused)?.shares,
    }))
}

fn told(subject: &Subject, done: &Registered) -> String {
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
        subject.name,
        done.version,
        chain::caip19(chain, registry, work),
    );
    if done.before {
        text.push_str("  holders, royalty and upstream works stand as they were registered\n");
    }
    for (holder, part) in &done.holders {
        text.push_str(&format!("  holder   {holder}  {part}\n"));
    }
    text.push_str(&match subject.kind {
        Kind::Process => format!(
            "what its runs make can be released with an anchor and as editions: {} release RUN\n",
            hint::daedal()
        ),
        Kind::Model | Kind::Dataset => {
            "what builds on it names it: `upstream:` of a process, or --upstream\n".to_owned()
        }
    });
    text
}

/// The same for programs.
pub(crate) fn to_json(subject: &Subject, done: &Registered) -> Value {
    let known = &done.known;
    let holders: Vec<Value> = done
        .holders
        .iter()
        .map(|(holder, part)| json!({ "address": holder, "part": part }))
        .collect();
    json!({
        "process": subject.name,
        "bundle": subject.bundle,
        "work": known.work,
        "version": done.version,
        "chain": known.chain,
        "token": chain::caip19(known.chain, known.registry, known.work),
        "shares": known.shares,
        "holders": holders,
        "registered_before": done.before,
    })
}
