use super::*;
use crate::fixtures::{run_of, studio};

fn attestation() -> (Vec<u8>, Subject) {
    let record = run_of(b"poster", "image/png", true);
    let subject = Subject {
        name: "poster.png".into(),
        unsigned: Digest::of(b"poster"),
        signed: Digest::of(b"sealed poster"),
        sidecar: None,
    };
    (
        attest(record, std::slice::from_ref(&subject), &studio().0),
        subject,
    )
}

#[test]
fn what_was_published_is_named_and_the_run_is_told() {
    let (bytes, subject) = attestation();
    let attested = read(&bytes).unwrap();
    assert!(attested.names(&subject.signed) && attested.names(&subject.unsigned));
    assert!(!attested.names(&Digest::of(b"another")));
    assert_eq!(attested.chain, *studio().0.chain());
    let materials = &attested
        .statement
        .predicate
        .build_definition
        .resolved_dependencies;
    let names: Vec<_> = materials
        .iter()
        .map(|material| material.name.as_str())
        .collect();
    let script = format!("{}.js", Digest::of(b"script").short());
    assert_eq!(names, ["bundle", script.as_str()]);
}

#[test]
fn every_changed_byte_shows() {
    let (bytes, _) = attestation();
    for at in (0..bytes.len()).step_by(11) {
        for bit in [0, 5] {
            let mut bent = bytes.clone();
            bent[at] ^= 1 << bit;
            assert!(read(&bent).is_err(), "byte {at}, bit {bit}");
        }
    }
    for at in (0..bytes.len()).step_by(997) {
        assert!(read(&bytes[..at]).is_err());
    }
}

#[test]
fn a_statement_has_one_form() {
    let (bytes, _) = attestation();
    let envelope: Envelope = serde_json::from_slice(&bytes).unwrap();
    let payload = BASE64.decode(&envelope.payload).unwrap();
    let text = String::from_utf8(payload).unwrap();
    let signer = &studio().0;
    let signed = |payload: &str| {
        let mut envelope = envelope.clone();
        envelope.payload = BASE64.encode(payload);
        let signature = signer.sign_der(&pre_authentication(payload.as_bytes()));
        envelope.signatures[0].sig = BASE64.encode(signature);
        canonical::to_vec(&envelope)
    };
    assert!(read(&signed(&text)).is_ok());
    let spaced = text.replacen("{\"", "{ \"", 1);
    let escaped = text.replacen("tidal", "t\\u0069dal", 1);
    for odd in [spaced, escaped, format!("{text}\n")] {
        let found = read(&signed(&odd)).unwrap_err().to_string();
        assert!(found.contains("canonical"), "{found}");
    }
}
