//! Governed dials: numbers on the chain, and the units of the process file.

use alloy_primitives::B256;
use daedal_chain::operations::{Ledgers, ParameterSpec, dial_name};
use daedal_core::bundle::Bundle;
use daedal_core::plan;
use daedal_core::process::{Dial, DialKind, Process};
use daedal_store::Studio;
use serde_json::Value;

use super::refused;
use crate::assemble;
use crate::failure::Failure;
use crate::home::remembered;

/// On chain a number is counted in millionths.
const MILLION: f64 = 1_000_000.0;

/// The governed dials of a work, and what its newest version says of them where this studio has its files.
pub(crate) struct GovernedDials {
    work: u64,
    pub(crate) specs: Vec<ParameterSpec>,
    declared: Vec<(String, Dial)>,
}

impl GovernedDials {
    pub(crate) async fn of(studio: &Studio, reads: &Ledgers, work: u64) -> Result<Self, Failure> {
        let specs = reads.parameters(work).await.map_err(refused)?;
        let declared = match specs.is_empty() {
            true => Vec::new(),
            false => declared(studio, reads, work).await?,
        };
        Ok(Self {
            work,
            specs,
            declared,
        })
    }

    /// The dial of a name.
    pub(crate) fn named(&self, name: &str) -> Result<&ParameterSpec, Failure> {
        let word = dial_name(name);
        let found = self.specs.iter().find(|spec| Some(spec.name) == word);
        found.ok_or_else(|| {
            let names: Vec<String> = self.specs.iter().map(name_of).collect();
            let help = match names.is_empty() {
                true => "dials are governed that say `governed: true` when a process is registered"
                    .to_owned(),
                false => format!("those that are: {}", names.join(", ")),
            };
            Failure::new(format!("work {} has no governed dial `{name}`", self.work)).help(help)
        })
    }

    /// A value as the chain counts it.
    pub(crate) fn read(&self, spec: &ParameterSpec, text: &str) -> Result<i64, Failure> {
        let name = name_of(spec);
        let wrong = |expected: String| {
            Failure::new(format!("`{text}` is no value of the dial `{name}`"))
                .help(format!("expected {expected}"))
        };
        let number = count(text, spec.decimals);
        match self.kind(&name) {
            Some(DialKind::Choice { of }) => {
                let found = of.iter().position(|choice| choice == text);
                let index = found.and_then(|index| i64::try_from(index).ok());
                index.ok_or_else(|| wrong(format!("one of {}", of.join(", "))))
            }
            Some(DialKind::Boolean) => match text {
                "true" => Ok(1),
                "false" => Ok(0),
                _ => Err(wrong("true or false".to_owned())),
            },
            _ => number.ok_or_else(|| {
                let digits = match spec.decimals {
                    0 => "a whole number".to_owned(),
                    digits => format!("a number with {digits} digits behind the point at most"),
                };
                let (min, max) = (self.told(spec, spec.min), self.told(spec, spec.max));
                wrong(format!("{digits}, from {min} to {max}"))
            }),
        }
    }

    /// A value as people write it: a choice by its name.
    pub(crate) fn told(&self, spec: &ParameterSpec, value: i64) -> String {
        let name = name_of(spec);
        let named = match self.kind(&name) {
            Some(kind) => valued(kind, spec.decimals, value),
            None => None,
        };
        match named {
            Some(Value::String(name)) => name,
            Some(value @ Value::Bool(_)) => value.to_string(),
            _ => counted(value.into(), spec.decimals),
        }
    }

    /// The same, of a dial by its name on the chain.
    pub(crate) fn told_of(&self, name: &B256, value: i64) -> String {
        let spec = self.specs.iter().find(|spec| spec.name == *name);
        spec.map_or_else(|| value.to_string(), |spec| self.told(spec, value))
    }

    /// Where a value may be, in words.
    pub(crate) fn bounds(&self, spec: &ParameterSpec) -> String {
        if let Some(DialKind::Choice { of }) = self.kind(&name_of(spec)) {
            return format!("one of {}", of.join(", "));
        }
        let (min, max) = (self.told(spec, spec.min), self.told(spec, spec.max));
        format!("from {min} to {max}")
    }

