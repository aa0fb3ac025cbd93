use super::*;
use crate::AssetRef;
use crate::engine::{Determinism, Usage};
use crate::excerpt::Excerpt;
use proptest::prelude::*;
use serde_json::json;

fn asset(name: &str) -> AssetRef {
    AssetRef {
        digest: Digest::of(name.as_bytes()),
        media_type: "image/png".into(),
        size: 100,
    }
}

fn receipt(step: &str, index: Option<u32>, inputs: &[&str], outputs: &[&str]) -> Receipt {
    Receipt {
        step: step.into(),
        round: None,
        index,
        engine: "sketch".into(),
        engine_version: "1".into(),
        params: Digest::of(b"params"),
        seed: Some(Seed(Digest::of(step.as_bytes()))),
        inputs: inputs.iter().map(|name| asset(name)).collect(),
        from: Vec::new(),
        outputs: outputs.iter().map(|name| asset(name)).collect(),
        value: Digest::of(b"value"),
        determinism: Determinism::Exact,
        usage: Usage::default(),
        intents: Vec::new(),
        of: None,
        prev: B256::ZERO,
    }
}

fn header() -> RunHeader {
    RunHeader {
        process: "tidal-almanac".into(),
        bundle: Digest::of(b"bundle"),
        inputs: Digest::of(b""),
        parameters: Digest::of(b""),
        seed: Seed(Digest::of(b"seed")),
        nonce: u64::MAX - 1,
        started_ms: 1_790_000_000_000,
        ended_ms: 1_790_000_001_500,
        tool: "daedal 0.1.0".into(),
        target: "x86_64-unknown-linux-gnu".into(),
        governed: None,
        intents: Vec::new(),
    }
}

/// Two drafts, a choice that passes one on, and a finish.
fn record() -> RunRecord {
    let mut pick = receipt("pick", None, &["a", "b"], &["b"]);
    pick.intents = vec![keccak256("private")];
    RunRecord::close(
        header(),
        Settings::from([("theme".into(), Setting::public(json!("low tide")))]),
        Settings::from([("turbulence".into(), Setting::private(&json!(0.35)))]),
        vec![
            receipt("draft", Some(0), &["script"], &["a"]),
            receipt("draft", Some(1), &["script"], &["b"]),
            pick,
            receipt("finish", None, &["b"], &["poster"]),
            receipt("note", None, &[], &["text"]),
        ],
        Vec::new(),
    )
}

#[test]
fn a_closed_run_stands_and_is_read_back_as_it_was() {
    let record = record();
    assert_eq!(record.faults(), []);
    let bytes = canonical::to_vec(&record);
    let read: RunRecord = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(read, record);
    assert_eq!(canonical::to_vec(&read), bytes);
}

#[test]
fn whatever_is_changed_shows() {
    let changes: [fn(&mut RunRecord); 13] = [
        |r| r.header.nonce += 1,
        |r| r.header.ended_ms += 1,
        |r| r.header.bundle = Digest::of(b"other"),
        |r| r.inputs.clear(),
        |r| r.inputs = Settings::from([("theme".into(), Setting::public(json!("high tide")))]),
        |r| drop(r.parameters.insert("x".into(), Setting::public(json!(1)))),
        |r| drop(r.receipts.pop()),
        |r| drop(r.receipts.remove(1)),
        |r| r.receipts.swap(0, 1),
        |r| r.receipts[4].usage.elapsed_ms = 1,
        |r| r.receipts[2].intents.clear(),
        |r| r.root.0[31] ^= 1,
        |r| r.count += 1,
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let mut record = record();
        change(&mut record);
        assert_ne!(record.faults(), [], "change {number}");
    }
}

#[test]
fn a_value_that_is_told_has_the_digest_that_is_told() {
    let mut record = record();
    record.inputs.get_mut("theme").unwrap().value = Some(json!("high tide"));
    assert_eq!(record.faults(), [RecordFault::Settings { what: "inputs" }]);
    record.inputs.get_mut("theme").unwrap().value = None;
    assert_eq!(record.faults(), []);
}

