//! `daedal edition`

use clap::Subcommand;
use serde_json::{Value, json};

use super::Common;
use super::show::number;
use crate::chain;
use crate::failure::Failure;
use crate::hint;
use crate::home::{Home, block_on, remembered};
use crate::keys;
use crate::ui::Ui;

/// The tokens of published assets.
#[derive(Debug, clap::Args)]
pub(crate) struct Edition {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List the editions of a work
    List {
        /// A process of this studio, the number of a work, or its CAIP-19 name
        work: String,
    },
    /// Give an edition to another account
    Transfer {
        /// The token, as `edition list` shows it
        token: String,
        /// Who receives it
        to: String,
    },
}

impl Edition {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        let home = Home::find(common)?;
        match self.what {
            What::List { work } => list(&home, &work, ui),
            What::Transfer { token, to } => transfer(&home, common, &token, &to, ui),
        }
    }
}

fn list(home: &Home, work: &str, ui: Ui) -> Result<u8, Failure> {
    block_on(async {
        let studio = home.open_to_read().await?;
        let client = chain::reach(home, "daedal edition list").await?;
        let reads = chain::ledgers(home, &studio, client).await?;
        let work = number(&studio, &reads, work).await?;
        // A work that is not there is told as such, and not as one without editions.
        let by = reads.work(work).await.map_err(chain::refused)?.controller;
        let editions = reads.editions(work).await.map_err(chain::refused)?;
        let mints = reads.mints(work).await.map_err(chain::refused)?;
        let (chain_id, contract) = (reads.client().chain_id(), reads.deployment().editions);
        let mut text = String::new();
        let mut listed: Vec<Value> = Vec::new();
        for edition in &editions {
            let in_shop = edition.owner == contract;
            let owner = match in_shop {
                true => "in the shop".to_owned(),
                false => edition.owner.to_checksum(None),
            };
            let mint = mints.iter().find(|mint| mint.batch == edition.batch);
            let (version, run) = mint.map(|mint| (mint.version, mint.run_root)).unzip();
            text.push_str(&format!(
                "{:#x}\n  number {} of mint {}, version {}, run root {}\n  {owner}\n  {}\n",
                edition.token,
                edition.index,
                edition.batch,
                version.unwrap_or_default(),
                run.unwrap_or_default(),
                edition.uri
            ));
            listed.push(json!({
                "token": chain::caip19(chain_id, contract, edition.token),
                "id": format!("{:#066x}", edition.token), "batch": edition.batch,
                "index": edition.index, "owner": edition.owner, "in_shop": in_shop,
                "uri": edition.uri, "version": version, "run_root": run, "anchored_by": by,
            }));
        }
        if !editions.is_empty() {
            text.push_str(
                "check one: `daedal verify` of its file beside its anchor.json, with --rpc for a node's word\n",
            );
        }
        if editions.is_empty() {
            text.push_str(
                "no editions yet: `release: editions:` of the process says what is minted\n",
            );
        }
        ui.result(&Value::Array(listed), &text);
        Ok(0)
    })
}

fn transfer(home: &Home, common: &Common, token: &str, to: &str, ui: Ui) -> Result<u8, Failure> {
    let name = token.rsplit('/').next().unwrap_or(token);
    let token = chain::token(name).ok_or_else(|| {
        Failure::new(format!("`{token}` is no token")).help(format!(
            "`{} edition list PROCESS` shows the tokens",
            hint::daedal()
        ))
    })?;
    let to = chain::desk::who(home, to)?;
    let person = keys::person(home, common, ui)?;
    block_on(async {
        let studio = home.open_to_write("daedal edition transfer").await?;
        let client = chain::reach(home, "daedal edition transfer").await?;
        let operator = chain::operator(home, &studio, client, person).await?;
        let edition = operator
            .reads()
            .edition(token)
            .await
            .map_err(chain::refused)?;
        let edition = edition.ok_or_else(|| {
            Failure::new(format!("there is no edition {token:#x} on this chain")).help(format!(
                "`{} edition list PROCESS` shows the tokens",
                hint::daedal()
            ))
        })?;
        if edition.owner == operator.reads().deployment().editions {
            return Err(Failure::new(format!("{token:#x} is for sale in the shop"))
                .help("it belongs to whoever buys it; release without `price:` to keep editions"));
        }
        if edition.owner != to && edition.owner != operator.account() {
            return Err(Failure::new(format!(
                "{token:#x} belongs to {}, and not to {}",
                edition.owner,
                operator.account()
            ))
            .help("only its owner can give it away"));
        }
        if edition.owner != to {
            // A token can come back and be given again: each giving is another transaction.
            let turn = studio.records.next("transfer").await;
            let turn = turn.map_err(|error| remembered(&error))?;
            let key = format!("transfer:{token:x}:{to}:{turn}");
            let sent = operator.transfer_edition(&key, token, to).await;
            sent.map_err(chain::refused)?;
        }
        studio.close().await.map_err(|error| remembered(&error))?;
        let text = format!("{token:#x} belongs to {to}");
        ui.result(
            &json!({ "token": format!("{token:#066x}"), "owner": to }),
            &text,
        );
        Ok(0)
    })
}
