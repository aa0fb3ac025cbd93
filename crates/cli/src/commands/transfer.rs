//! `daedal transfer`

use serde_json::json;

use super::Common;
use crate::chain::{self, Acting, amount};
use crate::failure::Failure;
use crate::hint;
use crate::ui::Ui;

/// Gives shares of a work away. What they have earned until now stays yours to claim.
#[derive(Debug, clap::Args)]
pub(crate) struct Transfer {
    /// A process of this studio, the number of a work, or its CAIP-19 name
    work: String,
    /// How many shares: 250000, 0.5, or a part of all shares of the work, 40%
    shares: String,
    /// Who receives them: an address, or the name of an account of this studio
    to: String,
    #[command(flatten)]
    acting: Acting,
}

impl Transfer {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        self.acting
            .carry_out(common, ui, "daedal transfer", async |desk| {
                let work = desk.work(&self.work).await?;
                let to = desk.who(&self.to)?;
                let shares = desk.shares(&work, &self.shares).await?;
                let told = amount::plain(shares, 18);
                if shares.is_zero() {
                    return Err(Failure::new("no shares are nothing to give")
                        .help("say how many, such as 250000 or 40%"));
                }
                if to == work.shares {
                    return Err(Failure::new(format!(
                        "{to} is the address of the shares of work {} themselves",
                        work.work
                    ))
                    .help(
                        "shares that are sent there are nobody's: name who gets them; to pay the work, use \
                         `daedal pay`",
                    ));
                }
                if to == desk.me || to.is_zero() {
                    let whose = match to.is_zero() {
                        true => "is nobody's address",
                        false => "is the account that gives",
                    };
                    return Err(
                        Failure::new(format!("{to} {whose}")).help("name who gets the shares")
                    );
                }
                let have = desk.reads.shares_of(work.work, desk.me).await;
                let have = have.map_err(chain::refused)?;
                if have < shares {
                    return Err(Failure::new(format!(
                        "{} has {} shares of work {}, which is less than {told}",
                        desk.me,
                        amount::plain(have, 18),
                        work.work
                    ))
                    .help(format!(
                        "`{} shares {}` shows who has how many",
                        hint::daedal(),
                        self.work
                    )));
                }
                let what = format!("transfer:{}:{to}:{shares}", work.work);
                let words = format!("give {told} shares of work {} to {to}", work.work);
                desk.act(&what, &work.give_shares(to, shares), &words)
                    .await?;
                let value = json!({
                    "work": work.work, "from": desk.me, "to": to, "shares": shares.to_string(),
                });
                desk.result(
                    value,
                    &format!("{to} has {told} more shares of work {}\n", work.work),
                )
                .await
            })
    }
}
