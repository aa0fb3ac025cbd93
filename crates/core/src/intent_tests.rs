use super::*;
use alloy_primitives::{address, b256, hex};
use serde_json::json;

/// Hashes and signature made with ethers 6: key 0x11…11, no chain.
const SIGNATURE: [u8; 65] = hex!(
    "ccaa3a8a8937d808562b9bf5549f725d96da816ac93a0feb2660f5325b37436a"
    "1a14945ad1e823100a350121e37fb62027273902db13d59fe3a2320ffec37ae2"
    "1c"
);
const SIGNER: Address = address!("19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A");

fn intent() -> Intent {
    Intent {
        run: keccak256("run"),
        step: step_word("pick"),
        kind: IntentKind::Choose,
        payload: keccak256("payload"),
        seen: keccak256("seen"),
        prev: keccak256("prev"),
        nonce: 7,
        at: 1_790_000_000,
    }
}

fn signed() -> SignedIntent {
    SignedIntent {
        domain: Domain::default(),
        intent: intent(),
        signer: SIGNER,
        signature: Bytes::from(SIGNATURE),
        accepted: None,
        disclosed: None,
        options: Vec::new(),
    }
}

#[test]
fn hashes_are_those_of_eip_712() {
    let registered = Domain {
        chain: 8453,
        registry: address!("00000000000000000000000000000000000000ab"),
    };
    assert_eq!(
        intent().hash(Domain::default()),
        b256!("e2af56ee606fa0c2ef35e582793b09538523e7620ed1801536befeeb0eefc499")
    );
    assert_eq!(
        intent().hash(registered),
        b256!("70787f84f6c5e74d5e4ed372daa8c52dc3a0aa203b8092adc651db53e0fa9ba4")
    );
}

#[test]
fn a_name_is_what_was_signed_and_by_whom() {
    let own = signed();
    let label = keccak256("daedal/intent/v1");
    let words = [label, own.message(), SIGNER.into_word()];
    assert_eq!(own.name(), keccak256(words.concat()));
    let mut others = own.clone();
    others.signer = Address::ZERO;
    assert_eq!(others.message(), own.message());
    assert_ne!(others.name(), own.name());
}

#[test]
fn what_is_shown_has_the_names_of_files_where_all_of_it_are_files() {
    let file = |name: &str| {
        let digest = Digest::of(name.as_bytes());
        json!({ "$asset": digest, "media_type": "image/png", "size": 3 })
    };
    let word = |value: &Value| keccak256(canonical::to_vec(value));
    let digest = |name: &str| B256::from(Digest::of(name.as_bytes()).0);
    assert_eq!(shown(&[file("a"), file("b")]), [digest("a"), digest("b")]);
    let mixed = [file("a"), json!("a poem")];
    assert_eq!(shown(&mixed), [word(&mixed[0]), word(&mixed[1])]);
}

#[test]
fn a_wallets_signature_stands_and_no_other_form_of_it() {
    assert_eq!(signed().check(), Ok(()));
    let fault = Err(IntentFault::Signature { signer: SIGNER });
    for byte in 0..SIGNATURE.len() {
        for bit in 0..8 {
            let mut bent = SIGNATURE;
            bent[byte] ^= 1 << bit;
            let mut intent = signed();
            intent.signature = Bytes::from(bent);
            assert_eq!(intent.check(), fault, "byte {byte}, bit {bit}");
        }
    }
    let mut later = signed();
    later.intent.at += 1;
    assert_eq!(later.check(), fault);
    // The twin (n - s, other parity) recovers to the same key, but is refused.
    let twin = Signature::from_raw(&SIGNATURE).unwrap();
    let order = U256::from_be_bytes(hex!(
        "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"
    ));
    let twin = Signature::new(twin.r(), order - twin.s(), !twin.v());
    assert_eq!(
        twin.recover_address_from_prehash(&signed().message())
            .unwrap(),
        SIGNER
    );
    assert_eq!(recover(signed().message(), &twin.as_bytes()), None);
}

