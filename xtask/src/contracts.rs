//! The contracts: what they compile to is committed, so that `cargo build` needs no compiler of theirs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{Failure, files, mutants, root};

/// Where the sources are, below the top of the checkout.
const SOURCES: &str = "contracts";

/// Where the artifacts are.
const ARTIFACTS: &str = "crates/chain/artifacts";

/// What the artifacts were made from, and what they are.
const DIGEST: &str = "digest.json";

/// Bytes of the code of each contract on a chain, of which EIP-170 allows 24,576.
const SIZES: &str = "contracts/snapshots/sizes.json";

/// Everything beside `src/` that decides what the compiler makes.
const SETTINGS: &[&str] = &[
    "foundry.toml",
    "package-lock.json",
    "package.json",
    "tools/compile.cjs",
];

/// Compiles the contracts and writes their artifacts, compares them, or runs their tests.
pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        [] => write(),
        ["--check"] => check(),
        ["--test", rest @ ..] => test(rest),
        ["--mutants", rest @ ..] if rest.len() < 2 => {
            let modules = install()?;
            mutants::run(&forge(&modules)?, &modules, rest.first().copied())
        }
        _ => Err(
            "usage: cargo xtask contracts [--check | --test [--deep] [ARGUMENT OF FORGE...] | --mutants [WORDS]]"
                .into(),
        ),
    }
}

fn write() -> Result<(), Failure> {
    let folder = root().join(ARTIFACTS);
    compile(&install()?, &folder)?;
    let digest = serde_json::to_string_pretty(&digest(&folder)?)? + "\n";
    std::fs::write(folder.join(DIGEST), digest)?;
    std::fs::write(root().join(SIZES), sizes(&folder)?)?;
    println!("contracts: wrote {ARTIFACTS}");
    Ok(())
}

fn check() -> Result<(), Failure> {
    let committed = root().join(ARTIFACTS);
    let fresh = std::env::temp_dir().join(format!("daedal-contracts-{}", std::process::id()));
    compile(&install()?, &fresh)?;
    let made = digest(&fresh)?;
    std::fs::remove_dir_all(&fresh)?;
    differences(&made, &digest(&committed)?)?;
    differences(&made, &told(&committed)?)?;
    if std::fs::read_to_string(root().join(SIZES))? != sizes(&committed)? {
        return Err(format!("{SIZES} is old: run `cargo xtask contracts`").into());
    }
    println!("contracts: {ARTIFACTS} is what the sources compile to");
    Ok(())
}

/// The sizes of the artifacts in `folder`, as they are committed.
fn sizes(folder: &Path) -> Result<String, Failure> {
    let mut sizes = BTreeMap::new();
    for entry in std::fs::read_dir(folder)? {
        let artifact: Value = serde_json::from_slice(&std::fs::read(entry?.path())?)?;
        let (name, code) = (&artifact["contractName"], &artifact["deployedBytecode"]);
        if let (Some(name), Some(code)) = (name.as_str(), code.as_str()) {
            sizes.insert(name.to_owned(), code.trim_start_matches("0x").len() / 2);
        }
    }
    Ok(serde_json::to_string_pretty(&sizes)? + "\n")
}

fn test(arguments: &[&str]) -> Result<(), Failure> {
    let modules = install()?;
    let link = root().join(SOURCES).join("node_modules");
    if !link.exists() {
        std::os::unix::fs::symlink(&modules, &link)?;
    }
    let mut forge = Command::new(forge(&modules)?);
    forge.arg("test").current_dir(root().join(SOURCES));
    if std::env::var_os("FORGE_SNAPSHOT_CHECK").is_none() {
        forge.env("FORGE_SNAPSHOT_CHECK", "true");
    }
    let rest = match arguments {
        ["--deep", rest @ ..] => {
            forge.env("FOUNDRY_PROFILE", "deep");
            rest
        }
        rest => rest,
    };
    succeed(forge.args(rest))
}

