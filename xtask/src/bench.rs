//! Measures.
use crate::Failure;
pub(crate) fn run(_rest: &[String]) -> Result<(), Failure> {
    Err("not measured yet".into())
}
