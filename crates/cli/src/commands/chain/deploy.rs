//! `daedal chain deploy`

use alloy_primitives::Address;
use daedal_chain::Client;
use daedal_chain::deployment::{Deployment, Money};
use daedal_store::Studio;
use serde_json::{Value, json};

use super::{Common, named};
use crate::chain::{self, Acting, Anew, gas_told};
use crate::failure::Failure;
use crate::hint;
use crate::home::{Home, block_on, remembered};
use crate::keys;
use crate::ui::Ui;

const COMMAND: &str = "daedal chain deploy";

/// Makes the contracts on the chain under [chain]; or, where they are there, tells their addresses.
#[derive(Debug, clap::Args)]
pub(super) struct Deploy {
    /// Contract of a stablecoin of the chain, such as USDC, that works may earn; can be given several times, the
    /// first is what works earn unless they say otherwise. Goes with --wrapped
    #[arg(long, value_name = "ADDRESS", requires = "wrapped")]
    stablecoin: Vec<String>,
    /// Contract of the chain's own coin as a token, such as WETH; 0x and forty zeros where the chain has none.
    /// Goes with --stablecoin
    #[arg(long, value_name = "ADDRESS", requires = "stablecoin")]
    wrapped: Option<String>,
    /// Make worthless coins along, in the place of both: for trying things out
    #[arg(long, conflicts_with_all = ["stablecoin", "wrapped"])]
    test_money: bool,
    /// The chain was made anew, by the same number: put aside what the studio has on record of the old one. Where
    /// [chain] names contracts there already, no others are made
    #[arg(long)]
    anew: bool,
    #[command(flatten)]
    acting: Acting,
}

