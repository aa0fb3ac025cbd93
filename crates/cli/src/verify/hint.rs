//! What can be done about a verdict.

use std::path::Path;

use daedal_provenance::Exit;

use super::{Verified, misnamed};

impl Verified {
    /// What can be done about the verdict, where that is known.
    pub(crate) fn hint(&self, path: &Path) -> Option<String> {
        let signer = self.verdict.signer.as_ref();
        let is_unknown = signer.is_some_and(|signer| !signer.expired);
        match self.verdict.exit {
            Exit::Untrusted if is_unknown => Some(
                "whoever sealed it is recognised once you name their certificate chain, from a place \
                 that you trust: --trust CHAIN.pem; a studio's own is .daedal/keys/chain.pem, and is \
                 recognised in that studio by whoever signed there, or with --studio DIR"
                    .to_owned(),
            ),
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
