//! What a delivery consists of, and what of it is kept.

use alloy_primitives::{Address, B256, U256};
use daedal_chain::operations::{
    Commission, CommissionState as State, Ledgers, Registered, RunReceipt, Work,
};
use daedal_chain::proof::AnchorProof;
use daedal_core::engine::Engines;
use daedal_core::plan::Planned;
use daedal_core::run::{Finish, RunSpec, finish_of};
use daedal_store::Studio;
use daedal_store::ports::{Document, RunSummary};
use serde_json::Value;

use super::order::Order;
use super::short;
use super::standing::refused;
use crate::failure::Failure;
use crate::home::{Home, remembered};
use crate::release::{OnChain, Payment, Signing};
use crate::runs::Begun;
use crate::ui::Ui;
use crate::{chain, runs, text};

const KIND: &str = "delivery";

/// What is needed to deliver.
pub(super) struct Ready {
    pub(super) found: Commission,
    pub(super) order: Order,
    pub(super) planned: Planned,
    pub(super) work: Work,
}

/// Where everything happens.
pub(super) struct Place<'a> {
    pub(super) home: &'a Home,
    pub(super) studio: &'a Studio,
    pub(super) engines: &'a Engines,
    pub(super) signing: &'a Signing<'a>,
    pub(super) me: Address,
    pub(super) ui: Ui,
}

/// Refuses an order that the process would not take.
pub(super) fn fits(planned: &Planned, order: &Order) -> Result<(), Failure> {
    let given = |values: &Value| -> Vec<(String, Value)> {
        let values = values.as_object().into_iter().flatten();
        values
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    };
    let (inputs, parameters) = (given(&order.inputs), given(&order.parameters));
    let resolved = planned.process.resolve_dials(&inputs, &parameters);
    let wrong = "the process can't run what was ordered: ask the client for another order, and give this \
                 one back with `daedal commission refund`";
    match resolved {
        Ok((inputs, parameters))
            if (&inputs, &parameters) == (&order.inputs, &order.parameters) =>
        {
            Ok(())
        }
        Ok(_) => Err(Failure::new("the order leaves some inputs or parameters open").help(wrong)),
        Err(errors) => Err(Failure::several(errors.into_iter().map(|error| {
            (
                format!("the order does not fit: {}", error.message),
                wrong.to_owned(),
            )
        }))),
    }
}