#[test]
fn dials_that_votes_decided_are_among_the_parameters_and_below_the_root() {
    let plain = record();
    let voted = |turbulence: f64| {
        let RunRecord {
            mut header,
            inputs,
            parameters,
            receipts,
            ..
        } = record();
        header.governed = Some(Governed {
            chain: u64::MAX,
            registry: Default::default(),
            work: 7,
            block: 12,
            hash: keccak256("block"),
            dials: [("turbulence".to_owned(), json!(turbulence))].into(),
        });
        RunRecord::close(header, inputs, parameters, receipts, Vec::new())
    };
    let record = voted(0.35);
    assert_eq!(record.faults(), []);
    assert_eq!(
        record.header.run(),
        plain.header.run(),
        "a run is its values"
    );
    assert_ne!(
        record.root, plain.root,
        "the root tells where they come from"
    );
    let bytes = canonical::to_vec(&record);
    assert_eq!(serde_json::from_slice::<RunRecord>(&bytes).unwrap(), record);
    let what = "governed dials";
    assert_eq!(voted(0.36).faults(), [RecordFault::Settings { what }]);
}

#[test]
fn makers_and_lineage_are_found() {
    let record = record();
    let digest = |name: &str| asset(name).digest;
    assert_eq!(record.maker_of(&digest("poster")), Some(3));
    assert_eq!(record.maker_of(&digest("b")), Some(1));
    assert_eq!(record.maker_of(&digest("script")), None);
    // What was passed over led to nothing.
    assert_eq!(record.lineage(&digest("poster")), [1, 2, 3]);
    assert_eq!(record.lineage(&digest("text")), [4]);
}

/// Whichever of its two outputs is asked for first.
#[test]
fn what_passes_one_thing_on_and_makes_another_leads_to_what_it_made_that_of() {
    for order in [["a", "c"], ["c", "a"]] {
        let record = RunRecord::close(
            header(),
            Settings::new(),
            Settings::new(),
            vec![
                receipt("draft", Some(0), &[], &["a"]),
                receipt("draft", Some(1), &[], &["b"]),
                receipt("both", None, &["a", "b"], &["a", "c"]),
                receipt("finish", None, &order, &["poster"]),
            ],
            Vec::new(),
        );
        assert_eq!(record.lineage(&asset("poster").digest), [0, 1, 2, 3]);
        assert_eq!(record.lineage(&asset("a").digest), [0, 2]);
    }
}

#[test]
fn an_excerpt_proves_its_asset_and_no_other() {
    let record = record();
    let poster = asset("poster").digest;
    let excerpt = Excerpt::of(&record, &poster).unwrap();
    let steps: Vec<_> = excerpt
        .receipts
        .iter()
        .map(|proven| proven.receipt.step.as_str())
        .collect();
    assert_eq!(steps, ["finish", "pick"]);
    assert_eq!(excerpt.faults(&poster), []);
    let other = asset("text").digest;
    assert_eq!(
        excerpt.faults(&other),
        [RecordFault::Output { digest: other }]
    );
    assert_eq!(Excerpt::of(&record, &Digest::of(b"stranger")), None);

    let changes: [fn(&mut Excerpt); 7] = [
        |e| e.header.ended_ms += 1,
        |e| e.header.process.push('x'),
        |e| e.root.0[0] ^= 1,
        |e| e.count -= 1,
        |e| e.receipts[0].receipt.engine.push('x'),
        |e| e.receipts[1].receipt.intents.clear(),
        |e| e.receipts[1].proof.index = 0,
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let mut excerpt = excerpt.clone();
        change(&mut excerpt);
        assert_ne!(excerpt.faults(&poster), [], "change {number}");
    }
}

#[test]
fn a_record_tells_which_receipts_of_an_excerpt_did_not_lead_to_its_asset() {
    let record = record();
    let poster = asset("poster").digest;
    let mut excerpt = Excerpt::of(&record, &poster).unwrap();
    assert!(excerpt.leads_to(&poster, &record));
    assert_eq!(excerpt.intents_named(), (1, 0));
    let stray = Excerpt::of(&record, &asset("text").digest).unwrap();
    excerpt.receipts.extend(stray.receipts);
    assert_eq!(excerpt.faults(&poster), [], "the file alone can't tell");
    assert!(!excerpt.leads_to(&poster, &record));
    // What passed the draft on did not make it.
    let draft = asset("b").digest;
    let mut excerpt = Excerpt::of(&record, &draft).unwrap();
    assert!(excerpt.leads_to(&draft, &record));
    excerpt.receipts.reverse();
    assert_eq!(excerpt.maker().unwrap().step, "pick");
    assert_eq!(excerpt.faults(&draft), [], "the file alone can't tell");
    assert!(!excerpt.leads_to(&draft, &record));
}

