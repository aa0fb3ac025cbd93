//! A sender that is killed at any moment, again and again.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use alloy_primitives::{Address, B256, U256};
use daedal_chain::deployment::{Deployment, Money};
use daedal_chain::operations::Operator;
use daedal_chain::outbox::Stage;
use daedal_chain::{Chain, Client};

use crate::scenario::registration;
use crate::support::{Chance, open, outbox, seed};

const KILLS: usize = 100;
const FOLDER: &str = "DAEDAL_CRASH_FOLDER";
const FIRST: &str = "DAEDAL_CRASH_FIRST";

/// Who gets the share of the gift `number`.
fn heir(number: u64) -> Address {
    Address::from_word(B256::from(U256::from(0x1_0000 + number)))
}

fn chain_in(folder: &Path) -> Chain {
    open(&folder.join("chain"))
}

/// The operator of the chain, with its contracts deployed and its work registered: with everything
/// that is left of a crash settled first.
async fn operator(chain: &Chain, folder: &Path) -> (Operator, u64) {
    let outbox = outbox(&Client::embedded(chain), folder, 1);
    outbox.resume().await.unwrap();
    let at = Deployment::deploy(&outbox, &Money::Test).await.unwrap();
    let operator = Operator::new(outbox, at);
    let mut work = registration("crash");
    work.holders[0].1 = U256::from(1_000_000);
    let registered = operator.register("register:crash", &work).await.unwrap();
    (operator, registered.work)
}

/// Not a test by itself: the process that [`nothing_acknowledged_is_lost_or_doubled`] kills.
#[tokio::test]
#[ignore = "is run, and killed, by another test"]
async fn give_until_killed() {
    let folder = PathBuf::from(std::env::var_os(FOLDER).expect("run by the other test"));
    let first: u64 = std::env::var(FIRST).unwrap().parse().unwrap();
    let chain = chain_in(&folder);
    let (operator, work) = operator(&chain, &folder).await;
    let work = operator.reads().work(work).await.unwrap();
    for number in first.. {
        let give = work.give_shares(heir(number), U256::ONE);
        let given = operator.carry_out(&format!("give:{number}"), &give).await;
        let hash = given.unwrap().receipt.transaction_hash;
        let mut out = std::io::stdout();
        writeln!(out, "gave {number} {hash}").unwrap();
        out.flush().unwrap();
    }
}

/// Runs the giver from gift `first` on, and kills it after `moment`. Gives what it acknowledged.
fn run_and_kill(folder: &Path, first: u64, moment: Duration) -> Vec<(u64, B256)> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "crash::give_until_killed",
            "--ignored",
            "--nocapture",
        ])
        .env(FOLDER, folder)
        .env(FIRST, first.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let reader = std::thread::spawn(move || {
        let acknowledged = lines.map_while(Result::ok).filter_map(|line| {
            let (number, hash) = line.split_once("gave ")?.1.split_once(' ')?;
            // The last line may be cut short.
            Some((number.parse().ok()?, hash.parse().ok()?))
        });
        acknowledged.collect()
    });
    std::thread::sleep(moment);
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap()
}

/// What has to hold after every crash.
fn check(folder: &Path, acknowledged: &[(u64, B256)]) -> u64 {
    let chain = chain_in(folder);
    let view = chain.view();
    for (_, hash) in acknowledged {
        let (block, index) = view
            .transaction_place(*hash)
            .unwrap()
            .expect("acknowledged");
        assert!(view.entry(block, index).unwrap().unwrap().success);
    }
    // The newest blocks hang together, and the operator's number is that of its transactions.
    let newest = view.number();
    for number in newest.saturating_sub(20).max(1)..=newest {
        let block = view.block(number).unwrap().unwrap();
        let parent = view.block(number - 1).unwrap().unwrap();
        assert_eq!(block.header.parent_hash, parent.hash);
        assert_eq!(view.block_number(block.hash).unwrap(), Some(number));
        assert_eq!(view.entries(number).unwrap().len(), 1);
    }
    let (_, nonce) = view.account(crate::support::signer(1).address()).unwrap();
    assert_eq!(nonce, newest);
    newest
}

#[test]
fn nothing_acknowledged_is_lost_or_doubled() {
    let mut chance = Chance::new(seed("DAEDAL_KILL_SEED"));
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut next = 0;
    let mut blocks = 0;
    // On a busy machine little is sent before a kill: it goes on until enough was.
    let mut kills = 0;
    while kills < KILLS || next <= 100 && kills < 20 * KILLS {
        kills += 1;
        // Most moments are in the midst of sending, some while the chain is opened.
        let moment = Duration::from_micros(chance.below(120_000));
        let acknowledged = run_and_kill(folder.path(), next, moment);
        if let Some((last, _)) = acknowledged.last() {
            next = last + 1;
        }
        let now = check(folder.path(), &acknowledged);
        assert!(now >= blocks);
        blocks = now;
    }
    assert!(next > 100, "only {next} gifts in {kills} runs");
    runtime.block_on(finish(folder.path(), next));
}

/// After one resume there is exactly one gift a key.
async fn finish(folder: &Path, next: u64) {
    let chain = chain_in(folder);
    let (operator, work) = operator(&chain, folder).await;
    let reads = operator.reads();
    let given = reads.work(work).await.unwrap();
    // The one that the last crash interrupted, and all before it, once more.
    for number in 0..=next {
        let give = given.give_shares(heir(number), U256::ONE);
        let again = operator.carry_out(&format!("give:{number}"), &give).await;
        again.unwrap();
    }
    for number in 0..=next {
        let shares = reads.shares_of(work, heir(number)).await.unwrap();
        assert_eq!(shares, U256::ONE, "gift {number}");
    }
    let holders = reads.holders(work).await.unwrap();
    let gifts = holders
        .iter()
        .filter(|holder| holder.shares == U256::ONE)
        .count();
    assert_eq!(gifts as u64, next + 1);
    let ledger = daedal_chain::outbox::FileLedger::open(&folder.join("ledger-1")).unwrap();
    let left = daedal_chain::outbox::Ledger::unsettled(&ledger)
        .await
        .unwrap();
    assert!(
        left.iter().all(|entry| entry.stage != Stage::Signed),
        "{left:?}"
    );
}
