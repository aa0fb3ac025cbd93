//! `daedal govern`

mod delegate;
mod enable;
mod status;

use clap::{Subcommand, ValueEnum};
use daedal_chain::operations::Vote;

use super::Common;
use crate::chain::{Acting, Looking};
use crate::failure::Failure;
use crate::ui::Ui;
use crate::votes::{self, Asked, Proposing, SettingFlags, Step};

const EXAMPLE: &str = "\
A vote from its beginning to its end, on the embedded chain:
  daedal govern enable almanac
  daedal govern propose almanac --set turbulence=0.45 --say 'rougher seas'
  daedal time 25h
  daedal govern vote almanac 1 for
  daedal time 6d
  daedal govern queue almanac 1
  daedal time 25h
  daedal govern execute almanac 1
  daedal run almanac                  runs with 0.45";

/// Lets the shares of a work vote: on its governed dials, its versions, and what its treasury may be used
/// for; never on anybody's shares or money, royalties, or bounds.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Govern {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Hand a work to its shares: from then on only votes move it. This cannot be undone
    Enable {
        /// A process of this studio, the number of a work, or its CAIP-19 name
        work: String,
        #[command(flatten)]
        settings: SettingFlags,
        /// Agree that it cannot be undone
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        acting: Acting,
    },
    /// Propose to move a dial, to publish a version, or to allow an operator the treasury's money
    Propose {
        /// A process of this studio, the number of a work, or its CAIP-19 name
        work: String,
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
    /// Vote on a proposal, with all votes that the account had when the vote began
    Vote {
        /// A process of this studio, the number of a work, or its CAIP-19 name
        work: String,
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
    /// Put a proposal that passed into the timelock; anyone can
    Queue(Stepping),
    /// Carry out a proposal whose time in the timelock is over; anyone can
    Execute(Stepping),
    /// Take a proposal back before its vote begins; its proposer can
    Cancel(Stepping),
    /// Show proposals, votes, and what can be done now
    Status {
        /// A process of this studio, the number of a work, or its CAIP-19 name
        work: String,
        /// One of them: its number, or its id
        proposal: Option<String>,
        #[command(flatten)]
        looking: Looking,
    },
    /// Let somebody vote with your shares of a work; you keep the shares and what they earn
    Delegate {
        /// A process of this studio, the number of a work, or its CAIP-19 name
        work: String,
        /// Who: an address, or the name of an account of this studio; your own to vote yourself
        who: String,
        #[command(flatten)]
        acting: Acting,
    },
}

#[derive(Debug, clap::Args)]
struct Stepping {
    /// A process of this studio, the number of a work, or its CAIP-19 name
    work: String,
    /// Its number as `govern status` shows it, or its id
    proposal: String,
    #[command(flatten)]
    acting: Acting,
}

/// What is said to a proposal.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Choice {
    For,
    Against,
    /// Neither, but counted for the quorum
    Abstain,
}

impl Choice {
    pub(crate) fn vote(self) -> Vote {
        match self {
            Self::For => Vote::For,
            Self::Against => Vote::Against,
            Self::Abstain => Vote::Abstain,
        }
    }
}

impl Govern {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        match self.what {
            What::Enable {
                work,
                settings,
                yes,
                acting,
            } => enable::run(&work, &settings, yes, &acting, common, ui),
            What::Propose {
                work,
                motion,
                per,
                say,
                acting,
            } => acting.carry_out(common, ui, "daedal govern propose", async |desk| {
                let work = desk.work(&work).await?.work;
                let governor = votes::governor_of(&desk.reads, work).await?;
                let motion = motion.motion(desk, &governor, work, per.as_deref()).await?;
                let say = say.as_deref();
                let asked = Asked { work, motion, say };
                votes::propose(desk, &governor, &asked).await
            }),
            What::Vote {
                work,
                proposal,
                choice,
                say,
                acting,
            } => acting.carry_out(common, ui, "daedal govern vote", async |desk| {
                let work = desk.work(&work).await?.work;
                let governor = votes::governor_of(&desk.reads, work).await?;
                votes::vote(desk, &governor, work, &proposal, choice.vote(), &say).await
            }),
            What::Queue(stepping) => stepping.run(common, ui, Step::Queue),
            What::Execute(stepping) => stepping.run(common, ui, Step::Execute),
            What::Cancel(stepping) => stepping.run(common, ui, Step::Cancel),
            What::Status {
                work,
                proposal,
                looking,
            } => status::run(&work, proposal.as_deref(), looking, common, ui),
            What::Delegate { work, who, acting } => delegate::run(&work, &who, &acting, common, ui),
        }
    }
}

impl Stepping {
    fn run(self, common: &Common, ui: Ui, step: Step) -> Result<u8, Failure> {
        let command = match step {
            Step::Queue => "daedal govern queue",
            Step::Execute => "daedal govern execute",
            Step::Cancel => "daedal govern cancel",
        };
        self.acting.carry_out(common, ui, command, async |desk| {
            let work = desk.work(&self.work).await?.work;
            let governor = votes::governor_of(&desk.reads, work).await?;
            votes::step(desk, &governor, work, &self.proposal, step).await
        })
    }
}
