//! A studio with a few pieces, for tests.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::sync::{Arc, Mutex};

use daedal_core::blob::{BlobError, BlobRead};
use daedal_core::engine::{Determinism, Usage};
use daedal_core::process::{DerivativeTerms, Role, Training};
use daedal_core::{AssetRef, Digest, Seed};
use serde_json::{Map, Value, json};

use crate::{
    Anchor, Credential, Decider, Decision, Edition, Exhibit, Item, Licence, LineageStep, Oversight,
    ProcessLabel, Release, Work,
};

#[derive(Default)]
pub(super) struct Blobs(Mutex<HashMap<Digest, Arc<[u8]>>>);

impl Blobs {
    pub(super) fn keep(&self, media_type: &str, bytes: &[u8]) -> AssetRef {
        let digest = Digest::of(bytes);
        self.0.lock().unwrap().insert(digest, bytes.into());
        AssetRef {
            digest,
            media_type: media_type.into(),
            size: bytes.len() as u64,
        }
    }

    pub(super) fn lose(&self, asset: &AssetRef) {
        self.0.lock().unwrap().remove(&asset.digest);
    }
}

impl BlobRead for Blobs {
    fn read(&self, digest: &Digest) -> Result<Arc<[u8]>, BlobError> {
        let found = self.0.lock().unwrap().get(digest).cloned();
        found.ok_or(BlobError::Missing { digest: *digest })
    }
}

pub(super) fn object(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap()
}

/// A release of `process` on a day of March 2026 with two pictures and a text.
pub(super) fn release(blobs: &Blobs, process: &str, day: u8) -> Release {
    let picture = |index: usize, title: &str| {
        let bytes = format!("<svg id=\"{process}-{day}-{index}\"/>");
        let asset = blobs.keep("image/svg+xml", bytes.as_bytes());
        let fields = json!({
            "width": 900, "height": 1200,
            "features": { "tide": (if index == 0 { "ebb" } else { "flood" }), "fog": false, "depth": 12.5 },
        });
        let mut item = item("poster", index, title, asset, object(fields));
        item.preview = Some(blobs.keep("image/webp", bytes.as_bytes()));
        item.lineage = lineage(blobs);
        item
    };
    let words = "Rain at three.\n\nNobody turns the page.";
    let mut text = item(
        "story",
        0,
        "Three a.m.",
        blobs.keep("text/plain", words.as_bytes()),
        Map::new(),
    );
    text.sidecar = Some(blobs.keep("application/c2pa", b"credential"));
    text.text = Some(words.into());
    // The number of an edition counts all outputs of its run.
    text.edition = Some(edition(2));
    Release {
        run: Digest::of(format!("{process} {day}").as_bytes()),
        process: ProcessLabel {
            name: process.into(),
            title: format!("The {process}"),
            description: Some("Charts of coasts that do not exist.".into()),
            licence: Some(Licence {
                name: "CC-BY-SA-4.0".into(),
                text: None,
                commercial: Some(true),
                derivatives: Some(DerivativeTerms::ShareAlike),
                attribution: Some(true),
            }),
            disclosure: Some("Made with an automated process".into()),
            training: Training::NotAllowed,
        },
        version: Digest::of(process.as_bytes()),
        work: Some(Work {
            token: format!("eip155:8453/erc721:{}/3", address(0xcc)),
            version: 2,
            shares: address(0xdd),
        }),
        released_at: format!("2026-03-{day:02}T09:30:00Z"),
        seed: Seed(Digest::of(b"seed")),
        inputs: object(json!({ "theme": "low tide" })),
        parameters: object(json!({ "turbulence": 0.35 })),
        governed: None,
        votes: None,
        items: vec![picture(0, "Skerry of Våla"), picture(1, "Fen Hallow"), text],
        attestation: Some(blobs.keep("application/json", b"{}")),
        receipts: Some(blobs.keep("application/json", b"[]")),
        anchor: Some(Anchor {
            chain: "eip155:8453".into(),
            contract: address(0xbb),
            transaction: format!("0x{}", Digest::of(b"transaction")),
            root: format!("0x{}", Digest::of(b"batch")),
            by: address(0xaa),
            block: Some(20_417_311),
            proof: Some(blobs.keep("application/json", b"{\"proof\":[]}")),
        }),
    }
}

