//! `daedal` with models that make pictures in its own process: `cargo test --workspace --features
//! daedal-cli/local-models --test local`.
#![allow(clippy::unwrap_used)] // A test that can't go on fails.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use daedal_core::Digest;
use serde_json::Value;

const PROCESS: &str = "daedal: v1
name: pond
steps:
  draft:
    uses: diffusion
    with: { model: pond, prompt: \"A tide at Night, in ink\", negative: shore, width: 64, height: 64, steps: 3, seed: 7 }
  inked:
    uses: diffusion
    with: { model: pond, prompt: ink, image: \"{{ steps.draft[0] }}\", strength: 0.5, steps: 4, seed: 8 }
outputs: { pictures: \"{{ steps.inked }}\" }
";

/// The folder of a tiny model.
fn model() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/local/sd1")
}

/// A studio whose `pond` is a copy of the tiny model, of which these files are pinned.
fn studio(is_pinned: impl Fn(&str) -> bool) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let mut settings =
        "[diffusion.pond]\nkind = \"local\"\npath = \"models/pond\"\n[diffusion.pond.sha256]\n"
            .to_owned();
    for part in ["", "scheduler", "text_encoder", "tokenizer", "unet", "vae"] {
        let to = dir.path().join("models/pond").join(part);
        std::fs::create_dir_all(&to).unwrap();
        for entry in std::fs::read_dir(model().join(part)).unwrap() {
            let from = entry.unwrap().path();
            if !from.is_file() {
                continue;
            }
            let name = from.file_name().unwrap().to_str().unwrap();
            std::fs::copy(&from, to.join(name)).unwrap();
            let path = if part.is_empty() {
                name.to_owned()
            } else {
                format!("{part}/{name}")
            };
            if is_pinned(&path) {
                let digest = Digest::of(&std::fs::read(&from).unwrap());
                writeln!(settings, "\"{path}\" = \"{digest}\"").unwrap();
            }
        }
    }
    std::fs::write(dir.path().join("daedal.toml"), settings).unwrap();
    std::fs::write(dir.path().join("process.yaml"), PROCESS).unwrap();
    std::fs::write(dir.path().join("password"), "correct horse battery").unwrap();
    dir
}

fn daedal(studio: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_daedal"));
    command
        .args(args)
        .current_dir(studio)
        .env_remove("DAEDAL_STUDIO")
        .env("DAEDAL_PASSWORD_FILE", "password")
        .env("NO_COLOR", "1");
    command.output().unwrap()
}

fn error(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn a_run_makes_pictures_in_this_process() {
    let studio = studio(|_| true);
    let run = || {
        let output = daedal(studio.path(), &["run", "--json", "--fresh"]);
        assert!(output.status.success(), "{}", error(&output));
        let told: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(told["status"], "succeeded", "{told}");
        assert_eq!(told["cost_usd_micros"], 0, "{told}");
        let mut pictures = Vec::new();
        let mut folders = vec![studio.path().join("out")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                match path.is_dir() {
                    true => folders.push(path),
                    false if path.extension().is_some_and(|kind| kind == "png") => {
                        pictures.push(image::open(&path).unwrap().into_rgb8());
                    }
                    false => {}
                }
            }
        }
        pictures
    };
    let first = run();
    assert!(!first.is_empty());
    assert!(first.iter().all(|picture| picture.dimensions() == (64, 64)));
    // Of the same seeds: the same picture again.
    let again = run();
    assert!(again.iter().all(|picture| *picture == first[0]));
}

#[test]
fn a_model_that_is_not_pinned_is_not_used() {
    let pinned = studio(|path| path != "unet/diffusion_pytorch_model.safetensors");
    let output = daedal(pinned.path(), &["run"]);
    assert!(!output.status.success());
    let told = error(&output);
    let path = model().join("unet/diffusion_pytorch_model.safetensors");
    let digest = Digest::of(&std::fs::read(path).unwrap()).to_string();
    assert!(
        told.contains("not all files of the model are pinned"),
        "{told}"
    );
    assert!(told.replace([' ', '│'], "").contains(&digest), "{told}");
    let broken = studio(|_| true);
    std::fs::write(broken.path().join("models/pond/vae/config.json"), "{}").unwrap();
    let told = error(&daedal(broken.path(), &["run"]));
    assert!(told.contains("is not the file that is pinned"), "{told}");
}
