//! `daedal release`

use daedal_store::ports::RunSummary;
use serde_json::{Value, json};

use super::Common;
use crate::assemble;
use crate::chain;
use crate::failure::Failure;
use crate::hint;
use crate::home::{Home, block_on, remembered};
use crate::keys;
use crate::release::{self, OnChain, Released, Signing, release};
use crate::runs::find;
use crate::text;
use crate::ui::Ui;

/// Seals what runs made with credentials and publishes it to the channels of the process.
#[derive(Debug, clap::Args)]
pub(crate) struct Release {
    /// First digits of a run, its process, or `latest`
    #[arg(required = true, value_name = "RUN")]
    runs: Vec<String>,
    /// Neither anchor nor mint, though the process is registered
    #[arg(long)]
    no_chain: bool,
    /// JSON-RPC of the chain, in the place of `rpc` under [chain]
    #[arg(long, value_name = "URL", conflicts_with = "no_chain")]
    rpc: Option<String>,
    /// Anchor and mint as this account of the studio instead of its own; what is sealed is signed by the studio
    #[arg(long, value_name = "NAME", env = "DAEDAL_ACCOUNT")]
    account: Option<String>,
}

impl Release {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        let mut home = Home::find(common)?;
        if self.rpc.is_some() {
            home.settings.chain.rpc.clone_from(&self.rpc);
        }
        let account = self.account.as_deref();
        if account.is_some() {
            // A wrong name is told before anything is done.
            keys::address_named(&home, account)?;
        }
        let engines = assemble::engines();
        let signing = Signing::new(&home, common, ui).acting_as(account);
        block_on(async {
            // A password is asked for before others are kept out of the studio.
            let studio = home.open_to_read().await?;
            let mut takes_the_key = false;
            for name in &self.runs {
                let run = find(&studio, name).await?;
                takes_the_key |=
                    release::takes_the_key(&home, &studio, &run, !self.no_chain).await?;
            }
            studio.close().await.map_err(|error| remembered(&error))?;
            if takes_the_key {
                signing.signer()?;
                if account.is_some() && !self.no_chain {
                    signing.person()?;
                }
            }
            let studio = home.open_to_write("daedal release").await?;
            let mut runs: Vec<RunSummary> = Vec::new();
            for name in &self.runs {
                let run = find(&studio, name).await?;
                if runs.iter().all(|known| known.run != run.run) {
                    runs.push(run);
                }
            }
            let released =
                release(&home, &studio, &engines, &runs, &signing, !self.no_chain).await?;
            let text: String = released.iter().map(told).collect();
            let values = released.iter().map(to_json).collect();
            studio.close().await.map_err(|error| remembered(&error))?;
            ui.result(&Value::Array(values), &text);
            Ok(0)
        })
    }
}

/// What was released, for people.
pub(crate) fn told(released: &Released) -> String {
    let mut text = format!(
        "{} {} released: {} sealed\n",
        released.process,
        released.run.0.short(),
        released.pieces.len()
    );
    if let Some(on_chain) = &released.on_chain {
        let anchor = &on_chain.anchor;
        text.push_str(&format!(
            "  anchored on chain {} in block {}: {}\n",
            on_chain.work.chain, anchor.block, anchor.transaction
        ));
        for minted in &on_chain.editions {
            text.push_str(&format!("  edition {:#x}\n", minted.token));
        }
        if !on_chain.editions.is_empty() && released.site_url.is_none() {
            text.push_str(&format!(
                "  wallets don't find their metadata yet: it is at no address; set `url` under [site] in \
                 daedal.toml, then `{} publish`\n",
                hint::daedal()
            ));
        }
    }
    if released.told_anew > 0 {
        text.push_str(&format!("  {}\n", told_anew(released.told_anew)));
    }
    for (name, published) in &released.channels {
        let news = match published.changed {
            0 => "nothing new".to_owned(),
            changed => format!("{changed} files"),
        };
        text.push_str(&format!("  {name}: {} ({news})\n", published.location));
        for item in &published.items {
            text.push_str(&format!("    {item}\n"));
        }
    }
    text
}

/// That the chain was told where metadata is.
pub(crate) fn told_anew(mints: usize) -> String {
    let mints = text::count(mints, "earlier mint");
    format!("the chain says now where the metadata of {mints} is")
}

/// The same for programs.
pub(crate) fn to_json(released: &Released) -> Value {
    let pieces: Vec<Value> = released
        .pieces
        .iter()
        .map(|piece| {
            json!({
                "output": piece.piece.output,
                "index": piece.piece.index,
                "name": piece.piece.stem(),
                "title": piece.title,
                "unsigned": piece.sealed.unsigned.digest,
                "file": piece.sealed.file,
                "sidecar": piece.sealed.sidecar,
            })
        })
        .collect();
    let channels: Vec<Value> = released
        .channels
        .iter()
        .map(|(name, published)| {
            json!({
                "channel": name,
                "location": published.location,
                "items": published.items,
                "changed": published.changed,
            })
        })
        .collect();
    json!({
        "run": released.run,
        "process": released.process,
        "pieces": pieces,
        "attestation": released.attestation,
        "addresses_set": released.told_anew,
        "site_url": released.site_url,
        "chain_not_asked": released.unasked,
        "chain": released.on_chain.as_ref().map(on_chain_json),
        "channels": channels,
    })
}

fn on_chain_json(on_chain: &OnChain) -> Value {
    let known = &on_chain.work;
    let editions = on_chain.editions.iter();
    let editions: Vec<Value> = editions
        .map(|minted| {
            json!({
                "token": chain::caip19(known.chain, on_chain.contract, minted.token),
                "id": format!("{:#066x}", minted.token), "index": minted.index,
                "price": minted.price, "owner": minted.owner,
            })
        })
        .collect();
    json!({
        "work": chain::caip19(known.chain, known.registry, known.work),
        "version": on_chain.version,
        "anchor": {
            "contract": on_chain.anchor.contract, "by": on_chain.anchor.by,
            "root": on_chain.anchor.root, "transaction": on_chain.anchor.transaction,
            "block": on_chain.anchor.block,
        },
        "editions": editions,
    })
}
