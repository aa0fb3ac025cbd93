//! A studio with its chain, and somebody who acts there.

use std::sync::Mutex;

use alloy_primitives::{Address, B256, Bytes, U256};
use daedal_chain::operations::{Act, Coin, Ledgers, Operator, Receipt, Work};
use daedal_provenance::Person;
use daedal_store::Studio;
use daedal_store::ports::Document;
use serde_json::Value;

use super::amount::{self, Coins};
use crate::failure::Failure;
use crate::home::{Home, remembered};
use crate::keys;
use crate::ui::Ui;

const TURNS: &str = "turn";

/// A studio with its chain, and somebody who acts there.
pub(crate) struct Desk {
    pub(crate) home: Home,
    pub(crate) studio: Studio,
    pub(crate) reads: Ledgers,
    /// Who acts.
    pub(crate) me: Address,
    /// None when nothing is to be done.
    pub(super) operator: Option<Operator>,
    /// Whose key signs; none when nothing is to be done.
    pub(super) person: Option<Person>,
    /// The last block of the chain as the command found it.
    pub(super) found_at: u64,
    pub(super) planned: Mutex<Vec<(Act, String)>>,
    pub(super) ui: Ui,
}

impl Desk {
    /// Whether acts are only looked at.
    pub(crate) fn is_dry(&self) -> bool {
        self.operator.is_none()
    }

    /// Does something that may be done again and again, each time once: a command that was killed, and is
    /// given again, goes on with what it had begun. `words` say what it does.
    /// Gives what came of it; nothing where acts are only looked at.
    pub(crate) async fn act(
        &self,
        what: &str,
        act: &Act,
        words: &str,
    ) -> Result<Option<Receipt>, Failure> {
        self.turn(what, act, words, |_| false).await
    }

    /// The same of something that the chain, as this command found it, still lacks: what was done before that, by a
    /// command that was killed and had no time to note it, is not what is meant now.
    pub(crate) async fn ensure(
        &self,
        what: &str,
        act: &Act,
        words: &str,
    ) -> Result<Option<Receipt>, Failure> {
        let was_before = |receipt: &Receipt| {
            let block = receipt.block_number;
            block.is_some_and(|block| block <= self.found_at)
        };
        self.turn(what, act, words, was_before).await
    }

    /// Takes the turn of an act, and further ones as long as what came of them `is_past`.
    async fn turn(
        &self,
        what: &str,
        act: &Act,
        words: &str,
        is_past: impl Fn(&Receipt) -> bool,
    ) -> Result<Option<Receipt>, Failure> {
        let Some(operator) = &self.operator else {
            let mut planned = self.planned.lock().map_err(super::refused)?;
            planned.push((act.clone(), words.to_owned()));
            return Ok(None);
        };
        let name = self.name_of(what);
        let turn = self.studio.records.get(TURNS, &name).await;
        let turn = turn.map_err(|error| remembered(&error))?;
        let mut turn = turn.and_then(|turn| turn.as_u64()).unwrap_or(0);
        let settled = loop {
            let settled = operator
                .carry_out(&format!("{what}:{}:{turn}", self.me), act)
                .await;
            let settled = settled.map_err(super::refused)?;
            turn += 1;
            if settled.is_new || !is_past(&settled.receipt) {
                break settled;
            }
        };
        if !settled.is_new {
            self.ui.note(format!(
                "a command that was stopped had sent this already: transaction {}",
                settled.receipt.transaction_hash
            ));
        }
        let next = Document::of(TURNS, name, &turn);
        let kept = self.studio.records.put(vec![next]).await;
        kept.map_err(|error| remembered(&error))?;
        Ok(Some(settled.receipt))
    }

    /// Whether the actor has done that, by this studio's records.
    pub(crate) async fn has_done(&self, what: &str) -> Result<bool, Failure> {
        let turn = self.studio.records.get(TURNS, &self.name_of(what)).await;
        Ok(turn.map_err(|error| remembered(&error))?.is_some())
    }

    fn name_of(&self, what: &str) -> String {
        format!("{}/{}/{what}", self.reads.client().chain_id(), self.me)
    }

    /// Signs a hash with the actor's key; nothing where acts are only looked at.
    pub(crate) fn sign(&self, hash: &B256) -> Result<Option<Bytes>, Failure> {
        let signed = self.person.as_ref().map(|person| person.sign_hash(hash));
        signed.transpose().map_err(|error| keys::refused(&error))
    }

