//! A signature in the terminal.

use daedal_engines::signature::{Swatch, Verdict};

/// Columns of a bar.
const COLUMNS: usize = 24;

/// A bar of a share of 0 to 1.
pub(crate) fn bar(share: f64) -> String {
    const EIGHTHS: [char; 8] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];
    let eighths = (share.clamp(0.0, 1.0) * (COLUMNS * 8) as f64).round() as usize;
    let mut drawn = "█".repeat(eighths / 8);
    if !eighths.is_multiple_of(8) {
        drawn.push(EIGHTHS[eighths % 8 - 1]);
    }
    format!("{drawn:<COLUMNS$}")
}

/// Colours side by side, as wide as there is much of them; what can't show colours has their names below.
pub(crate) fn swatches(colours: &[Swatch]) -> String {
    const WIDTH: f64 = 56.0;
    let mut strip = String::new();
    for colour in colours {
        let [r, g, b] = colour.rgb;
        let columns = (f64::from(colour.share) / 1e6 * WIDTH).round().max(1.0) as usize;
        strip.push_str(&format!(
            "\u{1b}[48;2;{r};{g};{b}m{}\u{1b}[0m",
            " ".repeat(columns)
        ));
    }
    let names: Vec<String> = colours
        .iter()
        .map(|colour| match f64::from(colour.share) / 1e4 {
            share if share < 1.0 => format!("{} <1 %", colour.hex()),
            share => format!("{} {share:.0} %", colour.hex()),
        })
        .collect();
    format!("  {strip}\n  {}\n", names.join("  "))
}

/// A verdict as it is told.
pub(crate) fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Inside => "✓ inside",
        Verdict::Near => "~ near",
        Verdict::Outside => "✗ outside",
    }
}
