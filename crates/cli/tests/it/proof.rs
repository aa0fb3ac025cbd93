//! What `daedal verify` says of files that are fine, changed or something else, and what a demo tells.

use crate::studio::{Studio, Told, files_below};

/// A studio with a released run, and the places of its posters.
fn released() -> (Studio, Vec<String>) {
    let studio = Studio::tide();
    studio.daedal(&["run", "-q"]).ends(0);
    studio.daedal(&["release", "latest", "-q"]).ends(0);
    let posters = posters(&studio);
    (studio, posters)
}

fn posters(studio: &Studio) -> Vec<String> {
    let files = files_below(&studio.path().join("site/media/tide"));
    let pictures = files.into_keys().filter(|name| name.ends_with(".png"));
    pictures
        .map(|name| format!("site/media/tide/{name}"))
        .collect()
}

fn attestation(studio: &Studio) -> String {
    let files = files_below(&studio.path().join("site/media/tide"));
    let mut names = files
        .into_keys()
        .filter(|name| name.ends_with(".attestation.json"));
    format!("site/media/tide/{}", names.next().unwrap())
}

#[test]
fn files_that_say_nothing_about_a_piece_are_mistakes_and_not_tampering() {
    let (studio, posters) = released();
    let (other, _) = released();
    let foreign = std::fs::read(other.path().join(attestation(&other))).unwrap();
    let own = std::fs::read(studio.path().join(attestation(&studio))).unwrap();
    let mut bent = own.clone();
    bent[200] ^= 1;
    studio.write("foreign.json", foreign);
    studio.write("bent.json", bent);
    studio.write("empty", "");
    studio.write("empty.png", "");
    let poster = posters[0].as_str();
    for (option, file, code) in [
        ("--attestation", "foreign.json", 1),
        ("--attestation", "empty", 1),
        ("--attestation", "process.yaml", 1),
        ("--attestation", "bent.json", 10),
        ("--sidecar", "empty", 1),
        ("--attestation", attestation(&studio).as_str(), 0),
    ] {
        let told = studio.daedal(&["verify", poster, option, file]).ends(code);
        assert_eq!(
            told.err.contains("help: name the"),
            code == 1,
            "{}",
            told.err
        );
    }
    studio.daedal(&["verify", "empty.png"]).ends(13);
    studio.daedal(&["verify", "process.yaml"]).ends(13);
}

#[test]
fn records_that_were_published_beside_a_file_have_to_be_there_and_to_fit() {
    let (studio, posters) = released();
    let poster = posters[0].as_str();
    let record = |end: &str| {
        studio
            .path()
            .join(attestation(&studio).replace(".attestation", end))
    };
    for place in [record(".receipts"), record(".attestation")] {
        let whole = std::fs::read(&place).unwrap();
        let middle = whole.len() / 2;
        for at in [0, middle, whole.len() - 1] {
            let mut bent = whole.clone();
            bent[at] ^= 1;
            std::fs::write(&place, bent).unwrap();
            let told = studio.daedal(&["verify", poster]).ends(10).out;
            assert!(told.contains("tampered"), "{told}");
        }
        std::fs::write(&place, &whole).unwrap();
        let aside = studio.path().join("aside");
        std::fs::rename(&place, &aside).unwrap();
        let told = studio.daedal(&["verify", poster]).ends(13).out;
        assert!(
            told.contains("was published here") && told.contains("is gone"),
            "{told}"
        );
        studio.daedal(&["verify", "site"]).ends(13);
        std::fs::rename(&aside, &place).unwrap();
        studio.daedal(&["verify", poster]).ends(0);
    }
    // The records of another run under these names are none of this run's.
    let (other, _) = released();
    let foreign = other
        .path()
        .join(attestation(&other).replace(".attestation", ".receipts"));
    std::fs::copy(foreign, record(".receipts")).unwrap();
    studio.daedal(&["verify", poster]).ends(10);
    // By itself a file needs neither: its credential has what is about it.
    studio.write(
        "poster.png",
        std::fs::read(studio.path().join(poster)).unwrap(),
    );
    studio.daedal(&["verify", "poster.png"]).ends(0);
}

