//! `daedal signature drift`

use std::num::NonZero;
use std::path::{Path, PathBuf};

use daedal_core::Digest;
use daedal_core::run::{Event, Finish, Moment, RunId};
use daedal_engines::signature::{Aspect, Distance, Profile};
use daedal_store::Studio;
use serde_json::{Value, json};

use super::super::Common;
use super::test::tolerance;
use crate::assemble;
use crate::failure::Failure;
use crate::hint;
use crate::home::{Home, block_on};
use crate::runs::{self, outputs_of, pieces, spec_of};
use crate::signature::{self, Course, Kept, Point, course, verdict_of, write_picture};
use crate::text;
use crate::ui::Ui;

/// Shows how far what the runs of this studio gave is from the references as they are now, run by run.
///
/// Runs that succeeded are counted, each by the pictures of its outputs.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  daedal signature drift
  daedal signature drift my-almanac --plot drift.svg --csv drift.csv")]
pub(crate) struct Drift {
    /// Directory of the process, or its process file
    #[arg(default_value = ".")]
    process: PathBuf,
    /// So many runs, the last ones
    #[arg(long, default_value = "100")]
    last: NonZero<usize>,
    /// Draw it into this file: PNG by its ending, else SVG; - is stdout
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
    /// Write every picture as a line of CSV to this file; - is stdout
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// The largest distance that is inside [default: that of the process file, or 2]
    #[arg(long, value_parser = tolerance)]
    tolerance: Option<f64>,
}

/// Width of the picture as PNG, in pixels.
const PIXELS: u32 = 1_800;

/// A run and what it gave.
struct Measured {
    run: RunId,
    at: Moment,
    /// Name of the file of each picture, and how far it is away; never empty.
    pictures: Vec<(String, Digest, Distance)>,
}

impl Measured {
    fn point(&self) -> Point {
        let all = || self.pictures.iter().map(|(_, _, distance)| distance);
        let count = self.pictures.len().max(1) as f64;
        let mean = |value: &dyn Fn(&Distance) -> f64| all().map(value).sum::<f64>() / count;
        Point {
            at: self.at,
            mean: mean(&|distance| distance.overall),
            least: all().map(|own| own.overall).fold(f64::INFINITY, f64::min),
            most: all().map(|own| own.overall).fold(0.0, f64::max),
            aspects: Aspect::ALL.map(|aspect| mean(&|distance| distance.aspect(aspect))),
        }
    }
}

impl Drift {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        let kept = Kept::open(&self.process)?;
        let (profile, _) = kept.profile()?;
        let home = match Home::find_around(common, &self.process)? {
            Some(home) => home,
            None => Home::find(common)?,
        };
        let measured = block_on(async {
            let studio = home.open_to_read().await?;
            self.measure(&studio, &home, &kept, &profile).await
        })?;
        let points: Vec<Point> = measured.iter().map(Measured::point).collect();
        if points.is_empty() {
            return Err(Failure::new(format!(
                "no run of {} in this studio gave a picture yet",
                kept.process.name
            ))
            .help(format!(
                "run it: {} run {}",
                hint::daedal(),
                self.process.display()
            )));
        }
        let tolerance = kept.tolerance(self.tolerance);
        let printed = |file: &Option<PathBuf>| file.as_deref() == Some(Path::new("-"));
        if printed(&self.csv) && printed(&self.plot) {
            return Err(
                Failure::new("--csv and --plot can't both be written to stdout")
                    .help("give one of them a file"),
            );
        }
        if let Some(file) = &self.csv {
            let table = csv(&measured, tolerance);
            if printed(&self.csv) {
                ui.result(&Value::String(table.clone()), &table);
                return Ok(0);
            }
            text::write_whole(file, table.as_bytes())?;
            ui.note(format!("wrote {}", file.display()));
        }
        if let Some(file) = &self.plot {
            let title = kept.process.title.as_ref().unwrap_or(&kept.process.name);
            let drawn = course(&Course {
                title,
                tolerance,
                points: &points,
            });
            if let Some(svg) = write_picture(file, drawn, PIXELS)? {
                ui.result(&Value::String(svg.clone()), &svg);
                return Ok(0);
            }
            ui.note(format!("wrote {}", file.display()));
        }
        ui.result(
            &to_json(&kept, &measured, tolerance),
            &told(&kept, &measured, tolerance),
        );
        Ok(0)
    }

    /// The last runs that gave pictures, the first of them first.
    async fn measure(
        &self,
        studio: &Studio,
        home: &Home,
        kept: &Kept,
        profile: &Profile,
    ) -> Result<Vec<Measured>, Failure> {
        let engines = assemble::engines_of(home)?;
        let held = kept.gate().map_or(&[][..], |gate| &gate.of);
        let mut measured = Vec::new();
        // The newest come first.
        for run in runs::all(studio).await? {
            let is_own = spec_of(&run).is_some_and(|spec| spec.process == kept.process.name);
            let is_done = matches!(
                run.finished,
                Some(Event::Finished {
                    status: Finish::Succeeded,
                    ..
                })
            );
            if !is_own || !is_done {
                continue;
            }
            let Event::Created { at, .. } = run.created else {
                continue;
            };
            let mut pictures = Vec::new();
            for piece in pieces(&outputs_of(studio, &run, &engines).await?) {
                let is_held = held.is_empty() || held.contains(&piece.output);
                if !is_held || !piece.asset.media_type.starts_with("image/") {
                    continue;
                }
                let name = format!("{}.{}", piece.stem(), piece.asset.extension());
                let bytes = studio.blobs.read(&piece.asset.digest).map_err(|error| {
                    let what = format!("{name} of run {} can't be read", run.run.0.short());
                    Failure::because(what, &error)
                })?;
                // What is no picture that can be measured, such as an animation, has no distance.
                if let Ok(distance) = profile.distance_of(&name, &bytes) {
                    pictures.push((name, piece.asset.digest, distance));
                }
            }
            if !pictures.is_empty() {
                measured.push(Measured {
                    run: run.run,
                    at,
                    pictures,
                });
            }
            if measured.len() == self.last.get() {
                break;
            }
        }
        measured.sort_by_key(|own| (own.at, own.run));
        Ok(measured)
    }
}

