//! `daedal edition`

use clap::Subcommand;
use serde_json::{Value, json};

use super::Common;
use super::show::number;
use crate::chain::{self, Acting};
use crate::failure::Failure;
use crate::hint;
use crate::home::{Home, block_on};
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
        /// Who receives it: an address, or the name of an account of this studio
        to: String,
        #[command(flatten)]
        acting: Acting,
    },
}

impl Edition {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        match self.what {
            What::List { work } => list(&Home::find(common)?, &work, ui),
            What::Transfer { token, to, acting } => transfer(&acting, common, &token, &to, ui),
        }
    }
}

fn list(home: &Home, work: &str, ui: Ui) -> Result<u8, Failure> {
    block_on(async {
        let (studio, client) = chain::look(home, "daedal edition list").await?;
        let reads = chain::ledgers(home, &studio, &client).await?;
        let work = number(home, &studio, &reads, work).await?;
        // A work that is not there is told as such, and not as one without editions.
        let by = reads.work(work).await.map_err(chain::refused)?.owner;
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

fn transfer(
    acting: &Acting,
    common: &Common,
    token: &str,
    to: &str,
    ui: Ui,
) -> Result<u8, Failure> {
    let name = token.rsplit('/').next().unwrap_or(token);
    let token = chain::token(name).ok_or_else(|| {
        Failure::new(format!("`{token}` is no token")).help(format!(
            "`{} edition list PROCESS` shows the tokens",
            hint::daedal()
        ))
    })?;
    acting.carry_out(common, ui, "daedal edition transfer", async |desk| {
        let to = desk.who(to)?;
        let edition = desk.reads.edition(token).await.map_err(chain::refused)?;
        let edition = edition.ok_or_else(|| {
            Failure::new(format!("there is no edition {token:#x} on this chain")).help(format!(
                "`{} edition list PROCESS` shows the tokens",
                hint::daedal()
            ))
        })?;
        if edition.owner == desk.reads.deployment().editions {
            return Err(Failure::new(format!("{token:#x} is for sale in the shop"))
                .help("it belongs to whoever buys it; release without `price:` to keep editions"));
        }
        if edition.owner != to && edition.owner != desk.me {
            return Err(Failure::new(format!(
                "{token:#x} belongs to {}, and not to {}",
                edition.owner, desk.me
            ))
            .help("only its owner can give it away"));
        }
        if edition.owner != to {
            let what = format!("edition:{token:x}:{to}");
            let words = format!("give edition {token:#x} to {to}");
            let give = desk.reads.give_edition(&edition, to);
            desk.act(&what, &give, &words).await?;
        }
        let text = format!("{token:#x} belongs to {to}");
        desk.result(
            json!({ "token": format!("{token:#066x}"), "owner": to }),
            &text,
        )
        .await
    })
}
