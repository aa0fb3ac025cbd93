//! What of a piece and of its process stands on a chain, and how anybody can check it there.

use std::borrow::Cow;
use std::collections::BTreeSet;

use daedal_core::AssetRef;

use super::gallery::{Piece, Process};
use crate::{Anchor, Item, Release, Work};

/// A token by its CAIP-19 name: `eip155:CHAIN/erc721:CONTRACT/NUMBER`.
struct Token<'r> {
    chain: &'r str,
    contract: &'r str,
    number: &'r str,
}

/// What a page tells of the chain.
pub(super) struct OnChain<'r> {
    /// What the process is there, in a sentence.
    pub(super) sentence: Option<String>,
    pub(super) facts: Vec<Fact<'r>>,
    /// The chain that the questions go to.
    pub(super) chain: &'r str,
    pub(super) questions: Vec<Question>,
}

/// A name and a value.
pub(super) struct Fact<'r> {
    pub(super) name: &'static str,
    pub(super) value: Cow<'r, str>,
    /// Whether it is an address or a digest rather than a word.
    pub(super) is_code: bool,
}

/// A question to a contract.
pub(super) struct Question {
    pub(super) words: String,
    /// What the answer has to be.
    pub(super) answer: Option<String>,
    /// For Foundry's `cast`.
    pub(super) command: String,
}

/// What of a piece, its run and its process stands on a chain.
pub(super) fn of_piece<'r>(piece: &Piece<'r>) -> Option<OnChain<'r>> {
    let (release, item) = (piece.release, piece.item);
    let mut told = OnChain::of(release, release.anchor.as_ref());
    told.edition(item);
    told.some()
}

/// What of a process stands on a chain: the token as the newest release tells it, and the last anchor.
pub(super) fn of_process<'r>(process: &Process<'r>) -> Option<OnChain<'r>> {
    let mut releases = process.releases.iter();
    let anchored = releases.clone().find(|release| release.anchor.is_some());
    let anchor = anchored.and_then(|release| release.anchor.as_ref());
    let newest = releases.find(|release| release.work.is_some());
    let mut told = OnChain::of(newest.or(anchored)?, anchor);
    if let Some(work) = newest.and_then(|release| release.work.as_ref()) {
        told.shares(work);
    }
    told.some()
}

/// The proof of a release's anchor.
pub(super) fn proof(release: &Release) -> Option<&AssetRef> {
    release.anchor.as_ref()?.proof.as_ref()
}

/// What keeps the tokens of a release from being shown, if anything does.
pub(super) fn check(release: &Release) -> Result<(), String> {
    let Some(work) = &release.work else {
        return Ok(());
    };
    let expect = |what: &str, name: &str| match Token::read(name) {
        Some(_) => Ok(()),
        None => Err(format!(
            "{what} is `{name}`: expected the CAIP-19 name of a token, such as eip155:8453/erc721:0x…/12"
        )),
    };
    expect("the token of its process", &work.token)?;
    if !is_hex(&work.shares, 40) {
        return Err(format!(
            "the address of its process's shares is `{}`: expected 0x and 40 hexadecimal digits",
            work.shares
        ));
    }
    let mut indices = BTreeSet::new();
    for item in &release.items {
        let Some(edition) = &item.edition else {
            continue;
        };
        let what = format!("the edition of item {} of `{}`", item.index, item.output);
        expect(&what, &edition.token)?;
        if !indices.insert(edition.index) {
            return Err(format!(
                "{what} is number {}, as that of another item is",
                edition.index
            ));
        }
    }
    Ok(())
}

impl<'r> Token<'r> {
    fn read(name: &'r str) -> Option<Self> {
        let (chain, rest) = name.strip_prefix("eip155:")?.split_once('/')?;
        let (contract, number) = rest.strip_prefix("erc721:")?.split_once('/')?;
        let is_number =
            |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        // Longest: a CAIP-2 reference, and 2^256 - 1.
        let fits = chain.len() <= 32 && number.len() <= 78;
        (fits && is_number(chain) && is_hex(contract, 40) && is_number(number)).then_some(Self {
            chain,
            contract,
            number,
        })
    }
}

