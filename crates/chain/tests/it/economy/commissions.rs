//! Scenarios of paid runs, with amounts to the last unit, on the embedded chain and on anvil.

use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_signer::SignerSync as _;
use daedal_chain::operations::{
    Act, Authorization, CommissionState, CommissionTerms, Ledgers, Moved, RunReceipt, Work,
};
use daedal_core::digest::Digest;
use daedal_core::economy::Asset;
use daedal_core::units::BasisPoints;

use super::{DAY, People, on_anvil, on_the_embedded_chain};
use crate::support::signer;

/// Who plays what.
const OPERATOR: usize = 1;
const CLIENT: usize = 2;
const ARBITER: usize = 3;
const ANYONE: usize = 4;

/// A work, its people, and what they order.
struct Stage<'a> {
    people: &'a People,
    work: Work,
    asset: Asset,
    price: U256,
}

impl Stage<'_> {
    fn reads(&self) -> &Ledgers {
        self.people.operator(OPERATOR).reads()
    }

    async fn terms(&self, name: &str) -> CommissionTerms {
        CommissionTerms {
            work: self.work.work,
            version: 1,
            parameters: Digest::of(b"parameters"),
            inputs: Digest::of(name.as_bytes()),
            client: self.people.account(CLIENT),
            asset: self.work.address_of(self.asset),
            price: self.price,
            deadline: self.people.now().await + 7 * DAY,
            window: 2 * 86_400,
            arbiter: self.people.account(ARBITER),
            arbitration: 5 * 86_400,
            split: BasisPoints(2_500),
            salt: keccak256(name),
        }
    }

    /// The client orders and pays.
    async fn open(&self, terms: &CommissionTerms) -> B256 {
        let reads = self.reads();
        if !terms.asset.is_zero() {
            let coin = reads.coin(terms.asset).await.unwrap();
            let spender = reads.deployment().commissions;
            let allowed = coin.approve(spender, terms.price);
            self.people.act(CLIENT, &allowed).await;
        }
        let act = reads.open_commission(terms).unwrap();
        self.people.act(CLIENT, &act).await;
        let again = self.people.try_act(CLIENT, &act).await.unwrap_err();
        assert!(again.contains("already opened"), "{again}");
        reads.commission_id(terms).await.unwrap()
    }

    /// The run of a commission, anchored by the operator: submitting it.
    async fn delivery(&self, terms: &CommissionTerms, id: B256) -> Act {
        let receipt = RunReceipt {
            work: U256::from(terms.work),
            version: U256::from(terms.version),
            sequence: U256::ONE,
            runRoot: keccak256(id),
            receiptCount: U256::from(3),
            inputs: terms.inputs.0.into(),
            outputsRoot: keccak256("outputs"),
            payer: terms.client,
            paymentNonce: id,
        };
        let operator = self.people.operator(OPERATOR);
        let key = format!("anchor:{id}");
        let batch = [receipt.clone()];
        let anchored = operator.anchor(&key, &batch, "").await.unwrap();
        let path = &anchored.paths[0];
        self.reads().submit_run(terms, &receipt, path).unwrap()
    }

    async fn deliver(&self, terms: &CommissionTerms, id: B256) {
        let act = self.delivery(terms, id).await;
        let stranger = self.people.try_act(ANYONE, &act).await.unwrap_err();
        assert!(stranger.contains("not operator"), "{stranger}");
        self.people.act(OPERATOR, &act).await;
        self.stands(id, CommissionState::Submitted).await;
        let again = self.people.try_act(OPERATOR, &act).await.unwrap_err();
        assert!(again.contains("wrong state"), "{again}");
    }

    async fn stands(&self, id: B256, state: CommissionState) {
        let found = self.reads().commission(id).await.unwrap().unwrap();
        assert_eq!(found.state, state);
    }

    async fn refused(&self, number: usize, act: &Act, why: &str) {
        let told = self.people.try_act(number, act).await.unwrap_err();
        assert!(told.contains(why), "{why:?} is not in {told}");
    }

    async fn money_of(&self, account: Address) -> U256 {
        let coin = self.work.address_of(self.asset);
        self.reads().money_of(account, coin).await.unwrap()
    }

    async fn gross(&self) -> U256 {
        let revenue = self.reads().revenue(&self.work, self.asset).await;
        revenue.unwrap().gross
    }

    /// What the client lost and the work got since, to the last unit, and that nothing can happen any more.
    async fn ended(
        &self,
        terms: &CommissionTerms,
        id: B256,
        before: (U256, U256),
        state: CommissionState,
        to_work: U256,
    ) {
        self.stands(id, state).await;
        assert_eq!(self.gross().await - before.1, to_work);
        assert_eq!(before.0 - self.before().await.0, to_work);
        let escrow = self.reads().deployment().commissions;
        assert_eq!(self.money_of(escrow).await, U256::ZERO);
        let reads = self.reads();
        self.people.wait(60 * DAY).await;
        for (number, act) in [
            (CLIENT, reads.accept_run(terms)),
            (CLIENT, reads.dispute_run(terms, B256::ZERO)),
            (ARBITER, reads.decide_dispute(terms, BasisPoints(1))),
            (ANYONE, reads.settle_commission(terms)),
            (ANYONE, reads.refund_commission(terms)),
            (OPERATOR, reads.refund_commission(terms)),
        ] {
            self.refused(number, &act.unwrap(), "wrong state").await;
        }
        let open = reads.open_commission(terms).unwrap();
        assert!(self.people.try_act(CLIENT, &open).await.is_err());
    }

    /// Money of the client, and own revenue of the work.
    async fn before(&self) -> (U256, U256) {
        let client = self.money_of(self.people.account(CLIENT)).await;
        // What went for gas is not the commission's.
        let fees = match self.asset {
            Asset::Native => self.people.fees(CLIENT),
            Asset::Stablecoin => U256::ZERO,
        };
        (client + fees, self.gross().await)
    }

    /// The ledger names the client of whatever came, and tells nothing twice.
    async fn is_told(&self) {
        let movements = self.reads().movements(&self.work).await.unwrap();
        let client = self.people.account(CLIENT);
        for movement in &movements {
            assert_eq!(movement.what, Moved::Commission { client });
            assert_eq!(movement.asset, self.asset);
        }
        let sum: U256 = movements.iter().map(|movement| movement.amount).sum();
        assert_eq!((movements.len(), sum), (4, self.gross().await));
    }

    async fn delivered_and_accepted(&self) {
        let (terms, before) = (self.terms("accepted").await, self.before().await);
        let id = self.open(&terms).await;
        let accept = self.reads().accept_run(&terms).unwrap();
        self.refused(CLIENT, &accept, "wrong state").await;
        self.deliver(&terms, id).await;
        self.refused(ANYONE, &accept, "not client").await;
        self.people.act(CLIENT, &accept).await;
        let all = self.price;
        let end = CommissionState::Completed;
        self.ended(&terms, id, before, end, all).await;
    }

    async fn delivered_and_settled(&self) {
        let (terms, before) = (self.terms("settled").await, self.before().await);
        let id = self.open(&terms).await;
        let settle = self.reads().settle_commission(&terms).unwrap();
        self.refused(ANYONE, &settle, "wrong state").await;
        self.deliver(&terms, id).await;
        self.refused(ANYONE, &settle, "too early").await;
        self.people.wait(2 * DAY + 1).await;
        let dispute = self.reads().dispute_run(&terms, B256::ZERO).unwrap();
        self.refused(CLIENT, &dispute, "too late").await;
        self.people.act(ANYONE, &settle).await;
        let end = CommissionState::Completed;
        self.ended(&terms, id, before, end, self.price).await;
    }

    async fn late_and_refunded(&self) {
        let (terms, before) = (self.terms("late").await, self.before().await);
        let id = self.open(&terms).await;
        let refund = self.reads().refund_commission(&terms).unwrap();
        self.refused(CLIENT, &refund, "too early").await;
        let submit = self.delivery(&terms, id).await;
        self.people.wait(7 * DAY + 1).await;
        self.refused(OPERATOR, &submit, "deadline missed").await;
        self.people.act(ANYONE, &refund).await;
        let end = CommissionState::Expired;
        self.ended(&terms, id, before, end, U256::ZERO).await;
    }

    async fn disputed_and_decided(&self, part: u16, end: CommissionState) {
        let name = format!("decided {part}");
        let (terms, before) = (self.terms(&name).await, self.before().await);
        let id = self.open(&terms).await;
        self.deliver(&terms, id).await;
        let reads = self.reads();
        let decide = reads.decide_dispute(&terms, BasisPoints(part)).unwrap();
        self.refused(ARBITER, &decide, "wrong state").await;
        let dispute = reads.dispute_run(&terms, keccak256("too dark")).unwrap();
        self.refused(OPERATOR, &dispute, "not client").await;
        self.people.act(CLIENT, &dispute).await;
        self.refused(CLIENT, &decide, "not arbiter").await;
        self.people.act(ARBITER, &decide).await;
        let to_work = self.price * U256::from(part) / U256::from(10_000);
        self.ended(&terms, id, before, end, to_work).await;
    }

    async fn disputed_and_arbiter_silent(&self) {
        let (terms, before) = (self.terms("silent").await, self.before().await);
        let id = self.open(&terms).await;
        self.deliver(&terms, id).await;
        let reads = self.reads();
        let dispute = reads.dispute_run(&terms, B256::ZERO).unwrap();
        self.people.act(CLIENT, &dispute).await;
        let settle = reads.settle_commission(&terms).unwrap();
        self.refused(ANYONE, &settle, "too early").await;
        self.people.wait(5 * DAY + 1).await;
        let decide = reads.decide_dispute(&terms, BasisPoints(9_000)).unwrap();
        self.refused(ARBITER, &decide, "too late").await;
        self.people.act(ANYONE, &settle).await;
        let to_work = self.price * U256::from(2_500) / U256::from(10_000);
        let end = CommissionState::Completed;
        self.ended(&terms, id, before, end, to_work).await;
    }

    /// The client signs, somebody else brings it and pays the gas; the operator gives the order back.
    async fn paid_by_authorization(&self) {
        let (terms, before) = (self.terms("signed").await, self.before().await);
        let reads = self.reads();
        let hash = reads.authorization_hash(&terms, 0, terms.deadline).await;
        if self.asset == Asset::Native {
            let told = hash.unwrap_err().to_string();
            assert!(told.contains("takes no signed payments"), "{told}");
            return;
        }
        let hash = hash.unwrap();
        let bring = |number: u8| {
            let signed = signer(number).sign_hash_sync(&hash).unwrap();
            let authorization = Authorization {
                valid_after: 0,
                valid_before: terms.deadline,
                signature: signed.as_bytes().into(),
            };
            reads.open_commission_by(&terms, &authorization).unwrap()
        };
        let (forged, brought) = (bring(4), bring(2));
        self.refused(ANYONE, &forged, "invalid signature").await;
        let id = reads.commission_id(&terms).await.unwrap();
        assert!(!reads.is_authorization_used(&terms, id).await.unwrap());
        self.people.act(ANYONE, &brought).await;
        assert!(reads.is_authorization_used(&terms, id).await.unwrap());
        self.refused(ANYONE, &brought, "already opened").await;
        self.stands(id, CommissionState::Funded).await;
        let refund = reads.refund_commission(&terms).unwrap();
        self.people.act(OPERATOR, &refund).await;
        let end = CommissionState::Expired;
        self.ended(&terms, id, before, end, U256::ZERO).await;
    }
}

