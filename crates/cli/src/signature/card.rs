//! A profile as a picture: what a hand is known by, on one sheet.

use daedal_engines::signature::{Profile, Shown, Swatch};

use super::charts::{range, spectrum, texture};
use crate::plot::escaped;

/// Size of the sheet, in its own units.
pub(crate) const WIDTH: f64 = 1200.0;
const HEIGHT: f64 = 1500.0;
pub(super) const MARGIN: f64 = 90.0;
pub(super) const INNER: f64 = WIDTH - 2.0 * MARGIN;
/// Space between two panels.
const GUTTER: f64 = 100.0;
pub(super) const PANEL: f64 = (INNER - GUTTER) / 2.0;

pub(super) const PAPER: &str = "#f6f2e9";
const INK: &str = "#23201c";
pub(super) const QUIET: &str = "#8a8378";
pub(super) const RULE: &str = "#d9d2c3";

const SERIF: &str = "font-family=\"EB Garamond, Georgia, serif\"";
const SANS: &str = "font-family=\"IBM Plex Sans, system-ui, sans-serif\"";
const MONO: &str = "font-family=\"IBM Plex Mono, monospace\"";

/// The two colours that a sheet is drawn with, of the hand's own where they can be read on the paper.
pub(super) struct Inks {
    pub(super) line: String,
    pub(super) accent: String,
}

impl Inks {
    fn of(colours: &[Swatch]) -> Self {
        let channel = |level: u8| {
            let value = f64::from(level) / 255.0;
            match value <= 0.040_45 {
                true => value / 12.92,
                false => ((value + 0.055) / 1.055).powf(2.4),
            }
        };
        let light = |colour: &Swatch| {
            let [r, g, b] = colour.rgb.map(channel);
            0.2126 * r + 0.7152 * g + 0.0722 * b
        };
        let vivid = |colour: &Swatch| {
            let most = colour.rgb.iter().max().copied().unwrap_or_default();
            most - colour.rgb.iter().min().copied().unwrap_or_default()
        };
        // Contrast of 4.5 and 3 on this paper (WCAG 2): for lines with words beside them, and for areas.
        let line = colours.iter().filter(|colour| light(colour) < 0.155);
        let line = line.min_by(|a, b| light(a).total_cmp(&light(b)));
        let line = line.map_or_else(|| INK.to_owned(), Swatch::hex);
        let accent = colours
            .iter()
            .filter(|colour| light(colour) < 0.26 && vivid(colour) > 60 && colour.hex() != line);
        let accent = accent.max_by_key(|colour| vivid(colour));
        Self {
            line,
            accent: accent.map_or_else(|| "#c2412d".to_owned(), Swatch::hex),
        }
    }
}

/// Draws a profile. `title` is what people call the process.
pub(crate) fn card(title: &str, profile: &Profile, tolerance: f64) -> String {
    let shown = profile.shown();
    let inks = Inks::of(&profile.colours);
    let (left, right) = (MARGIN, MARGIN + PANEL + GUTTER);
    let mut drawn = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" role=\"img\">\n\
         <title>The signature of {0}</title>\n<rect width=\"100%\" height=\"100%\" fill=\"{PAPER}\"/>\n\
         <text x=\"{MARGIN}\" y=\"128\" {SERIF} font-size=\"60\" fill=\"{INK}\">{0}</text>\n",
        escaped(title)
    );
    let count = profile.references.len();
    let line = match count {
        1 => "the hand, by 1 reference".to_owned(),
        count => format!("the hand, by {count} references"),
    };
    put(
        &mut drawn,
        &format!(
            "<text x=\"{MARGIN}\" y=\"166\" {SERIF} font-size=\"24\" font-style=\"italic\" fill=\"{QUIET}\">{line}</text>"
        ),
    );
    palette(&mut drawn, &profile.colours, 220.0);
    heading(&mut drawn, left, 440.0, "Placement", &balance(&shown));
    placement(&mut drawn, &shown, &inks, left, 470.0);
    heading(&mut drawn, right, 440.0, "Edges", "which way they run");
    rose(&mut drawn, &shown, &inks, right, 470.0);
    heading(&mut drawn, left, 1000.0, "Detail", "from grain to masses");
    spectrum(&mut drawn, &shown, &inks, left, 1030.0);
    heading(
        &mut drawn,
        right,
        1000.0,
        "Texture",
        "near above, wider below",
    );
    texture(&mut drawn, &shown, &inks, right, 1030.0);
    heading(
        &mut drawn,
        left,
        1316.0,
        "Range",
        "how far each reference is from the others",
    );
    range(&mut drawn, profile, &inks, tolerance, 1342.0);
    drawn.push_str("</svg>\n");
    drawn
}

pub(super) fn put(drawn: &mut String, part: &str) {
    drawn.push_str(part);
    drawn.push('\n');
}

fn heading(drawn: &mut String, x: f64, y: f64, name: &str, says: &str) {
    put(
        drawn,
        &format!(
            "<text x=\"{x}\" y=\"{y}\" {SERIF} font-size=\"26\" fill=\"{INK}\">{name}\
         <tspan dx=\"12\" font-size=\"19\" font-style=\"italic\" fill=\"{QUIET}\">{}</tspan></text>",
            escaped(says)
        ),
    );
}

pub(super) fn small(drawn: &mut String, x: f64, y: f64, anchor: &str, text: &str) {
    put(
        drawn,
        &format!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" {SANS} font-size=\"13\" text-anchor=\"{anchor}\" fill=\"{QUIET}\">{}</text>",
            escaped(text)
        ),
    );
}

