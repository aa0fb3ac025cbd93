//! What people have to know before shares are offered, sold or pooled.

use std::io::{BufRead as _, IsTerminal as _};

use alloy_primitives::{B256, keccak256};

use crate::failure::Failure;
use crate::ui::Ui;

/// What holders of shares get, and what they do not.
pub(crate) const SHARES: &str = "\
A share of this work gives its holder
  - their part of what the work earns from then on, to be claimed by them, after royalties upstream;
  - votes on the work, if its creator lets shares vote, within bounds that are frozen.
It does not give
  - any promise that the work earns anything, or that somebody buys the share again;
  - the work's copyright, its treasury, or any part of a company;
  - a way back: what is bought or given away is final.
The law of a country may treat such shares as securities, and forbid or regulate offering, selling or
buying them there. Nobody has checked that for you.
";

/// What members of a collective get, and what they do not.
pub(crate) const COLLECTIVE: &str = "\
A member who pools a work gives its control and some of its shares to the collective, and gets shares of
the collective for them: their part of what all pooled works earn, and votes on all of them.
Others then vote on the member's work, within its frozen bounds. A member who leaves gives back the shares
of the collective that they got, and has the work again.
Nobody promises that the collective earns anything, or that somebody buys its shares.
The law of a country may treat such shares as securities, and the collective as a company of its members.
Nobody has checked that for you.
";

/// The digest by which buyers acknowledge a text.
pub(crate) fn digest_of(text: &str) -> B256 {
    keccak256(text)
}

/// Shows a text, and goes on once a person, or a script by `--yes`, has agreed.
pub(crate) fn acknowledge(ui: Ui, yes: bool, text: &str) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    ui.ask(text);
    if !std::io::stdin().is_terminal() {
        return Err(
            Failure::new("this needs somebody's consent to the text above")
                .help("read it, and give --yes"),
        );
    }
    ui.ask("Type `yes` to go on: ");
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    read.map_err(|error| Failure::because("the answer can't be read", &error))?;
    match answer.trim() {
        "yes" => Ok(()),
        _ => Err(Failure::new("nothing was done").help("type `yes`, or give --yes")),
    }
}
