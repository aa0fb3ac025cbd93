//! Duties that depend on what people decided, and the evidence of it: by what counts for the files that were published.

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::B256;
use daedal_core::intent::{IntentKind, Oversight, SignedIntent};

use super::Duty;
use crate::decided::{Range, is_about_outcomes, told_elsewhere};
use crate::release::{Gathered, SealedPiece};
use crate::text::count;

/// The decisions that count for files of the run: those on the way to them that a key signed, for the registry that they
/// name.
fn counted(run: &Gathered, is_meant: impl Fn(&SealedPiece) -> bool) -> Vec<&SignedIntent> {
    let pieces = run.pieces.iter().filter(|piece| is_meant(piece));
    let named: BTreeSet<_> = pieces.flat_map(|piece| behind(run, piece)).collect();
    let intents = run.subject.record.intents.iter();
    let counts = |signed: &&SignedIntent| {
        let by_key = signed.accepted.is_none();
        by_key && signed.counts_for(run.domain()) && named.contains(&signed.name())
    };
    intents.filter(counts).collect()
}

/// Names of the decisions that the credentials of a piece tell.
fn behind(run: &Gathered, piece: &SealedPiece) -> Vec<B256> {
    let files = piece.files().into_iter();
    let excerpts = files.filter_map(|(_, sealed)| run.subject.excerpt(&sealed.unsigned));
    let intents = excerpts.flat_map(|excerpt| excerpt.intents);
    intents.map(|signed| signed.name()).collect()
}

pub(super) fn public_texts(run: &Gathered) -> Duty {
    let is_text = |piece: &SealedPiece| piece.piece.asset.media_type.starts_with("text/");
    let texts = run.pieces.iter().filter(|piece| is_text(piece)).count();
    let decided = counted(run, is_text).into_iter();
    let decided = decided.filter(|signed| is_about_outcomes(signed.intent.kind));
    Duty {
        what: "texts that inform the public are disclosed as made by machine, unless a person reviewed them and answers for them",
        source: "Article 50(4), second part",
        evidence: match (texts, decided.count()) {
            (0, _) => vec!["the run gave no texts".to_owned()],
            (_, 0) => Vec::new(),
            (_, decided) => vec![format!(
                "{} on the way to them, each signed",
                count(decided, "human decision")
            )],
        },
        open: match texts {
            0 => Vec::new(),
            1 => vec![
                "decide whether the text informs the public on matters of its interest, and who answers for it"
                    .to_owned(),
            ],
            texts => vec![format!(
                "decide of each of {texts} texts whether it informs the public on matters of its interest, and who answers \
                 for it"
            )],
        },
    }
}

/// From how little to how much people had to do with what was published.
pub(crate) fn range(run: &Gathered) -> Option<Range> {
    let pieces = run.pieces.iter();
    Range::over(pieces.map(|piece| oversight_of(run, piece)))
}

fn oversight_of(run: &Gathered, piece: &SealedPiece) -> Oversight {
    let excerpt = run.subject.excerpt(&piece.sealed.unsigned);
    excerpt.map_or(Oversight::FullyAutonomous, |excerpt| {
        excerpt.oversight(run.domain())
    })
}

pub(super) fn reviewed(run: &Gathered) -> Duty {
    let counted = counted(run, |_| true);
    let named = |kind: IntentKind| {
        let kind = serde_json::to_value(kind).unwrap_or_default();
        kind.as_str().unwrap_or_default().to_owned()
    };
    let evidence = counted.iter().map(|signed| {
        let signer = signed.signer.to_checksum(None);
        format!("{}, signed by {signer}", named(signed.intent.kind))
    });
    Duty {
        what: "people oversaw what was made (evidence for the exceptions above)",
        source: "Article 50(4)",
        evidence: evidence.collect(),
        open: unseen(run)
            .into_iter()
            .chain(uncounted(run, &counted))
            .collect(),
    }
}

/// What people had less to do with than deciding what came of the run, piece by piece.
fn unseen(run: &Gathered) -> Vec<String> {
    let all = run.pieces.len();
    let of = |oversight: Oversight, what: &str| {
        let pieces = run.pieces.iter();
        let found = pieces.filter(|piece| oversight_of(run, piece) == oversight);
        let names = found.filter_map(|piece| Some(piece.files().into_iter().next()?.0));
        let names: Vec<String> = names.collect();
        (!names.is_empty()).then(|| {
            let names_told = match names.len() == all {
                true => String::new(),
                false => format!(": {}", names.join(", ")),
            };
            format!("{what} ({} of {all}){names_told}", names.len())
        })
    };
    let told = [
        of(
            Oversight::PromptGuided,
            "people set what was to be made, and nobody chose among or approved what came of it",
        ),
        of(
            Oversight::FullyAutonomous,
            "its credential tells of nothing that somebody signed on the way to it",
        ),
    ];
    told.into_iter().flatten().collect()
}

/// Decisions of the run that are no evidence, and why.
fn uncounted(run: &Gathered, counted: &[&SignedIntent]) -> Vec<String> {
    let counted: BTreeSet<B256> = counted.iter().map(|signed| signed.name()).collect();
    let intents = run.subject.record.intents.iter();
    let rest = intents.filter(|signed| !counted.contains(&signed.name()));
    let (mut by_contract, mut foreign, mut elsewhere) = (BTreeMap::new(), 0, 0);
    for signed in rest {
        if let Some(accepted) = signed.accepted {
            *by_contract
                .entry((signed.signer, accepted.chain))
                .or_insert(0) += 1;
        } else if signed.counts_for(run.domain()) {
            elsewhere += 1;
        } else {
            foreign += 1;
        }
    }
    let contracts = by_contract.into_iter();
    let contracts = contracts.map(|((contract, chain), decisions)| {
        format!(
            "no evidence by itself: {} signed by the contract {}, and nobody asked chain {chain} about that; `daedal \
             verify --rpc` does",
            count(decisions, "decision"),
            contract.to_checksum(None)
        )
    });
    let mut told: Vec<String> = contracts.collect();
    if foreign > 0 {
        told.push(format!(
            "no evidence: {} signed for another registry than the credentials name",
            count(foreign, "decision")
        ));
    }
    if elsewhere > 0 {
        told.push(format!("no evidence: {}", told_elsewhere(elsewhere)));
    }
    told
}
