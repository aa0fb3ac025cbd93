//! The keys of a release: opened when they are first needed.

use std::cell::OnceCell;

use alloy_primitives::Address;
use daedal_provenance::{Keys, Password, Person, Signer};

use crate::commands::Common;
use crate::failure::Failure;
use crate::home::Home;
use crate::keys;
use crate::ui::Ui;

/// What signs, opened when it is first needed.
pub(crate) struct Signing<'a> {
    home: &'a Home,
    common: &'a Common,
    pub(super) ui: Ui,
    /// Who acts on the chain, where it is not the studio's own account.
    account: Option<&'a str>,
    person: OnceCell<Person>,
    own: OnceCell<(Keys, Password)>,
    signer: OnceCell<Signer>,
}

impl<'a> Signing<'a> {
    pub(crate) fn new(home: &'a Home, common: &'a Common, ui: Ui) -> Self {
        Self {
            home,
            common,
            ui,
            account: None,
            person: OnceCell::new(),
            own: OnceCell::new(),
            signer: OnceCell::new(),
        }
    }

    /// The same, with another account of the studio that acts on the chain.
    pub(crate) fn acting_as(self, account: Option<&'a str>) -> Self {
        Self { account, ..self }
    }

    /// What signs; asks for the password once.
    pub(crate) fn signer(&self) -> Result<&Signer, Failure> {
        if let Some(signer) = self.signer.get() {
            return Ok(signer);
        }
        let signer = keys::signer(self.home, || self.own(), self.ui)?;
        Ok(self.signer.get_or_init(|| signer))
    }

    /// The account, opened to send what it signs; asks for the password once.
    pub(crate) fn person(&self) -> Result<Person, Failure> {
        if let Some(person) = self.person.get() {
            return Ok(person.clone());
        }
        let person = match self.account.filter(|name| *name != "studio") {
            Some(_) => keys::person_named(self.home, self.common, self.account, self.ui)?,
            None => {
                let (keys, password) = self.own()?;
                keys.person(password)
                    .map_err(|error| keys::refused(&error))?
            }
        };
        Ok(self.person.get_or_init(|| person).clone())
    }

    /// Who acts on the chain; takes no password.
    pub(super) fn actor(&self) -> Result<Address, Failure> {
        keys::address_named(self.home, self.account)
    }

    /// The studio's keys; asks for the password once.
    fn own(&self) -> Result<&(Keys, Password), Failure> {
        if let Some(own) = self.own.get() {
            return Ok(own);
        }
        let own = keys::open(self.home, self.common, self.ui)?;
        Ok(self.own.get_or_init(|| own))
    }

    /// Who made what is signed: the studio, or whom a certificate of one's own names.
    pub(super) fn maker(&self) -> Result<String, Failure> {
        Ok(match &self.home.settings.account.certificate {
            Some(_) => self.certified()?,
            None => self.home.name(),
        })
    }

    /// Whom the signing certificate names.
    pub(super) fn certified(&self) -> Result<String, Failure> {
        let name = self.signer()?.chain().common_name();
        Ok(name.unwrap_or_else(|| self.home.name()))
    }
}
