//! `daedal collective`

mod admit;
mod create;
mod harvest;
mod leave;
mod pool;
mod seat;
mod show;

use clap::Subcommand;
use daedal_chain::operations::Collective as Found;

use super::Common;
use super::govern::Choice;
use crate::chain::desk::Desk;
use crate::chain::{Acting, Looking, refused};
use crate::failure::Failure;
use crate::ui::Ui;
use crate::votes::{self, Asked, Proposing};

const EXAMPLE: &str = "\
Two studios that pool a work each, with shares kept for later members:
  daedal collective create coast --founder tide=ada:500000:400000 --founder ebb=bob:500000:400000 \\
    --supply 1000000
  daedal collective pool coast tide --account ada
  daedal collective pool coast ebb --account bob
  daedal collective harvest coast       what the works earned goes to the collective's shares
  daedal claim coast --account ada      and each member claims their part
  daedal collective admit coast --seat surf=eve:500000:200000 --account ada
  daedal collective vote coast 1 for --account ada";

/// Works that are owned and moved together: members pool works, get shares of the collective for them, and
/// vote on all of them.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Collective {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Make a collective with seats for its founders; it votes once all of them have pooled
    Create(create::Create),
    /// Show a collective: seats, members, what can be harvested. Without a name, all of them
    Show {
        /// A collective that this studio made, or the number of its work
        collective: Option<String>,
        #[command(flatten)]
        looking: Looking,
    },
    /// Take a seat: the work's control and some of its shares go to the collective, its shares come to you
    Pool {
        /// A collective that this studio made, or the number of its work
        collective: String,
        /// The work that the seat is for
        work: String,
        /// Agree with what is told about collectives
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        acting: Acting,
    },
    /// Propose to offer somebody a seat, paid from the reserve
    Admit(admit::Admit),
    /// Give a seat up: the collective's shares go back, the work and its shares come back to you
    Leave {
        /// A collective that this studio made, or the number of its work
        collective: String,
        /// The work that you pooled
        work: String,
        #[command(flatten)]
        acting: Acting,
    },
    /// Pass on what pooled works have earned to the collective's shares; anyone can
    Harvest {
        /// A collective that this studio made, or the number of its work
        collective: String,
        #[command(flatten)]
        acting: Acting,
    },
    /// Propose to move a pooled work, or to allow an operator the treasury's money
    Propose {
        /// A collective that this studio made, or the number of its work
        collective: String,
        /// The pooled work to move; the collective's own without
        #[arg(long, value_name = "WORK")]
        work: Option<String>,
        #[command(flatten)]
        motion: Proposing,
        /// The period of --allow, a day at least
        #[arg(long, value_name = "DURATION", requires = "allow")]
        per: Option<String>,
        /// Why, for those who vote
        #[arg(long, value_name = "TEXT")]
        say: Option<String>,
        #[command(flatten)]
        acting: Acting,
    },
    /// Vote on a proposal; `govern queue` and `govern execute` take it from there
    Vote {
        /// A collective that this studio made, or the number of its work
        collective: String,
        /// Its number as `govern status` shows it, or its id
        proposal: String,
        /// What you say
        choice: Choice,
        /// Why, for everybody to read
        #[arg(long, value_name = "TEXT", default_value = "")]
        say: String,
        #[command(flatten)]
        acting: Acting,
    },
}

impl Collective {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        match self.what {
            What::Create(create) => create.run(common, ui),
            What::Show {
                collective,
                looking,
            } => show::run(collective.as_deref(), looking, common, ui),
            What::Pool {
                collective,
                work,
                yes,
                acting,
            } => pool::run(&collective, &work, yes, &acting, common, ui),
            What::Admit(admit) => admit.run(common, ui),
            What::Leave {
                collective,
                work,
                acting,
            } => leave::run(&collective, &work, &acting, common, ui),
            What::Harvest { collective, acting } => harvest::run(&collective, &acting, common, ui),
            What::Propose {
                collective,
                work,
                motion,
                per,
                say,
                acting,
            } => acting.carry_out(common, ui, "daedal collective propose", async |desk| {
                let collective = find(desk, &collective).await?;
                let work = match work {
                    Some(work) => pooled(desk, &collective, &work).await?,
                    None => collective.work,
                };
                let governor = votes::governor_of(&desk.reads, collective.work).await?;
                require_founded(&collective)?;
                let motion = motion.motion(desk, &governor, work, per.as_deref()).await?;
                let asked = Asked {
                    work: collective.work,
                    motion,
                    say: say.as_deref(),
                };
                votes::propose(desk, &governor, &asked).await
            }),
            What::Vote {
                collective,
                proposal,
                choice,
                say,
                acting,
            } => acting.carry_out(common, ui, "daedal collective vote", async |desk| {
                let work = find(desk, &collective).await?.work;
                let governor = votes::governor_of(&desk.reads, work).await?;
                votes::vote(desk, &governor, work, &proposal, choice.vote(), &say).await
            }),
        }
    }
}

/// A collective by its name in this studio, or by the number of its own work.
async fn find(desk: &Desk, name: &str) -> Result<Found, Failure> {
    let work = desk.work(name).await?.work;
    let found = desk.reads.collective(work).await.map_err(refused)?;
    found.ok_or_else(|| {
        Failure::new(format!("work {work} is no collective"))
            .help("give the number of a collective's own work: `daedal collective show` lists them")
    })
}

/// The number of a work that a collective pools.
async fn pooled(desk: &Desk, collective: &Found, work: &str) -> Result<u64, Failure> {
    let work = desk.work(work).await?.work;
    let seat = desk.reads.seat(collective, work).await.map_err(refused)?;
    match seat.is_some_and(|seat| seat.is_pooled) {
        true => Ok(work),
        false => Err(Failure::new(format!(
            "the collective of work {} does not pool work {work}",
            collective.work
        ))
        .help(format!("daedal collective show {}", collective.work))),
    }
}

/// A collective votes once all founders have pooled.
fn require_founded(collective: &Found) -> Result<(), Failure> {
    match collective.is_founded {
        true => Ok(()),
        false => Err(Failure::new(format!(
            "the collective of work {} does not vote yet: founders who have not pooled: {}",
            collective.work, collective.missing
        ))
        .help(format!(
            "each takes their seat: daedal collective pool {} WORK",
            collective.work
        ))),
    }
}
