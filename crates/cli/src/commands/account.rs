//! `daedal account`

use serde_json::json;

use super::Common;
use crate::failure::Failure;
use crate::home::Home;
use crate::keys;
use crate::ui::Ui;

/// Shows the studio's account and keys; makes them when there are none yet.
#[derive(Debug, clap::Args)]
pub(crate) struct Account {}

impl Account {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        let home = Home::find(common)?;
        let place = home.keys();
        let known = daedal_provenance::Keys::at(&place);
        let keys = if known.exist() {
            known
        } else {
            keys::open(&home, common, ui)?.0
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
}
