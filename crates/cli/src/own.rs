//! The certificates that this user has signed with. Anybody can ship a folder that looks like a studio, with certificates and
//! keys: that somebody stands in it says nothing of whom they trust. What they signed with is theirs, and is noted where no
//! download comes.

use std::path::PathBuf;

use daedal_core::Digest;
use daedal_provenance::chain::Chain;

use crate::commands::Common;
use crate::failure::Failure;
use crate::home::Home;
use crate::text::write_whole;
use crate::ui::Ui;
use crate::verify;

/// The user's own folder for these notes; none where the system names no place.
fn folder() -> Option<PathBuf> {
    let set = |name: &str| {
        let place = PathBuf::from(std::env::var_os(name)?);
        place.is_absolute().then_some(place)
    };
    let settings = match cfg!(windows) {
        true => set("APPDATA"),
        false => set("XDG_CONFIG_HOME").or_else(|| {
            let home = std::env::home_dir().filter(|home| home.is_absolute());
            Some(home?.join(".config"))
        }),
    };
    Some(settings?.join("daedal").join("signed-with"))
}

fn note(chain: &Chain) -> Option<PathBuf> {
    let name = Digest::of(&chain.ders().concat());
    Some(folder()?.join(format!("{name}.pem")))
}

/// Notes that this user signs with a chain, and says so where that can't be noted: then a studio has to be named to be
/// recognised.
pub(crate) fn signed_with(chain: &Chain, ui: Ui) {
    let noted = match note(chain) {
        Some(place) if place.exists() => Ok(()),
        Some(place) => {
            write_whole(&place, chain.to_pem().as_bytes()).map_err(|failure| failure.message())
        }
        None => Err("the system names no place for settings".to_owned()),
    };
    if let Err(why) = noted {
        ui.note(format!(
            "{why}: so that `verify` recognises what this studio signs, name the studio with --studio, or what it signs with \
             by --trust"
        ));
    }
}

/// The certificates of a studio that are recognised in it: all where it was named, and else those that this user has signed
/// with.
pub(crate) fn recognised(common: &Common, home: Option<&Home>) -> Result<Vec<Chain>, Failure> {
    let mut chains = verify::authorities(home)?;
    let is_own = |chain: &Chain| note(chain).is_some_and(|place| place.is_file());
    chains.retain(|chain| common.studio.is_some() || is_own(chain));
    Ok(chains)
}
