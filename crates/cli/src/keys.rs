//! The studio's keys, made on first use.

use std::path::Path;

use alloy_primitives::Address;
use daedal_core::run::Moment;
use daedal_provenance::{
    AccountError, Accounts, KeyError, Keys, PASSWORD_CHARS_MIN, Password, Person, Signer,
};

use crate::commands::Common;
use crate::failure::Failure;
use crate::hint;
use crate::home::Home;
use crate::ui::Ui;
use crate::{own, password, text};

/// What signs credentials: the key that the settings name, or the studio's own, which takes its password.
pub(crate) fn signer<'k>(
    home: &Home,
    own: impl FnOnce() -> Result<&'k (Keys, Password), Failure>,
    ui: Ui,
) -> Result<Signer, Failure> {
    let account = &home.settings.account;
    let signer = match (&account.certificate, &account.key) {
        (Some(certificate), Some(key)) => named_signer(home, certificate, key),
        (None, None) => {
            let (keys, password) = own()?;
            keys.signer(password).map_err(|error| refused(&error))
        }
        _ => Err(
            Failure::new("[account] names a certificate without a key, or the reverse")
                .help("set both `certificate` and `key`, or neither"),
        ),
    }?;
    own::signed_with(signer.chain(), ui);
    Ok(signer)
}

/// What the settings name to sign with.
fn named_signer(home: &Home, certificate: &Path, key: &Path) -> Result<Signer, Failure> {
    let files = format!(
        "of [account] in daedal.toml, `certificate` ({}) has certificates in PEM, the signing one first, and `key` ({}) \
         the P-256 key of that one, PKCS #8 in PEM; without both the studio signs with its own",
        certificate.display(),
        key.display()
    );
    let read = |path: &Path| {
        std::fs::read_to_string(home.root.join(path)).map_err(|error| {
            Failure::because(format!("{} can't be read", path.display()), &error).help(&files)
        })
    };
    let (certificates, pem) = (read(certificate)?, read(key)?);
    let signer = Signer::from_pem(certificates.as_bytes(), &pem).map_err(|error| {
        let help = match error {
            KeyError::Unreadable if pem.contains("BEGIN EC PRIVATE KEY") => format!(
                "`openssl ecparam` writes keys in a form of its own (`BEGIN EC PRIVATE KEY`); convert it and name the new file \
                 as `key`: openssl pkcs8 -topk8 -nodes -in {} -out key8.pem",
                key.display()
            ),
            _ => files.clone(),
        };
        Failure::new(error.to_string()).help(help)
    })?;
    let ends = signer.chain().ends_ms().map(Moment);
    match ends.filter(|ends| *ends <= text::now()) {
        None => Ok(signer),
        Some(ends) => Err(Failure::new(format!(
            "the certificate in {} expired at {}: what is signed with it counts for nobody",
            certificate.display(),
            text::moment(ends)
        ))
        .help("have its issuer renew it, or leave `certificate` and `key` of [account] in daedal.toml out")),
    }
}

/// The studio's account, opened to sign what it decides and sends.
pub(crate) fn person(home: &Home, common: &Common, ui: Ui) -> Result<Person, Failure> {
    let (keys, password) = open(home, common, ui)?;
    keys.person(&password).map_err(|error| refused(&error))
}

/// The studio's account, or another that it keeps under a name, opened to act.
pub(crate) fn person_named(
    home: &Home,
    common: &Common,
    name: Option<&str>,
    ui: Ui,
) -> Result<Person, Failure> {
    let Some(name) = name.filter(|name| *name != "studio") else {
        return person(home, common, ui);
    };
    let accounts = Accounts::at(home.accounts());
    // A wrong name is told before anybody types a password.
    accounts.address(name).map_err(|error| unusable(&error))?;
    let password = password::of_account(home, common, name)?;
    let opened = accounts.open(name, &password);
    opened.map_err(|error| unusable(&error))
}

/// The address of the studio's account, or of another that it keeps under a name.
pub(crate) fn address_named(home: &Home, name: Option<&str>) -> Result<Address, Failure> {
    match name.filter(|name| *name != "studio") {
        None => crate::chain::account_of(home),
        Some(name) => {
            let address = Accounts::at(home.accounts()).address(name);
            address.map_err(|error| unusable(&error))
        }
    }
}

/// The addresses of all accounts by name, the studio's own first.
pub(crate) fn addresses(home: &Home) -> Result<Vec<(String, Address)>, Failure> {
    let mut listed = Vec::new();
    let keys = Keys::at(home.keys());
    if keys.exist() {
        let own = keys.account().map_err(|error| refused(&error))?;
        listed.push(("studio".to_owned(), own.address));
    }
    let others = Accounts::at(home.accounts()).list();
    listed.extend(others.map_err(|error| unusable(&error))?);
    Ok(listed)
}

/// Why an account can't be used, and what to do.
pub(crate) fn unusable(error: &AccountError) -> Failure {
    match error {
        AccountError::Key(error) => refused(error),
        AccountError::Unknown { .. } => Failure::new(error.to_string()).help(format!(
            "`{daedal} account list` shows them, `{daedal} account new NAME` makes one; an address begins \
             with 0x",
            daedal = hint::daedal()
        )),
        error => Failure::new(error.to_string()),
    }
}

/// Why keys can't be used, and what to do.
pub(crate) fn refused(error: &KeyError) -> Failure {
    let failure = Failure::new(error.to_string());
    match error {
        KeyError::WrongPassword { .. } => failure.help(
            "give the password that the keys were made with: on the terminal, by --password-file or \
             DAEDAL_PASSWORD_FILE; one that is lost can't be recovered: move the keys elsewhere, \
             and the studio makes new ones",
        ),
        KeyError::ShortPassword { .. } => failure.help(format!(
            "choose at least {PASSWORD_CHARS_MIN} characters; in a password file they are its first line"
        )),
        KeyError::Damaged { .. } | KeyError::Lost { .. } => failure.help(RESTORE),
        _ => failure,
    }
}

/// What helps where files of the keys are lost or damaged.
const RESTORE: &str = "the files in the folder of keys belong together: put back all four of a copy; without one, \
                       move the folder elsewhere, and the studio makes new keys, which is another account";

/// The studio's keys and their password; makes keys when there are none yet.
pub(crate) fn open(home: &Home, common: &Common, ui: Ui) -> Result<(Keys, Password), Failure> {
    let keys = Keys::at(home.keys());
    if keys.exist() {
        let password = password::existing(home, common)?;
        return Ok((keys, password));
    }
    let password = password::new(home, common)?;
    let account = keys
        .make(&password, &home.name(), text::now().0)
        .map_err(|error| refused(&error))?;
    if let Ok(chain) = keys.chain() {
        own::signed_with(&chain, ui);
    }
    ui.note(format!(
        "made the studio's keys; its account is {}",
        account.address
    ));
    Ok((keys, password))
}
