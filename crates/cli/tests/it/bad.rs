//! Bad input gets a clear error and nothing lost.

use crate::studio::{Studio, Told};

const HEAD: &str = "daedal: v1\nname: bad\n";

/// What `daedal check` says of a process file.
fn checked(file: impl AsRef<[u8]>) -> Told {
    let studio = Studio::empty();
    studio.write("process.yaml", file);
    studio.daedal(&["check"]).ends(1)
}

/// A studio with one sketch, and the step's further settings.
fn sketch(script: &str, settings: &str) -> Studio {
    let studio = Studio::empty();
    let file = format!(
        "{HEAD}steps:\n  draw: {{ uses: sketch, with: {{ script: draw.js, width: 60, height: 40 }}{settings} }}\n\
         outputs: {{ picture: \"{{{{ steps.draw }}}}\" }}\n"
    );
    studio.write("process.yaml", file);
    studio.write("draw.js", script);
    studio
}

#[track_caller]
pub(crate) fn says(told: &Told, words: &[&str]) {
    for word in words {
        assert!(told.err.contains(word), "{word:?} is not in\n{}", told.err);
    }
}

#[test]
fn files_that_are_no_process_are_told_with_their_place() {
    says(
        &checked("name: [a, b\nsteps: {}\n"),
        &["process.yaml", "expected YAML"],
    );
    says(&checked(b"name: \xff\xfe\n"), &["UTF-8"]);
    says(&checked(vec![b'x'; 10 << 20]), &["limit of 4194304"]);
    let deep = format!("a: {}{}", "[".repeat(200), "]".repeat(200));
    says(&checked(deep), &["process.yaml", "more than 32 deep"]);
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let inner = format!("*a{}, ", level - 1).repeat(9);
        bomb.push_str(&format!("a{level}: &a{level} [{inner}]\n"));
    }
    says(&checked(bomb), &["process.yaml", "aliases expand"]);
    let cycle = "steps:\n  a: { uses: template, with: { text: \"{{ steps.b.text }}\" } }\n  \
                 b: { uses: template, with: { text: \"{{ steps.a.text }}\" } }\n";
    says(
        &checked(format!("{HEAD}{cycle}")),
        &["wait for each other", "a -> b -> a"],
    );
}

#[test]
fn settings_of_a_channel_are_judged_one_by_one() {
    let file = format!(
        "{HEAD}steps:\n  page: {{ uses: template, with: {{ text: a }} }}\noutputs: {{ page: \"{{{{ steps.page }}}}\" }}\n\
         release: {{ channels: [ {{ uses: site, title: 7, urll: x, url: nowhere }} ] }}\n"
    );
    let told = checked(file);
    says(
        &told,
        &[
            "`title` is the number 7",
            "did you mean `url`?",
            "`url` is the text `nowhere`",
        ],
    );
    assert!(!told.err.contains("invalid type"), "{}", told.err);
}

#[test]
fn every_mistake_of_a_process_is_one_item_of_a_list() {
    let studio = Studio::empty();
    let file = format!(
        "{HEAD}license: CC-BYY-4.0\nsteps:\n  draw: {{ uses: skech, count: 0, with: {{ script: no.js }} }}\n\
         release: {{ channels: [ {{ uses: sight }} ] }}\n"
    );
    studio.write("process.yaml", file);
    let told = studio.daedal(&["check", "--json"]).ends(1);
    let told = told.json();
    let found: Vec<(u64, &str)> = told["mistakes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|mistake| {
            assert!(mistake["file"].as_str().unwrap().ends_with("process.yaml"));
            assert!(mistake["column"].is_u64());
            let help = mistake["nearest"].as_str().or(mistake["expected"].as_str());
            (mistake["line"].as_u64().unwrap(), help.unwrap_or_default())
        })
        .collect();
    let expected = [
        (3, "CC-BY-4.0"),
        (5, "sketch"),
        (5, "1 to 1000"),
        (5, "one of: daedal.toml, password"),
        (6, "one of: site"),
    ];
    assert_eq!(found, expected);
}