fn csv(measured: &[Measured], tolerance: f64) -> String {
    let mut table =
        String::from("time,run,picture,sha256,distance,colour,composition,edge,texture,verdict\n");
    for own in measured {
        for (name, digest, distance) in &own.pictures {
            let [colour, composition, edge, texture] = distance.aspects;
            // Names of outputs hold no comma and no quote.
            table.push_str(&format!(
                "{},{},{name},{digest},{},{colour},{composition},{edge},{texture},{}\n",
                text::moment(own.at),
                own.run,
                distance.overall,
                distance.verdict(tolerance).word(),
            ));
        }
    }
    table
}

fn to_json(kept: &Kept, measured: &[Measured], tolerance: f64) -> Value {
    let runs: Vec<Value> = measured
        .iter()
        .map(|own| {
            let point = own.point();
            let pictures: Vec<Value> = own
                .pictures
                .iter()
                .map(|(name, digest, distance)| {
                    let mut told = json!({
                        "file": name, "sha256": digest, "distance": distance.overall,
                        "verdict": distance.verdict(tolerance).word(),
                    });
                    for aspect in Aspect::ALL {
                        told[aspect.name()] = json!(distance.aspect(aspect));
                    }
                    told
                })
                .collect();
            json!({
                "run": own.run, "created": text::moment(own.at), "mean": point.mean,
                "most": point.most, "verdict": verdict_of(&point, tolerance).word(),
                "pictures": pictures,
            })
        })
        .collect();
    json!({ "process": kept.process.name, "tolerance": tolerance, "runs": runs })
}

fn told(kept: &Kept, measured: &[Measured], tolerance: f64) -> String {
    let mut text = format!(
        "{} from its signature, {}; a bar is full at twice the tolerance of {tolerance}\n",
        kept.process.name,
        text::count(measured.len(), "run")
    );
    for own in measured {
        let point = own.point();
        let farthest = own
            .pictures
            .iter()
            .max_by(|(_, _, a), (_, _, b)| a.overall.total_cmp(&b.overall));
        let why = match farthest {
            Some((_, _, distance)) if point.most > tolerance => format!("  {}", distance.told()),
            _ => String::new(),
        };
        text.push_str(&format!(
            "{}  {}  {} {:.2}  {}{why}\n",
            text::moment(own.at),
            own.run.0.short(),
            signature::bar(point.most / (2.0 * tolerance)),
            point.most,
            signature::verdict(verdict_of(&point, tolerance)),
        ));
    }
    if let Some(turn) = turn(measured) {
        text.push_str(&turn);
    }
    text
}

/// Whether the later half of the runs is farther away than the earlier one.
fn turn(measured: &[Measured]) -> Option<String> {
    const ENOUGH: usize = 6;
    if measured.len() < ENOUGH {
        return None;
    }
    let (earlier, later) = measured.split_at(measured.len() / 2);
    let mean = |runs: &[Measured]| {
        runs.iter().map(|own| own.point().mean).sum::<f64>() / runs.len() as f64
    };
    let (before, after) = (mean(earlier), mean(later));
    Some(match after / before.max(0.05) {
        times if times > 1.25 => format!(
            "the later half is farther away than the earlier one: {after:.2} after {before:.2}\n"
        ),
        times if times < 0.8 => {
            format!("the later half is nearer than the earlier one: {after:.2} after {before:.2}\n")
        }
        _ => format!("it keeps its distance: {after:.2} after {before:.2}\n"),
    })
}