fn item(
    output: &str,
    index: usize,
    title: &str,
    asset: AssetRef,
    fields: Map<String, Value>,
) -> Item {
    Item {
        output: output.into(),
        index,
        title: title.into(),
        alt: format!("{title}, to be seen"),
        asset,
        unsigned: Digest::of(title.as_bytes()),
        sidecar: None,
        attachments: Vec::new(),
        preview: None,
        fields,
        text: None,
        lineage: Vec::new(),
        credential: Some(Credential {
            signer: "A studio".into(),
            root: "0xfeed".into(),
            proof: Vec::new(),
            receipts: 4,
            oversight: Oversight::HumanValidated,
        }),
        edition: Some(edition(index as u64)),
    }
}

fn edition(index: u64) -> Edition {
    let number = "8675309".repeat(10);
    Edition {
        token: format!("eip155:8453/erc721:{}/{number}{index}", address(0xee)),
        index,
        price: Some("5 USDC".into()),
        owner: Some(address(0xaa)),
    }
}

fn address(last: u8) -> String {
    format!("0x{last:040x}")
}

fn lineage(blobs: &Blobs) -> Vec<LineageStep> {
    let exhibit = |bytes: &[u8], score| Exhibit {
        asset: blobs.keep("image/png", bytes),
        alt: "A draft".into(),
        dimensions: Some((90, 120)),
        score: Some(score),
    };
    let step = |name: &str, role, determinism| LineageStep {
        step: name.into(),
        role: Some(role),
        engine: "sketch".into(),
        engine_version: "1".into(),
        determinism,
        tasks: 3,
        cached: false,
        seed: None,
        usage: Usage {
            elapsed_ms: 420,
            ..Usage::default()
        },
        note: None,
        shown: None,
        decisions: Vec::new(),
    };
    let mut draft = step("draft", Role::Generate, Determinism::Attested);
    draft.note = Some("Slack water".into());
    draft.shown = Some(exhibit(b"kept", 0.9));
    let mut pick = step("pick", Role::Curate, Determinism::Exact);
    pick.tasks = 1;
    pick.cached = true;
    pick.decisions.push(Decision {
        by: Decider::Person {
            account: "0x00000000000000000000000000000000000000aa".into(),
            name: None,
        },
        act: "chose".into(),
        at: Some("2026-03-02T10:00:00Z".into()),
        reason: Some("the water looks cold".into()),
        kept: vec![exhibit(b"kept", 0.9)],
        passed_over: vec![exhibit(b"first", 0.4), exhibit(b"second", 0.5)],
    });
    vec![draft, pick]
}

/// Every file of a directory by its path, with its bytes.
pub(super) fn tree(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut pending = vec![directory.to_owned()];
    while let Some(path) = pending.pop() {
        for entry in std::fs::read_dir(&path).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                pending.push(path);
            } else {
                let name = path.strip_prefix(directory).unwrap().to_str().unwrap();
                files.insert(name.replace('\\', "/"), std::fs::read(&path).unwrap());
            }
        }
    }
    files
}

/// Values of every `href`, `src` and `poster` of a page.
pub(super) fn links(page: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for attribute in [" href=\"", " src=\"", " poster=\""] {
        found.extend(
            page.split(attribute)
                .skip(1)
                .filter_map(|rest| rest.split('"').next()),
        );
    }
    found
}

/// Links that lead to nothing on the pages that a reader can come to, as `page -> link`.
pub(super) fn broken(files: &BTreeMap<String, Vec<u8>>) -> Vec<String> {
    let mut broken = Vec::new();
    let mut seen = BTreeSet::from(["index.html".to_owned(), "404.html".to_owned()]);
    let mut pending: Vec<String> = seen.iter().cloned().collect();
    while let Some(name) = pending.pop() {
        let Some(bytes) = files.get(&name) else {
            continue;
        };
        for link in links(&String::from_utf8_lossy(bytes)) {
            if link.contains("://") {
                continue;
            }
            let (path, fragment) = link.split_once('#').unwrap_or((link, ""));
            let target = if path.is_empty() {
                name.clone()
            } else {
                resolve(&name, path)
            };
            let there = files.get(&target).is_some_and(|bytes| {
                let id = format!("id=\"{fragment}\"");
                fragment.is_empty() || String::from_utf8_lossy(bytes).contains(&id)
            });
            if !there {
                broken.push(format!("{name} -> {link}"));
            }
            if target.ends_with(".html") && seen.insert(target.clone()) {
                pending.push(target);
            }
        }
    }
    broken
}

fn resolve(page: &str, link: &str) -> String {
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            ".." => assert!(
                parts.pop().is_some(),
                "{page} links out of the site: {link}"
            ),
            "." => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}
