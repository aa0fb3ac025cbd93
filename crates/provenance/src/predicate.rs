//! What an attestation says of a run, in the shape of SLSA's provenance v1: what was asked for and what went in
//! (`buildDefinition`), what carried it out (`runDetails`). Beside it stands the run's whole record, from which all of it
//! follows.

use std::collections::BTreeSet;

use daedal_core::asset::extension_of;
use daedal_core::record::{RunRecord, Settings};
use daedal_core::{Digest, Seed};
use serde::{Deserialize, Serialize};

use crate::when::rfc3339;

/// Name of this kind of predicate, and of runs as a way to make things.
pub const TYPE: &str = "urn:daedal:run:v1";

/// A name and a digest (in-toto's resource descriptor).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// What it is called.
    pub name: String,
    /// Its digest.
    pub digest: Sha256,
}

/// A digest in in-toto's form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sha256 {
    /// SHA-256.
    pub sha256: Digest,
}

impl Named {
    pub(crate) fn new(name: impl Into<String>, sha256: Digest) -> Self {
        Self {
            name: name.into(),
            digest: Sha256 { sha256 },
        }
    }
}

/// How what was published came to be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Predicate {
    /// What was asked for, and what went in.
    pub build_definition: BuildDefinition,
    /// What carried it out.
    pub run_details: RunDetails,
    /// SHA-256 of the certificates below the signature, one after the other.
    pub certificates: Digest,
    /// The run.
    pub record: RunRecord,
}

/// What was asked for, and what went in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BuildDefinition {
    build_type: String,
    external_parameters: Asked,
    /// The bundle, and everything that no task of the run made.
    pub resolved_dependencies: Vec<Named>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    process: String,
    inputs: Settings,
    parameters: Settings,
    seed: Seed,
}

/// What carried it out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RunDetails {
    builder: Builder,
    metadata: Metadata,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Builder {
    id: String,
    /// Models and tools that did the work, as their engines name them.
    builder_dependencies: Vec<Tool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tool {
    name: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Metadata {
    invocation_id: String,
    started_on: String,
    finished_on: String,
}

impl Predicate {
    /// What is said of a run, under these certificates.
    #[must_use]
    pub fn of(record: RunRecord, certificates: Digest) -> Self {
        let header = &record.header;
        Self {
            build_definition: BuildDefinition {
                build_type: TYPE.into(),
                external_parameters: Asked {
                    process: header.process.clone(),
                    inputs: record.inputs.clone(),
                    parameters: record.parameters.clone(),
                    seed: header.seed,
                },
                resolved_dependencies: dependencies(&record),
            },
            run_details: RunDetails {
                builder: Builder {
                    // A URI, as the shape asks for: `urn:daedal:tool:daedal%200.1.0@x86_64-unknown-linux-gnu`.
                    id: format!("urn:daedal:tool:{}@{}", header.tool, header.target)
                        .replace(' ', "%20"),
                    builder_dependencies: tools(&record),
                },
                metadata: Metadata {
                    invocation_id: header.run().to_string(),
                    started_on: rfc3339(header.started_ms),
                    finished_on: rfc3339(header.ended_ms),
                },
            },
            certificates,
            record,
        }
    }

    /// Whether everything in it follows from its record.
    #[must_use]
    pub fn follows(&self) -> bool {
        *self == Self::of(self.record.clone(), self.certificates)
    }
}

fn dependencies(record: &RunRecord) -> Vec<Named> {
    let mut dependencies = vec![Named::new("bundle", record.header.bundle)];
    let outputs = record.receipts.iter().flat_map(|receipt| &receipt.outputs);
    let mut seen: BTreeSet<Digest> = outputs.map(|output| output.digest).collect();
    for input in record.receipts.iter().flat_map(|receipt| &receipt.inputs) {
        if seen.insert(input.digest) {
            let extension = extension_of(&input.media_type);
            let name = format!("{}.{extension}", input.digest.short());
            dependencies.push(Named::new(name, input.digest));
        }
    }
    dependencies
}

fn tools(record: &RunRecord) -> Vec<Tool> {
    let tools = record
        .receipts
        .iter()
        .filter_map(|receipt| receipt.usage.tool.clone());
    let tools: BTreeSet<String> = tools.collect();
    tools.into_iter().map(|name| Tool { name }).collect()
}