#[test]
fn each_mistake_is_shown_where_it_stands_and_lines_of_any_length_are_readable() {
    let long = "x ".repeat(5_000);
    let told = checked(format!(
        "{HEAD}steps:\n  a:\n    uses: template\n    with:\n      text: |\n        Of {{{{ inputs.one }}}}\n        \
         and {long}{{{{ steps.two }}}}{long}\n"
    ));
    insta::assert_snapshot!(told.err);
}

#[test]
fn a_process_without_outputs_is_warned_of_and_fits_all_the_same() {
    let studio = Studio::empty();
    let file = format!("{HEAD}steps:\n  page: {{ uses: template, with: {{ text: a }} }}\n");
    studio.write("process.yaml", &file);
    says(
        &studio.daedal(&["check"]).ends(0),
        &[
            "warning: the process has no `outputs:`",
            "help: ",
            "steps.page",
        ],
    );
    let told = studio.daedal(&["check", "--json"]).ends(0).json();
    assert_eq!(told["warnings"].as_array().unwrap().len(), 1);
    studio.write(
        "process.yaml",
        file + "outputs: { page: \"{{ steps.page }}\" }\n",
    );
    let told = studio.daedal(&["check", "--json"]).ends(0).json();
    assert_eq!(told["warnings"], serde_json::json!([]));
}

#[test]
fn files_outside_of_the_bundle_are_refused() {
    let naming = |path: &str| {
        format!("{HEAD}steps:\n  draw: {{ uses: sketch, with: {{ script: \"{path}\" }} }}\n")
    };
    says(&checked(naming("missing.js")), &["missing.js"]);
    says(&checked(naming("../outside.js")), &["leaves the directory"]);
    says(&checked(naming("/etc/passwd")), &["not relative"]);
    let studio = Studio::empty();
    std::os::unix::fs::symlink("/etc/passwd", studio.path().join("link.js")).unwrap();
    studio.write("process.yaml", naming("link.js"));
    says(&studio.daedal(&["check"]).ends(1), &["link that leads out"]);
    std::os::unix::fs::symlink("/etc", studio.path().join("etc")).unwrap();
    studio.write("process.yaml", naming("etc/passw"));
    let told = studio.daedal(&["check"]).ends(1);
    says(&told, &["link that leads out"]);
    assert!(!told.err.contains("passwd"), "{}", told.err);
}

#[cfg(unix)]
#[test]
fn a_pipe_keeps_nobody_waiting() {
    let studio = sketch("", "");
    let pipe = studio.path().join("draw.js");
    std::fs::remove_file(&pipe).unwrap();
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    says(
        &studio.daedal(&["check"]).ends(1),
        &["`draw.js` is a pipe, a socket or a device"],
    );
    std::fs::rename(&pipe, studio.path().join("process.yaml")).unwrap();
    says(
        &studio.daedal(&["check"]).ends(1),
        &["process.yaml", "is not a file"],
    );
}

#[test]
fn a_password_that_would_be_guessed_is_refused_for_new_keys() {
    let studio = Studio::empty();
    studio.write("password", "seven 7");
    let told = studio.daedal(&["account"]).ends(1);
    says(
        &told,
        &[
            "too short: it has 7 of the 8",
            "choose at least 8 characters",
        ],
    );
    assert!(!studio.path().join(".daedal/keys").exists());
}

#[test]
fn endless_and_greedy_scripts_are_stopped_with_their_line() {
    let endless = sketch(
        "let i = 0;\nwhile (true) { i = Math.abs(i + 1); }\n",
        ", timeout: 1s",
    );
    says(&endless.daedal(&["run", "-q"]).ends(1), &[]);
    let told = endless.daedal(&["run", "--json"]).ends(1).json();
    let message = told["message"].as_str().unwrap();
    assert!(
        message.contains("draw.js:2:") && message.contains("time"),
        "{message}"
    );
    let silent = sketch("let i = 0;\n\nwhile (true);\n", ", timeout: 1s");
    let told = silent.daedal(&["run", "--json"]).ends(1).json();
    let message = told["message"].as_str().unwrap();
    assert!(message.contains("draw.js:3:1: "), "{message}");

    // A native call that does not notice that its time is over can't hold the command.
    let deaf = "const s = 'x'.repeat(1 << 27);\nfor (let i = 0; ; i++) s.indexOf('xy' + i);\n";
    let told = sketch(deaf, ", timeout: 1s")
        .daedal(&["run", "--json"])
        .ends(1)
        .json();
    assert_eq!(told["status"], "failed");

    let greedy = "const all = [];\nwhile (true) all.push(new Float64Array(1e6));\n";
    let told = sketch(greedy, "").daedal(&["run", "--json"]).ends(1).json();
    let message = told["message"].as_str().unwrap();
    assert!(message.contains("memory"), "{message}");
}