async fn whole(people: &People) {
    people.dollars(CLIENT, 10_u64.pow(9)).await;
    for (name, asset, price) in [
        ("dollars", Asset::Stablecoin, 1_000_003),
        ("coins", Asset::Native, 10_u64.pow(15) + 7),
    ] {
        let holders = [(OPERATOR, 100)];
        let stage = Stage {
            people,
            work: people.register(OPERATOR, name, 500, &[], &holders).await,
            asset,
            price: U256::from(price),
        };
        stage.delivered_and_accepted().await;
        stage.delivered_and_settled().await;
        stage.late_and_refunded().await;
        let (done, rejected) = (CommissionState::Completed, CommissionState::Rejected);
        stage.disputed_and_decided(3_700, done).await;
        stage.disputed_and_decided(0, rejected).await;
        stage.disputed_and_arbiter_silent().await;
        stage.paid_by_authorization().await;
        let all = stage.reads().commissions_of(stage.work.work).await.unwrap();
        assert!(all.iter().all(|one| one.state.is_end()));
        assert_eq!(all.len(), if asset == Asset::Native { 6 } else { 7 });
        stage.is_told().await;
    }
    let reads = people.operator(OPERATOR).reads();
    assert_eq!(reads.commissions().await.unwrap().len(), 13);
    let by = reads.commissions_by_client(people.account(CLIENT)).await;
    assert_eq!(by.unwrap().len(), 13);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_commission_reaches_exactly_one_end_on_the_embedded_chain() {
    on_the_embedded_chain(whole).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_commission_reaches_exactly_one_end_on_anvil() {
    on_anvil(whole).await;
}
