//! What a process says of itself as a token, in the form that the registry takes.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, U256};
use daedal_chain::operations::{Kind, Ledgers, ParameterSpec, Registration};
use daedal_core::process::{Dial, DialKind};
use daedal_core::units::BasisPoints;
use serde_json::Value;

use super::{account, is_work, refused, work_number};
use crate::failure::Failure;
use crate::material::Subject;

/// Shares of a work: a million, in units of 10^-18.
const SHARES: u64 = 1_000_000;
/// Parts of a whole, in basis points.
const WHOLE: u16 = 10_000;
/// What all works upstream together may be owed, as the registry has it.
const STACK_MAX: BasisPoints = BasisPoints(5_000);
/// On chain a number is counted in millionths.
const MILLION: f64 = 1_000_000.0;

/// What flags say in the place of the process file.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Overrides {
    /// Who gets which part of the shares, in the place of `token: shares`; `creator` is this studio
    #[arg(long = "holder", value_name = "ADDRESS=PERCENT")]
    pub(crate) holders: Vec<String>,
    /// What derivatives owe the process for ever, in the place of `token: royalty`
    #[arg(long, value_name = "PERCENT")]
    pub(crate) royalty: Option<String>,
    /// A work that it derives from, by number or CAIP-19 name, beside those of `upstream:`
    #[arg(long, value_name = "WORK")]
    pub(crate) upstream: Vec<String>,
}

/// What a process and the flags beside it want to be registered, as far as that can be judged without any
/// chain.
#[derive(Debug)]
pub(crate) struct Wish {
    parts: Vec<(Holder, BasisPoints)>,
    pub(super) royalty: BasisPoints,
    /// Works upstream, as they are called.
    upstream: Vec<String>,
    parameters: Vec<ParameterSpec>,
    /// Which of it flags say.
    pub(super) flags: Flags,
}

/// What flags say.
#[derive(Debug, Clone, Copy)]
pub(super) struct Flags {
    pub(super) holders: bool,
    pub(super) royalty: bool,
    pub(super) upstream: bool,
}

/// Who holds a part of the shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holder {
    Creator,
    Treasury,
    Account(Address),
}

impl Wish {
    /// Reads what the process and flags say.
    pub(crate) fn read(subject: &Subject, overrides: &Overrides) -> Result<Self, Failure> {
        let token = subject.token();
        let parts = match (overrides.holders.is_empty(), token) {
            (false, _) => given(&overrides.holders)?,
            (true, Some(token)) => token.shares.clone(),
            // A process says in its file whose it is; where there is no such file, it is the creator's.
            (true, None) if subject.kind != Kind::Process => {
                vec![("creator".to_owned(), BasisPoints::ALL)]
            }
            (true, None) => Vec::new(),
        };
        let royalty = match &overrides.royalty {
            Some(text) => percent(text)?,
            None => token.map_or(BasisPoints(0), |token| token.royalty),
        };
        if royalty.0 > STACK_MAX.0 {
            return Err(
                Failure::new(format!("a royalty of {royalty} is too high")).help(format!(
                    "what derivatives owe to all works upstream together is {} at most: ask for less",
                    BasisPoints(STACK_MAX.0)
                )),
            );
        }
        let named = subject.upstream().into_iter().map(str::to_owned);
        let upstream: Vec<String> = named.chain(overrides.upstream.iter().cloned()).collect();
        upstream.iter().try_for_each(|name| is_work(name))?;
        let mut parameters = Vec::new();
        for (name, dial) in subject.governed() {
            parameters.push(parameter(name, dial)?);
        }
        let flags = Flags {
            holders: !overrides.holders.is_empty(),
            royalty: overrides.royalty.is_some(),
            upstream: !overrides.upstream.is_empty(),
        };
        Ok(Self {
            parts: whole(&subject.name, &parts)?,
            royalty,
            upstream,
            parameters,
            flags,
        })
    }

    /// The numbers of the works upstream, which have to be there.
    pub(crate) async fn upstream(&self, reads: Option<&Ledgers>) -> Result<Vec<u64>, Failure> {
        let mut works = Vec::new();
        // Each once, however many ways lead there.
        let mut owed = BTreeMap::new();
        for name in &self.upstream {
            let Some(reads) = reads else {
                return Err(Failure::new(format!(
                    "there is no work {name}: nothing is registered in this studio yet"
                ))
                .help("register the work upstream first; to build on one of another chain, set `rpc` under [chain]"));
            };
            let work = work_number(name, reads)?;
            let royalty = reads.work(work).await.map_err(refused)?.royalty;
            owed.insert(work, royalty);
            owed.extend(reads.stack(work).await.map_err(refused)?);
            if !works.contains(&work) {
                works.push(work);
            }
        }
        let sum = owed.values().map(|rate| u32::from(rate.0)).sum::<u32>();
        if sum > u32::from(STACK_MAX.0) {
            let rates = owed
                .iter()
                .map(|(work, rate)| format!("work {work} {rate}"));
            return Err(Failure::new(format!(
                "the works upstream ask for {}.{:02}% together ({})",
                sum / 100,
                sum % 100,
                rates.collect::<Vec<_>>().join(", ")
            ))
            .help(format!(
                "they may have {STACK_MAX} at most: derive from fewer of them"
            )));
        }
        Ok(works)
    }

    /// What the process gives to its treasury.
    pub(crate) fn treasury_part(&self) -> Option<BasisPoints> {
        let is_treasury = |holder: &Holder| matches!(holder, Holder::Treasury);
        let found = self.parts.iter().find(|(holder, _)| is_treasury(holder));
        found.map(|(_, part)| *part)
    }

