//! Measures the release build against the targets of docs/benchmarks.md.

mod child;
mod measure;

use serde_json::{Value, json};

use crate::{Failure, root};
use measure::Figure;

/// What is measured together, by name.
type Measurement = fn() -> Result<Vec<Figure>, Failure>;

const MEASUREMENTS: &[(&str, Measurement)] = &[
    ("chain", measure::chain),
    ("cli", measure::cli),
    ("mint", measure::mint),
    ("seal", measure::seal),
    ("sketch", measure::sketch),
];

/// Builds what is measured, measures what is named (everything without a name), prints a table,
/// and writes the figures as JSON where it is asked to.
pub(crate) fn run(rest: &[String]) -> Result<(), Failure> {
    let mut file = None;
    let mut names = Vec::new();
    let mut rest = rest.iter();
    while let Some(word) = rest.next() {
        if word == "--json" {
            file = Some(rest.next().ok_or("--json needs a file")?);
        } else {
            names.push(word.as_str());
        }
    }
    let known = |name: &&str| MEASUREMENTS.iter().any(|(known, _)| known == name);
    if let Some(unknown) = names.iter().find(|name| !known(name)) {
        let all: Vec<_> = MEASUREMENTS.iter().map(|(name, _)| *name).collect();
        return Err(format!("nothing is called `{unknown}`: there is {}", all.join(", ")).into());
    }
    build()?;
    let mut figures = Vec::new();
    for (name, measurement) in MEASUREMENTS {
        if names.is_empty() || names.contains(name) {
            eprintln!("measuring {name}");
            figures.extend(measurement()?);
        }
    }
    print!("{}", table(&figures));
    if let Some(file) = file {
        let text = serde_json::to_string_pretty(&as_json(&figures))?;
        std::fs::write(file, text + "\n")?;
    }
    Ok(())
}

/// The command and the examples that measure from inside, all in one build.
fn build() -> Result<(), Failure> {
    let status = std::process::Command::new(env!("CARGO"))
        .args(["build", "--release", "--locked", "--quiet"])
        .args(["-p", "daedal-cli", "--bin", "daedal"])
        .args(["-p", "daedal-exec", "--example", "chain"])
        .args(["-p", "daedal-chain", "--example", "throughput"])
        .args(["-p", "daedal-engines", "--example", "sketch"])
        .args(["-p", "daedal-provenance", "--example", "seal"])
        .current_dir(root())
        .status()?;
    if status.success() {
        Ok(())
    } else {
        Err("the release build failed".into())
    }
}

fn table(figures: &[Figure]) -> String {
    let header = ["", "target", "median", "least", "of target"].map(str::to_owned);
    let rows = figures.iter().map(|figure| {
        let shown = |value: f64| format!("{value:.2} {}", figure.unit).trim_end().to_owned();
        [
            figure.what.to_owned(),
            figure
                .target
                .map(|t| format!("<= {t} {}", figure.unit))
                .unwrap_or_default(),
            shown(figure.median()),
            shown(figure.least()),
            figure
                .ratio()
                .map(|r| format!("{r:.2}"))
                .unwrap_or_default(),
        ]
    });
    let rows: Vec<[String; 5]> = std::iter::once(header).chain(rows).collect();
    let width = |column: usize| {
        rows.iter()
            .map(|row| row[column].len())
            .max()
            .unwrap_or_default()
    };
    let widths: [usize; 5] = std::array::from_fn(width);
    let mut text = String::new();
    for row in &rows {
        let cells = row
            .iter()
            .zip(widths)
            .enumerate()
            .map(|(column, (cell, width))| {
                if column == 0 {
                    format!("{cell:width$}")
                } else {
                    format!("{cell:>width$}")
                }
            });
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

fn as_json(figures: &[Figure]) -> Value {
    let all: Vec<Value> = figures
        .iter()
        .map(|figure| {
            json!({
                "name": figure.what,
                "unit": figure.unit,
                "target": figure.target,
                "median": figure.median(),
                "least": figure.least(),
                "ratio": figure.ratio(),
                "samples": figure.samples,
            })
        })
        .collect();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    json!({ "cores": cores, "os": std::env::consts::OS, "figures": all })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_sets_what_is_reached_beside_the_target() {
        let figures = [
            Figure::new("a step", "ms", Some(4.0), vec![3.0, 1.0, 2.0]),
            Figure::new("size", "", None, vec![7.0]),
        ];
        let lines = [
            "         target   median    least  of target",
            "a step  <= 4 ms  2.00 ms  1.00 ms       0.50",
            "size                7.00     7.00",
            "",
        ];
        assert_eq!(table(&figures), lines.join("\n"));
        assert_eq!(as_json(&figures)["figures"][0]["ratio"], 0.5);
    }

    #[test]
    fn only_what_exists_is_measured() {
        assert!(run(&["waltz".to_owned()]).is_err());
    }
}
