//! The bundled type faces: the only fonts that an engine sees, so that text looks the same on every
//! machine.

use std::sync::{Arc, LazyLock};

use fontdb::{Database, Source};

macro_rules! faces {
    ($($file:literal),* $(,)?) => {
        &[$(($file, include_bytes!(concat!("../fonts/", $file, ".ttf")))),*]
    };
}

/// File stem and bytes of each face, in a fixed order: fallback walks it from the front.
const FACES: &[(&str, &[u8])] = faces![
    "EBGaramond-Regular",
    "EBGaramond-Italic",
    "EBGaramond-Medium",
    "EBGaramond-Bold",
    "IBMPlexSans-Light",
    "IBMPlexSans-Regular",
    "IBMPlexSans-Italic",
    "IBMPlexSans-Medium",
    "IBMPlexSans-Bold",
    "IBMPlexMono-Regular",
    "IBMPlexMono-Italic",
    "IBMPlexMono-SemiBold",
    "BarlowCondensed-Light",
    "BarlowCondensed-Regular",
    "BarlowCondensed-Medium",
    "BarlowCondensed-SemiBold",
    "BarlowCondensed-Bold",
    "CormorantSC-Light",
    "CormorantSC-Medium",
    "CormorantSC-Bold",
    "IMFellEnglish-Regular",
    "IMFellEnglish-Italic",
    "IMFellEnglishSC-Regular",
    "UnifrakturCook-Bold",
];

static DATABASE: LazyLock<Arc<Database>> = LazyLock::new(|| {
    let mut database = Database::new();
    for (_, bytes) in FACES {
        database.load_font_source(Source::Binary(Arc::new(*bytes)));
    }
    database.set_serif_family("EB Garamond");
    database.set_sans_serif_family("IBM Plex Sans");
    database.set_monospace_family("IBM Plex Mono");
    database.set_cursive_family("IM FELL English");
    database.set_fantasy_family("UnifrakturCook");
    Arc::new(database)
});

/// The bundled faces, loaded once. Generic families are set: `serif` is EB Garamond, `sans-serif`
/// IBM Plex Sans, `monospace` IBM Plex Mono, `cursive` IM FELL English, `fantasy` UnifrakturCook.
#[must_use]
pub fn database() -> Arc<Database> {
    Arc::clone(&DATABASE)
}

/// Every bundled face with its identifier in [`database`] and its bytes.
pub(crate) fn faces() -> impl Iterator<Item = (fontdb::ID, &'static [u8])> {
    let loaded = DATABASE.faces().map(|face| face.id);
    loaded.zip(FACES.iter().map(|(_, bytes)| *bytes))
}

/// The names of the bundled families, each once, in alphabetical order.
#[must_use]
pub fn families() -> Vec<String> {
    let mut names: Vec<String> = DATABASE
        .faces()
        .filter_map(|face| face.families.first().map(|(name, _)| name.clone()))
        .collect();
    names.sort();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_face_loads_under_its_typographic_family() {
        assert_eq!(database().len(), FACES.len());
        insta::assert_snapshot!(families().join("\n"), @"
        Barlow Condensed
        Cormorant SC
        EB Garamond
        IBM Plex Mono
        IBM Plex Sans
        IM FELL English
        IM FELL English SC
        UnifrakturCook
        ");
    }

    #[test]
    fn bundle_stays_small() {
        let total: usize = FACES.iter().map(|(_, bytes)| bytes.len()).sum();
        assert!(total < 4 << 20, "{total} bytes of fonts");
    }
}
