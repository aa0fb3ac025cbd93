//! `daedal author`

use std::path::PathBuf;

use daedal_core::intent::SignedIntent;
use serde_json::{Value, json};

use super::Common;
use crate::assemble;
use crate::failure::Failure;
use crate::home::{Home, block_on, remembered};
use crate::intents::{self, Signed, SignedBy};
use crate::process::Loaded;
use crate::runs;
use crate::ui::Ui;

/// Signs that you wrote a process as its files stand. Runs that begin from then on name it, and so do the
/// credentials of what they make. `daedal register` and `daedal publish` sign so by themselves.
#[derive(Debug, clap::Args)]
pub(crate) struct Author {
    /// Directory of the process, or its process file
    #[arg(default_value = ".")]
    process: PathBuf,
    #[command(flatten)]
    by: SignedBy,
}

impl Author {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        let Loaded { planned, files } = Loaded::open(&self.process, &assemble::engines())?;
        let home = Home::find_or_make(common, files.root(), ui)?;
        let hand = self.by.hand(&home, common, ui)?;
        block_on(async {
            let studio = home.open_to_write("daedal author").await?;
            runs::keep_bundle(&studio, &planned).await?;
            let (process, bundle) = (&planned.plan.process, planned.bundle.digest());
            let domain = intents::domain_of(&home, &studio, process, None).await?;
            let signed =
                intents::sign_authorship(&home, &studio, &hand, bundle, domain, self.by.private())
                    .await?;
            let authors = intents::authors_of(&studio, &bundle).await?;
            studio.close().await.map_err(|error| remembered(&error))?;
            match signed {
                Signed::TypedData(data) => ui.result(&data, &format!("{data:#}")),
                Signed::Intent(signed) => {
                    let authors = authors.iter();
                    let authors: Vec<String> = authors
                        .map(|author| author.signer.to_checksum(None))
                        .collect();
                    let text = format!(
                        "{process} {} is signed by its {}\n",
                        bundle.short(),
                        listed(&authors)
                    );
                    ui.result(&to_json(process, &signed, &authors), &text);
                }
            }
            Ok(0)
        })
    }
}

fn listed(authors: &[String]) -> String {
    match authors {
        [one] => format!("author {one}"),
        all => format!("authors {}", all.join(", ")),
    }
}

fn to_json(process: &str, signed: &SignedIntent, authors: &[String]) -> Value {
    json!({
        "process": process, "bundle": signed.authored(), "signer": signed.signer.to_checksum(None),
        "intent": signed.name(), "authors": authors,
    })
}
