//! Ordering a run: by paying into escrow, or by a signature that somebody else [brings](super::bring).

use std::path::{Path, PathBuf};

use alloy_primitives::{B256, U256};
use daedal_chain::operations::{Authorization, CommissionTerms, Kind, Work};
use daedal_core::economy::Asset;
use daedal_core::plan::Planned;
use daedal_core::{Digest, canonical};
use daedal_store::Studio;
use daedal_store::ports::Document;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::order::{Order, digest_of};
use super::standing::{at, now};
use super::{Common, before, short, voted};
use crate::chain::desk::Desk;
use crate::chain::{self, Acting, when};
use crate::failure::Failure;
use crate::home::remembered;
use crate::process::Loaded;
use crate::ui::Ui;
use crate::{assemble, runs};

const DRAFT: &str = "order-draft";
/// Longest time to the deadline, to dispute or to decide, in seconds, as the contract has it.
const PERIOD_MAX: u64 = 365 * 86_400;

/// Orders a run of a work and pays for it into escrow. The order itself is written into a file, for the
/// work's operator: the chain keeps only digests. What is ordered and not delivered by the deadline is paid
/// back; what is delivered and not disputed within the window is paid.
#[derive(Debug, clap::Args)]
pub(super) struct Open {
    /// A process of this studio, the number of a work, or its CAIP-19 name
    work: String,
    /// What it pays, with its unit: "5 USDC", "0.01 ETH"
    price: String,
    /// The version that has to run [default: the newest]
    #[arg(long, value_name = "N")]
    version: Option<u64>,
    /// Set an input; @FILE gives an asset
    #[arg(short, long = "input", value_name = "NAME=VALUE")]
    inputs: Vec<String>,
    /// Set a parameter, within its bounds
    #[arg(
        short,
        long = "param",
        visible_alias = "set",
        value_name = "NAME=VALUE"
    )]
    parameters: Vec<String>,
    /// Who decides if the two do not agree: an address, or an account of the studio
    #[arg(long, value_name = "WHO")]
    arbiter: String,
    /// Until when it has to be delivered: a duration from now, a date, or a time
    #[arg(long, value_name = "WHEN", default_value = "7d")]
    deadline: String,
    /// How long you may dispute what is delivered
    #[arg(long, value_name = "SPAN", default_value = "2d")]
    window: String,
    /// How long the arbiter may decide
    #[arg(long, value_name = "SPAN", default_value = "7d")]
    arbitration: String,
    /// The work's part if the arbiter stays silent
    #[arg(long, value_name = "PERCENT", default_value = "50%")]
    split: String,
    /// Where the files of the work are, when this studio has not got them
    #[arg(long, value_name = "PROCESS")]
    from: Option<PathBuf>,
    /// The file that the order is written into [default: order-….json, here]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Pay by a signature in the order: whoever brings it opens the commission, and pays the gas
    #[arg(long)]
    authorize: bool,
    /// Order the same once more: without it, an order that still runs is not given a second time
    #[arg(long)]
    another: bool,
    #[command(flatten)]
    acting: Acting,
}

/// An order that is being opened, so that a command that was killed goes on with the same one.
struct Draft {
    order: Order,
    is_open: bool,
}

/// A draft as it is kept; the order is kept by itself.
#[derive(Serialize, Deserialize)]
struct Begun {
    id: B256,
    is_open: bool,
}