    /// The shares of each holder; what rounding leaves is the last one's.
    pub(crate) fn holders(&self, me: Address, treasury: Option<Address>) -> Vec<(Address, U256)> {
        let all = U256::from(SHARES) * U256::from(10).pow(U256::from(18));
        let mut holders: Vec<(Address, U256)> = Vec::new();
        for (holder, part) in &self.parts {
            let holder = match holder {
                Holder::Creator => me,
                // A treasury can't claim what shares earn: somebody has to hold them for it.
                Holder::Treasury => treasury.unwrap_or(me),
                Holder::Account(account) => *account,
            };
            let shares = all * U256::from(part.0) / U256::from(WHOLE);
            match holders.iter_mut().find(|(known, _)| *known == holder) {
                Some((_, sum)) => *sum += shares,
                None => holders.push((holder, shares)),
            }
        }
        holders
    }

    /// What is registered.
    pub(crate) fn registration(
        &self,
        subject: &Subject,
        upstream: Vec<u64>,
        holders: Vec<(Address, U256)>,
        uri: String,
    ) -> Registration {
        Registration {
            kind: subject.kind,
            derivatives: subject.derivatives(),
            royalty: self.royalty,
            bundle: subject.bundle,
            name: cut(&subject.title, 64),
            symbol: symbol(&subject.name),
            uri,
            upstream,
            holders,
            parameters: self.parameters.clone(),
            asset: None,
        }
    }
}

/// Parts that make up a whole, each of somebody.
fn whole(
    process: &str,
    parts: &[(String, BasisPoints)],
) -> Result<Vec<(Holder, BasisPoints)>, Failure> {
    if parts.is_empty() {
        return Err(
            Failure::new(format!("{process} says nothing of its shares")).help(
                "write who gets them, such as `token: { shares: { creator: 100% }, royalty: 5% }`, or \
                 give --holder creator=100%",
            ),
        );
    }
    let sum: u32 = parts.iter().map(|(_, part)| u32::from(part.0)).sum();
    if sum != u32::from(WHOLE) {
        return Err(Failure::new(format!(
            "the shares sum to {} %, not to 100 %",
            f64::from(sum) / 100.0
        ))
        .help("change the parts until they sum to 100%"));
    }
    let holder = |(name, part): &(String, BasisPoints)| {
        let holder = match name.as_str() {
            "creator" => Holder::Creator,
            "treasury" => Holder::Treasury,
            address => Holder::Account(account(address)?),
        };
        Ok((holder, *part))
    };
    parts.iter().map(holder).collect()
}

fn given(holders: &[String]) -> Result<Vec<(String, BasisPoints)>, Failure> {
    let one = |text: &String| {
        let (name, part) = text.split_once('=').ok_or_else(|| {
            Failure::new(format!("`{text}` names no part")).help("write --holder ADDRESS=20%")
        })?;
        Ok((name.to_owned(), percent(part)?))
    };
    holders.iter().map(one).collect()
}

/// A percentage with two digits behind the point at most.
pub(crate) fn percent(text: &str) -> Result<BasisPoints, Failure> {
    let wrong = || {
        Failure::new(format!("`{text}` is not a percentage"))
            .help("write 0% to 100%, with two digits behind the point at most, such as 2.5%")
    };
    let number = text.trim().strip_suffix('%').ok_or_else(wrong)?.trim();
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let digits = format!("{whole}{part:0<2}");
    if whole.is_empty() || part.len() > 2 || digits.bytes().any(|byte| !byte.is_ascii_digit()) {
        return Err(wrong());
    }
    match digits.parse() {
        Ok(points) if points <= WHOLE => Ok(BasisPoints(points)),
        _ => Err(wrong()),
    }
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

/// The symbol of the share token: `TIDALALMANAC`.
fn symbol(process: &str) -> String {
    let letters = process.bytes().filter(u8::is_ascii_alphanumeric);
    let letters = letters.map(|byte| byte.to_ascii_uppercase() as char);
    let symbol: String = letters.take(16).collect();
    if symbol.is_empty() {
        "WORK".to_owned()
    } else {
        symbol
    }
}

/// Text of at most so many bytes.
fn cut(text: &str, bytes_max: usize) -> String {
    let mut end = text.len().min(bytes_max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_sum_to_the_supply_and_one_account_holds_once() {
        let me = Address::repeat_byte(1);
        let other = Address::repeat_byte(2).to_checksum(None);
        let parts = [
            ("creator".to_owned(), BasisPoints(6_667)),
            (other, BasisPoints(2_333)),
            ("treasury".to_owned(), BasisPoints(1_000)),
        ];
        let wish = Wish {
            parts: whole("tide", &parts).unwrap(),
            royalty: BasisPoints(0),
            upstream: Vec::new(),
            parameters: Vec::new(),
            flags: Flags {
                holders: false,
                royalty: false,
                upstream: false,
            },
        };
        let holders = wish.holders(me, None);
        assert_eq!(holders.len(), 2);
        let sum: U256 = holders.iter().map(|(_, shares)| *shares).sum();
        assert_eq!(sum, U256::from(SHARES) * U256::from(10).pow(U256::from(18)));
        assert!(whole("tide", &parts[..2]).is_err());
    }

    #[test]
    fn percentages_are_exact() {
        let points = |text: &str| percent(text).map(|part| part.0).ok();
        assert_eq!(points("5%"), Some(500));
        assert_eq!(points("2.5 %"), Some(250));
        assert_eq!(points("0.01%"), Some(1));
        for wrong in ["5", "101%", "-1%", "1.234%", "%"] {
            assert_eq!(points(wrong), None, "{wrong}");
        }
    }
}
