//! Delivering: the run that was ordered, its anchor, its release, its submission, each once.
//!
//! The chain is let go while the process runs, which may take long and may wait for people. Everything that
//! a killed command has to find again is kept before it is used: who pays for the run before it begins, the
//! batch before it is anchored, each transaction before it is sent.

use std::path::PathBuf;

use daedal_chain::operations::{Commission, CommissionState as State, Ledgers};
use daedal_core::asset;
use daedal_exec::RunStatus;
use serde_json::json;

use super::delivery::{Place, Ready, fits};
use super::open::planned;
use super::order::Order;
use super::standing::{at, refused, to_json, told, until};
use super::{Common, find, short};
use crate::chain::{self, Acting};
use crate::commands::release::{to_json as released_json, told as released_told};
use crate::failure::Failure;
use crate::hint;
use crate::home::{Home, block_on, remembered};
use crate::progress::Show;
use crate::release::{self, Released, Signing};
use crate::runs::{self, Carrier, Telling};
use crate::ui::Ui;
use crate::{assemble, keys};

const COMMAND: &str = "daedal commission deliver";

/// Carries out exactly what was ordered, anchors the run as its client's, releases it, and submits it. Safe
/// to repeat: a command that was stopped anywhere, or that waited for a person, is finished by the same
/// command. Exit code 3: the run waits for a person; deliver again once it is decided.
#[derive(Debug, clap::Args)]
pub(super) struct Deliver {
    /// The commission, by its name or first digits [default: that of the order]
    #[arg(required_unless_present = "order")]
    commission: Option<String>,
    /// The client's order-….json, where this studio has not got the order yet
    #[arg(long, value_name = "FILE")]
    order: Option<PathBuf>,
    /// Where the files of the ordered version are, when this studio has not got them
    #[arg(long, value_name = "PROCESS")]
    from: Option<PathBuf>,
    /// Tasks at once [default: the machine's cores]
    #[arg(short, long, value_name = "N")]
    jobs: Option<std::num::NonZero<usize>>,
    #[command(flatten)]
    acting: Acting,
}

impl Deliver {
    pub(super) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        let mut home = Home::find(common)?;
        self.acting.settle(&mut home);
        let engines = assemble::engines_of(&home)?;
        let account = self.acting.account.as_deref();
        let signing = Signing::new(&home, common, ui).acting_as(account);
        let me = keys::address_named(&home, account)?;
        if !self.acting.dry_run {
            // Before the studio is locked: nobody else must wait while a password is typed.
            signing.signer()?;
            signing.person()?;
        }
        block_on(async {
            let studio = match self.acting.dry_run {
                true => home.open_to_read().await?,
                false => home.open_to_write(COMMAND).await?,
            };
            let place = Place {
                home: &home,
                studio: &studio,
                engines: &engines,
                signing: &signing,
                me,
                ui,
            };
            let done = self.deliver(&place).await;
            let closed = studio.close().await;
            let code = done?;
            closed.map_err(|error| remembered(&error))?;
            Ok(code)
        })
    }

    async fn deliver(&self, place: &Place<'_>) -> Result<u8, Failure> {
        let ready = match self.ready(place).await? {
            Some(ready) => ready,
            None => return Ok(0),
        };
        let id = ready.found.id;
        if self.acting.dry_run {
            return place.would(&ready).await;
        }
        let begun = place.begun(&ready).await?;
        let run = begun.spec.id();
        place
            .home
            .note_command(&format!("{COMMAND} (run {})", run.0.short()))?;
        let plan = &ready.planned.plan;
        let jobs = place.home.jobs(self.jobs);
        let rate = place.home.settings.run.rate()?;
        let carrier = Carrier::start(place.studio, place.engines.clone(), jobs, rate);
        let show = Show::People;
        let report = carrier
            .carry(place.home, plan, begun, show, place.ui)
            .await?;
        if report.status != RunStatus::Succeeded {
            let telling = Telling::default();
            let (home, studio) = (place.home, place.studio);
            let code = runs::conclude(home, studio, plan, &report, place.ui, telling)?;
            place.ui.note(format!(
                "then go on with: {} commission deliver {}, by {}",
                hint::daedal(),
                short(id),
                at(ready.found.terms.deadline)
            ));
            return Ok(code);
        }
        let summary = place.summary(run.0).await?;
        let (engines, signing) = (place.engines, place.signing);
        let runs = [summary.ok_or_else(|| Failure::bug("the run that was delivered is lost"))?];
        let released =
            release::release(place.home, place.studio, engines, &runs, signing, true).await?;
        let [released] = &released[..] else {
            return Err(Failure::bug("a run was released otherwise than once"));
        };
        place.submit(&ready, released).await
    }

    /// Looks whether all is as it has to be, before anything is done. None: it has been delivered.
    async fn ready(&self, place: &Place<'_>) -> Result<Option<Ready>, Failure> {
        let client = chain::reach(place.home, COMMAND).await?;
        let reads = chain::ledgers(place.home, place.studio, &client).await?;
        let (found, order) = self.meant(&reads).await?;
        if place.has_delivered(&found).await? {
            place.done(&reads, &found, None).await?;
            return Ok(None);
        }
        place.may_deliver(&reads, &found).await?;
        let terms = &found.terms;
        let work = reads.work(terms.work).await.map_err(chain::refused)?;
        let order = match order {
            Some(order) => order,
            None => Order::kept(place.studio, found.id).await?.ok_or_else(|| {
                Failure::new("this studio does not know what was ordered, only its digests")
                    .help("ask the client for the order-….json, and give it: --order FILE")
            })?,
        };
        order.of_commission(&found)?;
        let versions = reads.versions(terms.work).await.map_err(chain::refused)?;
        let version = versions.iter().find(|known| known.version == terms.version);
        let bundle = version.map_or(order.bundle, |version| version.bundle);
        let planned = planned(place.studio, terms.work, &bundle, self.from.as_deref()).await?;
        fits(&planned, &order)?;
        let missing = asset::assets_in(&order.inputs).into_iter().find(|file| {
            !place.studio.blobs.holds(file) && !order.files.contains_key(&file.digest)
        });
        if let Some(file) = missing {
            return Err(
                Failure::new(format!("the file {} is not here", file.digest))
                    .help("give the client's order again, which brings it along: --order FILE"),
            );
        }
        if !self.acting.dry_run {
            order.keep(place.studio).await?;
            runs::keep_bundle(place.studio, &planned).await?;
            place.is_this_work(&reads, &planned, &work).await?;
        }
        Ok(Some(Ready {
            found,
            order,
            planned,
            work,
        }))
    }

    /// The commission that is meant, and the order where it is given.
    async fn meant(&self, reads: &Ledgers) -> Result<(Commission, Option<Order>), Failure> {
        let Some(place) = &self.order else {
            let name = self.commission.as_deref().unwrap_or_default();
            return Ok((find(reads, name).await?, None));
        };
        let order = Order::read(place)?;
        order.of_chain(reads).await?;
        let opened = reads.commission(order.id).await.map_err(chain::refused)?;
        let Some(opened) = opened else {
            let failure = Failure::new("the commission of this order is not open yet");
            return Err(match order.authorization.is_some() {
                true => failure.help(format!(
                    "its client has signed the payment: daedal commission bring {}",
                    place.display()
                )),
                false => failure.help("its client has to pay first: ask them"),
            });
        };
        let named = self.commission.as_deref();
        let found = match named {
            Some(name) => find(reads, name).await?,
            None => opened,
        };
        order.of_commission(&found)?;
        Ok((found, Some(order)))
    }
}

