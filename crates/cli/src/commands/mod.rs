//! The commands, each in a file of its name.

mod account;
mod approve;
mod author;
mod cancel;
mod chain;
mod check;
mod choose;
mod claim;
mod collect;
mod collective;
mod commission;
mod demo;
mod disclose;
mod edit;
mod edition;
mod engines;
mod export;
mod fork;
mod govern;
mod import;
mod ledger;
mod lock;
mod market;
mod model;
mod new;
mod offer;
mod pay;
mod publish;
#[cfg(test)]
mod reference;
pub(crate) mod register;
mod reject;
mod release;
mod report;
mod resume;
mod run;
mod runs;
mod schema;
mod shares;
pub(crate) mod show;
mod signature;
mod tend;
mod time;
mod transfer;
mod treasury;
mod verify;
mod why;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::failure::Failure;
use crate::ui::Ui;

/// Runs creative processes, proves what they made, and publishes it.
#[derive(Debug, Parser)]
#[command(name = "daedal", version, max_term_width = 100, after_help = AFTER_HELP)]
pub(crate) struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Begin with:
  daedal demo                 see everything once, in ./daedal-demo
  daedal new my-almanac       write a process of your own to begin with
  daedal run my-almanac       carry it out

Exit codes: 0 done, 1 you can fix it, 2 wrong usage, 3 waits for a person,
10-15 verdicts of `verify` (daedal help verify), 20-21 of `signature test`, 70 a
bug of ours, 130 stopped by Ctrl-C (129 by SIGHUP, 143 by SIGTERM).";

/// What every command takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct Common {
    /// The studio's directory [default: the nearest one with a daedal.toml, from here upwards]
    #[arg(long, global = true, value_name = "DIR", env = "DAEDAL_STUDIO")]
    pub(crate) studio: Option<PathBuf>,
    /// File whose first line is the password of the studio's keys
    #[arg(long, global = true, value_name = "FILE", env = "DAEDAL_PASSWORD_FILE")]
    pub(crate) password_file: Option<PathBuf>,
    /// Give the result as one JSON object on stdout
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Say only results and errors
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write a new process to begin with
    New(new::New),
    /// Make a process of a workflow of ComfyUI
    Import(import::Import),
    /// Find every mistake in a process and show its plan
    Check(check::Check),
    /// Carry out a process, or go on with a run of it that was stopped
    Run(run::Run),
    /// Go on with a run that was stopped or waited
    Resume(resume::Resume),
    /// Run processes by themselves, on their schedule
    Tend(tend::Tend),
    /// List runs, or show one
    Runs(runs::Runs),
    /// Say why a step ran again: what changed since the previous run
    Why(why::Why),
    /// Decide for a run that waits: keep these
    Choose(choose::Choose),
    /// Decide for a run that waits: keep what is suggested
    Approve(approve::Approve),
    /// Decide for a run that waits: keep nothing
    Reject(reject::Reject),
    /// Put your own version in the place of what a task gave
    Edit(edit::Edit),
    /// End a run for good
    Cancel(cancel::Cancel),
    /// Sign that you wrote a process
    Author(author::Author),
    /// Seal what runs made with credentials and publish it
    Release(release::Release),
    /// Put a released run into one sealed archive, with the story of it
    Export(export::Export),
    /// Report which transparency duties a released run has evidence for
    Report(report::Report),
    /// Tell a decision of a run, with what it hides
    Disclose(disclose::Disclose),
    /// Check where a file came from: offline, or with a node of its chain
    Verify(verify::Verify),
    /// Make a process a token, and split its shares
    Register(register::Register),
    /// Make the files of a registered process its next version
    Publish(publish::Publish),
    /// Begin a process that derives from a registered one
    Fork(fork::Fork),
    /// Show works as they stand on the chain
    Show(show::Show),
    /// Show who has shares of a work, and who can claim what
    Shares(shares::Shares),
    /// Pay a work: revenue, of which everybody has their part
    Pay(pay::Pay),
    /// Take what your shares of a work have earned
    Claim(claim::Claim),
    /// Have a work pay the works upstream of it
    Collect(collect::Collect),
    /// Give shares of a work away
    Transfer(transfer::Transfer),
    /// Show the money of a work: revenue, royalties, claims, costs
    Ledger(ledger::Ledger),
    /// Offer shares to raise capital, or buy some
    Offer(offer::Offer),
    /// Show or draw the capital of a work
    Treasury(treasury::Treasury),
    /// Sell or buy shares and editions
    Market(market::Market),
    /// List, buy, check or give away the tokens of published assets
    Edition(edition::Edition),
    /// Order runs of a work, pay for them into escrow, and deliver them
    Commission(commission::Commission),
    /// Show, serve or set up the chain
    Chain(chain::Chain),
    /// Let the shares of a work vote on it
    Govern(govern::Govern),
    /// Pool works with others, and move and own them together
    Collective(collective::Collective),
    /// Show or move the embedded chain's clock
    Time(time::Time),
    /// Pin the versions of the engines that a process uses
    Lock(lock::Lock),
    /// Keep the hand of a process recognisable: measure it, test pictures, see it drift
    Signature(signature::Signature),
    /// Fetch models that make pictures on this machine
    Model(model::Model),
    /// List the engines, or show what one takes
    Engines(engines::Show),
    /// Print the JSON Schema of the process file, for editors
    Schema(schema::Schema),
    /// Show the studio's account and keys
    Account(account::Account),
    /// See everything once: make a studio, run an example, publish and verify it
    Demo(demo::Demo),
}

