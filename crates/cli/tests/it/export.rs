//! A run in one archive: exported, verified as a stranger would, and carried out again.

use daedal_core::AssetRef;
use daedal_core::run::Event;
use daedal_store::OpenMode;

use crate::studio::Studio;

/// A studio with a run that was released.
fn released() -> Studio {
    let studio = Studio::tide();
    studio.daedal(&["run", "-q"]).ends(0);
    studio.daedal(&["release", "latest", "-q"]).ends(0);
    studio
}

#[test]
fn an_archive_is_verified_by_a_stranger_and_every_asset_of_it_by_itself() {
    let studio = released();
    let told = studio
        .daedal(&["export", "latest", "--to", "run.zip", "--json"])
        .ends(0)
        .json();
    let files: Vec<&str> = told["files"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|file| file.as_str())
        .collect();
    for needed in [
        "attestation.json",
        "bundle.json",
        "provenance.html",
        "receipts.json",
    ] {
        assert!(files.contains(&needed), "{files:?}");
    }
    assert!(
        files
            .iter()
            .any(|file| file.starts_with("assets/") && file.ends_with(".png")),
        "{files:?}"
    );
    assert!(
        !files.contains(&"log.json"),
        "what passed through a run stays in the studio: {files:?}"
    );
    let again = studio
        .daedal(&["export", "latest", "--to", "run.zip"])
        .ends(1);
    assert!(
        again.err.contains("run.zip is there already") && again.err.contains("--force"),
        "{}",
        again.err
    );

    let own = studio.daedal(&["verify", "run.zip"]).ends(0);
    assert!(
        own.out.starts_with("run.zip: fine") && own.out.contains("✓ assets"),
        "{}",
        own.out
    );
    // A stranger has the archive, and nothing of the studio.
    let stranger = Studio::empty();
    std::fs::copy(
        studio.path().join("run.zip"),
        stranger.path().join("run.zip"),
    )
    .unwrap();
    std::fs::copy(
        studio.path().join(".daedal/keys/chain.pem"),
        stranger.path().join("chain.pem"),
    )
    .unwrap();
    let told = stranger.daedal(&["verify", "run.zip"]).ends(11).out;
    assert!(told.contains("--trust CHAIN.pem"), "{told}");
    let told = stranger
        .daedal(&["verify", "run.zip", "--trust", "chain.pem", "--json"])
        .ends(0)
        .json();
    let checks = told["verdict"]["checks"].as_array().unwrap();
    assert!(
        checks.iter().all(|check| check["outcome"] == "passed"),
        "{checks:#?}"
    );

    let mut bytes = std::fs::read(stranger.path().join("run.zip")).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    stranger.write("run.zip", bytes);
    stranger
        .daedal(&["verify", "run.zip", "--trust", "chain.pem"])
        .ends(10);
}

#[test]
fn a_run_is_carried_out_again_from_its_archive_and_from_its_studio() {
    let studio = released();
    studio
        .daedal(&["export", "latest", "--to", "bare.zip", "-q"])
        .ends(0);
    let refused = studio.daedal(&["verify", "--replay", "bare.zip"]).ends(1);
    assert!(
        refused.err.contains("export --replayable"),
        "{}",
        refused.err
    );
    studio
        .daedal(&["export", "latest", "--to", "run.zip", "--replayable", "-q"])
        .ends(0);
    let stranger = Studio::empty();
    std::fs::copy(
        studio.path().join("run.zip"),
        stranger.path().join("run.zip"),
    )
    .unwrap();
    let told = stranger
        .daedal(&["verify", "--replay", "run.zip", "--json"])
        .ends(11)
        .json();
    let replay = &told["replay"];
    assert_eq!(replay["holds"], true);
    let coverage = &replay["coverage"];
    assert!(coverage["exact"].as_u64() > Some(3), "{coverage}");
    assert_eq!(
        (coverage["attested"].as_u64(), coverage["failed"].as_u64()),
        (Some(0), Some(0))
    );
    assert!(!replay["assets"].as_array().unwrap().is_empty());

    let here = studio.daedal(&["verify", "--replay", "latest"]).ends(0);
    assert!(
        here.out.contains("✓ replay") && here.out.contains("reproduced"),
        "{}",
        here.out
    );

    // One asset, with the archive of its run.
    let poster = crate::studio::files_below(&studio.path().join("site/media/tide"));
    let poster = poster
        .into_keys()
        .find(|name| name.ends_with(".png"))
        .unwrap();
    let poster = format!("site/media/tide/{poster}");
    let alone = studio.daedal(&["verify", "--replay", &poster]).ends(1);
    assert!(alone.err.contains("--bundle"), "{}", alone.err);
    let told = studio
        .daedal(&[
            "verify", "--replay", &poster, "--bundle", "run.zip", "--json",
        ])
        .ends(0)
        .json();
    assert_eq!(told["replay"]["assets"].as_array().unwrap().len(), 1);

    // The same piece sealed once more is another file, which that archive's attestation does not name.
    let site = studio.path().join(&poster);
    let sealed = std::fs::read(&site).unwrap();
    let blobs = studio.path().join(".daedal/blobs");
    for (name, bytes) in crate::studio::files_below(&blobs) {
        if bytes == sealed {
            std::fs::remove_file(blobs.join(name)).unwrap();
        }
    }
    std::fs::remove_file(&site).unwrap();
    studio.daedal(&["release", "latest", "-q"]).ends(0);
    studio.daedal(&["verify", &poster]).ends(0);
    let told = studio
        .daedal(&[
            "verify", "--replay", &poster, "--bundle", "run.zip", "--json",
        ])
        .ends(10)
        .json();
    let checks = told["verdict"]["checks"].as_array().unwrap();
    let bundle = checks.iter().find(|check| check["name"] == "bundle");
    let detail = bundle.unwrap()["detail"].as_str().unwrap();
    assert!(detail.contains("does not name this file"), "{detail}");
}

