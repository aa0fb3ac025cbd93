use daedal_core::engine::{Determinism, Usage};
use serde_json::json;

use super::super::fixture::Blobs;
use super::*;
use crate::{Decider, Decision};

fn ran(blobs: &Blobs) -> Ran {
    let exhibit = |alt: &str| Exhibit {
        asset: blobs.keep("image/jpeg", alt.as_bytes()),
        alt: alt.to_owned(),
        dimensions: Some((320, 240)),
        score: Some(0.473_123),
    };
    let chosen = Decision {
        by: Decider::Person {
            account: format!("0x{}", "a1".repeat(20)),
            name: None,
        },
        act: "chose".to_owned(),
        at: Some("2026-03-01T09:30:00Z".to_owned()),
        reason: None,
        kept: vec![exhibit("Option 2")],
        passed_over: vec![exhibit("Option 1")],
    };
    let step = LineageStep {
        step: "pick".to_owned(),
        role: Some(daedal_core::process::Role::Curate),
        engine: "choose".to_owned(),
        engine_version: "1.0.0".to_owned(),
        determinism: Determinism::Exact,
        tasks: 1,
        cached: false,
        seed: None,
        usage: Usage::default(),
        note: Some("the <calmer> one".to_owned()),
        shown: None,
        decisions: vec![chosen],
    };
    Ran {
        run: Digest::of(b"run"),
        process: "tidal".to_owned(),
        title: "Tidal".to_owned(),
        description: Some("Charts".to_owned()),
        version: Digest::of(b"bundle"),
        seed: Seed(Digest::of(b"seed")),
        ended_at: "2026-03-01T10:00:00Z".to_owned(),
        settings: vec![("theme".to_owned(), json!("low tide"))],
        governed: None,
        proposals: Vec::new(),
        people: "People made 1 decision while it ran; each is signed.".to_owned(),
        pieces: vec![Piece {
            path: "assets/poster.png".to_owned(),
            title: "Skerry".to_owned(),
            oversight: Some(Oversight::HumanValidated),
            acts: vec!["chose"],
            digest: Digest::of(b"poster"),
        }],
        chapters: vec![Chapter {
            step,
            kept: vec![Some((1, 12))],
        }],
        anchor: Some("eip155:1, 0xfeed".to_owned()),
    }
}

fn words() -> Words {
    let seen = Seen {
        note: Some("ends </script> and <!-- begins".to_owned()),
        late: true,
        ..Seen::default()
    };
    Words {
        label: Some("Made by machine".to_owned()),
        alts: [("assets/poster.png".to_owned(), "A \"skerry\"".to_owned())].into(),
        tasks: [(3, seen)].into(),
    }
}

#[test]
fn a_page_of_another_look_has_another_form() {
    let page = story(&ran(&Blobs::default()), &words()).unwrap().page;
    let known = ("2", "5b3b4d636d641e91");
    assert_eq!(
        (STORY_FORM, &Digest::of(page.as_bytes()).to_string()[..16]),
        known,
        "the page is drawn otherwise than before: count `STORY_FORM` up, else archives of before are told to be tampered \
         with; and then put both in here"
    );
}

#[test]
fn the_words_of_a_page_are_read_from_it_as_they_were() {
    let page = story(&ran(&Blobs::default()), &words()).unwrap().page;
    assert_eq!(Words::in_page(&page), Some(words()));
    assert_eq!(page.matches("</script>").count(), 1, "{page}");
    let none = story(&ran(&Blobs::default()), &Words::default()).unwrap();
    assert_eq!(Words::in_page(&none.page), Some(Words::default()));
    let form = format!("content=\"{STORY_FORM}\"");
    for other in ["content=\"0\"", "content=\"\"", "name=\"other\""] {
        assert_eq!(Words::in_page(&page.replacen(&form, other, 1)), None);
    }
    assert_eq!(Words::in_page(""), None);
}

#[test]
fn a_signed_choice_tells_of_how_many_it_was_whatever_is_shown() {
    let page = story(&ran(&Blobs::default()), &words()).unwrap().page;
    assert!(
        page.contains("0xa1a1a1…a1a1a1 chose 1 of 12 on 1 March 2026 at 09:30:00 UTC<"),
        "{page}"
    );
    assert!(page.contains("alt=\"A &#34;skerry&#34;\""), "{page}");
}

#[test]
fn of_people_only_what_they_did_is_said() {
    let said = |acts: &[&str]| making::oversight_of(Oversight::HumanValidated, acts);
    assert_eq!(said(&["edited"]), "people edited it");
    assert_eq!(
        said(&["edited", "chose", "edited"]),
        "people chose and edited it"
    );
    assert_eq!(said(&["rejected"]), "people decided on the way to it");
}

#[test]
fn what_people_decided_or_edited_is_not_said_to_be_reproducible() {
    let mut ran = ran(&Blobs::default());
    let mut facts = |by: Option<Decider>, act: &str| {
        let decision = &mut ran.chapters[0].step.decisions[0];
        decision.by = by.unwrap_or_else(|| decision.by.clone());
        act.clone_into(&mut decision.act);
        let page = story(&ran, &Words::default()).unwrap().page;
        let (_, rest) = page.split_once("choose 1.0.0 · ").unwrap();
        rest.split('<').next().unwrap().to_owned()
    };
    assert_eq!(facts(None, "approved"), "attested");
    assert_eq!(
        facts(None, "edited"),
        "reproducible but for what people edited"
    );
    assert_eq!(facts(Some(Decider::Score), "chose"), "reproducible");
}

#[test]
fn votes_stand_on_the_timeline_before_what_they_decided() {
    let mut ran = ran(&Blobs::default());
    let page = |ran: &Ran| story(ran, &Words::default()).unwrap().page;
    assert!(!page(&ran).contains(">Vote<"));
    let ballot = |vote: &str, delegators: &[&str], reason: &str| Ballot {
        voter: format!("0x{}", "a1".repeat(20)),
        vote: vote.to_owned(),
        votes: "250.5".to_owned(),
        delegators: delegators.iter().map(|other| (*other).to_owned()).collect(),
        reason: reason.to_owned(),
    };
    ran.proposals = vec![Proposal {
        moved: "turbulence = 0.45".into(),
        description: "rougher <seas>".into(),
        at: "2026-02-27T09:30:00Z".into(),
        block: 12,
        ballots: vec![
            ballot("for", &["0xada"], ""),
            ballot("against", &[], "too rough"),
            ballot("abstain", &[], ""),
        ],
    }];
    let page = page(&ran);
    let flow = &page[page.find("<ol class=\"flow\">").unwrap()..];
    let mut rest = flow;
    for told in [
        "<span class=\"role\">Vote</span>turbulence = 0.45",
        "rougher &#60;seas&#62;",
        "0xa1a1a1…a1a1a1 voted for it with 250.5 votes, those of 0xada among them<",
        "0xa1a1a1…a1a1a1 voted against it with 250.5 votes: “too rough”<",
        "0xa1a1a1…a1a1a1 abstained with 250.5 votes<",
        "carried out on 27 February 2026 at 09:30:00 UTC · block 12",
        "<span class=\"role\">",
    ] {
        let at = rest.find(told);
        let at = at.unwrap_or_else(|| panic!("{told:?} is not, in order, in {flow}"));
        rest = &rest[at + told.len()..];
    }
}
