//! What a verdict makes of an anchor.

use alloy_primitives::Address;
use daedal_core::intent::Domain;

use super::tests::{anchors, outcomes, sealed_as};
use super::*;
use crate::fixtures::png;
use crate::manifest::Content;
use crate::verdict::AnchorFault;

fn registered(content: &mut Content<'_>) {
    content.anchor = Domain {
        chain: 8453,
        registry: Address::repeat_byte(7),
    };
}

/// Exit, outcome of the anchor, and the other checks' outcomes, once the anchor has been reported.
fn with_anchor(
    change: fn(&mut Content<'_>),
    anchors: &[Chain],
    result: Result<String, AnchorFault>,
) -> (Exit, Outcome, String) {
    let (sealed, _) = sealed_as(&png(9, 9, false), "image/png", true, change);
    let mut verdict = verify(&Given {
        file: &sealed.file,
        anchors,
        ..Given::default()
    });
    let before = outcomes(&verdict);
    verdict.anchored(result);
    let after = outcomes(&verdict);
    assert_eq!(before[..before.len() - 1], after[..after.len() - 1]);
    let check = verdict.checks.last().unwrap();
    assert_eq!((check.name, before.len()), ("anchor", after.len()));
    (verdict.exit, check.outcome, check.detail.clone())
}

#[test]
fn a_registered_process_owes_an_anchor() {
    let (sealed, _) = sealed_as(&png(9, 9, false), "image/png", true, registered);
    let anchors = anchors();
    let mut verdict = verify(&Given {
        file: &sealed.file,
        anchors: &anchors,
        ..Given::default()
    });
    assert_eq!(verdict.exit, Exit::Unanchored);
    let owed = verdict.origin.as_ref().unwrap().registered.unwrap();
    assert_eq!(owed.chain, 8453);
    // The last report counts.
    verdict.anchored(Err(AnchorFault::Broken("bent".to_owned())));
    assert_eq!(verdict.exit, Exit::Tampered);
    verdict.anchored(Ok("anchored".to_owned()));
    assert_eq!(verdict.exit, Exit::Fine);
}

#[test]
fn what_an_anchor_shows_decides_what_of_a_whole_file_is_missing() {
    let told = || "told".to_owned();
    type Change = fn(&mut Content<'_>);
    let (due, none): (Change, Change) = (registered, |_| {});
    use AnchorFault::{Broken, Denied, Foreign, Unconfirmed, Unproven};
    use Outcome::{Failed, Noted, Passed};
    let anchors = anchors();
    for (change, result, exit, outcome) in [
        (due, Ok(told()), Exit::Fine, Passed),
        (due, Err(Foreign(told())), Exit::Unanchored, Failed),
        (due, Err(Denied(told())), Exit::Unanchored, Failed),
        (due, Err(Unproven(told())), Exit::Unanchored, Failed),
        (none, Err(Unproven(told())), Exit::Fine, Noted),
        (due, Err(Broken(told())), Exit::Tampered, Failed),
        (due, Err(Unconfirmed(told())), Exit::Unconfirmed, Failed),
        (none, Ok(told()), Exit::Fine, Passed),
        (none, Err(Foreign(told())), Exit::Fine, Noted),
        (none, Err(Denied(told())), Exit::Unanchored, Failed),
        (none, Err(Broken(told())), Exit::Tampered, Failed),
        (none, Err(Unconfirmed(told())), Exit::Unconfirmed, Failed),
    ] {
        let found = with_anchor(change, &anchors, result.clone());
        assert_eq!(found, (exit, outcome, told()), "{result:?}");
        // Who sealed it comes first, but for what was changed.
        let expected = match exit {
            Exit::Tampered => Exit::Tampered,
            _ => Exit::Untrusted,
        };
        let stranger = with_anchor(change, &[], result.clone());
        assert_eq!(stranger, (expected, outcome, told()), "{result:?}");
    }
    assert_eq!(Exit::Unconfirmed.code(), 14);
}

#[test]
fn no_anchor_mends_a_file_that_was_changed_or_has_no_credential() {
    let bytes = png(9, 9, false);
    let (sealed, _) = sealed_as(&bytes, "image/png", true, registered);
    let mut changed = sealed.file.clone();
    let end = changed.len() - 20;
    changed[end] ^= 1;
    let anchors = anchors();
    for (file, exit) in [(changed, Exit::Tampered), (bytes, Exit::Incomplete)] {
        let mut verdict = verify(&Given {
            file: &file,
            anchors: &anchors,
            ..Given::default()
        });
        assert_eq!(verdict.exit, exit);
        for result in [
            Ok("anchored".to_owned()),
            Err(AnchorFault::Unconfirmed("away".to_owned())),
        ] {
            verdict.anchored(result);
            assert_eq!(verdict.exit, exit);
        }
    }
}
