//! Opening a commission that its client has paid by a signature.

use std::path::PathBuf;

use daedal_chain::operations::Authorization;

use super::open::opened_json;
use super::order::Order;
use super::standing::{at, now, refused};
use super::{Common, short};
use crate::chain::desk::Desk;
use crate::chain::{self, Acting, amount};
use crate::failure::Failure;
use crate::ui::Ui;

/// Opens a commission that its client has paid by a signature (`open --authorize`). Anyone can; it moves the
/// client's payment into escrow, and can do nothing else with it.
#[derive(Debug, clap::Args)]
pub(super) struct Bring {
    /// The order-….json of the client
    order: PathBuf,
    #[command(flatten)]
    acting: Acting,
}

impl Bring {
    pub(super) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        let order = Order::read(&self.order)?;
        self.acting
            .carry_out(common, ui, "daedal commission bring", async |desk| {
                self.bring(desk, &order).await
            })
    }

    async fn bring(&self, desk: &Desk, order: &Order) -> Result<u8, Failure> {
        order.of_chain(&desk.reads).await?;
        let terms = &order.terms;
        let found = desk.reads.commission(order.id).await;
        if let Some(found) = found.map_err(chain::refused)? {
            let now = now(desk).await?;
            if found.state.is_end() {
                return Err(refused(&found, now, "opened again"));
            }
        } else {
            let coin = desk.reads.coin(terms.asset).await.map_err(chain::refused)?;
            let told = amount::told(&coin, terms.price);
            let act = self.payment(desk, order, &told).await?;
            let act = desk
                .reads
                .open_commission_by(terms, act)
                .map_err(chain::refused)?;
            let words = format!(
                "open commission {} with the {told} that {} signed for",
                short(order.id),
                terms.client
            );
            let what = format!("commission:bring:{}", order.id);
            desk.act(&what, &act, &words).await?;
        }
        if !desk.is_dry() {
            order.keep(&desk.studio).await?;
        }
        let text = format!(
            "commission {} is open\n  carry it out by {}: daedal commission deliver {}\n",
            short(order.id),
            at(terms.deadline),
            short(order.id)
        );
        desk.result(opened_json(order, &self.order, false), &text)
            .await
    }

    /// The client's payment, which has to be good.
    async fn payment<'o>(
        &self,
        desk: &Desk,
        order: &'o Order,
        told: &str,
    ) -> Result<&'o Authorization, Failure> {
        let terms = &order.terms;
        let Some(authorization) = &order.authorization else {
            return Err(
                Failure::new("the order brings no payment along, and is not open")
                    .help("its client opens it, or makes one with `commission open --authorize`"),
            );
        };
        let now = now(desk).await?;
        if now >= authorization.valid_before.min(terms.deadline) {
            return Err(Failure::new(format!(
                "the client's payment was good until {}",
                at(authorization.valid_before)
            ))
            .help("ask the client for a new order"));
        }
        let used = desk.reads.is_authorization_used(terms, order.id).await;
        if used.map_err(chain::refused)? {
            return Err(Failure::new("the client has taken the payment back")
                .help("ask the client for a new order"));
        }
        let has = desk.reads.money_of(terms.client, terms.asset).await;
        if has.map_err(chain::refused)? < terms.price {
            return Err(Failure::new(format!(
                "the client {} has less than the {told} that they signed for",
                terms.client
            ))
            .help("have them put it into the account, then bring the order again"));
        }
        Ok(authorization)
    }
}
