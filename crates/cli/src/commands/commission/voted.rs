//! Dials that votes decide: an order takes them as they stand.

use daedal_chain::operations::{Ledgers, ParameterSpec};
use daedal_core::plan::Planned;
use daedal_core::process::DialKind;

use crate::chain;
use crate::failure::Failure;

/// On chain a number is counted in parts of 10^decimals.
fn text_of(kind: &DialKind, spec: &ParameterSpec) -> Option<String> {
    match kind {
        DialKind::Number { .. } => {
            let unit = 10_f64.powi(i32::from(spec.decimals));
            Some((spec.value as f64 / unit).to_string())
        }
        DialKind::Integer { .. } => Some(spec.value.to_string()),
        DialKind::Boolean => Some((spec.value != 0).to_string()),
        DialKind::Choice { of } => of.get(usize::try_from(spec.value).ok()?).cloned(),
        DialKind::Text { .. } | DialKind::Asset { .. } => None,
    }
}

/// The parameters of an order, as `NAME=VALUE`: what is asked, and what stands of the governed dials, which
/// nobody else sets.
pub(super) async fn follow(
    reads: &Ledgers,
    work: u64,
    planned: &Planned,
    asked: &[String],
) -> Result<Vec<String>, Failure> {
    let mut parameters = asked.to_vec();
    let dials = &planned.process.parameters;
    if !dials.iter().any(|(_, dial)| dial.governed) {
        return Ok(parameters);
    }
    for spec in reads.parameters(work).await.map_err(chain::refused)? {
        let word = spec.name.as_slice();
        let end = word.iter().position(|byte| *byte == 0);
        let name = String::from_utf8_lossy(&word[..end.unwrap_or(word.len())]);
        let Some((_, dial)) = dials.iter().find(|(known, _)| *known == name) else {
            continue;
        };
        let Some(value) = text_of(&dial.kind, &spec) else {
            continue;
        };
        let mut names = asked.iter().filter_map(|option| option.split_once('='));
        if names.any(|(asked, _)| asked == name) {
            return Err(
                Failure::new(format!("votes decide `{name}`: it stands at {value}"))
                    .help("leave it away: the order takes it as it stands"),
            );
        }
        parameters.push(format!("{name}={value}"));
    }
    Ok(parameters)
}
