//! The lower half of a profile's picture: detail, texture, and the range of the references.

use std::fmt::Write as _;

use daedal_engines::signature::{Profile, Shown};

use super::card::{INNER, Inks, MARGIN, PANEL, PAPER, QUIET, RULE, put, small};

/// How much there is to see in each octave: every reference in grey, their mean in ink.
pub(super) fn spectrum(drawn: &mut String, shown: &Shown, inks: &Inks, x: f64, y: f64) {
    const HIGH: f64 = 190.0;
    const NAMES: [&str; 6] = ["grain", "", "strokes", "", "shapes", "masses"];
    let steps = shown.spectrum.len().saturating_sub(1).max(1) as f64;
    let all = || shown.spectra.iter().flatten().copied();
    let (least, most) = (
        all().fold(f64::INFINITY, f64::min),
        all().fold(f64::NEG_INFINITY, f64::max),
    );
    let span = (most - least).max(0.05);
    let at = |index: usize, value: f64| {
        let share = (value - least) / span;
        (
            x + PANEL * index as f64 / steps,
            y + HIGH * (1.0 - 0.9 * share) - 6.0,
        )
    };
    let path = |spectrum: &[f64]| {
        let mut path = String::new();
        for (index, value) in spectrum.iter().enumerate() {
            let (x, y) = at(index, *value);
            // Writing into a String can't fail.
            let _ = write!(path, "{}{x:.1} {y:.1}", if index == 0 { 'M' } else { 'L' });
        }
        path
    };
    put(
        drawn,
        &format!(
            "<path d=\"M{x} {0:.1}h{PANEL}\" stroke=\"{RULE}\"/>",
            y + HIGH
        ),
    );
    for spectrum in &shown.spectra {
        put(
            drawn,
            &format!(
                "<path d=\"{}\" fill=\"none\" stroke=\"{QUIET}\" stroke-opacity=\"0.4\" stroke-width=\"1.2\"/>",
                path(spectrum)
            ),
        );
    }
    put(
        drawn,
        &format!(
            "<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"3\" stroke-linejoin=\"round\" stroke-linecap=\"round\"/>",
            path(&shown.spectrum),
            inks.line
        ),
    );
    for (index, value) in shown.spectrum.iter().enumerate() {
        let (x, y) = at(index, *value);
        put(
            drawn,
            &format!(
                "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"5\" fill=\"{PAPER}\" stroke=\"{}\" stroke-width=\"2.5\"/>",
                inks.line
            ),
        );
    }
    for (index, name) in NAMES.iter().enumerate() {
        let anchor = match index {
            0 => "start",
            5 => "end",
            _ => "middle",
        };
        small(drawn, at(index, least).0, y + HIGH + 22.0, anchor, name);
    }
}

/// The patterns of neighbours, near ones upwards and wider ones downwards; on a scale of roots, since flat
/// places are most of a picture.
pub(super) fn texture(drawn: &mut String, shown: &Shown, inks: &Inks, x: f64, y: f64) {
    const HALF: f64 = 95.0;
    const NAMES: [&str; 10] = ["flat", "", "", "", "edge", "", "", "", "spot", "other"];
    let step = PANEL / NAMES.len() as f64;
    let middle = y + HALF;
    let tall = |share: f64| (HALF - 4.0) * share.sqrt();
    for (index, (near, wide)) in shown.grain.iter().zip(&shown.weave).enumerate() {
        let left = x + step * index as f64 + step * 0.12;
        let bar = step * 0.76;
        put(
            drawn,
            &format!(
                "<rect x=\"{left:.1}\" y=\"{:.1}\" width=\"{bar:.1}\" height=\"{:.1}\" fill=\"{}\"/>",
                middle - 1.5 - tall(*near),
                tall(*near),
                inks.line
            ),
        );
        put(
            drawn,
            &format!(
                "<rect x=\"{left:.1}\" y=\"{:.1}\" width=\"{bar:.1}\" height=\"{:.1}\" fill=\"{}\"/>",
                middle + 1.5,
                tall(*wide),
                inks.accent
            ),
        );
        small(
            drawn,
            left + bar / 2.0,
            y + 2.0 * HALF + 22.0,
            "middle",
            NAMES[index.min(9)],
        );
    }
}

/// Every reference on a line of distances: one is where they are on the whole, and the tolerance is marked.
pub(super) fn range(drawn: &mut String, profile: &Profile, inks: &Inks, tolerance: f64, y: f64) {
    let among = profile.among();
    let most = among
        .iter()
        .map(|own| own.overall)
        .fold(tolerance * 1.25, f64::max);
    let at = |far: f64| MARGIN + INNER * far / most;
    let line = y + 34.0;
    put(
        drawn,
        &format!(
            "<rect x=\"{MARGIN}\" y=\"{:.1}\" width=\"{:.1}\" height=\"44\" fill=\"{}\" fill-opacity=\"0.08\"/>\
         <path d=\"M{MARGIN} {line}h{INNER}\" stroke=\"{RULE}\"/>",
            line - 22.0,
            at(tolerance) - MARGIN,
            inks.line
        ),
    );
    for (mark, name) in [(0.0, "0"), (1.0, "1"), (tolerance, "tolerance")] {
        put(
            drawn,
            &format!(
                "<path d=\"M{:.1} {:.1}v44\" stroke=\"{QUIET}\" stroke-opacity=\"0.6\"/>",
                at(mark),
                line - 22.0
            ),
        );
        let shown = match name {
            "tolerance" => format!("tolerance {tolerance}"),
            name => name.to_owned(),
        };
        small(
            drawn,
            at(mark),
            line + 42.0,
            if mark == 0.0 { "start" } else { "middle" },
            &shown,
        );
    }
    for own in among {
        put(
            drawn,
            &format!(
                "<circle cx=\"{:.1}\" cy=\"{line}\" r=\"7\" fill=\"{}\" fill-opacity=\"0.75\"/>",
                at(own.overall),
                inks.line
            ),
        );
    }
}