#[test]
fn a_directory_is_verified_as_a_whole_and_its_worst_file_decides() {
    let (studio, posters) = released();
    let told = studio.daedal(&["verify", "site"]).ends(0).out;
    let listed: Vec<&str> = told
        .lines()
        .filter(|line| line.starts_with("fine  "))
        .collect();
    assert_eq!(listed.len(), posters_only(&posters).len(), "{told}");
    assert!(
        told.contains("2 of 2 files fine; ") && told.contains("small pictures"),
        "{told}"
    );
    let mut bytes = std::fs::read(studio.path().join(&posters[0])).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    studio.write("site/media/tide/bent.png", bytes);
    studio.write("site/media/tide/stripped.txt", "no credential");
    let told = studio.daedal(&["verify", "site/media/tide"]).ends(10).out;
    for said in [
        "tampered    bent.png ",
        "incomplete  stripped.txt",
        "2 of 4 files fine",
    ] {
        assert!(told.contains(said), "{said}\n{told}");
    }
    let list = studio.daedal(&["verify", ".", "--json"]).ends(10).json();
    let codes: Vec<u64> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|file| file["code"].as_u64().unwrap())
        .collect();
    // The last one is the directory's.
    assert_eq!(codes, [10, 0, 0, 13, 10]);
    let quiet = studio.daedal(&["verify", "site", "-q"]).ends(10).out;
    assert_eq!(quiet.lines().count(), 3, "{quiet}");
    let told = studio
        .daedal(&["verify", "site", "--sidecar", "empty"])
        .ends(1)
        .err;
    assert!(told.contains("is a directory"), "{told}");
    studio.write("nothing/.hidden", "");
    let told = studio.daedal(&["verify", "nothing"]).ends(1).err;
    assert!(told.contains("nothing has nothing to verify"), "{told}");
}

fn posters_only(pictures: &[String]) -> Vec<&String> {
    pictures
        .iter()
        .filter(|name| !name.contains(".preview."))
        .collect()
}

#[test]
fn what_is_about_another_file_says_about_which() {
    let studio = Studio::empty();
    studio.write(
        "process.yaml",
        "daedal: v1\nname: note\nsteps:\n  say: { uses: template, with: { text: \"low tide\" } }\n\
         outputs: { note: \"{{ steps.say }}\" }\n",
    );
    studio.daedal(&["run", "-q"]).ends(0);
    studio.daedal(&["release", "latest", "-q"]).ends(0);
    let names = files_below(&studio.path().join("site/media/note")).into_keys();
    let names: Vec<String> = names
        .map(|name| format!("site/media/note/{name}"))
        .collect();
    let ending = |end: &str| names.iter().find(|name| name.ends_with(end)).unwrap();
    let text = ending(".txt");
    studio.daedal(&["verify", text]).ends(0);
    let told = studio.daedal(&["verify", ending(".c2pa")]).ends(1).err;
    assert!(
        told.contains("is a credential, and not the file")
            && told.contains(&format!("daedal verify {text}")),
        "{told}"
    );
    let told = studio
        .daedal(&["verify", ending(".attestation.json")])
        .ends(1)
        .err;
    assert!(
        told.contains("is the record of run") && told.contains("--attestation"),
        "{told}"
    );
    // A small picture beside it is none of its credential's business.
    let preview = text.replace(".txt", ".preview.jpg");
    studio.write(&preview, "a picture");
    let told = studio.daedal(&["verify", &preview]).ends(13).out;
    assert!(
        told.contains("help: this is a small picture")
            && told.contains(&format!("daedal verify {text}")),
        "{told}"
    );
    // Who is not known can be made known.
    let elsewhere = Studio::empty();
    let file = studio.path().join(text).display().to_string();
    let told = elsewhere.daedal(&["verify", &file]).ends(11).out;
    assert!(told.contains("--trust CHAIN.pem"), "{told}");
    let chain = studio
        .path()
        .join(".daedal/keys/chain.pem")
        .display()
        .to_string();
    elsewhere
        .daedal(&["verify", &file, "--trust", &chain])
        .ends(0);
}

#[test]
fn quiet_verdicts_are_a_line_and_what_decided_it() {
    let (studio, posters) = released();
    let fine = studio.daedal(&["verify", "-q", &posters[0]]).ends(0);
    assert_eq!(fine.out.trim(), format!("{}: fine", posters[0]));
    let mut bytes = std::fs::read(studio.path().join(&posters[0])).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    studio.write("bent.png", bytes);
    let told = studio.daedal(&["verify", "-q", "bent.png"]).ends(10);
    let lines: Vec<&str> = told.out.lines().collect();
    assert_eq!(lines[0], "bent.png: tampered");
    assert!(lines.len() > 1 && lines[1..].iter().all(|line| line.starts_with("  ✗ ")));
}

#[test]
fn a_second_run_of_the_same_hangs_no_second_piece() {
    let (studio, posters) = released();
    studio.daedal(&["run", "-q", "--fresh"]).ends(0);
    let again = studio
        .daedal(&["release", "latest", "--json"])
        .ends(0)
        .json();
    let shown = &again[0]["channels"][0]["items"];
    assert_eq!(shown.as_array().unwrap().len(), posters.len());
    let pages = files_below(&studio.path().join("site/p/tide"));
    assert_eq!(pages.len(), 1 + posters.len(), "{:?}", pages.keys());
    for page in shown.as_array().unwrap() {
        let text = std::fs::read_to_string(page.as_str().unwrap()).unwrap();
        let run = again[0]["run"].as_str().unwrap();
        assert!(text.contains("Made again") && text.contains(&run[..12]));
    }
}