impl Cli {
    /// How the command speaks.
    pub(crate) fn ui(&self) -> Ui {
        Ui {
            json: self.common.json,
            quiet: self.common.quiet,
        }
    }
}

/// Runs the command and gives its exit code.
pub(crate) fn run(cli: Cli) -> Result<u8, Failure> {
    let ui = cli.ui();
    let common = &cli.common;
    match cli.command {
        Command::New(command) => command.run(ui),
        Command::Import(command) => command.run(common, ui),
        Command::Check(command) => command.run(common, ui),
        Command::Run(command) => command.run(common, ui),
        Command::Resume(command) => command.run(common, ui),
        Command::Tend(command) => command.run(common, ui),
        Command::Runs(command) => command.run(common, ui),
        Command::Why(command) => command.run(common, ui),
        Command::Choose(command) => command.run(common, ui),
        Command::Approve(command) => command.run(common, ui),
        Command::Reject(command) => command.run(common, ui),
        Command::Edit(command) => command.run(common, ui),
        Command::Cancel(command) => command.run(common, ui),
        Command::Author(command) => command.run(common, ui),
        Command::Release(command) => command.run(common, ui),
        Command::Export(command) => command.run(common, ui),
        Command::Report(command) => command.run(common, ui),
        Command::Disclose(command) => command.run(common, ui),
        Command::Verify(command) => command.run(common, ui),
        Command::Register(command) => command.run(common, ui),
        Command::Publish(command) => command.run(common, ui),
        Command::Fork(command) => command.run(common, ui),
        Command::Show(command) => command.run(common, ui),
        Command::Shares(command) => command.run(common, ui),
        Command::Pay(command) => command.run(common, ui),
        Command::Claim(command) => command.run(common, ui),
        Command::Collect(command) => command.run(common, ui),
        Command::Transfer(command) => command.run(common, ui),
        Command::Ledger(command) => command.run(common, ui),
        Command::Offer(command) => command.run(common, ui),
        Command::Treasury(command) => command.run(common, ui),
        Command::Market(command) => command.run(common, ui),
        Command::Edition(command) => command.run(common, ui),
        Command::Commission(command) => command.run(common, ui),
        Command::Chain(command) => command.run(common, ui),
        Command::Govern(command) => command.run(common, ui),
        Command::Collective(command) => command.run(common, ui),
        Command::Time(command) => command.run(common, ui),
        Command::Lock(command) => command.run(common, ui),
        Command::Signature(command) => command.run(common, ui),
        Command::Model(command) => command.run(common, ui),
        Command::Engines(command) => command.run(ui),
        Command::Schema(command) => command.run(ui),
        Command::Account(command) => command.run(common, ui),
        Command::Demo(command) => command.run(common, ui),
    }
}
