//! Whose seals are recognised.

use std::path::Path;

use daedal_provenance::Keys;
use daedal_provenance::chain::Chain;

use super::read;
use crate::failure::Failure;
use crate::home::Home;

/// The certificates of a studio: its own, and one that its settings name.
pub(crate) fn authorities(home: Option<&Home>) -> Result<Vec<Chain>, Failure> {
    let Some(home) = home else {
        return Ok(Vec::new());
    };
    let mut chains = Vec::new();
    let keys = Keys::at(home.keys());
    if keys.exist() {
        chains.push(
            keys.chain()
                .map_err(|error| Failure::new(error.to_string()))?,
        );
    }
    if let Some(certificate) = &home.settings.account.certificate {
        chains.push(chain(&home.root.join(certificate))?);
    }
    Ok(chains)
}

/// Reads a certificate chain.
pub(crate) fn chain(path: &Path) -> Result<Chain, Failure> {
    Chain::from_pem(&read(path)?).map_err(|error| {
        Failure::because(
            format!("{} is no certificate chain", path.display()),
            &error,
        )
        .help("expected certificates in PEM, the signing one first")
    })
}
