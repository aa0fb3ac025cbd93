//! Dials that a person set by hand for a run.

use daedal_core::intent::{Disclosure, Domain, IntentKind, SignedIntent, set_name};
use daedal_core::receipt::first_link;
use daedal_core::run::RunSpec;
use daedal_provenance::Keys;
use daedal_store::Studio;

use super::{Draft, Hand, Signed, SignedBy, sign};
use crate::commands::Common;
use crate::failure::Failure;
use crate::home::Home;
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
    let unasked = !dials.sign && home.settings.account.sign != Some(true);
    if unasked || dials.by_hand().next().is_none() {
        return Ok(None);
    }
    let has_keys = Keys::at(home.keys()).exist();
    let can_sign = dials.sign || has_keys && password::can_be_had(home, common);
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
    SignedBy::default().hand(home, common, ui).map(Some)
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
) -> Result<Option<SignedIntent>, Failure> {
    let run = spec.id().0;
    let private = dials.by_hand().map(|(of, name)| {
        let values = if of == "inputs" {
            &spec.inputs
        } else {
            &spec.parameters
        };
        (set_name(of, name), values[name].clone())
    });
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
    Ok(match sign(home, studio, hand, draft).await? {
        Signed::Intent(signed) => Some(*signed),
        Signed::TypedData(_) => None,
    })
}
