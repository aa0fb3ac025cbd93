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