#[test]
fn what_is_disclosed_is_what_was_committed_to() {
    let options = [keccak256("a"), keccak256("b"), keccak256("c")];
    let given = Given::of(&json!(["b"]));
    let disclosed = Disclosure::choice(keccak256("salt"), &options[1..2], &given);
    let mut other = disclosed.clone();
    other.payload = json!({ "chosen": [options[0]] });
    assert_ne!(other.commitment(), disclosed.commitment());
    other = disclosed.clone();
    other.salt = keccak256("pepper");
    assert_ne!(other.commitment(), disclosed.commitment());
    assert_ne!(seen_root(&options), seen_root(&options[..2]));

    // A signature over another payload: the disclosure is looked at once the signature holds.
    let mut wrong = signed();
    wrong.disclosed = Some(disclosed);
    assert_eq!(wrong.check(), Err(IntentFault::Payload { signer: SIGNER }));
    let mut wrong = signed();
    wrong.options = options.to_vec();
    assert_eq!(wrong.check(), Err(IntentFault::Options { signer: SIGNER }));
    let run = Digest::of(b"another run");
    assert!(matches!(
        signed().check_for(run),
        Err(IntentFault::OtherRun { .. })
    ));
    assert_eq!(signed().check_for(Digest(keccak256("run").0)), Ok(()));
}

#[test]
fn oversight_is_what_the_intents_amount_to() {
    use IntentKind::{Approve, Author, Choose, Set};
    assert_eq!(Oversight::of([]), Oversight::FullyAutonomous);
    assert_eq!(Oversight::of([Author, Set]), Oversight::PromptGuided);
    assert_eq!(Oversight::of([Approve, Author]), Oversight::HumanValidated);
    assert_eq!(Oversight::of([Choose]), Oversight::HumanValidated);
}

mod commitments {
    use super::*;
    use proptest::prelude::*;

    fn salt() -> impl Strategy<Value = B256> {
        any::<[u8; 32]>().prop_map(B256::from)
    }

    fn prompts() -> impl Strategy<Value = (String, String)> {
        ("[ -~]{0,40}", "[ -~]{0,40}")
    }

    proptest! {
        /// The same prompt under another salt is another commitment: neither can be told from one of another
        /// prompt, and one salt's commitments to two prompts differ.
        #[test]
        fn hide_and_bind((one, other) in prompts(), first in salt(), second in salt()) {
            let sealed = |salt, text: &str| Disclosure::of(salt, "inputs.theme", &json!(text));
            prop_assume!(first != second);
            prop_assert_ne!(sealed(first, &one).commitment(), sealed(second, &one).commitment());
            prop_assert_eq!(
                sealed(first, &one).commitment() == sealed(first, &other).commitment(),
                one == other
            );
        }

        /// What is sealed in a payload is told one by one, and only as it was.
        #[test]
        fn are_opened_one_by_one((theme, note) in prompts(), salts in prop::array::uniform3(salt())) {
            let openings = Openings::from([
                ("inputs.theme".to_owned(), Disclosure::of(salts[0], "inputs.theme", &json!(theme))),
                ("note".to_owned(), Disclosure::of(salts[1], "note", &json!(note))),
            ]);
            let payload = Disclosure::setting(salts[2]).sealing(&openings);
            let told = payload.payload.to_string();
            prop_assert!(theme.len() < 5 || !told.contains(&theme), "{}", told);
            prop_assert_eq!(payload.sealed().collect::<Vec<_>>(), ["inputs.theme", "note"]);
            let (theme_opening, note_opening) = (&openings["inputs.theme"], &openings["note"]);
            prop_assert_eq!(payload.opened("inputs.theme", theme_opening), Some(&json!(theme)));
            prop_assert_eq!(payload.opened("note", note_opening), Some(&json!(note)));
            // Not under another name, salt or value.
            prop_assert_eq!(payload.opened("note", theme_opening), None);
            let mut bent = note_opening.clone();
            bent.payload["note"] = json!(format!("{note}."));
            prop_assert_eq!(payload.opened("note", &bent), None);
            let mut bent = note_opening.clone();
            bent.salt.0[7] ^= 1;
            prop_assert_eq!(payload.opened("note", &bent), None);
            let mut bent = note_opening.clone();
            bent.payload["more"] = json!(1);
            prop_assert_eq!(payload.opened("note", &bent), None);
        }
    }
}

