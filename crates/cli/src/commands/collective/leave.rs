//! `daedal collective leave`

use serde_json::json;

use super::find;
use super::pool::shares_coin;
use crate::chain::{Acting, amount, refused};
use crate::commands::Common;
use crate::failure::Failure;
use crate::ui::Ui;

pub(super) fn run(
    collective: &str,
    work: &str,
    acting: &Acting,
    common: &Common,
    ui: Ui,
) -> Result<u8, Failure> {
    acting.carry_out(common, ui, "daedal collective leave", async |desk| {
        let collective = find(desk, collective).await?;
        let work = desk.work(work).await?;
        let seat = desk.reads.seat(&collective, work.work).await.map_err(refused)?;
        let Some(seat) = seat.filter(|seat| seat.is_pooled) else {
            // Control that was handed over for a seat that was never taken.
            if work.controller == collective.address && work.owner == desk.me {
                let what = format!("release:{}:{}", collective.address, work.work);
                let words = format!("take control of work {} back", work.work);
                desk.ensure(&what, &collective.release(work.work), &words).await?;
                let text = format!("work {} is controlled by {} again\n", work.work, desk.me);
                let value = json!({ "work": work.work, "member": desk.me, "left": false });
                return desk.result(value, &text).await;
            }
            if work.owner == desk.me && work.controller == desk.me {
                let text = format!("work {} is in no collective\n", work.work);
                let value = json!({ "work": work.work, "member": desk.me, "left": false });
                return desk.result(value, &text).await;
            }
            return Err(Failure::new(format!(
                "the collective of work {} does not pool work {}",
                collective.work, work.work
            ))
            .help(format!("daedal collective show {}", collective.work)));
        };
        let offer = seat.offer;
        if offer.member != desk.me {
            return Err(Failure::new(format!(
                "work {} was pooled by {}, and not by {}",
                work.work, offer.member, desk.me
            ))
            .help("act as the member: --account NAME"));
        }
        let own = desk.reads.work(collective.work).await.map_err(refused)?;
        let shares = shares_coin(&own);
        let have = desk.reads.shares_of(own.work, desk.me).await.map_err(refused)?;
        let gives = amount::plain(offer.shares, 18);
        if have < offer.shares {
            return Err(Failure::new(format!(
                "who leaves gives back the {gives} shares of the collective that they got, and {} has {}",
                desk.me,
                amount::plain(have, 18)
            ))
            .help("get the others back first"));
        }
        let told = format!("{gives} shares of the collective");
        desk.allow(&shares, collective.address, offer.shares, &told).await?;
        let what = format!("leave:{}:{}", collective.address, work.work);
        let words = format!("leave with work {}, giving back {told}", work.work);
        desk.ensure(&what, &collective.leave_with(work.work), &words).await?;
        let back = amount::plain(offer.work_shares, 18);
        let text = format!(
            "work {} has left: {} controls it again, and has {back} of its shares back for {told}\n  \
             what those shares earned until now stays the collective's: daedal collective harvest {}\n",
            work.work, desk.me, collective.work
        );
        let value = json!({
            "work": work.work, "member": desk.me, "left": true,
            "work_shares": offer.work_shares.to_string(), "shares": offer.shares.to_string(),
        });
        desk.result(value, &text).await
    })
}
