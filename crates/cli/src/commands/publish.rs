//! `daedal publish`

use std::path::PathBuf;

use daedal_chain::operations::{Ledgers, Work};
use daedal_channels::site;
use serde_json::json;

use super::Common;
use super::register::{METADATA_LATER, require_lock};
use super::release::told_anew;
use crate::assemble;
use crate::chain::dials::GovernedDials;
use crate::chain::{self, Acting, Known};
use crate::failure::Failure;
use crate::hint;
use crate::home::{Home, block_on, remembered};
use crate::intents::{self, Hand};
use crate::material::{Material, Subject};
use crate::text::quoted;
use crate::ui::Ui;
use crate::{keys, release, runs};

/// Makes the files of a registered process, model or dataset its next version. Asking twice for the same is
/// asking once.
#[derive(Debug, clap::Args)]
pub(crate) struct Publish {
    /// Directory of the process, or its process file; file or directory of a model or a dataset
    #[arg(default_value = ".")]
    process: PathBuf,
    /// What it is
    #[arg(long, value_enum, default_value_t)]
    kind: Material,
    /// What the model or the dataset is called here [default: as its file]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Where the metadata of the version of a model or a dataset is
    #[arg(long, value_name = "URL")]
    uri: Option<String>,
    #[command(flatten)]
    acting: Acting,
}

impl Publish {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        let engines = assemble::engines();
        let name = self.name.as_deref();
        let subject = Subject::open(&self.process, self.kind, name, &engines)?;
        if let Some(planned) = &subject.planned {
            require_lock(planned, &self.process.display().to_string())?;
        }
        if self.acting.dry_run {
            return self.look(common, ui, &subject);
        }
        let mut home = Home::find_or_make(common, &subject.place, ui)?;
        self.acting.settle(&mut home);
        let person = keys::person_named(&home, common, self.acting.account.as_deref(), ui)?;
        block_on(async {
            let name = &subject.name;
            let command = format!("daedal publish {name}");
            let studio = home.open_to_write(&command).await?;
            let client = chain::reach(&home, &command).await?;
            // Before an embedded chain gets its contracts.
            let reads = chain::ledgers_if_any(&home, &studio, &client).await?;
            let known = chain::known_here(&home, &studio, &client, name).await?;
            let author = Hand::Own(Box::new(person.clone()));
            let operator = chain::operator(&home, &studio, client, reads, person).await?;
            let reads = operator.reads();
            let bundle = subject.bundle;
            let before = reads.version_of(known.work, bundle).await;
            let before = before.map_err(chain::refused)?;
            let version = match before {
                Some(version) => version,
                None => {
                    chain::require_upstream(&home, &studio, reads, &subject, known.work).await?;
                    if let Some(planned) = &subject.planned {
                        let dials = GovernedDials::of(&studio, reads, known.work).await?;
                        dials.require_same(&planned.process)?;
                        runs::keep_bundle(&studio, planned).await?;
                    }
                    let work = reads.work(known.work).await.map_err(chain::refused)?;
                    if work.controller != operator.account() {
                        return Err(voted_on(&work, &self.process.display().to_string()));
                    }
                    let uri = self.uri_of(&home, reads, &subject, &known).await?;
                    let key = format!("publish:{}:{bundle}", known.work);
                    let published = operator.publish(&key, known.work, bundle, &uri).await;
                    published.map_err(chain::refused)?
                }
            };
            let (mut mended, mut on_site) = (0, false);
            if let Some(planned) = &subject.planned {
                let domain = known.domain();
                intents::sign_authorship(&home, &studio, &author, bundle, domain, Vec::new())
                    .await?;
                let process = &planned.process;
                mended = release::mend(&home, &studio, &operator, process, &known).await?;
                on_site = release::tell_site(&home, planned, &known, version)?;
            }
            studio.close().await.map_err(|error| remembered(&error))?;
            let text = told(
                &subject,
                &known,
                version,
                before.is_some(),
                (mended, on_site),
            );
            let value = json!({
                "process": name, "bundle": bundle, "work": known.work, "version": version,
                "token": chain::caip19(known.chain, known.registry, known.work),
                "published_before": before.is_some(), "addresses_set": mended,
                "metadata_on_site": on_site,
            });
            ui.result(&value, &text);
            Ok(0)
        })
    }

    /// Says what it would do.
    fn look(&self, common: &Common, ui: Ui, subject: &Subject) -> Result<u8, Failure> {
        let mut home = match Home::find_around(common, &subject.place)? {
            Some(home) => home,
            // Says what a studio is, and that there is none.
            None => Home::find(common)?,
        };
        self.acting.settle(&mut home);
        let me = keys::address_named(&home, self.acting.account.as_deref())?;
        block_on(async {
            let (studio, client) = chain::look(&home, "daedal publish").await?;
            let reads = chain::ledgers(&home, &studio, &client).await?;
            let known = chain::known_here(&home, &studio, &client, &subject.name).await?;
            let version = reads.version_of(known.work, subject.bundle).await;
            let version = version.map_err(chain::refused)?;
            let (acts, why) = match version {
                Some(version) => (Vec::new(), format!("it is version {version} already")),
                None => {
                    chain::require_upstream(&home, &studio, &reads, subject, known.work).await?;
                    let uri = self.uri_of(&home, &reads, subject, &known).await?;
                    let act = reads.publishing(known.work, subject.bundle, &uri);
                    let words = format!(
                        "publish {} as a version of work {}",
                        subject.name, known.work
                    );
                    (vec![(act, words)], String::new())
                }
            };
            let (mut value, text) = chain::planned(&reads, me, acts, &why).await?;
            value["bundle"] = json!(subject.bundle);
            ui.result(&value, &text);
            Ok(0)
        })
    }

    /// Where the metadata of the next version is: of a process, on the site.
    async fn uri_of(
        &self,
        home: &Home,
        reads: &Ledgers,
        subject: &Subject,
        known: &Known,
    ) -> Result<String, Failure> {
        let Some(planned) = &subject.planned else {
            return Ok(self.uri.clone().unwrap_or_default());
        };
        if self.uri.is_some() {
            return Err(Failure::new("the metadata of a process is on its site")
                .help("leave --uri away; `url` under [site] says where the site is"));
        }
        let work = reads.work(known.work).await.map_err(chain::refused)?;
        let url = release::site_url(home, &planned.process)?;
        Ok(site::work_uri(
            url.as_deref(),
            &subject.name,
            work.versions + 1,
        ))
    }
}

/// What was published, for people.
fn told(
    subject: &Subject,
    known: &Known,
    version: u64,
    before: bool,
    (mended, on_site): (usize, bool),
) -> String {
    let news = if before { "is already" } else { "is now" };
    let mut text = format!(
        "{} {} {news} version {version} of work {}\n",
        subject.name,
        subject.bundle.short(),
        known.work
    );
    if mended > 0 {
        text.push_str(&format!("  {}\n", told_anew(mended)));
    }
    if !on_site && subject.planned.is_some() {
        text.push_str(METADATA_LATER);
    }
    text
}

/// Why the versions of a work are not this studio's to publish.
fn voted_on(work: &Work, place: &str) -> Failure {
    Failure::new(format!(
        "work {} is controlled by {}: its creator alone cannot publish a version any more",
        work.work, work.controller
    ))
    .help(format!(
        "where shares vote, propose it: {} govern propose {} --publish {}",
        hint::daedal(),
        work.work,
        quoted(place)
    ))
}
