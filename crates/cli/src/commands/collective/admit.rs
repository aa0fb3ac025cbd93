//! `daedal collective admit`

use daedal_chain::operations::{Motion, Proposal, ProposalState, SeatOffer};

use super::{find, require_founded, seat};
use crate::chain::desk::Desk;
use crate::chain::{Acting, amount, refused, when};
use crate::commands::Common;
use crate::failure::Failure;
use crate::ui::Ui;
use crate::votes::{self, Asked};

/// How long a seat is offered once the vote can be carried out, unless somebody says otherwise.
const OPEN_S: u64 = 30 * 86_400;

#[derive(Debug, clap::Args)]
pub(super) struct Admit {
    /// A collective that this studio made, or the number of its work
    collective: String,
    /// The seat: the new member's work, who they are, how many of the work's shares they bring, and how many
    /// of the reserve's they get
    #[arg(long, value_name = "WORK=MEMBER:WORKSHARES:SHARES")]
    seat: String,
    /// By when the seat has to be taken [default: 30 days after the vote can be carried out]
    #[arg(long, value_name = "WHEN")]
    until: Option<String>,
    /// Why, for those who vote
    #[arg(long, value_name = "TEXT")]
    say: Option<String>,
    #[command(flatten)]
    acting: Acting,
}

impl Admit {
    pub(super) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        let acting = self.acting.clone();
        acting.carry_out(common, ui, "daedal collective admit", async |desk| {
            let collective = find(desk, &self.collective).await?;
            require_founded(&collective)?;
            let governor = votes::governor_of(&desk.reads, collective.work).await?;
            let now = desk.reads.time_of(&governor).await.map_err(refused)?;
            let settings = &governor.settings;
            let takes = [
                settings.voting_delay,
                settings.voting_period,
                settings.timelock_delay,
            ];
            let takes: u64 = takes.into_iter().map(u64::from).sum();
            let until = match &self.until {
                Some(until) => when::moment(until, now)?,
                None => now + takes + OPEN_S,
            };
            if until <= now + takes {
                return Err(
                    Failure::new("the seat would lapse before the vote is carried out")
                        .help("give a later --until, or none"),
                );
            }
            let (offer, _) = seat::read(desk, &self.seat, until).await?;
            let reserve = desk.reads.shares_of(collective.work, collective.address);
            let reserve = reserve.await.map_err(refused)?;
            if reserve < offer.shares {
                return Err(Failure::new(format!(
                    "the reserve has {} shares, which is less than {}",
                    amount::plain(reserve, 18),
                    amount::plain(offer.shares, 18)
                ))
                .help("offer less: the supply of a collective's shares is fixed"));
            }
            let motion = match self.until.is_some() {
                true => Motion::Admit(offer),
                // Asked again, it is the same seat.
                false => Motion::Admit(standing(desk, &governor, &offer).await?.unwrap_or(offer)),
            };
            let asked = Asked {
                work: collective.work,
                motion,
                say: self.say.as_deref(),
            };
            votes::propose(desk, &governor, &asked).await
        })
    }
}

/// The same seat in a proposal on which the vote is not over.
async fn standing(
    desk: &Desk,
    governor: &daedal_chain::operations::Governor,
    offer: &SeatOffer,
) -> Result<Option<SeatOffer>, Failure> {
    let proposals = desk.reads.proposals(governor).await.map_err(refused)?;
    let same = |proposal: &Proposal| match &proposal.motion {
        Some(Motion::Admit(other)) => {
            let until = offer.until;
            (SeatOffer { until, ..*other } == *offer).then_some(*other)
        }
        _ => None,
    };
    let is_over = |state: ProposalState| {
        use ProposalState as S;
        matches!(state, S::Canceled | S::Defeated | S::Expired | S::Executed)
    };
    let live = proposals.iter().filter(|proposal| !is_over(proposal.state));
    Ok(live.filter_map(same).next())
}