impl<'r> OnChain<'r> {
    fn of(release: &'r Release, anchor: Option<&'r Anchor>) -> Self {
        let mut told = Self {
            sentence: None,
            facts: Vec::new(),
            chain: "",
            questions: Vec::new(),
        };
        if let Some(work) = &release.work {
            told.work(work, release);
        }
        if let Some(anchor) = anchor {
            told.anchor(anchor);
        }
        told
    }

    fn some(self) -> Option<Self> {
        (!self.facts.is_empty()).then_some(self)
    }

    fn work(&mut self, work: &'r Work, release: &Release) {
        self.code("Process", work.token.as_str());
        self.code("Its shares", work.shares.as_str());
        let Some(token) = Token::read(&work.token) else {
            return;
        };
        self.chain = token.chain;
        self.sentence = Some(format!(
            "The process is a token on chain {}. What it earns goes to its shares.",
            token.chain
        ));
        self.ask(
            format!(
                "Which bundle was published as version {} of the process",
                work.version
            ),
            Some(format!("0x{}", release.version)),
            token.contract,
            "bundleOf(uint256,uint256)(bytes32)",
            &format!("{} {}", token.number, work.version),
        );
    }

    fn shares(&mut self, work: &Work) {
        let Some(token) = Token::read(&work.token) else {
            return;
        };
        let questions = [
            ("Where its shares are", "sharesOf(uint256)(address)"),
            ("Where its metadata lies", "tokenURI(uint256)(string)"),
        ];
        for ((words, call), answer) in questions.into_iter().zip([Some(&work.shares), None]) {
            let number = token.number;
            self.ask(words.into(), answer.cloned(), token.contract, call, number);
        }
    }

    fn edition(&mut self, item: &'r Item) {
        let Some(edition) = &item.edition else {
            return;
        };
        self.code("Edition", edition.token.as_str());
        if let Some(price) = &edition.price {
            self.fact("Its price at the release", price.as_str());
        }
        if let Some(owner) = &edition.owner {
            self.code("Its first owner", owner.as_str());
        }
        let Some(token) = Token::read(&edition.token) else {
            return;
        };
        self.chain = token.chain;
        for (words, call) in [
            ("Who owns the edition now", "ownerOf(uint256)(address)"),
            ("Where its metadata lies", "tokenURI(uint256)(string)"),
        ] {
            self.ask(words.into(), None, token.contract, call, token.number);
        }
    }

    fn anchor(&mut self, anchor: &'r Anchor) {
        let block = anchor.block.map(|block| format!(", block {block}"));
        let place = format!("{}{}", anchor.chain, block.unwrap_or_default());
        self.code("Anchored on", place);
        self.code("Anchored root", anchor.root.as_str());
        self.code("Anchored by", anchor.by.as_str());
        self.code("Anchoring contract", anchor.contract.as_str());
        self.code("Anchoring transaction", anchor.transaction.as_str());
        let chain = anchor.chain.strip_prefix("eip155:");
        let is_whole =
            is_hex(&anchor.root, 64) && is_hex(&anchor.by, 40) && is_hex(&anchor.contract, 40);
        let (Some(chain), true) = (chain, is_whole) else {
            return;
        };
        self.chain = chain;
        self.ask(
            "When the root was anchored, in seconds since 1970, and over how many runs; zeros if it never was"
                .into(),
            None,
            &anchor.contract,
            "anchorOf(address,bytes32)(uint256,uint256)",
            &format!("{} {}", anchor.by, anchor.root),
        );
    }

    fn fact(&mut self, name: &'static str, value: impl Into<Cow<'r, str>>) {
        self.facts.push(Fact {
            name,
            value: value.into(),
            is_code: false,
        });
    }

    /// Records that were made before a field was there have it empty.
    fn code(&mut self, name: &'static str, value: impl Into<Cow<'r, str>>) {
        let value = value.into();
        if !value.is_empty() {
            self.facts.push(Fact {
                name,
                value,
                is_code: true,
            });
        }
    }

    /// `contract` and `arguments` stand in a command that people copy: they have been read already.
    fn ask(
        &mut self,
        words: String,
        answer: Option<String>,
        contract: &str,
        call: &str,
        arguments: &str,
    ) {
        self.questions.push(Question {
            words,
            answer,
            command: format!("cast call {contract} \"{call}\" {arguments} --rpc-url URL"),
        });
    }
}

fn is_hex(text: &str, digits: usize) -> bool {
    text.strip_prefix("0x").is_some_and(|rest| {
        rest.len() == digits && rest.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}
