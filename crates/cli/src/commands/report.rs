//! `daedal report`

use serde_json::json;

use super::Common;
use crate::assemble;
use crate::failure::Failure;
use crate::home::{Home, block_on, remembered};
use crate::oversight::{Duty, duties, range};
use crate::release::{self, Signing};
use crate::runs::find;
use crate::ui::Ui;

/// Reports on a released run: which duties of transparency there are, what evidence of each the run has, and what
/// remains for a person to decide. It is a help for those who are responsible, and no legal advice.
#[derive(Debug, clap::Args)]
pub(crate) struct Report {
    /// First digits of the run, its process, or `latest`
    run: String,
    /// By the transparency duties of Regulation (EU) 2024/1689, the AI Act
    #[arg(long, required = true)]
    eu_ai_act: bool,
}

impl Report {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        let home = Home::find(common)?;
        let engines = assemble::engines();
        let signing = Signing::new(&home, common, ui);
        block_on(async {
            let studio = home.open_to_read().await?;
            let run = find(&studio, &self.run).await?;
            let gathered = release::gathered(&home, &studio, &engines, &run, &signing).await?;
            let duties = duties(&gathered);
            studio.close().await.map_err(|error| remembered(&error))?;
            let record = &gathered.subject.record;
            let title = format!("{} {}", record.header.process, run.run.0.short());
            let value = json!({
                "run": run.run, "process": record.header.process,
                "oversight": range(&gathered),
                "duties": duties, "law": LAW, "is_legal_advice": false,
            });
            ui.result(&value, &told(&title, &duties));
            Ok(0)
        })
    }
}

const LAW: &str = "Regulation (EU) 2024/1689, Article 50; it applies from 2 August 2026";

fn told(title: &str, duties: &[Duty]) -> String {
    let mut text = format!("# {title}: transparency under the EU AI Act\n\n{LAW}.\n");
    text.push_str("A list of evidence for those who are responsible; no legal advice, and no promise that duties are met.\n");
    for duty in duties {
        let mark = match (duty.evidence.is_empty(), duty.open.is_empty()) {
            (false, true) => "[x]",
            (false, false) => "[~]",
            (true, _) => "[ ]",
        };
        text.push_str(&format!("\n{mark} {} ({})\n", duty.what, duty.source));
        for line in &duty.evidence {
            text.push_str(&format!("    evidence: {line}\n"));
        }
        for line in &duty.open {
            text.push_str(&format!("    for a person: {line}\n"));
        }
    }
    text.push_str("\n[x] evidence is there, [~] evidence is there and a person has to decide, [ ] there is none\n");
    text
}
