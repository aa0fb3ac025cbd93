//! Whether a file is what an edition stands for.

use std::path::PathBuf;

use alloy_primitives::{Address, B256, U256};
use daedal_chain::operations::{Ledgers, MintedRun, Output, anchored_proof, token_of};
use daedal_chain::proof::AnchorProof;
use daedal_core::Digest;
use daedal_core::merkle::{self, Tree};
use daedal_provenance::attest::{Attested, Subject};
use daedal_provenance::{Exit, Verdict};
use serde_json::json;

use super::{Common, find, named};
use crate::chain::{self, Looking};
use crate::failure::Failure;
use crate::home::{Home, block_on};
use crate::own;
use crate::release::OUTPUTS;
use crate::ui::Ui;
use crate::verify::{self, Named, Records, Verified};
use crate::verify::{to_json, told};

/// Checks that a file is what an edition stands for: its credential and attestation, as `daedal verify`
/// does, then with the chain that the edition is of this very run and output, and that an operator of the
/// work anchored the run. That is attested, by whoever signed and anchored: nobody has run it again. Exit
/// codes: 0 attested, 10 tampered or not this edition's file, 11 attested but the signer is not recognised
/// here, 12 not anchored, 13 no credential, or no attestation beside it, 14 the chain could not be asked.
#[derive(Debug, clap::Args)]
pub(super) struct Verify {
    /// The token, as `edition list` shows it
    token: String,
    /// The published file
    file: PathBuf,
    /// The attestation of the run, when it is not beside the file
    #[arg(long, value_name = "FILE")]
    attestation: Option<PathBuf>,
    /// The proof of the run's anchor, when it is not beside the file
    #[arg(long, value_name = "FILE")]
    anchor: Option<PathBuf>,
    /// Recognise this certificate chain (PEM) too
    #[arg(long, value_name = "FILE")]
    trust: Vec<PathBuf>,
    #[command(flatten)]
    looking: Looking,
}

/// Which file is meant.
const PUBLISHED: &str = "give the file as it was released, sealed, such as those below media/ of the site; what a run leaves in \
                         out/ is not sealed";

/// What the chain says of a file and an edition; otherwise the exit code and why.
type Said = Result<String, (u8, String)>;

/// A fault of the file and what lies beside it, as exit codes tell it.
fn fault(exit: Exit, why: impl Into<String>) -> (u8, String) {
    (exit.code(), why.into())
}

impl Verify {
    pub(super) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        let token = named(&self.token)?;
        let mut home = Home::find(common)?;
        self.looking.settle(&mut home);
        let me = self.looking.account(&home)?;
        let mut trusted = own::recognised(common, Some(&home))?;
        for path in &self.trust {
            trusted.push(verify::chain(path)?);
        }
        let beside = Named {
            sidecar: None,
            attestation: self.attestation.as_deref(),
            anchor: self.anchor.as_deref(),
        };
        let mut verified = verify::with(&self.file, beside, &trusted, &Records::default())?;
        let said = match of_file(&verified) {
            Err(fault) => Err(fault),
            Ok(of) => block_on(async {
                let studio = home.open_to_read().await?;
                let reached = chain::reach(&home, "daedal edition verify").await;
                let client = match reached {
                    Ok(client) => client,
                    Err(failure) => return Ok(Err(unasked(failure))),
                };
                let reads = chain::ledgers(&home, &studio, &client).await?;
                of_chain(&reads, token, &of, me).await
            })?,
        };
        if said.is_ok() && verified.verdict.exit == Exit::Unanchored {
            // The file that tells of the anchor shows too little by itself, and the chain has been asked.
            let told = "the chain has it, by an operator of the work".to_owned();
            verified.verdict.anchored(Ok(told));
        }
        let mut value = to_json(&self.file, &verified);
        let (code, line) = match &said {
            Ok(line) => (
                verified.verdict.exit.code(),
                format!("  ✓ {:<12} {line}\n", "edition"),
            ),
            Err((code, why)) => (*code, format!("  ✗ {:<12} {why}\n", "edition")),
        };
        value["code"] = json!(code);
        value["edition"] = json!({
            "token": format!("{token:#066x}"), "attested": said.is_ok(),
            "detail": said.as_ref().unwrap_or_else(|(_, why)| why),
        });
        ui.result(&value, &format!("{}{line}", told(&self.file, &verified)));
        Ok(code)
    }
}

/// What a file says it is, as far as it stands by itself.
struct Of {
    proof: AnchorProof,
    attested: Box<Attested>,
    output: Output,
    tree: Tree,
}