impl Place<'_> {
    /// Submits the run, unless that has been done.
    async fn submit(&self, ready: &Ready, released: &Released) -> Result<u8, Failure> {
        let id = ready.found.id;
        let on_chain = released.on_chain.as_ref().ok_or_else(|| {
            Failure::bug(format!(
                "run {} was released without an anchor",
                released.run.0.short()
            ))
        })?;
        let client = chain::reach(self.home, COMMAND).await?;
        let person = self.signing.person()?;
        let reads = chain::ledgers_if_any(self.home, self.studio, &client).await?;
        let operator = chain::operator(self.home, self.studio, client, reads, person).await?;
        let reads = operator.reads();
        let found = find(reads, &id.to_string()).await?;
        let proof = self.proof(on_chain)?;
        if found.state == State::Funded {
            let now = self.now(reads).await?;
            if now > found.terms.deadline {
                return Err(refused(&found, now, "delivered"));
            }
            if on_chain.anchor.by != self.me {
                return Err(Failure::new(format!(
                    "the run was anchored by {}, and not by {}",
                    on_chain.anchor.by, self.me
                ))
                .help("deliver as that account: --account NAME"));
            }
            let act = reads.submit_run(&found.terms, &proof.run.receipt(), &proof.path);
            let act = act.map_err(chain::refused)?;
            let sent = operator.carry_out(&format!("submit:{id}"), &act).await;
            sent.map_err(chain::refused)?;
        } else if found.run_root != Some(proof.run.run_root) {
            return Err(refused(&found, self.now(reads).await?, "delivered"));
        }
        let found = find(reads, &id.to_string()).await?;
        self.done(reads, &found, Some((ready, released))).await
    }

    /// Tells what came of it.
    async fn done(
        &self,
        reads: &Ledgers,
        found: &Commission,
        made: Option<(&Ready, &Released)>,
    ) -> Result<u8, Failure> {
        let coin = reads
            .coin(found.terms.asset)
            .await
            .map_err(chain::refused)?;
        let now = self.now(reads).await?;
        let mut value = to_json(found, &coin, now);
        let mut text = format!("commission {} is {}\n", short(found.id), told(found, now));
        match made {
            Some((ready, released)) => {
                value["released"] = released_json(released);
                text.push_str(&released_told(released));
                if found.state == State::Submitted {
                    text.push_str(&format!(
                        "unless {} disputes it, work {} is paid from {} on: daedal commission settle {}\n",
                        found.terms.client,
                        ready.work.work,
                        at(until(found) + 1),
                        short(found.id)
                    ));
                }
            }
            None => text.push_str("it was delivered before\n"),
        }
        value["delivered_before"] = json!(made.is_none());
        self.ui.result(&value, &text);
        Ok(0)
    }
}
