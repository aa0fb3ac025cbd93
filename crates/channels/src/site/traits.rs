//! What pieces have in common, and how rare it is.

use std::collections::BTreeMap;

use super::gallery::Piece;

/// Numbers of a trait that are told one by one rather than as a range.
const TRAIT_NUMBERS_MAX: usize = 6;

/// Values of a trait that are told one by one.
const TRAIT_VALUES_MAX: usize = 16;

/// A feature, and how often each of its values is met.
pub(super) struct Trait {
    pub(super) name: String,
    /// The most frequent first.
    pub(super) values: Vec<TraitValue>,
    /// Values that are not told one by one.
    pub(super) others: usize,
    /// From the least to the most, when the values are numbers that hardly repeat; or that they are seeds.
    pub(super) range: Option<String>,
}

/// A value of a feature.
pub(super) struct TraitValue {
    pub(super) value: String,
    /// Pieces that have it.
    pub(super) pieces: usize,
    /// Of all pieces of the process, in percent.
    pub(super) percent: String,
}

/// The traits of some pieces, in the order in which they are first met.
pub(super) fn of(pieces: &[Piece<'_>]) -> Vec<Trait> {
    let mut order: Vec<String> = Vec::new();
    let mut counts: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    for (name, value) in pieces.iter().flat_map(|piece| piece.item.features()) {
        if !counts.contains_key(&name) {
            order.push(name.clone());
        }
        *counts.entry(name).or_default().entry(value).or_default() += 1;
    }
    order
        .into_iter()
        .map(|name| {
            let values = counts.remove(&name).unwrap_or_default();
            let mut values: Vec<_> = values
                .into_iter()
                .map(|(value, met)| TraitValue {
                    value,
                    pieces: met,
                    percent: percent(met, pieces.len()),
                })
                .collect();
            values.sort_by(|a, b| b.pieces.cmp(&a.pieces).then_with(|| a.value.cmp(&b.value)));
            let range = range(&values);
            let others = match range {
                Some(_) => values.len(),
                None => values.len().saturating_sub(TRAIT_VALUES_MAX),
            };
            Trait {
                name,
                values,
                others,
                range,
            }
        })
        .collect()
}

impl Trait {
    /// The values that are told one by one.
    pub(super) fn told(&self) -> &[TraitValue] {
        &self.values[..self.values.len() - self.others]
    }
}

/// What is told in the place of how rare each value is, where that says nothing: of many numbers, of numbers
/// that no two pieces share, and of seeds.
fn range(values: &[TraitValue]) -> Option<String> {
    let is_each_its_own = values.iter().all(|known| known.pieces == 1);
    if is_each_its_own && values.iter().all(|known| is_seed(&known.value)) {
        return Some("each has its own".to_owned());
    }
    let numbers: Vec<f64> = values
        .iter()
        .map(|known| known.value.parse().ok())
        .collect::<Option<_>>()?;
    let least = numbers.iter().copied().fold(f64::INFINITY, f64::min);
    let most = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    match is_each_its_own || numbers.len() > TRAIT_NUMBERS_MAX {
        true if least < most => Some(format!("{least} to {most}")),
        true => Some(most.to_string()),
        false => None,
    }
}

/// Whether a value names a piece rather than describing it: eight digits or more, hexadecimal ones too.
fn is_seed(value: &str) -> bool {
    value.len() >= 8 && value.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn percent(part: usize, whole: usize) -> String {
    let tenths = (part * 1000 + whole / 2) / whole.max(1);
    if tenths >= 100 || tenths.is_multiple_of(10) {
        format!("{} %", (tenths + 5) / 10)
    } else {
        format!("{}.{} %", tenths / 10, tenths % 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(values: &[(&str, usize)]) -> Option<String> {
        let value = |(value, pieces): &(&str, usize)| TraitValue {
            value: (*value).to_owned(),
            pieces: *pieces,
            percent: String::new(),
        };
        range(&values.iter().map(value).collect::<Vec<_>>())
    }

    #[test]
    fn nothing_is_rare_where_each_piece_has_its_own() {
        let own = Some("each has its own".to_owned());
        assert_eq!(told(&[("1064043001", 1), ("2930110447", 1)]), own);
        assert_eq!(told(&[("9f86d081884c7d65", 1)]), own);
        assert_eq!(told(&[("7", 1), ("12.5", 1)]), Some("7 to 12.5".into()));
        assert_eq!(told(&[("7", 1)]), Some("7".into()));
        assert_eq!(told(&[("7", 2), ("12", 1)]), None);
        assert_eq!(told(&[("1064043001", 2), ("2930110447", 1)]), None);
        assert_eq!(told(&[("calm", 1), ("wild", 1)]), None);
        let many: Vec<String> = (0..9).map(|number| number.to_string()).collect();
        let many: Vec<(&str, usize)> = many.iter().map(|number| (number.as_str(), 2)).collect();
        assert_eq!(told(&many), Some("0 to 8".into()));
    }
}
