//! Whose hands a file went through: those of people, and of tasks that only passed it on.

use super::*;

#[test]
fn that_people_edited_a_file_is_told_where_somebody_signed_that_they_did() {
    let bytes = png(9, 9, false);
    let by_hand = edited(&bytes);
    for with_record in [false, true] {
        let (verdict, failed) = told(&by_hand, &bytes, Source::Algorithmic, with_record, |_| {});
        assert_eq!(failed, [""; 0]);
        assert!(verdict.marking.unwrap().edited_by_hand);
    }
    // However much the receipt of the edit tells, and whatever else is on the way.
    let mut long = by_hand.clone();
    long.receipts[8].usage.tool = Some("x".repeat(40_000));
    long.receipts[9].inputs = vec![asset(&bytes, "image/png")];
    let last = png(10, 10, false);
    long.receipts[9].outputs = vec![asset(&last, "image/png")];
    let RunRecord {
        header,
        inputs,
        parameters,
        receipts,
        intents,
        ..
    } = long;
    let long = RunRecord::close(header, inputs, parameters, receipts, intents);
    let license = license();
    let content = Content {
        is_on_way: &|_| false,
        ..content(&long, &last, "image/png", &license)
    };
    let (verdict, failed) = forged(content, &last, true, |_, _| {});
    assert_eq!(failed, [""; 0]);
    assert!(verdict.marking.unwrap().edited_by_hand);

    let mut unshared = by_hand.clone();
    unshared.intents.clear();
    let plain = run_of(&bytes, "image/png", false);
    let declared: fn(&mut Vec<Value>) = |actions| {
        actions.insert(
            1,
            json!({
                "action": "c2pa.edited", "digitalSourceType": iptc("humanEdits"),
                "description": "finish, edited by hand",
            }),
        );
    };
    let hidden: fn(&mut Vec<Value>) = |actions| {
        actions[2] = json!({
            "action": "c2pa.edited", "description": "finish",
            "softwareAgent": { "name": "sketch", "version": "1" },
        });
    };
    for (record, change, said) in [
        (&unshared, None, "“finish, edited by hand”, and no edit"),
        (
            &plain,
            Some(declared),
            "“finish, edited by hand”, and no edit",
        ),
        (&by_hand, Some(hidden), "do not tell of finish"),
    ] {
        let change = change.unwrap_or(|_| {});
        let (verdict, failed) = told(record, &bytes, Source::Algorithmic, false, change);
        assert_eq!(verdict.exit, Exit::Tampered, "{failed:?}");
        let is_said = |told: &String| told.starts_with("marked: ") && told.contains(said);
        assert!(failed.iter().any(is_said), "{failed:?}");
        assert_eq!(verdict.marking, None);
    }
}

#[test]
fn what_only_passed_a_file_on_did_not_make_it() {
    let bytes = png(9, 9, false);
    let (own, other) = (asset(&bytes, "image/png"), asset(b"other", "image/png"));
    let picked = |drafts: bool| {
        changed(&bytes, |record| {
            let mut pick = receipt("pick", None, &[&own, &other], &[&own]);
            pick.engine = "choose".into();
            pick.intents = vec![B256::repeat_byte(1)];
            let mut draft = receipt("draft", None, &[], &[&own]);
            draft.determinism = Determinism::Attested;
            record.receipts = match drafts {
                true => vec![draft, pick],
                false => {
                    pick.intents.clear();
                    vec![pick]
                }
            };
        })
    };
    let license = license();
    // What was brought is its own parent.
    let brought = picked(false);
    let parent = Ingredient {
        title: "photo".into(),
        media_type: "image/png".into(),
        digest: own.digest,
        bytes: None,
        beside: None,
        relation: Relation::Parent,
    };
    let parents = [parent];
    let as_brought = || Content {
        ingredients: &parents,
        ..content(&brought, &bytes, "image/png", &license)
    };
    for with_record in [false, true] {
        let (verdict, failed) = forged(as_brought(), &bytes, with_record, |_, _| {});
        assert_eq!(failed, [""; 0]);
        let told = verdict.marking.unwrap().told;
        assert_eq!(told, "it was passed on as it was brought");
    }
    type Change = fn(&mut Vec<Value>, &mut Claim);
    let by_code: Change = |actions, _| actions[0]["digitalSourceType"] = iptc("algorithmicMedia");
    let (_, failed) = forged(as_brought(), &bytes, false, by_code);
    assert!(
        failed[0].contains("it was passed on as it was brought"),
        "{failed:?}"
    );
    // A model made it, and the choice among several stands in its place.
    let made = picked(true);
    let made = || Content {
        source: Source::Trained,
        ..content(&made, &bytes, "image/png", &license)
    };
    let (_, failed) = forged(made(), &bytes, false, |_, _| {});
    assert_eq!(failed, [""; 0]);
    let hides: Change = |actions, claim| {
        *actions = vec![json!({
            "action": "c2pa.created", "digitalSourceType": iptc("algorithmicMedia"),
            "description": "pick", "softwareAgent": { "name": "choose", "version": "1" },
        })];
        claim.excerpt.receipts.remove(0);
    };
    let (_, failed) = forged(made(), &bytes, false, hides);
    assert!(
        failed[0].starts_with("marked: its receipt only passes it on"),
        "{failed:?}"
    );
    let reversed: Change = |_, claim| claim.excerpt.receipts.reverse();
    let (verdict, failed) = forged(made(), &bytes, true, reversed);
    assert_eq!(verdict.exit, Exit::Tampered);
    let said = "names another as the one that made it";
    assert!(failed.iter().any(|told| told.contains(said)), "{failed:?}");
}
