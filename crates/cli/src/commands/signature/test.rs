//! `daedal signature test`

use std::path::PathBuf;

use daedal_engines::signature::{Aspect, Distance};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::signature::{self, Kept, code_of};
use crate::ui::Ui;

/// Tells how far pictures are from the references of a process, aspect by aspect.
///
/// Ends with 0 when all are inside the tolerance, with 20 when one is near (up to half as far again), and with
/// 21 when one is outside.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  daedal signature test poster.png
  daedal signature test --process my-almanac --tolerance 1.5 --json *.png")]
pub(crate) struct Test {
    /// Pictures: PNG, JPEG, WebP or SVG
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Directory of the process, or its process file
    #[arg(long, default_value = ".")]
    process: PathBuf,
    /// The largest distance that is inside [default: that of the process file, or 2]
    #[arg(long, value_parser = tolerance)]
    tolerance: Option<f64>,
}

/// A distance above 0.
pub(super) fn tolerance(given: &str) -> Result<f64, String> {
    match given.parse::<f64>() {
        Ok(number) if number > 0.0 && number.is_finite() => Ok(number),
        _ => Err("expected a distance above 0, such as 2".to_owned()),
    }
}

impl Test {
    pub(crate) fn run(self, ui: Ui) -> Result<u8, Failure> {
        let kept = Kept::open(&self.process)?;
        let (profile, _) = kept.profile()?;
        let tolerance = kept.tolerance(self.tolerance);
        let mut tested = Vec::with_capacity(self.files.len());
        for file in &self.files {
            let name = file.display().to_string();
            let bytes = std::fs::read(file)
                .map_err(|error| Failure::because(format!("{name} can't be read"), &error))?;
            let distance = profile.distance_of(&name, &bytes).map_err(|wrong| {
                Failure::new(wrong).help("expected a PNG, JPEG, WebP or SVG picture")
            })?;
            tested.push((name, distance));
        }
        let value: Vec<Value> = tested
            .iter()
            .map(|(name, distance)| to_json(name, distance, tolerance))
            .collect();
        let value = json!({
            "process": kept.process.name, "tolerance": tolerance, "tested": value,
        });
        let text: String = tested
            .iter()
            .map(|(name, distance)| told(name, distance, tolerance))
            .collect();
        ui.result(&value, &text);
        let codes = tested
            .iter()
            .map(|(_, distance)| code_of(distance, tolerance));
        Ok(codes.max().unwrap_or_default())
    }
}

fn to_json(name: &str, distance: &Distance, tolerance: f64) -> Value {
    let mut aspects = json!({});
    for aspect in Aspect::ALL {
        aspects[aspect.name()] = json!(distance.aspect(aspect));
    }
    let mut statistics = json!({});
    for (name, far) in &distance.statistics {
        statistics[*name] = json!(far);
    }
    json!({
        "file": name, "verdict": distance.verdict(tolerance).word(), "distance": distance.overall,
        "aspects": aspects, "statistics": statistics,
    })
}

fn told(name: &str, distance: &Distance, tolerance: f64) -> String {
    // The bar is full at twice the tolerance, where everything is outside.
    let bar = |far: f64| signature::bar(far / (2.0 * tolerance));
    let mut text = format!(
        "{name}\n  {}, {:.2} away, of at most {tolerance}\n",
        signature::verdict(distance.verdict(tolerance)),
        distance.overall
    );
    for aspect in Aspect::ALL {
        let far = distance.aspect(aspect);
        text.push_str(&format!("  {:<12} {} {far:.2}\n", aspect.name(), bar(far)));
    }
    text
}
