//! `daedal govern delegate`

use serde_json::json;

use crate::chain::{Acting, amount, refused};
use crate::commands::Common;
use crate::failure::Failure;
use crate::ui::Ui;

pub(super) fn run(
    work: &str,
    who: &str,
    acting: &Acting,
    common: &Common,
    ui: Ui,
) -> Result<u8, Failure> {
    acting.carry_out(common, ui, "daedal govern delegate", async |desk| {
        let work = desk.work(work).await?;
        let governor = desk.reads.governor_of(work.work).await.map_err(refused)?;
        let elsewhere = governor
            .as_ref()
            .filter(|governor| governor.token != work.shares);
        if let Some(governor) = elsewhere {
            return Err(Failure::new(format!(
                "the collective of work {} votes on work {}, and not its own shares",
                governor.work, work.work
            ))
            .help(format!(
                "shares of the collective are delegated so: daedal govern delegate {} {who}",
                governor.work
            )));
        }
        let to = match who {
            "myself" => desk.me,
            who => desk.who(who)?,
        };
        let before = desk.reads.delegate_of(work.shares, desk.me).await;
        let shares = desk.reads.shares_of(work.work, desk.me).await;
        let shares = shares.map_err(refused)?;
        if before.map_err(refused)? != Some(to) {
            let what = format!("delegate:{}:{to}", work.work);
            let words = format!("let {to} vote with its shares of work {}", work.work);
            desk.ensure(&what, &work.delegate(to), &words).await?;
        }
        let mut text = match to == desk.me {
            true => format!("{to} votes itself with its shares of work {}", work.work),
            false => format!(
                "{to} votes for {} with its shares of work {}",
                desk.me, work.work
            ),
        };
        text.push_str(&format!(": {} now\n", amount::plain(shares, 18)));
        if governor.is_none() {
            text.push_str(&format!(
                "  nobody votes on work {} yet: its controller can let the shares vote\n",
                work.work
            ));
        } else {
            text.push_str("  this counts for votes that begin from now on\n");
        }
        let value = json!({
            "work": work.work, "from": desk.me, "delegate": to, "shares": shares.to_string(),
            "governed": governor.is_some(),
        });
        desk.result(value, &text).await
    })
}
