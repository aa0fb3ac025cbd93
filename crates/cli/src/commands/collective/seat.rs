//! A seat, as flags offer it.

use daedal_chain::operations::{SeatOffer, Work};

use crate::chain::desk::Desk;
use crate::chain::{amount, refused};
use crate::failure::Failure;

/// Reads `WORK=MEMBER:WORKSHARES:SHARES`, and makes sure that the member could take such a seat.
pub(super) async fn read(
    desk: &Desk,
    text: &str,
    until: u64,
) -> Result<(SeatOffer, Work), Failure> {
    let wrong = || {
        Failure::new(format!("`{text}` offers no seat")).help(
            "write WORK=MEMBER:WORKSHARES:SHARES, such as tide=ada:500000:300000: the member ada brings 500000 \
             shares of the work tide, and gets 300000 of the collective's",
        )
    };
    let (work, rest) = text.split_once('=').ok_or_else(wrong)?;
    let parts: Vec<&str> = rest.split(':').collect();
    let [member, brings, gets] = parts[..] else {
        return Err(wrong());
    };
    let work = desk.work(work).await?;
    let offer = SeatOffer {
        member: desk.who(member)?,
        work: work.work,
        work_shares: amount::shares(brings)?,
        shares: amount::shares(gets)?,
        until,
    };
    if offer.work_shares.is_zero() || offer.shares.is_zero() {
        return Err(Failure::new(format!("`{text}` is an empty seat"))
            .help("a member brings some shares of the work, and gets some of the collective's"));
    }
    if work.owner != offer.member {
        return Err(Failure::new(format!(
            "work {} belongs to {}, and not to {}",
            work.work, work.owner, offer.member
        ))
        .help("a work is pooled by whoever has its token: name them as the member"));
    }
    let governor = desk.reads.governor_of(work.work).await.map_err(refused)?;
    if let Some(governor) = governor {
        let why = match governor.collective {
            Some(_) => format!("in the collective of work {} already", governor.work),
            None => "governed by its own shares, for good".to_owned(),
        };
        return Err(Failure::new(format!("work {} is {why}", work.work))
            .help("a work is in one collective at most, and none that votes by itself"));
    }
    let have = desk.reads.shares_of(work.work, offer.member).await;
    let have = have.map_err(refused)?;
    if have < offer.work_shares {
        return Err(Failure::new(format!(
            "{} has {} shares of work {}, which is less than {}",
            offer.member,
            amount::plain(have, 18),
            work.work,
            amount::plain(offer.work_shares, 18)
        ))
        .help(format!(
            "`daedal shares {}` shows who has how many",
            work.work
        )));
    }
    Ok((offer, work))
}

/// A seat in words.
pub(super) fn told(offer: &SeatOffer) -> String {
    format!(
        "work {} of {}: {} of its shares for {} of the collective's",
        offer.work,
        offer.member,
        amount::plain(offer.work_shares, 18),
        amount::plain(offer.shares, 18)
    )
}
