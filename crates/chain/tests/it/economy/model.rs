//! The contracts and the arithmetic of core, led through the same random history.

use alloy_primitives::U256;
use daedal_chain::Client;
use daedal_chain::operations::Work;
use daedal_core::economy::{Asset, Shares, Stack};

use super::People;
use crate::support::{Chance, HUNDRED, open, seed, signer};

const STEPS: usize = 300;
/// Steps between two new works.
const EVERY: usize = 50;
const PEOPLE: u8 = 5;
/// Royalty and parents of the first works, which are numbered from 1: an original, two derivatives of it, one
/// of both, and one of that and of the original again.
const WORKS: [(u16, &[u64]); 5] = [
    (500, &[]),
    (1_000, &[1]),
    (250, &[1]),
    (777, &[2, 3]),
    (0, &[4, 1]),
];

struct History {
    people: People,
    works: Vec<(Work, Shares)>,
    chance: Chance,
}

impl History {
    fn person(&mut self) -> usize {
        1 + self.chance.below(u64::from(PEOPLE)) as usize
    }

    fn asset(&mut self) -> Asset {
        Asset::ALL[self.chance.below(2) as usize]
    }

    /// Registers a work, here and there.
    async fn register(&mut self, royalty: u16, upstream: &[u64]) {
        let at = self.works.len();
        let parents = upstream.iter().map(|parent| {
            let (parent, model) = &self.works[*parent as usize - 1];
            (parent.work, parent.royalty, model.stack())
        });
        let stack = Stack::of(parents.collect::<Vec<_>>()).unwrap();
        let holders = [(1, 500 + at as u64), (2, 333), (3, 167)];
        let name = format!("work {at}");
        let registered = self
            .people
            .register(1 + at % 3, &name, royalty, upstream, &holders);
        let work = registered.await;
        let reads = self.people.operator(1).reads();
        let told = reads.stack(work.work).await.unwrap();
        assert_eq!(told, stack.entries().collect::<Vec<_>>());
        let holders = holders.map(|(who, shares)| (self.people.account(who), U256::from(shares)));
        self.works.push((work, Shares::new(&holders, stack)));
    }

    /// Has a work derive from one to three of those there are.
    async fn derive(&mut self) {
        let works = self.works.len() as u64;
        let upstream: Vec<u64> = (0..=self.chance.below(3))
            .map(|_| 1 + self.chance.below(works))
            .collect();
        // So little that all of them together stay below what a work may owe.
        let royalty = self.chance.below(400) as u16;
        self.register(royalty, &upstream).await;
    }

    async fn step(&mut self) {
        let at = self.chance.below(self.works.len() as u64) as usize;
        let (who, asset) = (self.person(), self.asset());
        let account = self.people.account(who);
        let (work, _) = self.works[at];
        match self.chance.below(10) {
            0..3 => {
                let amount = U256::from(self.chance.below(5_000_000));
                self.people.act(who, &work.pay(asset, amount)).await;
                self.works[at].1.pay(asset, amount);
            }
            3..6 => {
                let to = self.person();
                let to = self.people.account(to);
                let amount = U256::from(self.chance.below(400));
                let act = work.give_shares(to, amount);
                let sent = self.people.try_act(who, &act).await;
                let moved = self.works[at].1.transfer(account, to, amount);
                assert_eq!(sent.is_ok(), moved.is_ok(), "{sent:?} {moved:?}");
            }
            6..8 => {
                self.people.act(who, &work.claim(asset, account)).await;
                self.works[at].1.claim(account, asset);
            }
            8 => self.people.act(who, &work.sync(asset)).await,
            _ => {
                let ancestor = 1 + self.chance.below(self.works.len() as u64);
                let act = work.collect(ancestor, asset);
                let sent = self.people.try_act(who, &act).await;
                let due = self.works[at].1.collect(ancestor, asset);
                assert_eq!(sent.is_ok(), due.is_ok(), "{sent:?} {due:?}");
                if let Ok(due) = due {
                    let upstream = &mut self.works[ancestor as usize - 1].1;
                    upstream.receive(asset, due).unwrap();
                }
            }
        }
    }

    /// All that can be asked of one work.
    async fn compare(&self, at: usize) {
        let (work, model) = &self.works[at];
        let reads = self.people.operator(1).reads();
        for asset in Asset::ALL {
            let found = reads.revenue(work, asset).await.unwrap();
            let book = model.book(asset);
            assert_eq!(
                (found.gross, found.inbound, found.net, found.paid_out),
                (book.gross, book.inbound, model.net(asset), book.paid_out()),
                "work {} {asset:?}",
                work.work
            );
            for number in 1..=PEOPLE {
                let account = signer(number).address();
                let owed = reads.owed(work, account, asset).await.unwrap();
                assert_eq!(owed, model.owed(account, asset), "work {}", work.work);
            }
            for (ancestor, _) in model.stack().entries() {
                let due = reads.due(work, ancestor, asset).await.unwrap();
                assert_eq!(due, model.due(ancestor, asset).unwrap());
            }
        }
        for number in 1..=PEOPLE {
            let account = signer(number).address();
            let shares = reads.shares_of(work.work, account).await.unwrap();
            assert_eq!(shares, model.balance_of(account));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn random_histories_come_to_the_same_in_the_contracts_and_in_core() {
    let folder = tempfile::tempdir().unwrap();
    let chain = open(&folder.path().join("chain"));
    let client = Client::embedded(&chain);
    let people = People::on(&client, folder.path(), PEOPLE).await;
    let mut history = History {
        people,
        works: Vec::new(),
        chance: Chance::new(seed("DAEDAL_ECONOMY_SEED")),
    };
    for number in 1..=usize::from(PEOPLE) {
        history.people.dollars(number, 10_u64.pow(12)).await;
        if number > 1 {
            let to = history.people.account(number);
            let some = HUNDRED / U256::from(10);
            let gift = daedal_chain::operations::Act::payment(to, some);
            history.people.act(1, &gift).await;
        }
    }
    for (royalty, upstream) in WORKS {
        history.register(royalty, upstream).await;
    }
    for turn in 0..STEPS {
        if turn % EVERY == EVERY - 1 {
            history.derive().await;
        }
        history.step().await;
        history.compare(turn % history.works.len()).await;
    }
    for at in 0..history.works.len() {
        history.compare(at).await;
    }
}
