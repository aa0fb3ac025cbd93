//! What a process says of itself as a token, in the form that the registry takes.

use alloy_primitives::{Address, U256, keccak256};
use daedal_chain::operations::{Kind, ParameterSpec, Registration};
use daedal_core::plan::Called;
use daedal_core::units::BasisPoints;

use super::account;
use super::desk::who;
use super::dials::parameter;
use super::names::{is_work, may_be_work};
use crate::failure::Failure;
use crate::home::Home;
use crate::material::Subject;

/// Shares of a work: a million, in units of 10^-18.
const SHARES: u64 = 1_000_000;
/// Parts of a whole, in basis points.
const WHOLE: u16 = 10_000;
/// What all works upstream together may be owed, as the registry has it.
pub(super) const STACK_MAX: BasisPoints = BasisPoints(5_000);

/// What flags say in the place of the process file.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Overrides {
    /// Who gets which part of the shares, in the place of `token: shares`: ada=40%. An address, the name of an
    /// account of this studio, or `creator`, who registers
    #[arg(long = "holder", value_name = "WHO=PERCENT")]
    pub(crate) holders: Vec<String>,
    /// What derivatives owe the process for ever, in the place of `token: royalty`
    #[arg(long, value_name = "PERCENT")]
    pub(crate) royalty: Option<String>,
    /// A work that it derives from, beside those of `upstream:`: a process, model or dataset of this studio by
    /// name, the number of a work, or its CAIP-19 name
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
    pub(super) upstream: Vec<String>,
    /// The processes that are steps of it: works upstream, too, as far as they are registered.
    pub(super) calls: Vec<Called>,
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
#[derive(Debug, Clone, PartialEq, Eq)]
enum Holder {
    Creator,
    Treasury,
    Account(Address),
    /// An account of the studio, by its name.
    Named(String),
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
        let of_file = subject.upstream();
        of_file.iter().try_for_each(|name| is_work(name))?;
        // Only here, names of this studio do: a process file is for others, too.
        overrides
            .upstream
            .iter()
            .try_for_each(|name| may_be_work(name))?;
        let upstream = of_file.into_iter().map(str::to_owned);
        let upstream: Vec<String> = upstream.chain(overrides.upstream.iter().cloned()).collect();
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
            calls: subject.calls().to_vec(),
            parameters,
            flags,
        })
    }

    /// What it says of works upstream, and nothing else.
    pub(super) fn upstream_of(subject: &Subject) -> Self {
        let of_file = subject.upstream().into_iter().map(str::to_owned);
        Self {
            parts: Vec::new(),
            royalty: BasisPoints(0),
            upstream: of_file.collect(),
            calls: subject.calls().to_vec(),
            parameters: Vec::new(),
            flags: Flags {
                holders: false,
                royalty: false,
                upstream: false,
            },
        }
    }

    /// What derivatives owe.
    pub(crate) fn royalty(&self) -> BasisPoints {
        self.royalty
    }

    /// What the process gives to its treasury.
    pub(crate) fn treasury_part(&self) -> Option<BasisPoints> {
        let is_treasury = |holder: &Holder| matches!(holder, Holder::Treasury);
        let found = self.parts.iter().find(|(holder, _)| is_treasury(holder));
        found.map(|(_, part)| *part)
    }

    /// Who holds which part, as it is said: where no account is there yet to name.
    pub(crate) fn parts_said(&self) -> Vec<(String, String)> {
        let said = |(holder, part): &(Holder, BasisPoints)| {
            let holder = match holder {
                Holder::Creator => "creator".to_owned(),
                Holder::Treasury => "treasury".to_owned(),
                Holder::Account(account) => account.to_checksum(None),
                Holder::Named(name) => name.clone(),
            };
            (holder, part.to_string())
        };
        self.parts.iter().map(said).collect()
    }

    /// The shares of each holder; what rounding leaves is the last one's.
    pub(crate) fn holders(
        &self,
        home: &Home,
        me: Address,
    ) -> Result<Vec<(Address, U256)>, Failure> {
        self.holders_by(me, home.settings.chain.treasury, |name| who(home, name))
    }

    /// The same before there is any account, each under an address of its own.
    pub(crate) fn holders_by_name(&self, me: Address) -> Vec<(Address, U256)> {
        let named = |name: &str| Ok(Address::from_word(keccak256(name)));
        self.holders_by(me, None, named).unwrap_or_default()
    }

    fn holders_by(
        &self,
        me: Address,
        treasury: Option<Address>,
        who: impl Fn(&str) -> Result<Address, Failure>,
    ) -> Result<Vec<(Address, U256)>, Failure> {
        let all = U256::from(SHARES) * U256::from(10).pow(U256::from(18));
        let mut holders: Vec<(Address, U256)> = Vec::new();
        for (holder, part) in &self.parts {
            let holder = match holder {
                Holder::Creator => me,
                // A treasury can't claim what shares earn: somebody has to hold them for it.
                Holder::Treasury => treasury.unwrap_or(me),
                Holder::Account(account) => *account,
                Holder::Named(name) => who(name)?,
            };
            let shares = all * U256::from(part.0) / U256::from(WHOLE);
            match holders.iter_mut().find(|(known, _)| *known == holder) {
                Some((_, sum)) => *sum += shares,
                None => holders.push((holder, shares)),
            }
        }
        Ok(holders)
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
            address if address.starts_with("0x") => Holder::Account(account(address)?),
            name => Holder::Named(name.to_owned()),
        };
        Ok((holder, *part))
    };
    parts.iter().map(holder).collect()
}

fn given(holders: &[String]) -> Result<Vec<(String, BasisPoints)>, Failure> {
    let one = |text: &String| {
        let (name, part) = text.split_once('=').ok_or_else(|| {
            Failure::new(format!("`{text}` names no part"))
                .help("write --holder ada=20%, or an address in the place of the name")
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
            (other, BasisPoints(1_333)),
            ("treasury".to_owned(), BasisPoints(1_000)),
            ("ada".to_owned(), BasisPoints(1_000)),
        ];
        let wish = Wish {
            parts: whole("tide", &parts).unwrap(),
            royalty: BasisPoints(0),
            upstream: Vec::new(),
            calls: Vec::new(),
            parameters: Vec::new(),
            flags: Flags {
                holders: false,
                royalty: false,
                upstream: false,
            },
        };
        let ada = Address::repeat_byte(3);
        let who = |name: &str| match name {
            "ada" => Ok(ada),
            _ => Err(Failure::new("nobody")),
        };
        let holders = wish.holders_by(me, None, who).unwrap();
        assert_eq!(holders.len(), 3);
        assert_eq!(holders[2].0, ada);
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