/// Installs what package-lock.json pins, outside of the checkout, and returns its `node_modules`.
fn install() -> Result<PathBuf, Failure> {
    let tools = match std::env::var_os("DAEDAL_TOOLS") {
        Some(tools) => PathBuf::from(tools),
        None => match std::env::var_os("XDG_CACHE_HOME") {
            Some(cache) => PathBuf::from(cache),
            None => PathBuf::from(std::env::var("HOME")?).join(".cache"),
        }
        .join("daedal/tools"),
    };
    let place = std::path::absolute(tools)?.join("contracts");
    let modules = place.join("node_modules");
    let pinned = std::fs::read(root().join(SOURCES).join("package-lock.json"))?;
    // Written last: an installation that was cut off has none.
    let installed = std::fs::read(place.join("installed-lock.json")).unwrap_or_default();
    if pinned != installed {
        std::fs::create_dir_all(&place)?;
        for name in ["package.json", "package-lock.json"] {
            std::fs::copy(root().join(SOURCES).join(name), place.join(name))?;
        }
        succeed(
            Command::new("npm")
                .args(["ci", "--no-audit", "--no-fund", "--loglevel=error"])
                .current_dir(&place),
        )?;
        std::fs::write(place.join("installed-lock.json"), &pinned)?;
    }
    Ok(modules)
}

/// The program itself: the script that npm puts before it forgets its exit status.
fn forge(modules: &Path) -> Result<PathBuf, Failure> {
    std::fs::read_dir(modules.join("@foundry-rs"))?
        .filter_map(|entry| Some(entry.ok()?.path().join("bin/forge")))
        .find(|path| path.is_file())
        .ok_or_else(|| "npm has no forge for this platform (package @foundry-rs/forge)".into())
}

fn compile(modules: &Path, target: &Path) -> Result<(), Failure> {
    succeed(
        Command::new("node")
            .arg(root().join(SOURCES).join("tools/compile.cjs"))
            .args([modules, target]),
    )
}

fn succeed(command: &mut Command) -> Result<(), Failure> {
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command
        .status()
        .map_err(|error| format!("cannot start {program}: {error}; ./test.sh installs it"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{program} failed: {status}").into())
    }
}

/// SHA-256 of the sources with the settings, and of each artifact in `folder`.
fn digest(folder: &Path) -> Result<Value, Failure> {
    let mut all = Sha256::new();
    let below = Path::new(SOURCES);
    let mut sources = files(".sol")?;
    sources.retain(|path| path.starts_with(below.join("src")));
    sources.extend(SETTINGS.iter().map(|name| below.join(name)));
    for path in sources {
        let bytes = std::fs::read(root().join(&path))?;
        all.update(format!("{}\n{}\n", path.display(), bytes.len()));
        all.update(bytes);
    }
    let mut artifacts = BTreeMap::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name != DIGEST {
            let bytes = std::fs::read(&path)?;
            artifacts.insert(name.into_owned(), const_hex::encode(Sha256::digest(bytes)));
        }
    }
    Ok(json!({ "artifacts": artifacts, "sources": const_hex::encode(all.finalize()) }))
}

/// What the digest file of `folder` says.
fn told(folder: &Path) -> Result<Value, Failure> {
    Ok(serde_json::from_slice(&std::fs::read(
        folder.join(DIGEST),
    )?)?)
}

fn differences(expected: &Value, found: &Value) -> Result<(), Failure> {
    if expected == found {
        return Ok(());
    }
    Err(format!(
        "{ARTIFACTS} is not what contracts/ compiles to: run `cargo xtask contracts` and commit\n\
         expected: {expected}\n   found: {found}"
    )
    .into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn committed_artifacts_are_made_from_the_committed_contracts() {
        let folder = root().join(ARTIFACTS);
        differences(&digest(&folder).unwrap(), &told(&folder).unwrap()).unwrap();
    }

    #[test]
    fn the_gas_of_the_documentation_is_the_measured_one() {
        let read = |path: &str| std::fs::read_to_string(root().join(path)).unwrap();
        let document = read("docs/contracts.md");
        let measured: BTreeMap<String, String> =
            serde_json::from_str(&read("contracts/snapshots/gas.json")).unwrap();
        assert!(measured.len() > 20, "{measured:?}");
        for (operation, gas) in measured {
            let (thousands, rest) = gas.split_at(gas.len() - 3);
            let row = format!("| {operation} | {thousands},{rest} |");
            assert!(
                document.contains(&row),
                "docs/contracts.md has no row {row}"
            );
        }
    }

    #[test]
    fn a_forgotten_regeneration_is_told_with_its_remedy() {
        let told = json!({ "artifacts": {}, "sources": "old" });
        let now = json!({ "artifacts": {}, "sources": "new" });
        let message = differences(&now, &told).unwrap_err().to_string();
        assert!(message.contains("run `cargo xtask contracts`"), "{message}");
    }
}