#[test]
fn nothing_of_what_was_set_is_published() {
    let disclosed = Disclosure::setting(keccak256("salt"));
    let mut set = signed();
    set.intent.kind = IntentKind::Set;
    set.disclosed = Some(disclosed.clone());
    assert_eq!(set.clone().published().disclosed, None);
    set.intent.kind = IntentKind::Choose;
    assert_eq!(set.published().disclosed, Some(disclosed));
}

/// A choice that is told.
fn chosen() -> SignedIntent {
    let mut chosen = signed();
    chosen.intent.kind = IntentKind::Choose;
    let given = Given::of(&json!(["a"]));
    let told = Disclosure::choice(keccak256("salt"), &[keccak256("a")], &given);
    chosen.disclosed = Some(told);
    chosen
}

#[test]
fn a_judgement_that_nobody_tells_shows_nothing() {
    let mut chosen = chosen();
    assert_eq!(
        Oversight::shown_by(std::slice::from_ref(&chosen), Domain::default()),
        Oversight::HumanValidated
    );
    chosen.disclosed = None;
    let shown = |chosen: &SignedIntent| {
        Oversight::shown_by(std::slice::from_ref(chosen), Domain::default())
    };
    assert_eq!(shown(&chosen), Oversight::FullyAutonomous);
    chosen.intent.kind = IntentKind::Set;
    assert_eq!(shown(&chosen), Oversight::PromptGuided);
}

/// What a wallet signed, said to have been accepted by a contract.
fn by_contract() -> SignedIntent {
    let accepted = Accepted {
        chain: 8453,
        block: 12,
        hash: keccak256("block"),
    };
    SignedIntent {
        signature: Bytes::from(vec![7; 200]),
        accepted: Some(accepted),
        ..signed()
    }
}

#[test]
fn what_a_contract_signed_is_possible_where_it_is_and_shows_nothing_by_itself() {
    let mut intent = by_contract();
    assert_eq!(intent.check(), Ok(()));
    let text = serde_json::to_string(&intent).unwrap();
    assert_eq!(serde_json::from_str::<SignedIntent>(&text).unwrap(), intent);
    assert_eq!(
        Oversight::shown_by(&[by_contract()], Domain::default()),
        Oversight::FullyAutonomous
    );
    let both = [by_contract(), chosen()];
    assert_eq!(
        Oversight::shown_by(&both, Domain::default()),
        Oversight::HumanValidated
    );

    let fault = Err(IntentFault::Contract { signer: SIGNER });
    intent.domain.chain = 8453;
    assert_eq!(intent.check(), Ok(()));
    intent.domain.chain = 1;
    assert_eq!(intent.check(), fault, "another chain than it counts on");
    let mut intent = by_contract();
    intent.signature = Bytes::from(vec![7; SIGNATURE_BYTES_MAX + 1]);
    assert_eq!(intent.check(), fault);
    intent.accepted = None;
    let unsigned = Err(IntentFault::Signature { signer: SIGNER });
    assert_eq!(intent.check(), unsigned);
    // The rest of it is checked as any other's.
    let mut intent = by_contract();
    intent.options = vec![keccak256("shown")];
    assert_eq!(intent.check(), Err(IntentFault::Options { signer: SIGNER }));
}

#[test]
fn a_decision_for_another_registry_counts_for_nothing() {
    let at = |chain| Domain {
        chain,
        registry: address!("00000000000000000000000000000000000000ab"),
    };
    let mut told = signed();
    told.disclosed = Some(Disclosure::choice(
        keccak256("salt"),
        &[],
        &Given::of(&json!([])),
    ));
    let mut shown = |domain, anchor| {
        told.domain = domain;
        Oversight::shown_by(std::slice::from_ref(&told), anchor)
    };
    let none = Domain::default();
    for (domain, anchor) in [(at(1), at(1)), (none, at(1)), (at(1), none)] {
        assert_eq!(shown(domain, anchor), Oversight::HumanValidated);
    }
    assert_eq!(shown(at(2), at(1)), Oversight::FullyAutonomous);
    // Who wrote a process wrote it wherever it is registered.
    told.intent.kind = IntentKind::Author;
    assert!(told.counts_for(at(1)));
}