/// Colours as wide as there is much of them; each keeps room for its name.
fn palette(drawn: &mut String, colours: &[Swatch], y: f64) {
    const HIGH: f64 = 120.0;
    const LEAST: f64 = 92.0;
    let count = colours.len().max(1) as f64;
    let mut x = MARGIN;
    for colour in colours {
        let share = f64::from(colour.share) / 1e6;
        let wide = LEAST + (INNER - LEAST * count) * share;
        let hex = colour.hex();
        put(
            drawn,
            &format!(
                "<rect x=\"{x:.2}\" y=\"{y}\" width=\"{:.2}\" height=\"{HIGH}\" fill=\"{hex}\"/>",
                // Half a unit over the next, so that no paper shines through.
                wide + 0.5
            ),
        );
        put(
            drawn,
            &format!(
                "<text x=\"{x:.1}\" y=\"{:.1}\" {MONO} font-size=\"14\" fill=\"{INK}\">{hex}</text>",
                y + HIGH + 26.0
            ),
        );
        let told = match share {
            share if share < 0.01 => "under 1 %".to_owned(),
            share => format!("{:.0} %", share * 100.0),
        };
        small(drawn, x, y + HIGH + 46.0, "start", &told);
        x += wide;
    }
    put(
        drawn,
        &format!(
            "<rect x=\"{MARGIN}\" y=\"{y}\" width=\"{INNER}\" height=\"{HIGH}\" fill=\"none\" stroke=\"{INK}\" stroke-opacity=\"0.18\"/>"
        ),
    );
}

fn balance(shown: &Shown) -> String {
    let [across, down] = shown.symmetry.map(|share| share * 100.0);
    format!("{across:.0} % mirrored across, {down:.0} % down")
}

/// Where what stands out lies: a disc in each cell, as large as its share.
fn placement(drawn: &mut String, shown: &Shown, inks: &Inks, x: f64, y: f64) {
    let cell = PANEL / shown.grid as f64;
    put(
        drawn,
        &format!(
            "<rect x=\"{x}\" y=\"{y}\" width=\"{PANEL}\" height=\"{PANEL}\" fill=\"none\" stroke=\"{RULE}\"/>"
        ),
    );
    let most = shown
        .placement
        .iter()
        .copied()
        .fold(f64::MIN_POSITIVE, f64::max);
    for (index, share) in shown.placement.iter().enumerate() {
        let (column, row) = ((index % shown.grid) as f64, (index / shown.grid) as f64);
        let radius = cell * 0.48 * (share / most).sqrt();
        if radius < 0.6 {
            continue;
        }
        put(
            drawn,
            &format!(
                "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"{radius:.2}\" fill=\"{}\" fill-opacity=\"{:.2}\"/>",
                x + (column + 0.5) * cell,
                y + (row + 0.5) * cell,
                inks.line,
                0.35 + 0.6 * share / most
            ),
        );
    }
    let [across, down] = shown.centre;
    let (cx, cy) = (x + across * PANEL, y + down * PANEL);
    put(
        drawn,
        &format!(
            "<path d=\"M{0:.1} {1:.1}h-26m52 0h-26M{0:.1} {1:.1}v-26m0 52v-26\" stroke=\"{PAPER}\" stroke-width=\"6\" fill=\"none\"/>\
         <path d=\"M{0:.1} {1:.1}h-26m52 0h-26M{0:.1} {1:.1}v-26m0 52v-26\" stroke=\"{2}\" stroke-width=\"2.5\" fill=\"none\"/>",
            cx, cy, inks.accent
        ),
    );
}

/// Directions of edges: a petal each way, whose area is the share.
fn rose(drawn: &mut String, shown: &Shown, inks: &Inks, x: f64, y: f64) {
    let (cx, cy, reach) = (x + PANEL / 2.0, y + PANEL / 2.0, PANEL / 2.0);
    for part in [0.5, 1.0] {
        put(
            drawn,
            &format!(
                "<circle cx=\"{cx}\" cy=\"{cy}\" r=\"{:.1}\" fill=\"none\" stroke=\"{RULE}\"/>",
                reach * part
            ),
        );
    }
    put(
        drawn,
        &format!(
            "<path d=\"M{:.1} {cy}H{:.1}M{cx} {:.1}V{:.1}\" stroke=\"{RULE}\"/>",
            cx - reach,
            cx + reach,
            cy - reach,
            cy + reach
        ),
    );
    let most = shown.rose.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    let count = shown.rose.len().max(1);
    let half = std::f64::consts::PI / count as f64 / 2.0;
    for (index, share) in shown.rose.iter().chain(&shown.rose).enumerate() {
        let radius = reach * (share / most).sqrt();
        // The gradient of an upright edge points across: an edge runs at a right angle to it.
        let turn = std::f64::consts::PI * index as f64 / count as f64 + std::f64::consts::FRAC_PI_2;
        let at = |angle: f64| (cx + radius * angle.cos(), cy + radius * angle.sin());
        let (from, to) = (at(turn - half * 0.92), at(turn + half * 0.92));
        let is_most = *share == most;
        put(
            drawn,
            &format!(
                "<path d=\"M{cx:.1} {cy:.1}L{:.2} {:.2}A{radius:.2} {radius:.2} 0 0 1 {:.2} {:.2}Z\" fill=\"{}\" fill-opacity=\"{}\"/>",
                from.0,
                from.1,
                to.0,
                to.1,
                if is_most { &inks.accent } else { &inks.line },
                if is_most { 1.0 } else { 0.82 }
            ),
        );
    }
}
