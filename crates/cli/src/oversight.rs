//! The transparency duties of the EU AI Act, and what evidence of each a released run has.

mod people;

use daedal_chain::embedded::is_embedded;
use daedal_core::asset::assets_in;
use daedal_core::process::Training;
pub(crate) use daedal_provenance::manifest::is_by_model;
use serde::Serialize;

use crate::release::{Gathered, captions_among};
use crate::text::count;

pub(crate) use people::range;
use people::{public_texts, reviewed};

/// One duty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Duty {
    /// What is asked for, in a few words of our own.
    pub(crate) what: &'static str,
    /// Where it is asked for.
    pub(crate) source: &'static str,
    /// What the run has for it.
    pub(crate) evidence: Vec<String>,
    /// What remains to be decided or done by people.
    pub(crate) open: Vec<String>,
}

/// Every duty, in the order of the law.
pub(crate) fn duties(run: &Gathered) -> Vec<Duty> {
    vec![
        marked(run),
        inputs(run),
        detectable(run),
        lasting(),
        shown(run),
        depicting(run),
        public_texts(run),
        reviewed(run),
        training(run),
    ]
}

/// Receipts of tasks that ran a trained model.
fn trained(run: &Gathered) -> usize {
    let receipts = run.subject.record.receipts.iter();
    receipts.filter(|receipt| is_by_model(receipt)).count()
}

fn marked(run: &Gathered) -> Duty {
    let files: Vec<_> = run.pieces.iter().flat_map(|piece| piece.files()).collect();
    let beside = files
        .iter()
        .filter(|(_, sealed)| sealed.sidecar.is_some())
        .count();
    let mut evidence = vec![format!(
        "{} with a C2PA credential that names the kind of source (IPTC digital source type), {} of them inside the file",
        count(files.len(), "file"),
        files.len() - beside
    )];
    evidence.push(match trained(run) {
        0 => "no task of the run used a trained model; where what was brought has a model's mark, the credentials of what was \
              made of it say so"
            .to_owned(),
        tasks => format!(
            "{} used a trained model, and the credentials of what came of that say so",
            count(tasks, "task")
        ),
    });
    let mut open = Vec::new();
    if beside > 0 {
        let files = count(beside, "file");
        open.push(format!(
            "{files} can carry no credential, or came with one of their own that stays: publish the .c2pa beside each of \
             them, too"
        ));
    }
    Duty {
        what: "outputs are marked as made by machine, in a machine-readable form",
        source: "Article 50(2)",
        evidence,
        open,
    }
}

fn inputs(run: &Gathered) -> Duty {
    let brought = run.subject.spec.inputs.as_object().into_iter().flatten();
    let assets = brought.map(|(_, value)| assets_in(value).len()).sum();
    let evidence = match assets {
        0 => "the run was given no files; of the process's own, of edits and of what servers gave, those with marks are \
              named as ingredients in the credentials"
            .to_owned(),
        assets => format!(
            "brought to the run: {}, named as ingredients in the credentials",
            count(assets, "file")
        ),
    };
    Duty {
        what: "marks of what it was made from are kept",
        source: "Article 50(2)",
        evidence: vec![evidence],
        open: Vec::new(),
    }
}

fn detectable(run: &Gathered) -> Duty {
    let mut evidence = vec![
        "`daedal verify` and any other reader of C2PA check a file offline and free of charge"
            .to_owned(),
        format!(
            "the attestation of the run names each file: {}",
            run.attestation.digest.short()
        ),
    ];
    let mut open = Vec::new();
    match &run.on_chain {
        Some(on_chain) if is_embedded(on_chain.work.chain) => open.push(
            "the run is anchored on the studio's own chain only, which shows its times to nobody else: a public chain \
             does (`rpc` under [chain])"
                .to_owned(),
        ),
        Some(on_chain) => evidence.push(format!(
            "anchored on chain {} in block {}",
            on_chain.work.chain, on_chain.anchor.block
        )),
        None => {
            open.push("the run is not anchored: its times are the studio's own word".to_owned())
        }
    }
    open.push(
        "readers that do not know the certificate say “unrecognised signer”: [account] can name one that they know".to_owned(),
    );
    Duty {
        what: "whoever has a file can find out that it was made by machine",
        source: "Article 50(2)",
        evidence,
        open,
    }
}

fn lasting() -> Duty {
    Duty {
        what: "marks are effective, robust and reliable as far as the art allows",
        source: "Article 50(2)",
        evidence: vec![
            "`daedal verify` tells a file of which any byte was changed, also of its credential, from the one that was \
             published; other readers of C2PA pass over some bytes around the credential"
                .to_owned(),
        ],
        open: vec![
            "platforms may strip credentials from files, and no watermark in the pixels takes their place: publish where \
             credentials are kept, or link to the page of the piece"
                .to_owned(),
        ],
    }
}

fn shown(run: &Gathered) -> Duty {
    let label = run.told.process.disclosure.clone();
    let captions = captions_among(&run.subject.tasks).len();
    let mut evidence: Vec<String> = label
        .iter()
        .map(|label| format!("published pages say: “{label}”"))
        .collect();
    if captions > 0 {
        let pictures = count(captions, "picture");
        evidence.push(format!("a visible label is drawn into {pictures}"));
    }
    let is_said = !evidence.is_empty();
    let asks = run.subject.planned.process.disclosure.caption.is_some();
    Duty {
        what: "the information is clear and there at the first sight of the work",
        source: "Article 50(5)",
        evidence,
        open: vec![match is_said {
            true => "see that it is said, too, where the work is shown by others".to_owned(),
            false if asks => "`disclosure:` has a `caption:`, and the run gave no picture to draw it into: with a `label:` \
                              its pages say it"
                .to_owned(),
            false => "the process has no visible label: `disclosure:` with a `caption:` draws one into its pictures, \
                      and with a `label:` its pages say it"
                .to_owned(),
        }],
    }
}

fn depicting(run: &Gathered) -> Duty {
    let media = run.pieces.iter().filter(|piece| {
        let kind = piece
            .piece
            .asset
            .media_type
            .split('/')
            .next()
            .unwrap_or_default();
        matches!(kind, "image" | "audio" | "video")
    });
    let media = media.count();
    Duty {
        what: "pictures, sounds and films that could be taken for real persons, places or events are disclosed as such",
        source: "Article 50(4), first part",
        evidence: match media {
            0 => vec!["the run gave no pictures, sounds or films".to_owned()],
            _ => Vec::new(),
        },
        open: match media {
            0 => Vec::new(),
            media => vec![format!(
                "decide for {} whether it could pass for real; an evidently artistic work still needs a disclosure that does \
                 not spoil it",
                count(media, "piece")
            )],
        },
    }
}

fn training(run: &Gathered) -> Duty {
    let choice = match run.told.process.training {
        Training::Allowed => "allowed",
        Training::NotAllowed => "not allowed",
        Training::Constrained => "allowed under conditions",
    };
    Duty {
        what: "whether the work may be used to train models is said in a machine-readable form",
        source: "Directive (EU) 2019/790, Article 4(3), which the AI Act refers to",
        evidence: vec![format!(
            "the credentials and pages say: {choice} (CAWG training and data mining)"
        )],
        open: Vec::new(),
    }
}