#[test]
fn a_second_demo_tells_that_nothing_had_to_be_done_again() {
    let studio = Studio::empty();
    let first = studio.daedal(&["demo", "-q"]).ends(0);
    assert!(first.out.contains("carried out") && first.out.contains("2  Sealed"));
    let pieces: Vec<&str> = first
        .out
        .lines()
        .filter(|line| line.contains('“'))
        .collect();
    assert!(
        pieces.len() > 1 && pieces.iter().all(|line| line.contains("”, poster-0")),
        "{pieces:?}"
    );
    let told = first.out.lines().find(|line| line.contains(" verify "));
    let pasted = std::process::Command::new("sh")
        .args(["-c", told.unwrap()])
        .current_dir(studio.path())
        .output();
    Told::from(pasted.unwrap()).ends(0);
    let second = studio.daedal(&["demo", "-q"]).ends(0);
    for said in [
        "was run before: nothing had to be done again",
        "2  Found sealed before",
        "3  The gallery stands as it was published",
        "every check holds",
    ] {
        assert!(second.out.contains(said), "{said}\n{}", second.out);
    }
    assert!(!second.out.contains("carried out"), "{}", second.out);
}

#[test]
fn no_password_is_asked_for_where_none_is_needed() {
    let (studio, _) = released();
    let mut command = studio.command(&["release", "latest"]);
    let told: Told = command
        .env_remove("DAEDAL_PASSWORD_FILE")
        .output()
        .unwrap()
        .into();
    told.ends(0);
    studio.daedal(&["run", "-q", "--seed", "other"]).ends(0);
    studio.write("other", "wrong horse");
    let told = studio
        .daedal(&["release", "latest", "--password-file", "other"])
        .ends(1);
    assert!(
        told.err.contains("help: give the password that"),
        "{}",
        told.err
    );
}

#[test]
fn a_certificate_of_ones_own_is_named_and_takes_no_password() {
    use base64::Engine as _;
    let issued = daedal_provenance::chain::issue("Ada Lovelace", 1_790_000_000_000).unwrap();
    let pem = |key: &[u8]| {
        let key = base64::engine::general_purpose::STANDARD.encode(key);
        let (first, rest) = key.split_at(64);
        let (second, third) = rest.split_at(64);
        format!(
            "-----BEGIN PRIVATE KEY-----\n{first}\n{second}\n{third}\n-----END PRIVATE KEY-----\n"
        )
    };
    let key = pem(&issued.signing_key);
    let studio = Studio::tide();
    studio.write("chain.pem", issued.chain.to_pem());
    studio.write("key.pem", &key);
    studio.write(
        "daedal.toml",
        "[studio]\nname = \"Harbour Press\"\n[account]\ncertificate = \"chain.pem\"\nkey = \"key.pem\"\n",
    );
    studio.daedal(&["run", "-q"]).ends(0);
    let mut command = studio.command(&["release", "latest", "--json"]);
    let told: Told = command
        .env_remove("DAEDAL_PASSWORD_FILE")
        .output()
        .unwrap()
        .into();
    let released = told.ends(0).json();
    for page in released[0]["channels"][0]["items"].as_array().unwrap() {
        let page = std::fs::read_to_string(page.as_str().unwrap()).unwrap();
        assert!(page.contains("<dt>Signed by</dt><dd>Ada Lovelace Studio</dd>"));
        assert!(!page.contains("Harbour Press"));
    }
    let verdict = studio
        .daedal(&["verify", &posters(&studio)[0], "--json"])
        .ends(0)
        .json();
    assert_eq!(verdict["verdict"]["signer"]["name"], "Ada Lovelace Studio");

    // What can't be signed with says which setting it is, and what belongs there.
    let refused = |what: &str| {
        studio.daedal(&["run", "--fresh", "-q"]).ends(0);
        let told = studio.daedal(&["release", "latest"]).ends(1);
        assert!(told.err.contains(what), "{what}\n{}", told.err);
        let help =
            "help: of [account] in daedal.toml, `certificate` (chain.pem) has certificates in PEM";
        told.err.contains(help)
    };
    studio.write("key.pem", "no key");
    assert!(refused("the private key can't be read"));
    std::fs::remove_file(studio.path().join("key.pem")).unwrap();
    assert!(refused("key.pem can't be read"));
    studio.write("key.pem", key);
    let other = daedal_provenance::chain::issue("Ada Lovelace", 1_000_000_000).unwrap();
    studio.write("chain.pem", other.chain.to_pem());
    assert!(refused("the key is not the one of the signing certificate"));
    studio.write("key.pem", pem(&other.signing_key));
    assert!(!refused("the certificate in chain.pem expired at "));
}