/// Writes down a run as the last one went, but with another picture in the place of a poster; gives its first digits.
fn forged(studio: &Studio) -> String {
    let mode = OpenMode::write("a forger");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = daedal_store::Studio::open(studio.path(), mode)
            .await
            .unwrap();
        let runs = store.log.runs().await.unwrap();
        let mut events = store.log.read(runs[0].run).await.unwrap();
        let poster = events.iter().find_map(|event| match event {
            Event::TaskDone { task, outcome, .. } if *task.step == *"finish" => {
                AssetRef::from_value(&outcome.value)
            }
            _ => None,
        });
        let poster = poster.unwrap();
        let bytes = store.blobs.read(&poster.digest).unwrap();
        let mut picture = image::load_from_memory(&bytes).unwrap().to_rgba8();
        let changed = picture.pixels_mut().take(9_999);
        changed.for_each(|pixel| pixel.0 = [255, 0, 0, 255]);
        let mut other = std::io::Cursor::new(Vec::new());
        let format = image::ImageFormat::Png;
        picture.write_to(&mut other, format).unwrap();
        let digest = store.blobs.write(other.get_ref()).unwrap();
        let Event::Created { mut spec, at } = events.remove(0) else {
            panic!("a run begins with what it is");
        };
        spec.nonce += 1_000;
        let run = spec.id();
        let size = |size: u64| format!("\"size\":{size}");
        let told = serde_json::to_string(&events)
            .unwrap()
            .replace(&poster.digest.to_string(), &digest.to_string())
            .replace(&size(poster.size), &size(other.get_ref().len() as u64));
        let told = serde_json::from_str(&told).unwrap();
        let created = Event::Created { spec, at };
        assert!(store.log.create(run, created).await.unwrap());
        store.log.append(run, told).await.unwrap();
        store.close().await.unwrap();
        run.0.short()
    })
}

#[test]
fn what_comes_out_otherwise_is_the_verdict_and_can_be_looked_at() {
    let studio = Studio::tide();
    studio.daedal(&["run", "-q"]).ends(0);
    let run = &*forged(&studio);
    studio.daedal(&["release", run, "-q"]).ends(0);
    studio.daedal(&["verify", run]).ends(0);
    // A directory that has the run's name is none to be done again.
    std::fs::create_dir(studio.path().join(run)).unwrap();
    let told = studio.daedal(&["verify", "--replay", run]).ends(15);
    let first = told.out.lines().next().unwrap();
    assert!(
        first.ends_with(": differs when it is made again"),
        "{first}"
    );
    assert!(told.out.contains("✗ replay       "), "{}", told.out);
    assert!(
        told.out
            .contains("daedal-difference.png (left in the run, middle here"),
        "{}",
        told.out
    );
    let difference = studio.path().join("daedal-difference.png");
    let difference = image::open(difference).unwrap().to_rgb8();
    assert_eq!(difference.dimensions(), (320 * 3 + 24, 400 + 28));
    // Below the labels: as it was, as it is, and that it differs.
    let at = |x: u32| difference.get_pixel(x, 30).0;
    assert_eq!((at(4), at(332 + 4) == [255, 0, 0]), ([255, 0, 0], false));
    assert_ne!(at(664 + 4), [0; 3]);
    let quiet = studio.daedal(&["verify", "--replay", run, "-q"]).ends(15);
    assert_eq!(quiet.out.lines().count(), 2, "{}", quiet.out);
    let told = studio
        .daedal(&["verify", "--replay", run, "--json"])
        .ends(15)
        .json();
    assert_eq!(
        (&told["code"], &told["verdict"]["exit"]),
        (&15.into(), &"differs".into())
    );
}

#[test]
fn several_files_are_verified_at_once_and_the_worst_decides() {
    let studio = released();
    studio.write("plain.txt", "nothing known of it");
    studio
        .daedal(&["export", "latest", "--to", "run.zip", "-q"])
        .ends(0);
    let told = studio
        .daedal(&["verify", "run.zip", "plain.txt", "latest", "--json"])
        .ends(13)
        .json();
    let codes: Vec<_> = told
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["code"].as_u64().unwrap())
        .collect();
    assert_eq!(codes, [0, 13, 0]);
    studio.daedal(&["verify", "run.zip", "gone.png"]).ends(1);
}

#[test]
fn a_report_names_each_duty_with_its_evidence_and_what_a_person_has_to_decide() {
    let studio = released();
    let told = studio
        .daedal(&["report", "--eu-ai-act", "latest"])
        .ends(0)
        .out;
    for words in [
        "Article 50(2)",
        "Article 50(4)",
        "machine-readable",
        "for a person",
        "no legal advice",
    ] {
        assert!(told.contains(words), "{words}:\n{told}");
    }
    let told = studio
        .daedal(&["report", "--eu-ai-act", "latest", "--json"])
        .ends(0)
        .json();
    let duties = told["duties"].as_array().unwrap();
    assert!(duties.len() >= 6);
    for duty in duties {
        assert!(
            duty["evidence"].is_array() && duty["source"].is_string(),
            "{duty}"
        );
    }
}