fn of_file(verified: &Verified) -> Result<Of, (u8, String)> {
    let Verdict { exit, sha256, .. } = &verified.verdict;
    if matches!(exit, Exit::Tampered | Exit::Incomplete) {
        return Err(fault(
            *exit,
            format!("the file does not stand by itself: {PUBLISHED}"),
        ));
    }
    let recorded = verified.attestation.as_deref();
    let attested = recorded.and_then(|recorded| recorded.attested().ok());
    let attested = attested.cloned().ok_or_else(|| {
        fault(
            Exit::Incomplete,
            "the attestation of the run is not beside the file: name it with --attestation",
        )
    })?;
    let proof = verified.anchor.as_ref().and_then(|anchor| anchor.proof());
    let proof = proof.cloned().ok_or_else(|| {
        fault(
            Exit::Unanchored,
            "the proof of its anchor is not beside the file: name it with --anchor",
        )
    })?;
    let (outputs, tree) = outputs(&attested.statement.subjects(), proof.run.outputs_root)
        .ok_or_else(|| {
            fault(
                Exit::Tampered,
                "the run was anchored with other outputs than are attested",
            )
        })?;
    let place = outputs.iter().position(|output| output.signed == *sha256);
    let place = place.ok_or_else(|| {
        let why = format!("the file is none of the run's outputs: {PUBLISHED}");
        fault(Exit::Tampered, why)
    })?;
    let output = Output {
        digest: outputs[place].unsigned.0.into(),
        index: U256::from(place),
    };
    Ok(Of {
        proof,
        attested: Box::new(attested),
        output,
        tree,
    })
}

/// The outputs among what was attested: all of it, or all but what was attached to them.
fn outputs(subjects: &[Subject], root: B256) -> Option<(Vec<Subject>, Tree)> {
    let stem = |name: &str| {
        name.rsplit_once('.')
            .map_or(name, |(stem, _)| stem)
            .to_owned()
    };
    let is_attached = |subject: &&Subject| {
        let mut others = subjects.iter().filter(|other| other.name != subject.name);
        others.any(|other| subject.name.starts_with(&format!("{}-", stem(&other.name))))
    };
    let bare: Vec<Subject> = subjects
        .iter()
        .filter(|one| !is_attached(one))
        .cloned()
        .collect();
    [subjects.to_vec(), bare].into_iter().find_map(|outputs| {
        let digests: Vec<B256> = outputs.iter().map(|one| digest(one.unsigned)).collect();
        let tree = Tree::of(merkle::context(OUTPUTS), &digests);
        (tree.root() == root).then_some((outputs, tree))
    })
}

fn digest(digest: Digest) -> B256 {
    digest.0.into()
}

/// What the chain says of it.
async fn of_chain(reads: &Ledgers, token: U256, of: &Of, me: Address) -> Result<Said, Failure> {
    let edition = find(reads, token).await?;
    let header = &of.attested.statement.predicate.record.header;
    let anchored = &of.proof.run;
    let run = MintedRun {
        work: anchored.work,
        version: anchored.version,
        bundle: digest(header.bundle),
        parameters: digest(header.parameters),
        inputs: digest(header.inputs),
        seed: digest(header.seed.0),
        runRoot: anchored.run_root,
    };
    if token_of(&run, &of.output) != token {
        return Ok(Err(fault(
            Exit::Tampered,
            format!(
                "the file is not what edition {token:#x} stands for, but an output of another run or place"
            ),
        )));
    }
    let index = of.output.index.saturating_to();
    let beside = of.tree.path(index).unwrap_or_default();
    let (by, path) = (of.proof.by, &of.proof.path);
    let proof = anchored_proof(by, &anchored.receipt(), path, of.tree.count(), &beside);
    let data = of.output.digest;
    let verified = reads
        .verify_edition(&run, &of.output, data.as_slice(), &proof)
        .await;
    Ok(match verified {
        Ok(true) => Ok(format!(
            "attested: number {} of mint {}, of work {}; an operator, {by}, anchored its run; it belongs to {}{}",
            edition.index,
            edition.batch,
            edition.work,
            edition.owner,
            if edition.owner == me { " (you)" } else { "" }
        )),
        Ok(false) => Err(fault(
            Exit::Unanchored,
            format!(
                "{} does not know this anchor, or not as an operator's",
                reads.client().place()
            ),
        )),
        Err(error) => Err(unasked(chain::refused(error))),
    })
}

fn unasked(failure: Failure) -> (u8, String) {
    let told = failure.to_json()["error"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    fault(
        Exit::Unconfirmed,
        format!("the chain could not be asked: {told}"),
    )
}
