//! `daedal signature show`

use std::path::PathBuf;

use daedal_engines::signature::{Profile, Shown};
use serde_json::{Value, json};

use super::test::tolerance;
use crate::failure::Failure;
use crate::hint;
use crate::signature::{self, Kept, card, write_picture};
use crate::text;
use crate::ui::Ui;

/// Shows what the references of a process have in common: colours, placement, edges and texture.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  daedal signature show
  daedal signature show my-almanac --plot signature.png")]
pub(crate) struct Show {
    /// Directory of the process, or its process file
    #[arg(default_value = ".")]
    process: PathBuf,
    /// Draw it into this file: PNG by its ending, else SVG; - is stdout
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
    /// The tolerance that is drawn [default: that of the process file, or 2]
    #[arg(long, value_parser = tolerance)]
    tolerance: Option<f64>,
}

/// Width of the picture as PNG, in pixels.
const PIXELS: u32 = 1_800;

impl Show {
    pub(crate) fn run(self, ui: Ui) -> Result<u8, Failure> {
        let kept = Kept::open(&self.process)?;
        let (profile, is_beside) = kept.profile()?;
        let process = &kept.process;
        if let Some(file) = &self.plot {
            let title = process.title.as_ref().unwrap_or(&process.name);
            let drawn = card(title, &profile, kept.tolerance(self.tolerance));
            if let Some(svg) = write_picture(file, drawn, PIXELS)? {
                ui.result(&Value::String(svg.clone()), &svg);
                return Ok(0);
            }
            ui.note(format!("wrote {}", file.display()));
        }
        let shown = profile.shown();
        ui.result(
            &to_json(&kept, &profile, &shown, is_beside),
            &told(&kept, &profile, &shown),
        );
        if !is_beside {
            ui.note(format!(
                "help: the references were measured for this; keep what they are: {} signature build",
                hint::daedal()
            ));
        }
        Ok(0)
    }
}

fn to_json(kept: &Kept, profile: &Profile, shown: &Shown, is_beside: bool) -> Value {
    let references: Vec<Value> = profile
        .references
        .iter()
        .zip(profile.among())
        .map(|(reference, own)| {
            json!({ "file": reference.file, "sha256": reference.sha256, "distance": own.overall })
        })
        .collect();
    let colours: Vec<Value> = profile
        .colours
        .iter()
        .map(|colour| json!({ "colour": colour.hex(), "share": f64::from(colour.share) / 1e6 }))
        .collect();
    let spread: serde_json::Map<String, Value> = shown
        .spread
        .iter()
        .map(|(name, spread)| ((*name).to_owned(), json!(spread)))
        .collect();
    json!({
        "process": kept.process.name, "is_built": is_beside, "references": references,
        "colours": colours, "placement": shown.placement, "centre": shown.centre,
        "symmetry": shown.symmetry, "directions": shown.rose, "detail": shown.spectrum,
        "grain": shown.grain, "weave": shown.weave, "spread": spread,
    })
}

/// Marks of a map or a row, from nothing to the most.
const SHADES: [char; 6] = [' ', '·', '░', '▒', '▓', '█'];
const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Marks for shares of the most there is.
fn marks(values: &[f64], marks: &[char]) -> String {
    let most = values.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    let last = marks.len() - 1;
    let mark = |value: &f64| marks[((value / most * last as f64).round() as usize).min(last)];
    values.iter().map(mark).collect()
}

fn told(kept: &Kept, profile: &Profile, shown: &Shown) -> String {
    let mut text = format!(
        "the signature of {}, by {}\n\ncolours\n{}",
        kept.process.name,
        text::count(profile.references.len(), "reference"),
        signature::swatches(&profile.colours)
    );
    text.push_str("\nplacement\n");
    let map = marks(&shown.placement, &SHADES);
    for row in map.chars().collect::<Vec<_>>().chunks(shown.grid) {
        // Twice, since letters are higher than wide.
        let row: String = row.iter().flat_map(|mark| [*mark, *mark]).collect();
        text.push_str(&format!("  {row}\n"));
    }
    let [across, down] = shown.symmetry.map(|share| share * 100.0);
    text.push_str(&format!(
        "  {across:.0} % mirrored across, {down:.0} % down\n\n"
    ));
    let roots = |shares: &[f64]| shares.iter().map(|share| share.sqrt()).collect::<Vec<_>>();
    text.push_str(&format!(
        "edges      {}  upright, / , level, \\\n",
        marks(&shown.rose, &BLOCKS)
    ));
    text.push_str(&format!(
        "detail     {}            from grain to masses\n",
        marks(&shown.spectrum, &BLOCKS)
    ));
    text.push_str(&format!(
        "texture    {}        flat, edges, spots, other: near\n",
        marks(&roots(&shown.grain), &BLOCKS)
    ));
    text.push_str(&format!(
        "           {}        the same: wider\n\n",
        marks(&roots(&shown.weave), &BLOCKS)
    ));
    text.push_str("references, and how far each is from the others\n");
    for (reference, own) in profile.references.iter().zip(profile.among()) {
        text.push_str(&format!(
            "  {} {:.2}  {}\n",
            signature::bar(own.overall / 4.0),
            own.overall,
            text::foreign(&reference.file)
        ));
    }
    text
}
