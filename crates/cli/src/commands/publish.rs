//! `daedal publish`

use std::path::PathBuf;

use daedal_chain::operations::Work;
use daedal_channels::site;
use serde_json::json;

use super::Common;
use super::register::{METADATA_LATER, require_lock};
use super::release::told_anew;
use crate::assemble;
use crate::chain;
use crate::failure::Failure;
use crate::home::{Home, block_on, remembered};
use crate::process::Loaded;
use crate::text::quoted;
use crate::ui::Ui;
use crate::{keys, release, runs};

/// Makes the files of a registered process its next version. Asking twice for the same is asking once.
#[derive(Debug, clap::Args)]
pub(crate) struct Publish {
    /// Directory of the process, or its process file
    #[arg(default_value = ".")]
    process: PathBuf,
}

impl Publish {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        let engines = assemble::engines();
        let Loaded { planned, files } = Loaded::open(&self.process, &engines)?;
        require_lock(&planned, &self.process.display().to_string())?;
        let home = Home::find_or_make(common, files.root(), ui)?;
        let person = keys::person(&home, common, ui)?;
        block_on(async {
            let name = &planned.plan.process;
            let command = format!("daedal publish {name}");
            let studio = home.open_to_write(&command).await?;
            let client = chain::reach(&home, &command).await?;
            // Before an embedded chain gets its contracts.
            let reads = chain::ledgers_if_any(&home, &studio, &client).await?;
            let known = chain::known_here(&home, &studio, &client, name).await?;
            let operator = chain::operator(&home, &studio, client, reads, person).await?;
            let reads = operator.reads();
            let bundle = planned.bundle.digest();
            let before = reads.version_of(known.work, bundle).await;
            let before = before.map_err(chain::refused)?;
            let version = match before {
                Some(version) => version,
                None => {
                    runs::keep_bundle(&studio, &planned).await?;
                    let work = reads.work(known.work).await.map_err(chain::refused)?;
                    if work.controller != operator.account() {
                        return Err(voted_on(&work, &self.process.display().to_string()));
                    }
                    let url = release::site_url(&home, &planned.process)?;
                    let uri = site::work_uri(url.as_deref(), name, work.versions + 1);
                    let key = format!("publish:{}:{bundle}", known.work);
                    let published = operator.publish(&key, known.work, bundle, &uri).await;
                    published.map_err(chain::refused)?
                }
            };
            let mended = release::mend(&home, &studio, &operator, &planned.process, &known).await?;
            let on_site = release::tell_site(&home, &planned, &known, version)?;
            studio.close().await.map_err(|error| remembered(&error))?;
            let news = if before.is_some() {
                "is already"
            } else {
                "is now"
            };
            let mut text = format!(
                "{name} {} {news} version {version} of work {}\n",
                bundle.short(),
                known.work
            );
            if mended > 0 {
                text.push_str(&format!("  {}\n", told_anew(mended)));
            }
            if !on_site {
                text.push_str(METADATA_LATER);
            }
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
}

/// Why the versions of a work are not this studio's to publish.
fn voted_on(work: &Work, place: &str) -> Failure {
    Failure::new(format!(
        "work {} is controlled by {}: its creator alone cannot publish a version any more",
        work.work, work.controller
    ))
    .help(format!(
        "where shares vote, propose it: daedal govern propose {} --publish {}",
        work.work,
        quoted(place)
    ))
}