    /// Refuses a version whose dials mean something else than what was registered for good: other bounds, or
    /// other choices behind the numbers of the chain.
    pub(crate) fn require_same(&self, process: &Process) -> Result<(), Failure> {
        let mut wrong = Vec::new();
        for spec in &self.specs {
            let name = name_of(spec);
            let dial = process.parameters.iter().find(|(known, _)| *known == name);
            let Some((_, dial)) = dial.filter(|(_, dial)| dial.governed) else {
                continue;
            };
            let now = parameter(&name, dial)?;
            let same_choices = match (self.kind(&name), &dial.kind) {
                (Some(DialKind::Choice { of }), DialKind::Choice { of: now }) => now == of,
                _ => true,
            };
            let bounds = (spec.min, spec.max, spec.decimals);
            if (now.min, now.max, now.decimals) != bounds || !same_choices {
                wrong.push((
                    format!(
                        "the governed dial `{name}` is registered {}, and this version says otherwise",
                        self.bounds(spec)
                    ),
                    "what votes can move is frozen with the work: give it back its bounds and the order of \
                     its choices, or call the new dial otherwise"
                        .to_owned(),
                ));
            }
        }
        match wrong.is_empty() {
            true => Ok(()),
            false => Err(Failure::several(wrong)),
        }
    }

    fn kind(&self, name: &str) -> Option<&DialKind> {
        let found = self.declared.iter().find(|(known, _)| known == name);
        found.map(|(_, dial)| &dial.kind)
    }
}

/// The dials of the newest version whose files this studio has.
async fn declared(
    studio: &Studio,
    reads: &Ledgers,
    work: u64,
) -> Result<Vec<(String, Dial)>, Failure> {
    let versions = reads.versions(work).await.map_err(refused)?;
    for version in versions.iter().rev() {
        let kept = studio.records.get("bundle", &version.bundle.to_string());
        let kept = kept.await.map_err(|error| remembered(&error))?;
        let bundle: Option<Bundle> = kept.and_then(|kept| serde_json::from_value(kept).ok());
        let Some(bundle) = bundle else { continue };
        // Files that can't be read any more leave numbers without names.
        if let Ok(planned) = plan::of_bundle(&bundle, &*studio.blobs, &assemble::engines()) {
            return Ok(planned.process.parameters);
        }
    }
    Ok(Vec::new())
}

/// A value of the chain as a run takes it; none where the dial has no such value.
pub(crate) fn valued(kind: &DialKind, decimals: u8, value: i64) -> Option<Value> {
    let valued = match kind {
        // Both are exact in a double, and so their quotient is the number that its digits mean.
        DialKind::Number { .. } => Value::from(value as f64 / 10_f64.powi(i32::from(decimals))),
        DialKind::Integer { .. } if decimals == 0 => Value::from(value),
        DialKind::Boolean => match value {
            0 => Value::Bool(false),
            1 => Value::Bool(true),
            _ => return None,
        },
        DialKind::Choice { of } => Value::from(of.get(usize::try_from(value).ok()?)?.clone()),
        _ => return None,
    };
    kind.accept(&valued).ok()
}

/// The name of a dial.
pub(crate) fn name_of(dial: &ParameterSpec) -> String {
    let name = dial.name.as_slice();
    let end = name.iter().position(|byte| *byte == 0);
    String::from_utf8_lossy(&name[..end.unwrap_or(name.len())]).into_owned()
}

/// A number of the chain as people write it.
pub(crate) fn counted(number: i128, decimals: u8) -> String {
    let sign = if number < 0 { "-" } else { "" };
    let width = usize::from(decimals) + 1;
    let digits = format!("{:0width$}", number.unsigned_abs());
    let (whole, part) = digits.split_at(digits.len() - usize::from(decimals));
    match part.trim_end_matches('0') {
        "" => format!("{sign}{whole}"),
        part => format!("{sign}{whole}.{part}"),
    }
}

/// A number that people wrote as the chain counts it; none where it has more digits, or is none.
fn count(text: &str, decimals: u8) -> Option<i64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let width = usize::from(decimals);
    if whole.is_empty() || part.len() > width || digits.ends_with('.') {
        return None;
    }
    let all = format!("{whole}{part:0<width$}");
    if !all.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    all.parse::<i64>().ok()?.checked_mul(sign)
}

