//! What can be done about a verdict.

use std::path::Path;

use daedal_provenance::{Exit, Verdict};

use super::{Verified, Whole, misnamed};

/// What makes signers known, where one of them is unknown and not past its time.
fn hint_of_signer<'v>(mut verdicts: impl Iterator<Item = &'v Verdict>) -> Option<String> {
    let is_unknown = |verdict: &Verdict| {
        let signer = verdict.signer.as_ref();
        verdict.exit == Exit::Untrusted && signer.is_some_and(|signer| !signer.expired)
    };
    verdicts.any(is_unknown).then(|| {
        "whoever sealed it is recognised once you name their certificate chain, from a place \
         that you trust: --trust CHAIN.pem; a studio's own is .daedal/keys/chain.pem, and is \
         recognised in that studio by whoever signed there, or with --studio DIR"
            .to_owned()
    })
}

impl Whole {
    /// What can be done about the verdict on a run, where that is known.
    pub(crate) fn hint(&self) -> Option<String> {
        match self.archive.verdict.exit {
            Exit::Untrusted => hint_of_signer(self.verdicts()),
            _ => None,
        }
    }
}

impl Verified {
    /// What can be done about the verdict, where that is known.
    pub(crate) fn hint(&self, path: &Path) -> Option<String> {
        match self.verdict.exit {
            Exit::Untrusted => hint_of_signer(self.verdicts()),
            Exit::Unanchored => self.hint_of_anchor(),
            Exit::Incomplete => misnamed::hint(path),
            _ => None,
        }
    }

    fn hint_of_anchor(&self) -> Option<String> {
        let origin = self.verdict.origin.as_ref()?;
        let chain = origin.registered?.chain;
        match &self.anchor {
            Some(anchor) if anchor.is_asked() => None,
            Some(anchor) if anchor.can_be_asked() => Some(format!(
                "a node of chain {chain} can tell: --rpc URL asks it"
            )),
            _ => Some(format!(
                "lay {}.anchor.json beside the file, which is published once the run is anchored, or name it \
                 with --anchor; --rpc URL has a node of chain {chain} confirm it",
                &origin.run.to_string()[..16]
            )),
        }
    }
}