/// A change of the list of receipts of a run.
#[derive(Debug, Clone)]
enum Change {
    Remove,
    Double,
    /// With the one at this place.
    Swap(prop::sample::Index),
    /// In one of its fields.
    Alter(u8),
    /// A new one, here.
    Insert,
}

fn changes() -> impl Strategy<Value = Change> {
    prop_oneof![
        Just(Change::Remove),
        Just(Change::Double),
        any::<prop::sample::Index>().prop_map(Change::Swap),
        (0_u8..8).prop_map(Change::Alter),
        Just(Change::Insert),
    ]
}

fn changed(receipts: &mut Vec<Receipt>, at: usize, change: &Change) {
    match change {
        Change::Remove => drop(receipts.remove(at)),
        Change::Double => receipts.insert(at, receipts[at].clone()),
        Change::Swap(with) => {
            let with = with.index(receipts.len());
            receipts.swap(at, with);
        }
        Change::Insert => receipts.insert(at, receipt("more", None, &[], &["more"])),
        Change::Alter(field) => {
            let altered = &mut receipts[at];
            match field {
                0 => altered.step.push('x'),
                1 => altered.index = altered.index.map_or(Some(0), |index| Some(index + 1)),
                2 => altered.engine_version.push('0'),
                3 => altered.params = Digest::of(b"other"),
                4 => altered.outputs.push(asset("other")),
                5 => altered.value = Digest::of(b"other"),
                6 => altered.usage.elapsed_ms += 1,
                _ => altered.intents.push(B256::repeat_byte(1)),
            }
        }
    }
}

proptest! {
    #[test]
    fn no_receipt_is_removed_added_moved_or_altered_unseen(
        count in 1_u32..20,
        at in any::<prop::sample::Index>(),
        change in changes(),
        links_anew: bool,
    ) {
        let receipts: Vec<Receipt> = (0..count)
            .map(|index| receipt("draw", Some(index), &[], &[&format!("drawing {index}")]))
            .collect();
        let record = RunRecord::close(header(), Settings::new(), Settings::new(), receipts, Vec::new());
        prop_assert_eq!(record.faults(), []);
        let mut bent = record.clone();
        let at = at.index(bent.receipts.len());
        changed(&mut bent.receipts, at, &change);
        prop_assume!(bent.receipts != record.receipts);
        if links_anew {
            // Whoever changes one may link the rest again, but not under the same root.
            let receipts = std::mem::take(&mut bent.receipts);
            bent.receipts = Links::all(bent.header.run(), receipts).receipts;
        }
        prop_assert_ne!(bent.faults(), []);
        bent.count = bent.receipts.len() as u64;
        prop_assert_ne!(bent.faults(), []);
    }

    #[test]
    fn every_asset_of_any_run_has_an_excerpt_that_stands(count in 1_u32..40, at in any::<prop::sample::Index>()) {
        let names: Vec<String> = (0..count).map(|i| format!("asset {i}")).collect();
        let receipts = (0..count as usize).map(|i| {
            let inputs: Vec<&str> = i.checked_sub(1).map(|i| names[i].as_str()).into_iter().collect();
            receipt("draft", Some(i as u32), &inputs, &[&names[i]])
        });
        let record = RunRecord::close(header(), Settings::new(), Settings::new(), receipts.collect(), Vec::new());
        prop_assert_eq!(record.faults(), []);
        let at = at.index(count as usize);
        let digest = asset(&names[at]).digest;
        prop_assert_eq!(record.maker_of(&digest), Some(at));
        prop_assert_eq!(record.lineage(&digest), (0..=at).collect::<Vec<_>>());
        prop_assert_eq!(Excerpt::of(&record, &digest).unwrap().faults(&digest), []);
    }
}
