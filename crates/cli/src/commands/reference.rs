//! The reference of the command line, docs/cli.md, as a test that keeps it true.

use std::fmt::Write as _;
use std::path::Path;

use clap::CommandFactory as _;

/// The page, from what every command says of itself.
fn page() -> String {
    let mut command = super::Cli::command().version(None).term_width(100);
    command.build();
    let mut page = String::from(
        "# The command line\n\nWhat `daedal help` and `daedal help COMMAND` say. Made from the commands \
         themselves:\n`DAEDAL_UPDATE_DOCS=1 cargo test -p daedal-cli reference` writes it anew.\n",
    );
    add(&mut page, "daedal", &mut command);
    for inner in command.get_subcommands_mut() {
        let name = format!("daedal {}", inner.get_name());
        if inner.get_name() != "help" {
            add(&mut page, &name, inner);
        }
    }
    page
}

fn add(page: &mut String, name: &str, command: &mut clap::Command) {
    let help = command.render_long_help().to_string();
    let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
    let help = lines.join("\n");
    // Writing into a String can't fail.
    let _ = write!(page, "\n## {name}\n\n```text\n{}\n```\n", help.trim());
}

#[test]
fn the_reference_says_what_the_commands_say() {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/cli.md");
    let page = page();
    if std::env::var_os("DAEDAL_UPDATE_DOCS").is_some() {
        std::fs::write(&place, &page).unwrap();
    }
    let kept = std::fs::read_to_string(&place).unwrap_or_default();
    assert!(
        kept == page,
        "docs/cli.md is out of date: run `DAEDAL_UPDATE_DOCS=1 cargo test -p daedal-cli reference`"
    );
}

/// Commands of the economy.
const ECONOMY: &[&str] = &[
    "register",
    "publish",
    "release",
    "fork",
    "show",
    "shares",
    "pay",
    "claim",
    "collect",
    "transfer",
    "ledger",
    "offer",
    "commission",
    "govern",
    "collective",
    "edition",
    "market",
    "treasury",
    "time",
];

/// Those of them that only look, and the release, whose effects hang on what it seals.
const WITHOUT_DRY_RUN: &[&str] = &[
    "show", "list", "status", "verify", "shares", "ledger", "release",
];

#[test]
fn every_command_of_the_economy_takes_a_chain_an_account_and_a_dry_run() {
    let mut command = super::Cli::command();
    command.build();
    for name in ECONOMY {
        let outer = command.find_subcommand(name).unwrap();
        let inner: Vec<_> = outer.get_subcommands().collect();
        let commands = if inner.is_empty() { vec![outer] } else { inner };
        for command in commands {
            let leaf = command.get_name();
            if leaf == "help" {
                continue;
            }
            let takes = |flag: &str| {
                command
                    .get_arguments()
                    .any(|one| one.get_long() == Some(flag))
            };
            for flag in ["json", "rpc", "account"] {
                assert!(takes(flag), "{name} {leaf} lacks --{flag}");
            }
            let acts = !WITHOUT_DRY_RUN.contains(&leaf);
            // Of the market, `list` sells.
            let acts = acts || (*name, leaf) == ("market", "list");
            assert_eq!(takes("dry-run"), acts, "{name} {leaf}");
        }
    }
}