impl Deploy {
    pub(super) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        let mut home = Home::find(common)?;
        self.acting.settle(&mut home);
        let home = &home;
        // One that was taken away is begun again by hand: works of the old one are on record.
        if chain::is_embedded(home) && !self.anew {
            return Err(Failure::new(
                "the embedded chain has its contracts already, or gets them with the first registration",
            )
            .help(format!(
                "nothing is to be done: `{} chain status` shows where they are; to make contracts on a chain \
                 that others run, name it: --rpc URL, or `rpc` under [chain]",
                hint::daedal()
            )));
        }
        let money = self.money(home)?;
        let account = self.acting.account.as_deref();
        if self.acting.dry_run {
            return self.look(
                home,
                keys::address_named(home, account)?,
                money.as_ref(),
                ui,
            );
        }
        let person = keys::person_named(home, common, account, ui)?;
        block_on(async {
            let studio = home.open_to_write(COMMAND).await?;
            let client = chain::reach(home, COMMAND).await?;
            let chain_id = client.chain_id();
            let anew = self.anew(home, &studio, &client).await?;
            if let Some(anew) = &anew {
                let aside = &anew.put_aside;
                ui.note(format!("put aside, of the old chain: {aside}"));
                if let Some(back) = &anew.brought_back {
                    ui.note(format!(
                        "brought back, since it is of this very chain: {back}"
                    ));
                }
            }
            let there = there(home, &studio, &client).await?;
            let at = match (&money, there) {
                (None, Some(at)) => at,
                (Some(_), Some(at)) if chain::are_set(home) => at,
                (Some(money), _) => {
                    let outbox = chain::outbox(home, &studio, client, person)?;
                    outbox.resume().await.map_err(chain::refused)?;
                    chain::deploy(home, &studio, &outbox, money).await?
                }
                (None, None) => {
                    // What [chain] names is not there: this says which of it.
                    chain::ledgers_if_any(home, &studio, &client).await?;
                    *chain::ledgers(home, &studio, &client).await?.deployment()
                }
            };
            studio.close().await.map_err(|error| remembered(&error))?;
            let news = match there {
                Some(_) => "nothing was made: the contracts were there already",
                None => "the contracts are made",
            };
            let mut text = format!(
                "{news}, on chain {chain_id}; for other studios, put this under [chain]:\n\n"
            );
            for (name, address) in named(&at) {
                text.push_str(&format!("{name} = \"{address}\"\n"));
            }
            let value = json!({
                "chain": chain_id, "contracts": at, "anew": anew, "made_before": there.is_some(),
            });
            ui.result(&value, &text);
            Ok(0)
        })
    }

    /// Says what it would make.
    fn look(&self, home: &Home, me: Address, money: Option<&Money>, ui: Ui) -> Result<u8, Failure> {
        block_on(async {
            let (studio, client) = chain::look_at_chain(home, COMMAND).await?;
            let difference = chain::difference(home, &studio, &client).await?;
            let why = match (difference, self.anew) {
                (None, true) => return Err(not_anew(&client)),
                (Some(why), false) => {
                    return Err(chain::another(home, &studio, &client, &why).await);
                }
                // What is on record is of a chain that is gone: all is made anew.
                (Some(_), true) => None,
                (None, false) => there(home, &studio, &client).await?,
            };
            let Some(money) = money.filter(|_| why.is_none()) else {
                let value = json!({
                    "dry_run": true, "account": me, "acts": [], "gas": 0, "contracts": why,
                });
                let text = format!(
                    "nothing to make: the contracts on chain {} are there already\n",
                    client.chain_id()
                );
                ui.result(&value, &text);
                return Ok(0);
            };
            let made = chain::deploying(&studio, &client, me, money).await?;
            let mut text = format!(
                "nothing was done; on chain {} ({}), {me} would\n",
                client.chain_id(),
                client.place()
            );
            if self.anew {
                text.push_str("  put aside what is on record of the old chain\n");
            }
            let mut acts: Vec<Value> = Vec::new();
            for (name, gas) in &made {
                let words = format!("make the contract `{name}`");
                text.push_str(&format!("  {words}  ({})\n", gas_told(*gas)));
                acts.push(json!({ "would": words, "gas": gas }));
            }
            let sum: u64 = made.iter().filter_map(|(_, gas)| *gas).sum();
            let open = made.iter().any(|(_, gas)| gas.is_none());
            let open = if open {
                ", and what is not known yet"
            } else {
                ""
            };
            text.push_str(&format!("  {sum} gas together{open}\n"));
            let value = json!({ "dry_run": true, "account": me, "acts": acts, "gas": sum });
            ui.result(&value, &text);
            Ok(0)
        })
    }

    /// None where the contracts are there already: on a chain made anew, by what `daedal.toml` says.
    fn money(&self, home: &Home) -> Result<Option<Money>, Failure> {
        let address =
            |flag: &str, text: &String| chain::account(text).map_err(|failure| failure.about(flag));
        match &self.wrapped {
            Some(wrapped) => Ok(Some(Money::Real {
                stablecoins: self
                    .stablecoin
                    .iter()
                    .map(|text| address("--stablecoin", text))
                    .collect::<Result<Vec<Address>, Failure>>()?,
                wrapped_native: address("--wrapped", wrapped)?,
            })),
            None if self.test_money => Ok(Some(Money::Test)),
            None if self.anew && chain::are_set(home) => Ok(None),
            None => Err(Failure::new(
                "the contracts need to know which coins works may earn",
            )
            .help(
                "name the chain's: --stablecoin ADDRESS (such as USDC's) and --wrapped ADDRESS (such as \
                 WETH's); or --test-money, which makes worthless ones, to try things out",
            )),
        }
    }

    /// Puts aside what is on record of a chain that is gone, if that was asked for.
    async fn anew(
        &self,
        home: &Home,
        studio: &Studio,
        client: &Client,
    ) -> Result<Option<Anew>, Failure> {
        match (chain::difference(home, studio, client).await?, self.anew) {
            (None, false) => Ok(None),
            (Some(_), true) => chain::begin_anew(studio, client).await.map(Some),
            (Some(why), false) => Err(chain::another(home, studio, client, &why).await),
            (None, true) => Err(not_anew(client)),
        }
    }
}

/// The contracts that are on the chain already, all of them.
async fn there(
    home: &Home,
    studio: &Studio,
    client: &Client,
) -> Result<Option<Deployment>, Failure> {
    let at = chain::deployment(home, studio, client.chain_id()).await?;
    Ok(match at.filter(Deployment::is_whole) {
        Some(at) if at.check(client).await.is_ok() => Some(at),
        _ => None,
    })
}

/// That there is no old chain to put aside.
fn not_anew(client: &Client) -> Failure {
    Failure::new(format!(
        "nothing is on record of another chain than this one: {} ({})",
        client.chain_id(),
        client.place()
    ))
    .help("leave --anew away: there is nothing to put aside")
}
