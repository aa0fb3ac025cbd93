//! `daedal account`

use std::path::PathBuf;

use clap::Subcommand;
use daedal_provenance::Accounts;
use serde_json::{Value, json};

use super::Common;
use crate::failure::Failure;
use crate::hint;
use crate::home::Home;
use crate::ui::Ui;
use crate::{keys, password};

/// Shows the studio's account and keys; makes them when there are none yet. A studio can keep accounts
/// beside its own, for co-authors and roles: commands that act on the chain take them by --account.
#[derive(Debug, clap::Args)]
pub(crate) struct Account {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List the accounts that the studio keeps
    List,
    /// Make an account beside the studio's own
    New {
        /// Its name here: a-z, 0-9 and -
        name: String,
    },
    /// Keep an account that exists, from its Web3 keystore file, under the same password
    Import {
        /// The keystore, version 3, as wallets export it
        file: PathBuf,
        /// Its name here: a-z, 0-9 and -
        name: String,
    },
}

impl Account {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        let home = Home::find(common)?;
        let accounts = Accounts::at(home.accounts());
        let (name, address) = match self.what {
            None => return own(&home, common, ui),
            Some(What::List) => return list(&home, ui),
            Some(What::New { name }) => {
                let password = password::new_of_account(&home, common, &name)?;
                let made = accounts.make(&name, &password);
                (name, made)
            }
            Some(What::Import { file, name }) => {
                std::fs::File::open(&file).map_err(|error| {
                    Failure::because(format!("{} can't be read", file.display()), &error)
                        .help("name the keystore file that the wallet exported")
                })?;
                let password = password::of_account(&home, common, &name)?;
                let taken = accounts.import(&name, &file, &password);
                (name, taken)
            }
        };
        let address = address.map_err(|error| keys::unusable(&error))?;
        let text = format!("{name}  {address}\nact as it: --account {name}\n");
        ui.result(&json!({ "name": name, "address": address }), &text);
        Ok(0)
    }
}

fn own(home: &Home, common: &Common, ui: Ui) -> Result<u8, Failure> {
    let place = home.keys();
    let known = daedal_provenance::Keys::at(&place);
    let keys = if known.exist() {
        known
    } else {
        keys::open(home, common, ui)?.0
    };
    let account = keys.account().map_err(|error| keys::refused(&error))?;
    let address = account.address.to_checksum(None);
    let value = json!({ "studio": home.name(), "address": address, "keys": place });
    let text = format!(
        "studio   {}\naccount  {address}\nkeys     {}\n",
        home.name(),
        place.display()
    );
    ui.result(&value, &text);
    Ok(0)
}

fn list(home: &Home, ui: Ui) -> Result<u8, Failure> {
    let listed = keys::addresses(home)?;
    let mut text = String::new();
    for (name, address) in &listed {
        text.push_str(&format!("{name:<16} {address}\n"));
    }
    if listed.is_empty() {
        text.push_str(&format!(
            "no accounts yet: `{} account` makes the studio's own\n",
            hint::daedal()
        ));
    }
    let value: Vec<Value> = listed
        .iter()
        .map(|(name, address)| json!({ "name": name, "address": address }))
        .collect();
    ui.result(&Value::Array(value), &text);
    Ok(0)
}