impl Open {
    pub(super) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        self.acting
            .carry_out(common, ui, "daedal commission open", async |desk| {
                self.open(desk, ui).await
            })
    }

    async fn open(&self, desk: &Desk, ui: Ui) -> Result<u8, Failure> {
        let work = desk.work(&self.work).await?;
        let coins = desk.coins(&work).await?;
        let (asset, price) = coins.read(&self.price)?;
        let coin = coins.of(asset);
        let told = coins.told(asset, price);
        if price.is_zero() {
            return Err(
                Failure::new(format!("{told} is nothing to pay")).help("give an amount above zero")
            );
        }
        if self.authorize && asset == Asset::Native {
            return Err(
                Failure::new(format!("{} can't be paid by a signature", coin.symbol)).help(
                    format!(
                        "pay in {}, or leave --authorize away",
                        coins.stablecoin.symbol
                    ),
                ),
            );
        }
        let (key, draft) = self.draft(desk, &work, asset, price).await?;
        let place = self.out.clone();
        let place = place.unwrap_or_else(|| draft.order.file_name().into());
        let opened = desk.reads.commission(draft.order.id).await;
        // A command that was killed may have come as far as this.
        let is_open = opened.map_err(chain::refused)?.is_some();
        if !is_open {
            let same = before::ordered(desk, &draft.order.terms).await?;
            if let Some(same) = same.filter(|_| !self.another) {
                return before::told(desk, &same).await;
            }
            desk.require(coin, price).await?;
        }
        draft.order.require_place(&place)?;
        if self.authorize {
            return self.authorized(desk, ui, draft.order, &told, &place).await;
        }
        if !desk.is_dry() {
            // Before the money leaves: nobody could deliver what is not written down.
            draft.keep(&desk.studio, &key).await?;
            draft.order.write(&place)?;
        }
        let order = draft.order;
        if !is_open {
            let act = desk.reads.open_commission(&order.terms);
            let act = act.map_err(chain::refused)?;
            if asset == Asset::Stablecoin {
                let escrow = desk.reads.deployment().commissions;
                desk.allow(coin, escrow, price, &told).await?;
            }
            let what = format!("commission:open:{}", order.id);
            let words = format!("pay {told} into escrow for a run of work {}", work.work);
            desk.act(&what, &act, &words).await?;
        }
        let text = format!(
            "commission {} is open: {told} in escrow for a run of work {}, version {}\n{}",
            short(order.id),
            work.work,
            order.terms.version,
            next(&order, &place)
        );
        let code = desk
            .result(opened_json(&order, &place, false), &text)
            .await?;
        // Only now that somebody was told of it, so that no order is paid that nobody knows of: until then the
        // same command goes on with this one.
        if !desk.is_dry() {
            let done = Draft {
                order,
                is_open: true,
            };
            done.keep(&desk.studio, &key).await?;
        }
        Ok(code)
    }

    /// Signs the payment and writes it into the order, for somebody else to bring.
    async fn authorized(
        &self,
        desk: &Desk,
        ui: Ui,
        mut order: Order,
        told: &str,
        place: &Path,
    ) -> Result<u8, Failure> {
        let (after, before) = (0, order.terms.deadline);
        let hash = desk
            .reads
            .authorization_hash(&order.terms, after, before)
            .await;
        let signature = desk.sign(&hash.map_err(chain::refused)?)?;
        let Some(signature) = signature else {
            let words = format!(
                "sign a payment of {told} for a run of work {}",
                order.terms.work
            );
            let value = json!({ "dry_run": true, "account": desk.me, "would": words, "gas": 0 });
            ui.result(
                &value,
                &format!("nothing was done; it would\n  {words}  (no gas)\n"),
            );
            return Ok(0);
        };
        order.authorization = Some(Authorization {
            valid_after: after,
            valid_before: before,
            signature,
        });
        order.write(place)?;
        order.keep(&desk.studio).await?;
        let text = format!(
            "signed: {told} go into escrow for a run of work {}, version {}, once somebody brings the \
             order, until {}\n{}",
            order.terms.work,
            order.terms.version,
            at(before),
            next(&order, place)
        );
        desk.result(opened_json(&order, place, true), &text).await
    }

    /// What is ordered: begun by a command that was killed, or new.
    async fn draft(
        &self,
        desk: &Desk,
        work: &Work,
        asset: Asset,
        price: U256,
    ) -> Result<(String, Draft), Failure> {
        if work.kind != Kind::Process {
            return Err(
                Failure::new(format!("work {} is no process: it can't run", work.work))
                    .help("`daedal show` lists the works"),
            );
        }
        let version = self.version.unwrap_or(work.versions);
        let versions = desk.reads.versions(work.work).await;
        let versions = versions.map_err(chain::refused)?;
        let Some(published) = versions.iter().find(|known| known.version == version) else {
            return Err(
                Failure::new(format!("work {} has no version {version}", work.work))
                    .help(format!("its newest is {}", work.versions)),
            );
        };
        let bundle = published.bundle;
        let planned = planned(&desk.studio, work.work, &bundle, self.from.as_deref()).await?;
        let (number, asked) = (work.work, &self.parameters);
        let parameters = voted::follow(&desk.reads, number, &planned, asked).await?;
        let studio = (!desk.is_dry()).then_some(&desk.studio);
        let dials = runs::dials_of(studio, &planned, &self.inputs, &parameters)?;
        let now = now(desk).await?;
        let terms = CommissionTerms {
            work: work.work,
            version,
            parameters: digest_of(&dials.1),
            inputs: digest_of(&dials.0),
            client: desk.me,
            asset: work.address_of(asset),
            price,
            deadline: when::moment(&self.deadline, now)?,
            window: when::span(&self.window)?,
            arbiter: desk.who(&self.arbiter)?,
            arbitration: when::span(&self.arbitration)?,
            split: chain::percent(&self.split)?,
            salt: salt()?,
        };
        self.require_periods(&terms, now)?;
        let key = self.key(desk, &terms);
        let begun = desk.studio.records.get(DRAFT, &key).await;
        let begun = begun.map_err(|error| remembered(&error))?;
        let begun = begun.and_then(|begun| serde_json::from_value::<Begun>(begun).ok());
        if let Some(begun) = begun.filter(|begun| !begun.is_open && !self.authorize)
            && let Some(order) = Order::kept(&desk.studio, begun.id).await?
            && order.terms.deadline > now
        {
            let is_open = false;
            return Ok((key, Draft { order, is_open }));
        }
        let name = &planned.plan.process;
        let order = Order::new(&desk.reads, studio, terms, (name, bundle), dials).await?;
        let draft = Draft {
            order,
            is_open: false,
        };
        Ok((key, draft))
    }

    /// Refuses times that the contract would refuse.
    fn require_periods(&self, terms: &CommissionTerms, now: u64) -> Result<(), Failure> {
        let deadline = terms.deadline.saturating_sub(now);
        for (flag, said, seconds) in [
            ("--deadline", &self.deadline, deadline),
            ("--window", &self.window, terms.window.into()),
            ("--arbitration", &self.arbitration, terms.arbitration.into()),
        ] {
            if seconds > PERIOD_MAX {
                return Err(Failure::new(format!("{flag} {said} is too long"))
                    .help("give 365 days at most"));
            }
        }
        Ok(())
    }

    /// What tells this request apart from others: all that was asked, and nothing that time or chance added.
    fn key(&self, desk: &Desk, terms: &CommissionTerms) -> String {
        let chain = desk.reads.client().chain_id();
        let asked = CommissionTerms {
            deadline: 0,
            salt: B256::ZERO,
            ..*terms
        };
        let contract = desk.reads.deployment().commissions;
        canonical::digest(&(chain, contract, asked, &self.deadline)).to_string()
    }
}

