//! Pictures that come into a run with a credential of their own.

use crate::studio::{Studio, files_below};

const PROCESS: &str = "daedal: v1
name: choice
inputs:
  one: { type: asset, media_types: [image/png] }
  other: { type: asset, media_types: [image/png] }
steps:
  pick:
    uses: choose
    with: { from: [\"{{ inputs.one }}\", \"{{ inputs.other }}\"] }
  small:
    uses: image
    with: { image: \"{{ steps.pick[0] }}\", operations: [ { resize: { width: 30 } } ] }
outputs: { pick: \"{{ steps.pick[0] }}\", small: \"{{ steps.small }}\" }
";

/// A picture that another studio has sealed and published.
fn sealed() -> Vec<u8> {
    let theirs = Studio::tide();
    theirs.daedal(&["run", "-q"]).ends(0);
    theirs.daedal(&["release", "latest", "-q"]).ends(0);
    let files = files_below(&theirs.path().join("site/media/tide"));
    let is_piece = |name: &String| name.ends_with(".png") && !name.contains("preview");
    let mut pieces = files.into_iter().filter(|(name, _)| is_piece(name));
    pieces.next().unwrap().1
}

#[test]
fn nobody_takes_the_place_of_a_credential_with_one_of_their_own() {
    let theirs = Studio::tide();
    theirs.daedal(&["run", "-q"]).ends(0);
    theirs.daedal(&["release", "latest", "-q"]).ends(0);
    let files = files_below(&theirs.path().join("site/media/tide"));
    let is_piece = |name: &&String| name.ends_with(".png") && !name.contains("preview");
    let piece = files[files.keys().find(is_piece).unwrap()].clone();
    // Behind its end: every reader still shows the picture.
    let bent = [&piece[..], b"more"].concat();
    for (bytes, code) in [(&piece, 0), (&bent, 10)] {
        // Somebody else passes the picture on, with a credential of theirs beside it.
        let (other, _) = released(bytes);
        let files = files_below(&other.path().join("site/media/choice"));
        let beside = files.iter().find(|(name, _)| name.ends_with(".c2pa"));
        theirs.write("got/poster.png", bytes);
        theirs.write("got/poster.png.c2pa", beside.unwrap().1);
        let told = theirs.daedal(&["verify", "got/poster.png"]).ends(code).out;
        assert!(told.contains("was made for this file, too"), "{told}");
        assert!(told.contains("made by     tide"), "{told}");
    }
}

/// A run that takes the first of two pictures, and what its release says.
fn released(first: &[u8]) -> (Studio, String) {
    let studio = Studio::empty();
    studio.write("process.yaml", PROCESS);
    studio.write("one.png", first);
    let plain = image::RgbImage::from_pixel(8, 8, image::Rgb([9, 9, 9]));
    plain.save(studio.path().join("other.png")).unwrap();
    let run = ["run", "-q", "-i", "one=@one.png", "-i", "other=@other.png"];
    studio.daedal(&run).ends(0);
    let told = studio.daedal(&["release", "latest"]).ends(0);
    (studio, told.err)
}

/// Where the other piece is published: the one with its credential inside.
fn small(studio: &Studio) -> String {
    let files = files_below(&studio.path().join("site/media/choice"));
    let is_small =
        |name: &&String| name.ends_with(".png") && !files.contains_key(&format!("{name}.c2pa"));
    format!("site/media/choice/{}", files.keys().find(is_small).unwrap())
}

#[test]
fn a_sealed_picture_that_is_passed_on_stays_as_it_is_with_the_runs_credential_beside_it() {
    let theirs = sealed();
    let (studio, told) = released(&theirs);
    assert!(!told.contains("does not hold"), "{told}");
    let files = files_below(&studio.path().join("site/media/choice"));
    let pick = files.keys().find_map(|name| name.strip_suffix(".c2pa"));
    let pick = pick.unwrap_or_else(|| panic!("{:?}", files.keys()));
    assert_eq!(files[pick], theirs);
    let told = studio.daedal(&["verify", "site"]).ends(0).out;
    assert!(told.contains("2 of 2 files fine"), "{told}");
    let place = format!("site/media/choice/{pick}");
    let told = studio.daedal(&["verify", &place]).ends(0).out;
    assert!(
        told.contains("it is a version of “one” (with a credential said to be of"),
        "{told}"
    );
    assert!(told.contains("made by     choice"), "{told}");
    let small = small(&studio);
    let told = studio.daedal(&["verify", &small]).ends(0).out;
    assert!(
        told.contains("it is a version of “one” (with a credential said to be of"),
        "{told}"
    );
    // Alone, it is what the other studio published.
    studio.write("alone/pick.png", &theirs);
    let told = studio.daedal(&["verify", "alone/pick.png"]).ends(11).out;
    assert!(told.contains("made by     tide"), "{told}");
    let told = studio.daedal(&["verify", &place]).ends(0).out;
    assert!(
        told.contains("✓ inside       the file came with a credential"),
        "{told}"
    );
    // One beside it that was changed is no reason to take the file for another studio's.
    let sidecar = format!("{place}.c2pa");
    let honest = std::fs::read(studio.path().join(&sidecar)).unwrap();
    for at in [honest.len() / 2, honest.len() / 3] {
        let mut bent = honest.clone();
        bent[at] ^= 1;
        studio.write(&sidecar, &bent);
        studio.daedal(&["verify", &place]).ends(10);
    }
    studio.write(&sidecar, &honest);
    studio.write(&format!("{small}.c2pa"), &honest);
    let told = studio.daedal(&["verify", &small]).ends(0).out;
    assert!(told.contains("is the credential of another file"), "{told}");
    studio.daedal(&["verify", "site"]).ends(13);
    // Of two beside it, the one that was made for it counts, whichever name it has.
    studio.write("both/pick.c2pa", &honest);
    studio.write("both/pick.png", &theirs);
    let told = studio.daedal(&["verify", "both/pick.png"]).ends(0).out;
    assert!(told.contains("made by     choice"), "{told}");
    let mut bent = honest.clone();
    bent[honest.len() / 2] ^= 1;
    studio.write("both/pick.png.c2pa", &bent);
    let told = studio.daedal(&["verify", "both/pick.png"]).ends(10).out;
    assert!(
        told.contains("made by     choice")
            && told.contains("pick.png.c2pa is a credential that was changed"),
        "{told}"
    );
    // Its own credential can't be replaced under the one beside it.
    let mut bent = theirs.clone();
    let at = bent.len() - 20;
    bent[at] ^= 1;
    studio.write(&place, &bent);
    studio.daedal(&["verify", &place]).ends(10);
}

#[test]
fn a_picture_that_was_changed_after_it_was_sealed_is_told_when_it_is_taken_in() {
    let mut bent = sealed();
    // Behind its end: every reader still shows the picture.
    bent.push(0);
    let (studio, told) = released(&bent);
    assert!(
        told.contains("`one` came with a credential that does not hold (binding: "),
        "{told}"
    );
    let small = small(&studio);
    let told = studio.daedal(&["verify", &small]).ends(0).out;
    assert!(
        told.contains("! made of") && told.contains("did not hold when it was taken in"),
        "{told}"
    );
}

#[test]
fn what_a_person_puts_in_keeps_its_credential_and_its_mark_of_a_model() {
    let theirs = sealed();
    let studio = Studio::empty();
    studio.write("process.yaml", PROCESS);
    let plain = image::RgbImage::from_pixel(8, 8, image::Rgb([9, 9, 9]));
    plain.save(studio.path().join("one.png")).unwrap();
    // A picture that says of itself that a model made it: readers pass over what lies behind its end.
    let mut marked = std::fs::read(studio.path().join("one.png")).unwrap();
    marked.extend(b"http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia");
    studio.write("other.png", &marked);
    studio.write("theirs.png", &theirs);
    let run = ["run", "-q", "-i", "one=@other.png", "-i", "other=@one.png"];
    studio.daedal(&run).ends(0);
    studio.daedal(&["release", "latest", "-q"]).ends(0);
    let holds =
        |bytes: &[u8], word: &str| bytes.windows(word.len()).any(|at| at == word.as_bytes());
    // The one that was only passed on was made by nobody here.
    let files = files_below(&studio.path().join("site/media/choice"));
    let is_marked = |bytes: &&Vec<u8>| holds(bytes, "compositeWithTrainedAlgorithmicMedia");
    assert_eq!(files.values().filter(is_marked).count(), 1);
    studio.daedal(&run).ends(0);
    studio
        .daedal(&["edit", "latest", "small", "theirs.png"])
        .ends(0);
    studio.daedal(&["resume", "-q"]).ends(0);
    studio.daedal(&["release", "latest", "-q"]).ends(0);
    let files = files_below(&studio.path().join("site/media/choice"));
    let place = files.iter().find(|(_, bytes)| **bytes == theirs).unwrap().0;
    let place = format!("site/media/choice/{place}");
    let told = studio.daedal(&["verify", &place]).ends(0).out;
    assert!(
        told.contains("it was made from “small” (with a credential said to be of"),
        "{told}"
    );
    assert!(told.contains("edited by   0x"), "{told}");
}

/// A run that passes a file on, and what it says when it is begun.
fn passed_on(name: &str, media_type: &str, files: &[(&str, &[u8])]) -> (Studio, String) {
    let studio = Studio::empty();
    studio.write(
        "process.yaml",
        format!(
            "daedal: v1\nname: choice\ninputs:\n  one: {{ type: asset, media_types: [{media_type}] }}\nsteps:\n  \
             pick: {{ uses: choose, with: {{ from: [\"{{{{ inputs.one }}}}\"] }} }}\n\
             outputs: {{ pick: \"{{{{ steps.pick[0] }}}}\" }}\n"
        ),
    );
    for (name, bytes) in files {
        studio.write(name, bytes);
    }
    let one = format!("one=@{name}");
    let told = studio.daedal(&["run", "-i", &one]).ends(0).err;
    studio.daedal(&["release", "latest", "-q"]).ends(0);
    (studio, told)
}

#[test]
fn a_text_brings_the_credential_that_lies_beside_it() {
    let theirs = crate::intents::poet();
    theirs.daedal(&["run", "-q"]).ends(0);
    theirs.daedal(&["release", "latest", "-q"]).ends(0);
    let poem = theirs.path().join(crate::intents::poem(&theirs));
    let text = std::fs::read(&poem).unwrap();
    let beside = std::fs::read(format!("{}.c2pa", poem.display())).unwrap();
    let files = [("poem.txt", &text[..]), ("poem.txt.c2pa", &beside[..])];
    let (studio, told) = passed_on("poem.txt", "text/plain", &files);
    assert!(!told.contains("credential"), "{told}");
    let told = studio.daedal(&["verify", "site"]).ends(0).out;
    assert!(told.contains("1 of 1 file fine"), "{told}");
    let media = files_below(&studio.path().join("site/media/choice"));
    let place = media.keys().find(|name| name.ends_with(".txt")).unwrap();
    let place = format!("site/media/choice/{place}");
    let told = studio.daedal(&["verify", &place]).ends(0).out;
    assert!(
        told.contains("it is a version of “one” (with a credential said to be of"),
        "{told}"
    );

    // Another text than the credential is of.
    let files = [("poem.txt", &b"another"[..]), ("poem.txt.c2pa", &beside)];
    let (studio, told) = passed_on("poem.txt", "text/plain", &files);
    let why = "poem.txt.c2pa is the credential of another file: what is made of poem.txt does not name it";
    assert!(told.contains(why), "{told}");
    let media = files_below(&studio.path().join("site/media/choice"));
    let place = media.keys().find(|name| name.ends_with(".txt")).unwrap();
    let place = format!("site/media/choice/{place}");
    let told = studio.daedal(&["verify", &place]).ends(0).out;
    assert!(!told.contains("with a credential said to be of"), "{told}");
}

#[test]
fn the_archive_of_a_run_that_another_run_passes_on_is_a_file_like_others() {
    let theirs = crate::intents::poet();
    theirs.daedal(&["run", "-q"]).ends(0);
    theirs.daedal(&["release", "latest", "-q"]).ends(0);
    theirs
        .daedal(&["export", "latest", "-o", "run.zip", "-q"])
        .ends(0);
    let archive = std::fs::read(theirs.path().join("run.zip")).unwrap();
    let (studio, _) = passed_on("run.zip", "application/zip", &[("run.zip", &archive)]);
    let told = studio.daedal(&["verify", "site"]).ends(0).out;
    assert!(told.contains("1 of 1 file fine"), "{told}");
    let media = files_below(&studio.path().join("site/media/choice"));
    let place = media.keys().find(|name| name.ends_with(".zip")).unwrap();
    let place = format!("site/media/choice/{place}");
    let told = studio.daedal(&["verify", &place]).ends(0).out;
    assert!(told.contains("made by     choice"), "{told}");
    // To a stranger both signers are unknown, and nothing is missing.
    let stranger = Studio::empty();
    let site = studio.path().join("site").display().to_string();
    stranger.daedal(&["verify", &site]).ends(11);
    let place = studio.path().join(place).display().to_string();
    let told = stranger.daedal(&["verify", &place]).ends(11).out;
    assert!(told.contains("was made for this file, too"), "{told}");
}
