//! What a licence allows, in flags that a machine can read.

use super::model::{DerivativeTerms, License};

/// What may be done with what a process makes; nothing is said where a flag is absent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Permissions {
    /// Whether commercial use is allowed.
    pub commercial: Option<bool>,
    /// Under what terms derivatives may be made.
    pub derivatives: Option<DerivativeTerms>,
    /// Whether its makers have to be named.
    pub attribution: Option<bool>,
}

impl License {
    /// What it allows: by its SPDX id where that is well known, else by the flags beside it.
    #[must_use]
    pub fn permissions(&self) -> Permissions {
        let known = self.id.as_deref().and_then(well_known);
        known.unwrap_or(self.said())
    }

    /// What the flags beside a well-known id say otherwise than the id: they do not count.
    #[must_use]
    pub fn contradictions(&self) -> Vec<&'static str> {
        let Some(known) = self.id.as_deref().and_then(well_known) else {
            return Vec::new();
        };
        let said = self.said();
        let is_other = [
            ("commercial", differ(said.commercial, known.commercial)),
            ("derivatives", differ(said.derivatives, known.derivatives)),
            ("attribution", differ(said.attribution, known.attribution)),
        ];
        let other = is_other.into_iter().filter(|(_, is_other)| *is_other);
        other.map(|(name, _)| name).collect()
    }

    fn said(&self) -> Permissions {
        Permissions {
            commercial: self.commercial,
            derivatives: self.derivatives,
            attribution: self.attribution,
        }
    }
}

fn differ<T: PartialEq>(said: Option<T>, known: Option<T>) -> bool {
    said.is_some() && said != known
}

/// What the licences that people choose for pictures, texts, models and code allow.
fn well_known(id: &str) -> Option<Permissions> {
    use DerivativeTerms::{Free, None as Closed, ShareAlike};
    let allows = |commercial, derivatives, attribution| {
        Some(Permissions {
            commercial: Some(commercial),
            derivatives: Some(derivatives),
            attribution: Some(attribution),
        })
    };
    if let Some(rest) = id.strip_prefix("CC-BY-") {
        let has = |term: &str| rest.split('-').any(|part| part == term);
        let derivatives = match (has("ND"), has("SA")) {
            (true, _) => Closed,
            (false, true) => ShareAlike,
            (false, false) => Free,
        };
        return allows(!has("NC"), derivatives, true);
    }
    // `GPL-3.0`, `GPL-3.0-only`, `AGPL-3.0-or-later` and the like.
    if ["GPL-", "LGPL-", "AGPL-"]
        .iter()
        .any(|name| id.starts_with(name))
    {
        return allows(true, ShareAlike, true);
    }
    match id {
        "CC0-1.0" | "CC-PDDC" | "Unlicense" | "0BSD" | "MIT-0" | "PDDL-1.0" => {
            allows(true, Free, false)
        }
        "MIT"
        | "Apache-2.0"
        | "BSD-2-Clause"
        | "BSD-3-Clause"
        | "ISC"
        | "Zlib"
        | "BSL-1.0"
        | "ODC-By-1.0"
        | "CDLA-Permissive-2.0" => allows(true, Free, true),
        "MPL-2.0" | "EUPL-1.2" | "ODbL-1.0" | "OFL-1.1" | "CDLA-Sharing-1.0" => {
            allows(true, ShareAlike, true)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn license(id: &str) -> License {
        License {
            id: Some(id.to_owned()),
            file: None,
            commercial: None,
            derivatives: None,
            attribution: None,
        }
    }

    #[test]
    fn well_known_ids_say_what_they_allow() {
        let told = |id: &str| {
            let found = license(id).permissions();
            (found.commercial, found.derivatives, found.attribution)
        };
        use DerivativeTerms::{Free, None as Closed, ShareAlike};
        for (id, commercial, derivatives, attribution) in [
            ("CC0-1.0", true, Free, false),
            ("CC-BY-4.0", true, Free, true),
            ("CC-BY-SA-4.0", true, ShareAlike, true),
            ("CC-BY-NC-4.0", false, Free, true),
            ("CC-BY-NC-SA-4.0", false, ShareAlike, true),
            ("CC-BY-ND-4.0", true, Closed, true),
            ("CC-BY-NC-ND-4.0", false, Closed, true),
            ("MIT", true, Free, true),
            ("Apache-2.0", true, Free, true),
            ("GPL-3.0", true, ShareAlike, true),
            ("AGPL-3.0-or-later", true, ShareAlike, true),
        ] {
            let expected = (Some(commercial), Some(derivatives), Some(attribution));
            assert_eq!(told(id), expected, "{id}");
        }
        assert_eq!(told("LicenseRef-Press"), (None, None, None));
    }

    #[test]
    fn flags_count_for_a_licence_of_ones_own_and_never_against_a_known_id() {
        let flags = |id: &str| License {
            commercial: Some(true),
            derivatives: Some(DerivativeTerms::ShareAlike),
            attribution: Some(false),
            ..license(id)
        };
        let own = flags("LicenseRef-Press");
        assert_eq!(own.permissions(), own.said());
        assert!(own.contradictions().is_empty());
        let known = flags("CC-BY-NC-4.0");
        assert_eq!(known.permissions(), license("CC-BY-NC-4.0").permissions());
        let names = ["commercial", "derivatives", "attribution"];
        assert_eq!(known.contradictions(), names);
    }
}