impl Draft {
    /// Keeps the draft; once it is open, the order with it.
    async fn keep(&self, studio: &Studio, key: &str) -> Result<(), Failure> {
        self.order.keep(studio).await?;
        let document = Document::of(
            DRAFT,
            key,
            &Begun {
                id: self.order.id,
                is_open: self.is_open,
            },
        );
        let kept = studio.records.put(vec![document]).await;
        kept.map_err(|error| remembered(&error))
    }
}

/// The plan of a version: of the files that this studio keeps, or that somebody names.
pub(super) async fn planned(
    studio: &Studio,
    work: u64,
    bundle: &Digest,
    from: Option<&Path>,
) -> Result<Planned, Failure> {
    let engines = assemble::engines();
    if let Some(place) = from {
        let Loaded { planned, .. } = Loaded::open(place, &engines)?;
        let found = planned.bundle.digest();
        return match found == *bundle {
            true => Ok(planned),
            false => Err(Failure::new(format!(
                "{} is not the version that is meant: its digest is {}, and not {}",
                place.display(),
                found.short(),
                bundle.short()
            ))
            .help(format!(
                "`daedal show {work}` lists the versions of the work"
            ))),
        };
    }
    let kept = runs::plan_of_bundle(studio, bundle, &engines).await?;
    kept.ok_or_else(|| {
        Failure::new(format!("this studio has not got the files of work {work}"))
            .help("get them from its creator, and name their directory: --from PROCESS")
    })
}

/// 32 random bytes.
fn salt() -> Result<B256, Failure> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)
        .map_err(|error| Failure::new(format!("no randomness can be had: {error}")))?;
    Ok(bytes.into())
}

/// What is to be done with the order.
fn next(order: &Order, place: &Path) -> String {
    let (place, id) = (place.display(), short(order.id));
    let mut text = format!("  order    {place}: hand it to the work's operator\n");
    if order.authorization.is_some() {
        text.push_str(&format!("  they     daedal commission bring {place}\n"));
    }
    text.push_str(&format!(
        "  deliver  by {}: daedal commission deliver {id} --order {place}\n",
        at(order.terms.deadline)
    ));
    text
}

pub(super) fn opened_json(order: &Order, place: &Path, is_signed: bool) -> Value {
    json!({
        "commission": order.id, "work": order.terms.work, "version": order.terms.version,
        "price": order.terms.price.to_string(), "deadline": order.terms.deadline,
        "order": place, "signed_only": is_signed,
        "inputs": order.inputs, "parameters": order.parameters,
    })
}
