//! What can be wrong with the record of a run.

use alloy_primitives::B256;

use crate::Digest;
use crate::intent::IntentFault;

/// What is wrong with a record or an excerpt.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordFault {
    /// Inputs or parameters aren't those of the header.
    #[error("{what} are not those that the run's header commits to")]
    Settings {
        /// `inputs`, `parameters` or the governed among them.
        what: &'static str,
    },
    /// A receipt doesn't follow the one before it.
    #[error(
        "receipt {index} ({label}) does not follow the one before it: changed, moved or left out"
    )]
    Link {
        /// Place of the receipt, from 0.
        index: u64,
        /// Its task.
        label: String,
    },
    /// There are more or fewer receipts than were committed to.
    #[error("{found} receipts where the run committed to {count}")]
    Count {
        /// How many there are.
        found: u64,
        /// How many there should be.
        count: u64,
    },
    /// The receipts have another root.
    #[error("the receipts have the root {found}, not {root}")]
    Root {
        /// What they hash to.
        found: B256,
        /// What was said.
        root: B256,
    },
    /// A receipt isn't part of the root.
    #[error("the receipt of {label} is not part of the run's root")]
    Proof {
        /// Its task.
        label: String,
    },
    /// A task has more than one receipt, or an edit none to follow.
    #[error(
        "the receipt of {label} stands in a place that is another's: a task has one, and an edit follows it"
    )]
    Place {
        /// Its task.
        label: String,
    },
    /// A receipt took from a task that none stands before it of.
    #[error("the receipt of {label} took from {name}, and no receipt before it is of that")]
    From {
        /// Its task.
        label: String,
        /// What it says.
        name: String,
    },
    /// An edit that nobody signed.
    #[error("the edit of {label} has no signature: nobody says that it is theirs")]
    Unsigned {
        /// Its task.
        label: String,
    },
    /// More than one judgement of a task.
    #[error("the receipt of {label} names several decisions: a person is asked once")]
    Judged {
        /// Its task.
        label: String,
    },
    /// The run ended before it began.
    #[error("the run is said to have ended before it began")]
    Times,
    /// No receipt made the asset.
    #[error("no receipt of the run gives {digest}")]
    Output {
        /// The asset.
        digest: Digest,
    },
    /// An intent doesn't stand.
    #[error(transparent)]
    Intent(#[from] IntentFault),
    /// An intent that nothing of the run names.
    #[error("no receipt names the intent {hash}")]
    IntentUnnamed {
        /// Its name.
        hash: B256,
    },
    /// An intent that is told more than once.
    #[error("the intent {hash} is there twice")]
    IntentTwice {
        /// Its name.
        hash: B256,
    },
    /// An author signed another bundle.
    #[error("the author's intent {hash} is about another bundle")]
    IntentBundle {
        /// Its name.
        hash: B256,
    },
    /// What was decided isn't what the task gave.
    #[error("the receipt of {label} gives something else than the intent {hash} decided")]
    IntentOutcome {
        /// Its name.
        hash: B256,
        /// The task.
        label: String,
    },
    /// An intent of another kind than what names it can be decided by.
    #[error("the intent {hash} is of a kind that can't have decided what it is named for")]
    IntentKind {
        /// Its name.
        hash: B256,
    },
    /// What is said to have been shown isn't what the task took.
    #[error("what the intent {hash} says was shown is not what the receipt of {label} took")]
    IntentShown {
        /// Its name.
        hash: B256,
        /// The task.
        label: String,
    },
    /// An intent doesn't follow what was asked, or the intent before it.
    #[error(
        "the intent {hash} does not follow what was asked, or the intent before it: changed, moved or left out"
    )]
    IntentLink {
        /// Its name.
        hash: B256,
    },
    /// A judgement or an edit that nobody tells.
    #[error("what the intent {hash} decided is not told, so that it could stand for anything")]
    IntentUntold {
        /// Its name.
        hash: B256,
    },
    /// An intent is from before the run, from after it, or before one that was drawn up earlier.
    #[error(
        "the intent {hash} is said to be from before the run or after its end, or before an earlier decision of it"
    )]
    IntentTime {
        /// Its name.
        hash: B256,
    },
    /// An intent counts on another chain, or in another registry, than the run read its dials from.
    #[error("the intent {hash} does not count where the run's dials were read")]
    IntentElsewhere {
        /// Its name.
        hash: B256,
    },
}
