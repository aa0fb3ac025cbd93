//! What a reviewer should not have to look for.

mod arrows;
mod documents;
mod sources;

use crate::Failure;

/// Runs every check and reports all findings together.
pub(crate) fn run() -> Result<(), Failure> {
    let mut findings = arrows::check()?;
    findings.extend(sources::check()?);
    findings.extend(documents::check()?);
    for finding in &findings {
        eprintln!("tidy: {finding}");
    }
    if findings.is_empty() {
        println!("tidy: arrows, sources and documents are in order");
        Ok(())
    } else {
        Err(format!("{} to mend", findings.len()).into())
    }
}
