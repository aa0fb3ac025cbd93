//! Dials that a person set by hand for a run.

use daedal_core::canonical;
use daedal_core::intent::{Disclosure, Domain, IntentKind, set_name};
use daedal_core::receipt::first_link;
use daedal_core::run::RunSpec;
use daedal_provenance::Keys;
use daedal_store::Studio;
use daedal_store::ports::Document;
use serde_json::{Value, json};

use super::{Draft, Hand, Signed, sign};
use crate::commands::Common;
use crate::failure::Failure;
use crate::home::{Home, remembered};
use crate::runs::Dials;
use crate::ui::Ui;
use crate::{hint, password};

/// Who signs the dials that were set by hand, if they are to be signed: `--sign` wants it, `sign` under
/// [account] wants it where there are keys and a way to their password. May ask for that.
pub(crate) fn setter(
    home: &Home,
    common: &Common,
    dials: &Dials,
    ui: Ui,
) -> Result<Option<Hand>, Failure> {
    let by = &dials.signed_by;
    let is_asked = dials.sign || by.is_asked();
    let sets_some = dials.by_hand().next().is_some();
    if by.is_asked() && !sets_some {
        return Err(
            Failure::new("nothing is set by hand, and so there is nothing to sign").help(
                "set an input (--input) or a parameter (--param), or leave out how it is signed",
            ),
        );
    }
    if !sets_some || !is_asked && home.settings.account.sign != Some(true) {
        return Ok(None);
    }
    let has_keys = Keys::at(home.keys()).exist();
    let can_sign = is_asked || has_keys && password::can_be_had(home, common);
    if !can_sign {
        ui.note(format!(
            "what you set is not signed: {}",
            match has_keys {
                true => "there is no terminal to ask for the password on, and no password file"
                    .to_owned(),
                false => format!("the studio has no account yet; {} account", hint::daedal()),
            }
        ));
        return Ok(None);
    }
    by.hand(home, common, ui).map(Some)
}

/// Signs the dials of a run that were set by hand, these of `inputs` and `parameters`. Only commitments leave
/// the studio: one to all of it, which holds one to each value.
pub(crate) async fn sign_settings(
    home: &Home,
    studio: &Studio,
    hand: &Hand,
    domain: Domain,
    spec: &RunSpec,
    dials: &Dials,
) -> Result<Signed, Failure> {
    let run = spec.id().0;
    let private = dials.by_hand().map(|(of, name)| {
        let values = if of == "inputs" {
            &spec.inputs
        } else {
            &spec.parameters
        };
        (set_name(of, name), values[name].clone())
    });
    let private = private.chain(dials.signed_by.private());
    let draft = Draft {
        place: format!("{run}/set"),
        domain,
        run: run.0.into(),
        step: None,
        kind: IntentKind::Set,
        decided: Box::new(Disclosure::setting),
        private: private.collect(),
        shown: Vec::new(),
        prev: first_link(run),
        from: 0,
    };
    sign(home, studio, hand, draft).await
}

/// Runs whose dials a wallet has to sign first. The signature names the run, so that this has to be the one that is begun.
const TO_SIGN: &str = "run-to-sign";

/// What is asked of a run, whichever it is.
fn asked(spec: &RunSpec) -> String {
    let governed = spec.governed.as_ref().map(|governed| &governed.dials);
    canonical::digest(&json!({
        "process": spec.process,
        "bundle": spec.bundle,
        "inputs": spec.inputs,
        "parameters": spec.parameters,
        "seed": spec.seed,
        "fresh": spec.fresh,
        "governed": governed,
    }))
    .to_string()
}

/// Keeps a run until the signature comes. One of which the same was asked before is replaced.
pub(crate) async fn keep_printed(studio: &Studio, spec: &RunSpec) -> Result<(), Failure> {
    put(studio, Document::of(TO_SIGN, asked(spec), spec)).await
}

/// Forgets it, once it was signed: a run is begun once.
pub(crate) async fn forget_printed(studio: &Studio, spec: &RunSpec) -> Result<(), Failure> {
    put(studio, Document::of(TO_SIGN, asked(spec), &Value::Null)).await
}

async fn put(studio: &Studio, document: Document) -> Result<(), Failure> {
    let put = studio.records.put(vec![document]).await;
    put.map_err(|error| remembered(&error))
}

/// The run that was printed and asks for the same as this one.
pub(crate) async fn printed(studio: &Studio, spec: RunSpec) -> Result<RunSpec, Failure> {
    let found = studio.records.get(TO_SIGN, &asked(&spec)).await;
    let found = found.map_err(|error| remembered(&error))?;
    let found: Option<RunSpec> = found.and_then(|value| serde_json::from_value(value).ok());
    let known = found.ok_or_else(|| {
        Failure::new("of such a run nothing was printed to be signed, or it was begun since").help(
            "print it first: the same command with --typed-data; a seed that is random is another each time: name one",
        )
    })?;
    Ok(RunSpec {
        intents: spec.intents,
        ..known
    })
}