/// A governed dial with its frozen bounds.
pub(super) fn parameter(name: &str, dial: &Dial) -> Result<ParameterSpec, Failure> {
    let wrong = |why: &str| {
        Failure::new(format!("the parameter `{name}` can't be governed: {why}"))
            .help("take `governed: true` from it, or change its bounds")
    };
    if name.len() > 31 {
        return Err(wrong("its name has more than 31 bytes"));
    }
    let value = dial.default.as_ref();
    let millions = |number: f64| {
        let counted = (number * MILLION).round();
        // Beyond 2^53 millionths a number is not exact any more.
        (counted.abs() <= 9.0e15).then_some(counted as i64)
    };
    let (value, min, max, decimals) = match &dial.kind {
        DialKind::Number { min, max } => (
            value.and_then(Value::as_f64).and_then(millions),
            millions(*min),
            millions(*max),
            6,
        ),
        DialKind::Integer { min, max } => {
            (value.and_then(Value::as_i64), Some(*min), Some(*max), 0)
        }
        DialKind::Boolean => (
            value.and_then(Value::as_bool).map(i64::from),
            Some(0),
            Some(1),
            0,
        ),
        DialKind::Choice { of } => {
            let index = value
                .and_then(Value::as_str)
                .and_then(|chosen| of.iter().position(|name| name == chosen));
            let index = index.and_then(|index| i64::try_from(index).ok());
            let last = i64::try_from(of.len()).ok().map(|count| count - 1);
            (index, Some(0), last, 0)
        }
        DialKind::Text { .. } | DialKind::Asset { .. } => {
            return Err(wrong(
                "only numbers, choices and yes or no have bounds on a chain",
            ));
        }
    };
    let (Some(value), Some(min), Some(max)) = (value, min, max) else {
        return Err(wrong(
            "it has no default, or bounds that no chain can count",
        ));
    };
    let step = match dial.max_step {
        Some(step) if decimals == 6 => millions(step).map(i64::unsigned_abs),
        Some(step) => Some(step.abs().floor() as u64),
        None => Some(max.abs_diff(min)),
    };
    let seconds = dial.cooldown_ms.unwrap_or(0).div_ceil(1_000);
    let mut word = [0; 32];
    word[..name.len()].copy_from_slice(name.as_bytes());
    Ok(ParameterSpec {
        name: B256::from(word),
        value,
        min,
        max,
        step: step
            .filter(|step| *step > 0)
            .ok_or_else(|| wrong("its largest step is less than the chain counts"))?,
        cooldown: u32::try_from(seconds).map_err(|_| wrong("its cooldown is too long"))?,
        decimals,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_the_chain_have_their_point() {
        let told = [
            (350_000, 6, "0.35"),
            (-1_500_000, 6, "-1.5"),
            (7, 0, "7"),
            (0, 6, "0"),
            (-1, 6, "-0.000001"),
        ];
        for (number, decimals, text) in told {
            assert_eq!(counted(number.into(), decimals), text);
            assert_eq!(count(text, decimals), Some(number));
        }
        for wrong in [
            "",
            "-",
            ".5",
            "5.",
            "0.1234567",
            "1e3",
            "--1",
            "99999999999999",
        ] {
            assert_eq!(count(wrong, 6), None, "{wrong}");
        }
    }

    #[test]
    fn values_of_the_chain_are_those_of_the_file() {
        let number = DialKind::Number { min: 0.1, max: 0.8 };
        for millionths in [100_000, 350_000, 450_000, 799_999, 800_000] {
            let value = valued(&number, 6, millionths).unwrap();
            let text = counted(millionths.into(), 6);
            assert_eq!(value, number.accept_text(&text).unwrap(), "{text}");
        }
        assert_eq!(valued(&number, 6, 800_001), None);
        let of = vec!["kelp".to_owned(), "ember".to_owned()];
        let choice = DialKind::Choice { of };
        assert_eq!(valued(&choice, 0, 1), Some("ember".into()));
        assert_eq!(valued(&choice, 0, 2), None);
        assert_eq!(valued(&choice, 0, -1), None);
        assert_eq!(valued(&DialKind::Boolean, 0, 1), Some(true.into()));
        assert_eq!(valued(&DialKind::Boolean, 0, 2), None);
    }
}
