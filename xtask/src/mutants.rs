//! Mistakes made on purpose in the contracts, which their tests have to notice.

use std::path::Path;
use std::process::Command;

use serde::Deserialize;

use crate::{Failure, root};

/// Where they are listed.
const LIST: &str = "contracts/test/mutants.toml";

/// What forge needs of the contracts.
const PARTS: &[&str] = &["src", "test", "tools", "foundry.toml", "package.json"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    mutant: Vec<Mutant>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Mutant {
    /// The mistake.
    what: String,
    /// Where, below `src/`.
    file: String,
    /// What stands there once.
    find: String,
    /// What stands there instead.
    replace: String,
    /// The tests that notice, as forge's `--match-path` takes them.
    tests: String,
}

/// Makes each mistake in a copy and runs its tests, which have to fail, and to compile.
pub(crate) fn run(forge: &Path, modules: &Path, wanted: Option<&str>) -> Result<(), Failure> {
    let list: List = toml::from_str(&std::fs::read_to_string(root().join(LIST))?)?;
    let place = std::env::temp_dir().join(format!("daedal-mutants-{}", std::process::id()));
    std::fs::create_dir_all(&place)?;
    for part in PARTS {
        copy(&root().join("contracts").join(part), &place.join(part))?;
    }
    std::os::unix::fs::symlink(modules, place.join("node_modules"))?;
    let mut survivors = Vec::new();
    let mut tried = 0;
    for mutant in &list.mutant {
        if wanted.is_some_and(|wanted| !mutant.what.contains(wanted)) {
            continue;
        }
        tried += 1;
        let file = place.join("src").join(&mutant.file);
        let text = std::fs::read_to_string(&file)?;
        if text.matches(&mutant.find).count() != 1 {
            return Err(format!(
                "{LIST}: `{}` does not stand once in {}: mend the list",
                mutant.find, mutant.file
            )
            .into());
        }
        std::fs::write(&file, text.replace(&mutant.find, &mutant.replace))?;
        let ran = Command::new(forge)
            .args(["test", "--match-path", &mutant.tests])
            .current_dir(&place)
            .output()?;
        std::fs::write(&file, &text)?;
        let told = String::from_utf8_lossy(&ran.stdout);
        if !ran.status.success() && !told.contains("failing test") {
            let why = String::from_utf8_lossy(&ran.stderr);
            return Err(
                format!("{LIST}: \"{}\" does not compile:\n{why}{told}", mutant.what).into(),
            );
        }
        if told.contains("No tests") {
            return Err(format!("{LIST}: no tests are at {}: mend the list", mutant.tests).into());
        }
        let verdict = match ran.status.success() {
            true => "survives",
            false => "noticed",
        };
        println!("{verdict:<9} {:<28} {}", mutant.file, mutant.what);
        if ran.status.success() {
            survivors.push(mutant.what.as_str());
        }
    }
    std::fs::remove_dir_all(&place)?;
    match survivors.is_empty() {
        true => {
            println!("mutants: {tried} mistakes, and the tests notice each");
            Ok(())
        }
        false => Err(format!("tests notice nothing of: {}", survivors.join("; ")).into()),
    }
}

/// Copies a file, or a folder with what is in it.
fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    if !from.is_dir() {
        std::fs::copy(from, to)?;
        return Ok(());
    }
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        copy(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}
