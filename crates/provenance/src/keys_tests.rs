use super::*;
use daedal_core::intent::{Given, IntentKind, seen_root, step_word};

const NOW_MS: u64 = 1_790_000_000_000;

fn password(text: &str) -> Password {
    Password::new(text.into())
}

fn made() -> (tempfile::TempDir, Keys) {
    let dir = tempfile::tempdir().unwrap();
    let keys = Keys::at(dir.path().join("keys"));
    keys.make(&password("correct horse"), "Ada's Studio", NOW_MS)
        .unwrap();
    (dir, keys)
}

#[test]
fn keys_are_made_once_and_opened_with_their_password_only() {
    let (_dir, keys) = made();
    let account = keys.account().unwrap();
    assert_eq!(
        keys.make(&password("another"), "Bob", NOW_MS).unwrap(),
        account
    );
    let right = password("correct horse");
    assert_eq!(keys.person(&right).unwrap().account(), account);
    assert!(keys.signer(&right).is_ok());
    for wrong in ["", "correct horse ", "Correct horse"] {
        let wrong = password(wrong);
        assert!(matches!(
            keys.signer(&wrong),
            Err(KeyError::WrongPassword { .. })
        ));
        assert!(matches!(
            keys.person(&wrong),
            Err(KeyError::WrongPassword { .. })
        ));
    }
    assert_eq!(format!("{right:?}"), "Password(…)");
}

#[test]
fn nothing_is_left_half_made() {
    let dir = tempfile::tempdir().unwrap();
    let keys = Keys::at(dir.path().join("keys"));
    assert!(matches!(keys.account(), Err(KeyError::Missing { .. })));
    for (short, length) in [("", 0), ("seven 7", 7), ("süßes 7", 7)] {
        let refused = keys.make(&password(short), "Ada", NOW_MS).unwrap_err();
        let told = format!("it has {length} of the 8 characters that new keys take at least");
        assert!(refused.to_string().ends_with(&told), "{refused}");
    }
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    keys.make(&password("eight 88"), "Ada", NOW_MS).unwrap();
    let names: Vec<_> = fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names, ["keys"]);
}

#[cfg(unix)]
#[test]
fn files_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let (_dir, keys) = made();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&keys.dir), 0o700);
    for entry in fs::read_dir(&keys.dir).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        let text = fs::read_to_string(&path).unwrap();
        assert!(!text.contains("PRIVATE KEY"), "{}", path.display());
    }
}

#[test]
fn damaged_files_are_said_to_be_damaged() {
    let (_dir, keys) = made();
    let path = keys.dir.join(SIGNING);
    let whole = fs::read_to_string(&path).unwrap();
    let right = password("correct horse");
    for (from, to) in [
        ("\"dklen\":32", "\"dklen\":3"),
        ("\"n\":262144", "\"n\":1073741824"),
        ("\"n\":262144", "\"n\":0"),
        ("\"p\":1", "\"p\":1000000"),
        ("\"iv\":\"", "\"iv\":\"00"),
        ("\"ciphertext\":\"", "\"ciphertext\":\"0"),
        ("\"version\":3", "\"version\":"),
    ] {
        assert!(whole.contains(from), "{from}");
        fs::write(&path, whole.replace(from, to)).unwrap();
        assert!(
            matches!(keys.signer(&right), Err(KeyError::Damaged { .. })),
            "{to}"
        );
    }
    fs::write(&path, fs::read(keys.dir.join(AUTHORITY)).unwrap()).unwrap();
    assert!(matches!(keys.signer(&right), Err(KeyError::Mismatch)));
}

#[test]
fn keystores_have_the_standard_cost_and_those_of_another_are_opened_too() {
    let (dir, keys) = made();
    let read = |file: &str| -> serde_json::Value {
        serde_json::from_slice(&fs::read(keys.dir.join(file)).unwrap()).unwrap()
    };
    for file in [ACCOUNT, SIGNING, AUTHORITY] {
        let crypto = &read(file)["crypto"];
        let cost = ["n", "r", "p"].map(|name| crypto["kdfparams"][name].as_u64().unwrap());
        assert_eq!(cost, [262_144, 8, 1], "{file}");
    }
    let vectors =
        [ACCOUNT, SIGNING, AUTHORITY].map(|file| read(file)["crypto"]["cipherparams"].clone());
    assert!(vectors[0] != vectors[1] && vectors[1] != vectors[2] && vectors[0] != vectors[2]);
    // As earlier studios have them.
    let right = password("correct horse");
    let scalar = keystore::open(&keys.dir.join(ACCOUNT), &right).unwrap();
    let old = dir.path().join("old.json");
    let mut rng = alloy_signer::k256::elliptic_curve::rand_core::OsRng;
    eth_keystore::encrypt_key(dir.path(), &mut rng, &scalar, "old", Some("old.json")).unwrap();
    assert!(fs::read_to_string(&old).unwrap().contains("\"n\":8192"));
    let opened = Person::open(&old, &password("old")).unwrap();
    assert_eq!(opened.account(), keys.account().unwrap());
}

#[test]
fn what_a_person_signs_is_recognised() {
    let (_dir, keys) = made();
    let person = keys.person(&password("correct horse")).unwrap();
    let options = vec![B256::repeat_byte(1), B256::repeat_byte(2)];
    let disclosed = Disclosure::choice(
        B256::repeat_byte(9),
        &options[..1],
        &Given::of(&serde_json::json!([])),
    );
    let intent = Intent {
        run: B256::repeat_byte(7),
        step: step_word("pick"),
        kind: IntentKind::Choose,
        payload: disclosed.commitment(),
        seen: seen_root(&options),
        prev: B256::ZERO,
        nonce: 1,
        at: NOW_MS / 1_000,
    };
    let signed = person
        .sign(Domain::default(), intent, Some(disclosed), options)
        .unwrap();
    assert_eq!(signed.check(), Ok(()));
    let mut unseen = signed;
    unseen.options.swap(0, 1);
    assert!(unseen.check().is_err());
}
