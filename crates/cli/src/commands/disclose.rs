//! `daedal disclose`

use std::path::PathBuf;

use daedal_core::disclosed::Disclosed;
use daedal_core::intent::{IntentKind, Openings, SignedIntent};
use daedal_core::record::RunRecord;
use serde_json::{Value, json};

use super::Common;
use crate::failure::Failure;
use crate::home::{Home, block_on, remembered};
use crate::intents::{Kept, kept};
use crate::text::write_whole;
use crate::ui::Ui;
use crate::{assemble, hint, release, runs};

/// Tells one decision of a run, with the salts that hid it, in a file that anybody can check: `daedal verify FILE
/// --disclosure DISCLOSURE`. Without a decision it lists them, and what of each is private.
#[derive(Debug, clap::Args)]
pub(crate) struct Disclose {
    /// First digits of the run, its process, or `latest`
    run: String,
    /// Which decision: a step, `set`, `author`, first digits of the intent, or what it hides, such as inputs.theme
    what: Option<String>,
    /// Tell only these of the values and notes that the decision hides
    #[arg(long, value_name = "NAME", requires = "what")]
    only: Vec<String>,
    /// Where it is written [default: RUN.WHAT.disclosure.json here]
    #[arg(long, value_name = "FILE", requires = "what")]
    to: Option<PathBuf>,
}

/// A decision of the run, and what the studio keeps of it.
struct Decision {
    signed: SignedIntent,
    openings: Openings,
    step: Option<String>,
}

impl Disclose {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        let home = Home::find(common)?;
        let engines = assemble::engines();
        block_on(async {
            let studio = home.open_to_write("daedal disclose").await?;
            let run = runs::find(&studio, &self.run).await?;
            let record = release::record_of(&studio, &engines, &run).await?;
            let mut decisions = Vec::new();
            for signed in &record.intents {
                decisions.push(match kept(&studio, &signed.name()).await? {
                    Some(Kept {
                        signed,
                        openings,
                        step,
                    }) => Decision {
                        signed,
                        openings,
                        step,
                    },
                    // Signed elsewhere: no more is known of it than everybody knows.
                    None => Decision {
                        signed: signed.clone(),
                        openings: Openings::new(),
                        step: None,
                    },
                });
            }
            studio.close().await.map_err(|error| remembered(&error))?;
            let short = run.run.0.short();
            let Some(what) = &self.what else {
                let told = listed(&short, &decisions);
                let value: Vec<Value> = decisions.iter().map(to_json).collect();
                ui.result(&json!({ "run": run.run, "decisions": value }), &told);
                return Ok(0);
            };
            let (decision, opened) = self.chosen(&short, decisions, what)?;
            self.write(&record, decision, opened, &short, what, ui)
        })
    }

    fn write(
        &self,
        record: &RunRecord,
        decision: Decision,
        opened: Openings,
        run: &str,
        what: &str,
        ui: Ui,
    ) -> Result<u8, Failure> {
        let names: Vec<String> = opened.keys().cloned().collect();
        let (name, kind) = (decision.signed.name(), decision.signed.intent.kind);
        let disclosed = Disclosed::of(record, decision.signed, opened)
            .ok_or_else(|| Failure::new(format!("nothing of run {run} names that decision")))?;
        disclosed
            .check()
            .map_err(|fault| Failure::because("what would be told does not stand", &fault))?;
        let safe = what.replace(['/', '\\', '#'], "-");
        let default = || PathBuf::from(format!("{run}.{safe}.disclosure.json"));
        let place = self.to.clone().unwrap_or_else(default);
        let bytes = serde_json::to_vec_pretty(&disclosed).unwrap_or_default();
        write_whole(&place, &bytes)?;
        let told = match names.is_empty() {
            true => String::new(),
            false => format!(": {}", names.join(", ")),
        };
        let text = format!(
            "{} is told{told}\n  {}\nwhoever has a file of the run checks it: daedal verify FILE --disclosure {}",
            word(kind),
            place.display(),
            crate::text::quoted(&place.display().to_string())
        );
        let value =
            json!({ "run": record.header.run(), "intent": name, "file": place, "told": names });
        ui.result(&value, &text);
        Ok(0)
    }

    /// The decision that is meant, and what of it is told.
    fn chosen(
        &self,
        run: &str,
        decisions: Vec<Decision>,
        what: &str,
    ) -> Result<(Decision, Openings), Failure> {
        let list = format!("`{} disclose {run}` lists them", hint::daedal());
        let hides = |decision: &Decision| {
            let mut names = decision.openings.keys();
            let found = names.find(|name| *name == what || name.ends_with(&format!(".{what}")));
            found.cloned()
        };
        let is_meant = |decision: &Decision| {
            let digits = what.len() >= 6 && what.starts_with("0x");
            decision.step.as_deref() == Some(what)
                || word(decision.signed.intent.kind) == what
                || digits && decision.signed.name().to_string().starts_with(what)
                || hides(decision).is_some()
        };
        let mut meant: Vec<Decision> = decisions.into_iter().filter(|one| is_meant(one)).collect();
        if meant.len() > 1 {
            return Err(
                Failure::new(format!("`{what}` means {} decisions", meant.len())).help(format!(
                    "name one by the first digits of its intent; {list}"
                )),
            );
        }
        let Some(decision) = meant.pop() else {
            return Err(Failure::new(format!("run {run} has no decision `{what}`")).help(list));
        };
        if decision.signed.disclosed.is_none() {
            return Err(
                Failure::new("this studio does not know what that decision hides")
                    .help("the studio whose account signed it does"),
            );
        }
        let only: Vec<String> = match hides(&decision) {
            Some(name) => vec![name],
            None => self.only.clone(),
        };
        let known: Vec<&String> = decision.openings.keys().collect();
        if let Some(wrong) = only.iter().find(|name| !known.contains(name)) {
            return Err(Failure::new(format!("that decision hides no `{wrong}`")).help(list));
        }
        let mut opened = decision.openings.clone();
        opened.retain(|name, _| only.is_empty() || only.contains(name));
        Ok((decision, opened))
    }
}

fn word(kind: IntentKind) -> String {
    let word = serde_json::to_value(kind).unwrap_or_default();
    word.as_str().unwrap_or_default().to_owned()
}

fn listed(run: &str, decisions: &[Decision]) -> String {
    if decisions.is_empty() {
        return format!("nobody signed anything in run {run}\n");
    }
    let mut text = String::new();
    for decision in decisions {
        let name = decision.signed.name().to_string();
        let names: Vec<&str> = decision.openings.keys().map(String::as_str).collect();
        let private = match names.is_empty() {
            true => String::new(),
            false => format!("  private: {}", names.join(", ")),
        };
        text.push_str(&format!(
            "{}  {:<8} {:<16} by {}{private}\n",
            &name[..14],
            word(decision.signed.intent.kind),
            decision.step.as_deref().unwrap_or(""),
            decision.signed.signer.to_checksum(None),
        ));
    }
    text
}

fn to_json(decision: &Decision) -> Value {
    json!({
        "intent": decision.signed.name(),
        "kind": decision.signed.intent.kind,
        "step": decision.step,
        "signer": decision.signed.signer.to_checksum(None),
        "private": decision.openings.keys().collect::<Vec<_>>(),
    })
}