impl Place<'_> {
    /// Says what delivering would do. The gas is that of a run with other digests: what comes out of it is not
    /// known before.
    pub(super) async fn would(&self, ready: &Ready) -> Result<u8, Failure> {
        let (id, order) = (ready.found.id, &ready.order);
        let terms = &ready.found.terms;
        let client = chain::reach(self.home, "daedal commission deliver").await?;
        let reads = chain::ledgers(self.home, self.studio, &client).await?;
        let receipt = RunReceipt {
            work: U256::from(terms.work),
            version: U256::from(terms.version),
            sequence: U256::ONE,
            runRoot: B256::repeat_byte(0x5a),
            receiptCount: U256::ONE,
            inputs: terms.inputs.0.into(),
            outputsRoot: B256::repeat_byte(0xa5),
            payer: terms.client,
            paymentNonce: id,
        };
        let url = self.home.settings.site.url.as_deref().unwrap_or_default();
        let anchor = reads.anchoring(reads.leaf(&receipt), 1, url);
        let submit = reads.submit_run(terms, &receipt, &[]);
        let acts = vec![
            (
                anchor,
                format!("anchor the run as paid by {}, and release it", terms.client),
            ),
            (
                submit.map_err(chain::refused)?,
                format!("submit it to commission {}", short(id)),
            ),
        ];
        let (mut value, told) = chain::planned(&reads, self.me, acts, "").await?;
        let words = format!(
            "run {} with inputs {} and parameters {}",
            order.process, order.inputs, order.parameters
        );
        let mut text = format!("nothing was done; it would\n  {words}\n");
        text.extend(told.split_inclusive('\n').skip(1));
        let release = ready.planned.process.release.as_ref();
        let mints = release.is_some_and(|release| release.editions.is_some());
        if mints {
            text.push_str(
                "  its editions are minted, too: their gas is known once the run says how many\n",
            );
        }
        value["runs"] = words.into();
        value["mints_editions"] = mints.into();
        self.ui.result(&value, &text);
        Ok(0)
    }

    /// Whether this studio's run was submitted.
    pub(super) async fn has_delivered(&self, found: &Commission) -> Result<bool, Failure> {
        let (Some(root), Some(spec)) = (found.run_root, self.delivery(found.id).await?) else {
            return Ok(false);
        };
        Ok(self.root(&spec).await? == Some(root))
    }

    /// Refuses what the contract would refuse, before anything runs.
    pub(super) async fn may_deliver(
        &self,
        reads: &Ledgers,
        found: &Commission,
    ) -> Result<(), Failure> {
        let terms = &found.terms;
        let now = self.now(reads).await?;
        if found.state != State::Funded || now > terms.deadline {
            return Err(refused(found, now, "delivered"));
        }
        let operates = reads.is_operator(terms.work, self.me).await;
        if operates.map_err(chain::refused)? {
            return Ok(());
        }
        Err(Failure::new(format!(
            "{} does not operate work {}",
            self.me, terms.work
        ))
        .help(
            "its owner, its controller, and whom they approved do; act as one of them: --account NAME",
        ))
    }

    pub(super) async fn now(&self, reads: &Ledgers) -> Result<u64, Failure> {
        let time = reads.now().await.map_err(chain::refused)?;
        Ok(time.max(text::now().0 / 1_000))
    }

    /// Makes sure that the process is this work here, so that its release goes to it.
    pub(super) async fn is_this_work(
        &self,
        reads: &Ledgers,
        planned: &Planned,
        work: &Work,
    ) -> Result<(), Failure> {
        let name = &planned.plan.process;
        match chain::known(self.studio, reads, name).await? {
            Some(known) if known.work == work.work => Ok(()),
            Some(known) => Err(Failure::new(format!(
                "`{name}` is work {} in this studio, and the commission is for work {}",
                known.work, work.work
            ))
            .help("deliver it from a studio of its own")),
            None => {
                let registered = Registered {
                    work: work.work,
                    shares: work.shares,
                    transaction: None,
                };
                chain::remember(self.studio, reads, name, &registered).await?;
                Ok(())
            }
        }
    }

    /// The run of a commission, if it has been begun.
    pub(super) async fn delivery(&self, id: B256) -> Result<Option<RunSpec>, Failure> {
        let kept = self.studio.records.get(KIND, &id.to_string()).await;
        let kept = kept.map_err(|error| remembered(&error))?;
        kept.map(serde_json::from_value)
            .transpose()
            .map_err(|error| Failure::because("what was begun can't be read", &error))
    }

    /// The run that carries out an order: begun before and not failed since, or a new one. That the client
    /// pays for it is kept with it.
    pub(super) async fn begun(&self, ready: &Ready) -> Result<Begun, Failure> {
        let id = ready.found.id;
        if let Some(spec) = self.delivery(id).await? {
            let summary = self.summary(spec.id().0).await?;
            let finished = summary.and_then(|summary| summary.finished);
            let finish = finish_of(finished.as_slice());
            if matches!(finish, None | Some(Finish::Succeeded)) {
                let runs = runs::all(self.studio).await?;
                return Ok(Begun::known(spec, runs));
            }
        }
        let (inputs, parameters) = (ready.order.inputs.clone(), ready.order.parameters.clone());
        let (planned, engines) = (&ready.planned, self.engines);
        let begun = runs::begin_with(self.studio, planned, engines, inputs, parameters).await?;
        let payment = Payment {
            payer: ready.found.terms.client,
            nonce: id,
        };
        let delivery = Document::of(KIND, id.to_string(), &begun.spec);
        let documents = vec![payment.document(begun.spec.id()), delivery];
        let kept = self.studio.records.put(documents).await;
        kept.map_err(|error| remembered(&error))?;
        Ok(begun)
    }

    pub(super) async fn summary(
        &self,
        run: daedal_core::Digest,
    ) -> Result<Option<RunSummary>, Failure> {
        let runs = self.studio.log.runs().await;
        let runs = runs.map_err(|error| remembered(&error))?;
        Ok(runs.into_iter().find(|known| known.run.0 == run))
    }

    /// The root of a run that is over.
    pub(super) async fn root(&self, spec: &RunSpec) -> Result<Option<B256>, Failure> {
        let record = self
            .studio
            .records
            .get("record", &spec.id().to_string())
            .await;
        let record = record.map_err(|error| remembered(&error))?;
        Ok(record.and_then(|record| record["root"].as_str()?.parse().ok()))
    }

    pub(super) fn proof(&self, on_chain: &OnChain) -> Result<AnchorProof, Failure> {
        let unread = |error: &dyn std::error::Error| {
            Failure::because("the proof of the anchor can't be read", error)
                .help("deliver again: it is made anew from the chain")
        };
        let bytes = self.studio.blobs.read(&on_chain.anchor.proof.digest);
        let bytes = bytes.map_err(|error| unread(&error))?;
        AnchorProof::read(&bytes).map_err(|error| unread(&error))
    }
}