    /// Shows what came of the command, or what it would do. Where it would do nothing, `text` says why.
    pub(crate) async fn result(&self, value: Value, text: &str) -> Result<u8, Failure> {
        if !self.is_dry() {
            self.ui.result(&value, text);
            return Ok(0);
        }
        let acts = std::mem::take(&mut *self.planned.lock().map_err(super::refused)?);
        let (value, text) = super::planned(&self.reads, self.me, acts, text).await?;
        self.ui.result(&value, &text);
        Ok(0)
    }

    /// Marks the address of whoever looks, for people.
    pub(crate) fn you(&self, address: Address) -> &'static str {
        match address == self.me {
            true => " (you)",
            false => "",
        }
    }

    /// A work, by whatever a person calls it.
    pub(crate) async fn work(&self, name: &str) -> Result<Work, Failure> {
        let number =
            crate::commands::show::number(&self.home, &self.studio, &self.reads, name).await?;
        self.reads.work(number).await.map_err(super::refused)
    }

    /// How many shares of a work are meant: `300`, or a part of all, `40%`.
    pub(crate) async fn shares(&self, work: &Work, text: &str) -> Result<U256, Failure> {
        let supply = self.reads.supply_of(work).await.map_err(super::refused)?;
        amount::shares_of(text, supply)
    }

    /// The coins that a work accounts for.
    pub(crate) async fn coins(&self, work: &Work) -> Result<Coins, Failure> {
        coins(&self.reads, work).await
    }

    /// The chain's clock, in seconds since 1970.
    pub(crate) async fn now(&self) -> Result<u64, Failure> {
        self.reads.now().await.map_err(super::refused)
    }

    /// Has somebody agree with a text, unless nothing is to be done.
    pub(crate) fn acknowledge(&self, yes: bool, text: &str) -> Result<(), Failure> {
        super::notice::acknowledge(self.ui, yes || self.is_dry(), text)
    }

    /// Lets `spender` take `amount` of a token of the actor, unless it may already.
    pub(crate) async fn allow(
        &self,
        coin: &Coin,
        spender: Address,
        amount: U256,
        told: &str,
    ) -> Result<(), Failure> {
        let allowed = self.reads.allowed(self.me, spender, coin.address).await;
        if allowed.map_err(super::refused)? >= amount {
            return Ok(());
        }
        let what = format!("allow:{}:{spender}:{amount}", coin.address);
        let words = format!("let {spender} take {told}");
        self.ensure(&what, &coin.approve(spender, amount), &words)
            .await?;
        Ok(())
    }

    /// Makes sure that the actor has the money.
    pub(crate) async fn require(&self, coin: &Coin, amount: U256) -> Result<(), Failure> {
        let have = self.reads.money_of(self.me, coin.address).await;
        let have = have.map_err(super::refused)?;
        if have >= amount {
            return Ok(());
        }
        Err(Failure::new(format!(
            "{} has {}, which is less than {}",
            self.me,
            amount::told(coin, have),
            amount::told(coin, amount)
        ))
        .help("pay less, or send some to the account first"))
    }

    /// An address, or the name of an account of this studio.
    pub(crate) fn who(&self, text: &str) -> Result<Address, Failure> {
        who(&self.home, text)
    }
}

/// The coins that a work accounts for.
pub(crate) async fn coins(reads: &Ledgers, work: &Work) -> Result<Coins, Failure> {
    let native = reads.coin(Address::ZERO).await.map_err(super::refused)?;
    let stablecoin = reads.coin(work.asset).await.map_err(super::refused)?;
    Ok(Coins { native, stablecoin })
}

/// An address, or the name of an account of this studio: `studio` and `creator` are its own.
pub(crate) fn who(home: &Home, text: &str) -> Result<Address, Failure> {
    match text {
        "studio" | "creator" => super::account_of(home),
        _ if text.starts_with("0x") => super::account(text),
        name => keys::address_named(home, Some(name)),
    }
}

/// A part of all shares, for people: `12.5%`.
pub(crate) fn part(shares: U256, supply: U256) -> String {
    let points = shares * U256::from(10_000) / supply.max(U256::ONE);
    daedal_core::units::BasisPoints(points.saturating_to()).to_string()
}
