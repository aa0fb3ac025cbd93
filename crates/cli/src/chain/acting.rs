//! Where a command acts on the chain: who acts, on what, and whether it only looks.

use alloy_primitives::Address;
use daedal_provenance::Keys;

use super::desk::Desk;
use crate::commands::Common;
use crate::failure::Failure;
use crate::home::{Home, block_on, remembered};
use crate::keys;
use crate::ui::Ui;

/// How a command acts on the chain.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Acting {
    /// Say what it would do and which gas it would take, and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// JSON-RPC of the chain, in the place of `rpc` under [chain]
    #[arg(long, value_name = "URL")]
    pub(crate) rpc: Option<String>,
    /// Act as this account of the studio instead of its own; `daedal account list` shows them
    #[arg(long, value_name = "NAME", env = "DAEDAL_ACCOUNT")]
    pub(crate) account: Option<String>,
}

/// Where a command looks at the chain.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Looking {
    /// JSON-RPC of the chain, in the place of `rpc` under [chain]
    #[arg(long, value_name = "URL")]
    rpc: Option<String>,
    /// Look as this account of the studio instead of its own; `daedal account list` shows them
    #[arg(long, value_name = "NAME", env = "DAEDAL_ACCOUNT")]
    account: Option<String>,
}

impl Looking {
    /// Has the studio use the chain that is named.
    pub(crate) fn settle(&self, home: &mut Home) {
        if let Some(rpc) = &self.rpc {
            home.settings.chain.rpc = Some(rpc.clone());
        }
    }

    /// Whether an account is named.
    pub(crate) fn is_named(&self) -> bool {
        self.account.is_some()
    }

    /// Whose eyes it looks with: nobody's (zero) in a studio that has no keys yet and looks at a chain that
    /// others run.
    pub(crate) fn account(&self, home: &Home) -> Result<Address, Failure> {
        match self.account.is_none() && !Keys::at(home.keys()).exist() {
            true => Ok(Address::ZERO),
            false => keys::address_named(home, self.account.as_deref()),
        }
    }

    /// Opens studio and chain for `work`, which takes no key and changes nothing.
    pub(crate) fn look(
        &self,
        common: &Common,
        ui: Ui,
        command: &str,
        work: impl AsyncFnOnce(&Desk) -> Result<u8, Failure>,
    ) -> Result<u8, Failure> {
        let mut home = Home::find(common)?;
        self.settle(&mut home);
        let me = self.account(&home)?;
        block_on(async { work(&looking(home, me, command, ui).await?).await })
    }
}

impl Acting {
    /// Has the studio use the chain that is named.
    pub(crate) fn settle(&self, home: &mut Home) {
        if let Some(rpc) = &self.rpc {
            home.settings.chain.rpc = Some(rpc.clone());
        }
    }

    /// Opens studio and chain for `work`, and closes them again. `command` is told to whoever comes second.
    pub(crate) fn carry_out(
        &self,
        common: &Common,
        ui: Ui,
        command: &str,
        work: impl AsyncFnOnce(&Desk) -> Result<u8, Failure>,
    ) -> Result<u8, Failure> {
        self.open(common, ui, command, false, work)
    }

    /// The same; an embedded chain that has no contracts yet gets them.
    pub(crate) fn carry_out_anew(
        &self,
        common: &Common,
        ui: Ui,
        command: &str,
        work: impl AsyncFnOnce(&Desk) -> Result<u8, Failure>,
    ) -> Result<u8, Failure> {
        self.open(common, ui, command, true, work)
    }

    /// The studio and who acts, where the embedded chain has no contracts yet.
    pub(crate) fn before_contracts(
        &self,
        common: &Common,
        command: &str,
    ) -> Result<Option<(Home, Address)>, Failure> {
        let mut home = Home::find(common)?;
        self.settle(&mut home);
        let me = keys::address_named(&home, self.account.as_deref())?;
        if !super::is_embedded(&home) {
            return Ok(None);
        }
        // Whose the embedded chain is.
        super::account_of(&home)?;
        let has_some = home.is_begun()
            && block_on(async {
                let (studio, client) = super::look_at_chain(&home, command).await?;
                let found = super::ledgers_if_any(&home, &studio, &client).await?;
                Ok(found.is_some())
            })?;
        Ok((!has_some).then_some((home, me)))
    }

    fn open(
        &self,
        common: &Common,
        ui: Ui,
        command: &str,
        makes_contracts: bool,
        work: impl AsyncFnOnce(&Desk) -> Result<u8, Failure>,
    ) -> Result<u8, Failure> {
        let mut home = Home::find(common)?;
        self.settle(&mut home);
        let account = self.account.as_deref();
        if self.dry_run {
            let me = keys::address_named(&home, account)?;
            return block_on(async { work(&looking(home, me, command, ui).await?).await });
        }
        // Before the studio is locked: nobody else must wait while a password is typed.
        let person = keys::person_named(&home, common, account, ui)?;
        let me = keys::address_named(&home, account)?;
        block_on(async {
            let studio = home.open_to_write(command).await?;
            let client = super::reach(&home, command).await?;
            // A command about a work makes no contracts: where there are none, there is no work.
            let known = super::ledgers_if_any(&home, &studio, &client).await?;
            if known.is_none() && !makes_contracts {
                return Err(super::nothing_registered());
            }
            let operator = super::operator(&home, &studio, client, known, person.clone()).await?;
            let found_at = operator.reads().client().block_number().await;
            let desk = Desk {
                found_at: found_at.map_err(super::refused)?,
                home,
                studio,
                reads: operator.reads().clone(),
                me,
                operator: Some(operator),
                person: Some(person),
                planned: Default::default(),
                ui,
            };
            let done = work(&desk).await;
            let closed = desk.studio.close().await;
            let code = done?;
            closed.map_err(|error| remembered(&error))?;
            Ok(code)
        })
    }
}

/// A desk at which nothing is done.
/// Opens studio and chain to look.
pub(crate) async fn looking(
    home: Home,
    me: Address,
    command: &str,
    ui: Ui,
) -> Result<Desk, Failure> {
    let (studio, client) = super::look(&home, command).await?;
    let reads = super::ledgers(&home, &studio, &client).await?;
    Ok(Desk {
        found_at: 0,
        home,
        studio,
        reads,
        me,
        operator: None,
        person: None,
        planned: Default::default(),
        ui,
    })
}
