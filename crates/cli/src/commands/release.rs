//! `daedal release`

use serde_json::{Value, json};

use super::Common;
use crate::assemble;
use crate::failure::Failure;
use crate::home::{Home, block_on, remembered};
use crate::release::{self, Released, Signing, release};
use crate::runs::find;
use crate::ui::Ui;

/// Seals what runs made with credentials and publishes it to the channels of the process.
#[derive(Debug, clap::Args)]
pub(crate) struct Release {
    /// First digits of a run, its process, or `latest`
    #[arg(required = true, value_name = "RUN")]
    runs: Vec<String>,
}

impl Release {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        let home = Home::find(common)?;
        let engines = assemble::engines();
        let signing = Signing::new(&home, common, ui);
        block_on(async {
            // A password is asked for before others are kept out of the studio.
            let studio = home.open_to_read().await?;
            let mut takes_the_key = false;
            for name in &self.runs {
                let run = find(&studio, name).await?;
                takes_the_key |= release::takes_the_key(&studio, &run).await?;
            }
            studio.close().await.map_err(|error| remembered(&error))?;
            if takes_the_key {
                signing.signer()?;
            }
            let studio = home.open_to_write("daedal release").await?;
            let mut text = String::new();
            let mut values = Vec::new();
            for name in &self.runs {
                let run = find(&studio, name).await?;
                let released = release(&home, &studio, &engines, &run, &signing).await?;
                text.push_str(&told(&released));
                values.push(to_json(&released));
            }
            studio.close().await.map_err(|error| remembered(&error))?;
            ui.result(&Value::Array(values), &text);
            Ok(0)
        })
    }
}

/// What was released, for people.
pub(crate) fn told(released: &Released) -> String {
    let mut text = format!(
        "{} {} released: {} sealed\n",
        released.process,
        released.run.0.short(),
        released.pieces.len()
    );
    for (name, published) in &released.channels {
        let news = match published.changed {
            0 => "nothing new".to_owned(),
            changed => format!("{changed} files"),
        };
        text.push_str(&format!("  {name}: {} ({news})\n", published.location));
        for item in &published.items {
            text.push_str(&format!("    {item}\n"));
        }
    }
    text
}

/// The same for programs.
pub(crate) fn to_json(released: &Released) -> Value {
    let pieces: Vec<Value> = released
        .pieces
        .iter()
        .map(|piece| {
            json!({
                "output": piece.piece.output,
                "title": piece.title,
                "unsigned": piece.sealed.unsigned.digest,
                "file": piece.sealed.file,
                "sidecar": piece.sealed.sidecar,
            })
        })
        .collect();
    let channels: Vec<Value> = released
        .channels
        .iter()
        .map(|(name, published)| {
            json!({
                "channel": name,
                "location": published.location,
                "items": published.items,
                "changed": published.changed,
            })
        })
        .collect();
    json!({
        "run": released.run,
        "process": released.process,
        "pieces": pieces,
        "attestation": released.attestation,
        "channels": channels,
    })
}
