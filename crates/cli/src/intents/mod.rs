//! What people decide, signed: by an account of the studio, or by a wallet elsewhere.

mod authors;
mod contract;
mod domain;
mod kept;
mod setting;
mod time;
mod wallet;

use alloy_primitives::{Address, B256, Bytes};
use daedal_core::intent::{
    Disclosure, Domain, Intent, IntentKind, Openings, SignedIntent, seen_root, step_word,
};
use daedal_provenance::Person;
use daedal_store::Studio;
use serde_json::{Value, json};

use crate::commands::Common;
use crate::failure::Failure;
use crate::home::{Home, remembered};
use crate::ui::Ui;
use crate::{chain, keys, text};

pub(crate) use authors::{authors_of, sign_authorship};
pub(crate) use domain::domain_of;
pub(crate) use kept::{Kept, kept, publish};
pub(crate) use setting::{forget_printed, keep_printed, printed, setter, sign_settings};
pub(crate) use time::latest;

/// Name of the note among what is sealed in a payload.
const NOTE: &str = "note";
/// Longest note.
const NOTE_BYTES_MAX: usize = 4_096;

/// How a decision is signed.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct SignedBy {
    /// Say why: the text stays in the studio, and only a commitment to it is signed (`daedal disclose` tells it)
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// Sign with another account of the studio: `daedal account list` shows them
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
    /// Decide and begin nothing yet, and print what a wallet has to sign (EIP-712, for `eth_signTypedData_v4`)
    #[arg(long, conflicts_with_all = ["account", "signature"])]
    typed_data: bool,
    /// Do it by this signature of a wallet over what --typed-data printed
    #[arg(
        long,
        value_name = "0x…",
        requires = "signer",
        conflicts_with = "account"
    )]
    signature: Option<Bytes>,
    /// The account whose wallet made the --signature: of a key, or a contract on the studio's chain (ERC-1271)
    #[arg(long, value_name = "0x…", requires = "signature")]
    signer: Option<String>,
}

/// What signs.
pub(crate) enum Hand {
    /// An account of the studio.
    Own(Box<Person>),
    /// Nothing yet: what is to be signed is printed.
    Print,
    /// A wallet did.
    Wallet { signature: Bytes, signer: Address },
}

/// What is to be signed.
pub(crate) struct Draft {
    /// What is meant, to find it again: the run and the task.
    pub(crate) place: String,
    pub(crate) domain: Domain,
    pub(crate) run: B256,
    pub(crate) step: Option<String>,
    pub(crate) kind: IntentKind,
    /// What was decided, from the salt that hides it.
    pub(crate) decided: Box<dyn Fn(B256) -> Disclosure + Send + Sync>,
    /// What stays private even when the rest is told, by name.
    pub(crate) private: Vec<(String, Value)>,
    pub(crate) shown: Vec<B256>,
    /// What it follows: what was asked, or the decision before.
    pub(crate) prev: B256,
    /// Seconds since 1970 that it can't be from before, whatever the clock says.
    pub(crate) from: u64,
}

/// What came of a draft.
pub(crate) enum Signed {
    Intent(Box<SignedIntent>),
    /// What a wallet has to sign.
    TypedData(Value),
}

impl SignedBy {
    /// Opens what signs; may ask for a password, so that nobody else should have to wait meanwhile.
    pub(crate) fn hand(&self, home: &Home, common: &Common, ui: Ui) -> Result<Hand, Failure> {
        let long = self
            .note
            .as_ref()
            .is_some_and(|note| note.len() > NOTE_BYTES_MAX);
        if long {
            return Err(
                Failure::new(format!("the note is longer than {NOTE_BYTES_MAX} bytes"))
                    .help("say it shorter, or name a document in it"),
            );
        }
        Ok(match (&self.signature, &self.signer) {
            (Some(signature), Some(signer)) => Hand::Wallet {
                signature: signature.clone(),
                signer: chain::account(signer)?,
            },
            _ if self.typed_data => Hand::Print,
            _ => {
                let person = keys::person_named(home, common, self.account.as_deref(), ui)?;
                Hand::Own(Box::new(person))
            }
        })
    }

    /// Whether it says how to sign.
    pub(crate) fn is_asked(&self) -> bool {
        self.note.is_some() || self.account.is_some() || self.typed_data || self.signature.is_some()
    }

    /// The note, to be sealed.
    pub(crate) fn private(&self) -> Vec<(String, Value)> {
        let note = self.note.iter();
        note.map(|note| (NOTE.to_owned(), json!(note))).collect()
    }
}

/// Signs a draft, and keeps in the studio what its commitments hide.
pub(crate) async fn sign(
    home: &Home,
    studio: &Studio,
    hand: &Hand,
    draft: Draft,
) -> Result<Signed, Failure> {
    let (signed, openings) = match hand {
        Hand::Wallet { signature, signer } => {
            wallet::signed(home, studio, &draft, signature, *signer).await?
        }
        Hand::Print => return wallet::ask(studio, draft).await.map(Signed::TypedData),
        Hand::Own(person) => {
            let (intent, disclosed, openings) = intent(studio, &draft).await?;
            let signed = person
                .sign(draft.domain, intent, Some(disclosed), draft.shown)
                .map_err(|error| keys::refused(&error))?;
            (signed, openings)
        }
    };
    kept::keep(studio, &signed, openings, draft.step).await?;
    Ok(Signed::Intent(Box::new(signed)))
}

/// What a draft comes to: fresh salts, the next number, the time.
async fn intent(studio: &Studio, draft: &Draft) -> Result<(Intent, Disclosure, Openings), Failure> {
    let mut openings = Openings::new();
    for (name, value) in &draft.private {
        openings.insert(name.clone(), Disclosure::of(salt()?, name, value));
    }
    let disclosed = (draft.decided)(salt()?).sealing(&openings);
    let nonce = studio.records.next("intent").await;
    let intent = Intent {
        run: draft.run,
        step: draft.step.as_deref().map(step_word).unwrap_or_default(),
        kind: draft.kind,
        payload: disclosed.commitment(),
        seen: seen_root(&draft.shown),
        prev: draft.prev,
        nonce: nonce.map_err(|error| remembered(&error))?,
        at: draft.from.max(text::now().0 / 1_000),
    };
    Ok((intent, disclosed, openings))
}

fn salt() -> Result<B256, Failure> {
    let mut salt = [0; 32];
    getrandom::fill(&mut salt)
        .map_err(|error| Failure::new(format!("no randomness can be had: {error}")))?;
    Ok(salt.into())
}