#[test]
fn a_picture_that_claims_to_be_huge_is_refused() {
    let studio = Studio::empty();
    studio.write(
        "process.yaml",
        format!(
            "{HEAD}inputs: {{ photo: {{ type: asset }} }}\nsteps:\n  small:\n    uses: image\n    with: \
             {{ image: \"{{{{ inputs.photo }}}}\", operations: [ {{ resize: {{ width: 10 }} }} ] }}\n\
             outputs: {{ small: \"{{{{ steps.small }}}}\" }}\n"
        ),
    );
    // Signature and header chunk of a PNG of 60,000 x 60,000.
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    png.extend(60_000_u32.to_be_bytes().repeat(2));
    png.extend([8, 2, 0, 0, 0]);
    png.extend(0x0fb0_e215_u32.to_be_bytes());
    png.extend(b"\0\0\0\x10IDAT0123456789abcdef");
    studio.write("huge.png", png);
    // Before anything runs.
    let told = studio.daedal(&["run", "--input", "photo=@huge.png"]);
    says(&told.ends(1), &["huge.png", "60000"]);
    says(&studio.daedal(&["runs"]).ends(0), &[]);
    studio.edit("\"{{ inputs.photo }}\"", "huge.png");
    says(&studio.daedal(&["check"]).ends(1), &["huge.png", "60000"]);
}

#[test]
fn two_at_once_and_wrong_passwords_are_told() {
    let studio = Studio::tide();
    studio.daedal(&["run", "-q"]).ends(0);
    studio.daedal(&["release", "latest", "-q"]).ends(0);
    let lock = std::fs::File::options()
        .write(true)
        .open(studio.path().join(".daedal/lock"))
        .unwrap();
    lock.lock().unwrap();
    says(&studio.daedal(&["run", "-q"]).ends(1), &["another daedal"]);
    drop(lock);
    studio.daedal(&["run", "-q", "--seed", "other"]).ends(0);
    studio.write("password", "wrong");
    says(
        &studio.daedal(&["release", "latest"]).ends(1),
        &["wrong password"],
    );
    studio.write("password", crate::studio::PASSWORD);
    studio.daedal(&["release", "latest", "-q"]).ends(0);
}

#[test]
fn wrong_values_are_told_together() {
    let studio = Studio::tide();
    let told = studio
        .daedal(&["run", "--param", "nonsense=1", "--input", "nothing=2"])
        .ends(1);
    says(&told, &["nonsense", "nothing"]);
    says(
        &studio.daedal(&["run", "nowhere"]).ends(1),
        &["nowhere", "daedal new"],
    );
    says(&studio.daedal(&["resume", "abcdef"]).ends(1), &["no runs"]);
}

#[test]
fn mistakes_of_the_settings_are_told_with_their_place() {
    let studio = Studio::empty();
    for (text, words) in [
        (
            "[chain]\nregistry = \"0x12\"\n",
            &["daedal.toml:2:12", "0x12"][..],
        ),
        (
            "[run]\n\njobs = \"four\"\n",
            &["daedal.toml:3:8", "invalid type"],
        ),
        (
            "[chain]\nrcp = \"http://a\"\n",
            &["daedal.toml:2:1", "unknown field `rcp`", "`rpc`"],
        ),
        ("[chain\n", &["daedal.toml:1:7"]),
    ] {
        studio.write("daedal.toml", text);
        says(&studio.daedal(&["runs"]).ends(1), words);
    }
    studio.write("daedal.toml", "");
    let mut command = studio.command(&["runs"]);
    command.env("DAEDAL__CHAIN__REGISTRY", "0x12");
    says(
        &Told::from(command.output().unwrap()).ends(1),
        &["DAEDAL__"],
    );
}
