//! The password of the studio's keys: from a file for unattended use, else asked on the terminal.

use std::io::IsTerminal as _;
use std::path::Path;

use daedal_provenance::{PASSWORD_CHARS_MIN, Password};

use crate::commands::Common;
use crate::failure::Failure;
use crate::home::Home;

/// The password of keys that exist.
pub(crate) fn existing(home: &Home, common: &Common) -> Result<Password, Failure> {
    match from_file(home, common)? {
        Some(password) => Ok(password),
        None => ask("Password of the studio's keys: ").map(Password::new),
    }
}

/// The password of an account that the studio keeps under a name.
pub(crate) fn of_account(home: &Home, common: &Common, name: &str) -> Result<Password, Failure> {
    match from_file(home, common)? {
        Some(password) => Ok(password),
        None => ask(&format!("Password of the account `{name}`: ")).map(Password::new),
    }
}

/// The password for keys that are about to be made.
pub(crate) fn new(home: &Home, common: &Common) -> Result<Password, Failure> {
    if let Some(password) = from_file(home, common)? {
        return Ok(password);
    }
    chosen("The studio needs keys to sign with. Choose a password for them: ")
}

/// The password for an account that is about to be made.
pub(crate) fn new_of_account(
    home: &Home,
    common: &Common,
    name: &str,
) -> Result<Password, Failure> {
    match from_file(home, common)? {
        Some(password) => Ok(password),
        None => chosen(&format!("Choose a password for the account `{name}`: ")),
    }
}

/// Whether a password can be had without failing: from a file, or by asking.
pub(crate) fn can_be_had(home: &Home, common: &Common) -> bool {
    let given = common.password_file.as_ref();
    given.is_some_and(|path| !path.as_os_str().is_empty())
        || home.settings.account.password_file.is_some()
        || std::io::stdin().is_terminal()
}

fn chosen(prompt: &str) -> Result<Password, Failure> {
    let first = ask(prompt)?;
    if first.chars().count() < PASSWORD_CHARS_MIN {
        return Err(Failure::new("the password is too short")
            .help(format!("choose at least {PASSWORD_CHARS_MIN} characters")));
    }
    if ask("Once more: ")? != first {
        return Err(Failure::new("the two passwords differ").help("run the command again"));
    }
    Ok(Password::new(first))
}

fn from_file(home: &Home, common: &Common) -> Result<Option<Password>, Failure> {
    let given = common
        .password_file
        .clone()
        .filter(|path| !path.as_os_str().is_empty());
    let set = home.settings.account.password_file.as_ref();
    match given.or_else(|| set.map(|path| home.root.join(path))) {
        Some(path) => read(&path).map(Some),
        None => Ok(None),
    }
}

fn read(path: &Path) -> Result<Password, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::because(
            format!("the password file {} can't be read", path.display()),
            &error,
        )
    })?;
    let line = text.lines().next().unwrap_or_default();
    if line.is_empty() {
        return Err(Failure::new(format!(
            "the password file {} has an empty first line",
            path.display()
        ))
        .help("write the password on its first line"));
    }
    Ok(Password::new(line.to_owned()))
}

fn ask(prompt: &str) -> Result<String, Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(
            Failure::new("a password is needed, and there is no terminal to ask on").help(
                "name a file that holds it: --password-file FILE, or DAEDAL_PASSWORD_FILE, or \
             `password_file` under [account] in daedal.toml",
            ),
        );
    }
    rpassword::prompt_password(prompt)
        .map_err(|error| Failure::because("the password can't be read from the terminal", &error))
}
