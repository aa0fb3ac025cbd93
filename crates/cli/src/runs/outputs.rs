//! What a run gave, as files.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use daedal_core::AssetRef;
use daedal_core::run::RunId;
use daedal_store::Studio;
use serde_json::Value;

use crate::failure::Failure;

/// One thing that a run gave.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Piece {
    /// Name of the output.
    pub(crate) output: String,
    /// Place among the pieces of the output, from 0; absent when it is the only one.
    pub(crate) index: Option<usize>,
    /// The bytes.
    pub(crate) asset: AssetRef,
    /// The value that holds the asset, with the fields that engines report.
    pub(crate) value: Value,
    /// Further assets of the value, by the name of their field.
    pub(crate) attachments: Vec<(String, AssetRef)>,
}

impl Piece {
    /// Name of its file, without the extension: `poster`, or `poster-01`.
    pub(crate) fn stem(&self) -> String {
        match self.index {
            Some(index) => format!("{}-{:02}", self.output, index + 1),
            None => self.output.clone(),
        }
    }

    /// Name of the file of an attachment: `poster-plotter.svg`.
    pub(crate) fn attachment_name(&self, name: &str, asset: &AssetRef) -> String {
        let (stem, name) = (self.stem(), file_name(name));
        if name.contains('.') {
            format!("{stem}-{name}")
        } else {
            format!("{stem}-{name}.{}", asset.extension())
        }
    }
}

/// Every piece of a run's outputs, in the order of the process file.
pub(crate) fn pieces(outputs: &Value) -> Vec<Piece> {
    let mut found = Vec::new();
    for (output, value) in outputs.as_object().into_iter().flatten() {
        let mut values = Vec::new();
        gather(value, &mut values);
        let several = values.len() > 1;
        for (index, (asset, value)) in values.into_iter().enumerate() {
            found.push(Piece {
                output: output.clone(),
                index: several.then_some(index),
                attachments: attachments(value),
                asset,
                value: value.clone(),
            });
        }
    }
    found
}

/// The outermost assets in a value.
fn gather<'v>(value: &'v Value, found: &mut Vec<(AssetRef, &'v Value)>) {
    if let Some(asset) = AssetRef::from_value(value) {
        found.push((asset, value));
        return;
    }
    match value {
        Value::Array(items) => items.iter().for_each(|item| gather(item, found)),
        Value::Object(fields) => fields.values().for_each(|field| gather(field, found)),
        _ => {}
    }
}

fn attachments(value: &Value) -> Vec<(String, AssetRef)> {
    value["attachments"]
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| Some((name.clone(), AssetRef::from_value(value)?)))
        .collect()
}

/// Writes what a run gave into `out/<process>/<run>/` of the studio: all files at once, or none.
pub(crate) fn write(
    studio: &Studio,
    root: &Path,
    process: &str,
    run: RunId,
    outputs: &Value,
) -> Result<Vec<PathBuf>, Failure> {
    let parent = root.join("out").join(process);
    let place = parent.join(run.0.short());
    let files = files(outputs);
    let paths = files.iter().map(|(name, _)| place.join(name)).collect();
    if files
        .iter()
        .all(|(name, content)| content.is_at(&place.join(name)))
    {
        return Ok(paths);
    }
    let failed = |error: &std::io::Error| {
        Failure::because(format!("{} can't be written", place.display()), error)
            .help("the results are safe in the studio: mend this and run the same command again")
    };
    std::fs::create_dir_all(&parent).map_err(|error| failed(&error))?;
    sweep(&parent).map_err(|error| failed(&error))?;
    let staged = tempfile::Builder::new()
        .prefix(PARTIAL)
        .tempdir_in(&parent)
        .map_err(|error| failed(&error))?;
    for (name, content) in &files {
        let bytes = match content {
            Content::Asset(asset) => studio
                .blobs
                .read(&asset.digest)
                .map_err(|error| Failure::because(format!("{name} can't be read"), &error))?,
            Content::Value(value) => serde_json::to_vec_pretty(value).unwrap_or_default().into(),
        };
        let file = std::fs::File::create(staged.path().join(name));
        file.and_then(|mut file| file.write_all(&bytes).and_then(|()| file.sync_all()))
            .map_err(|error| failed(&error))?;
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let open = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(staged.path(), open).map_err(|error| failed(&error))?;
    }
    // What is there has lost files since: it is written anew.
    if place.is_dir() {
        std::fs::remove_dir_all(&place).map_err(|error| failed(&error))?;
    }
    std::fs::rename(staged.path(), &place).map_err(|error| failed(&error))?;
    // Renamed away: nothing is left to remove.
    let _ = staged.keep();
    Ok(paths)
}

/// How the folders begin that are not whole yet.
const PARTIAL: &str = ".partial-";

/// Removes what a process left that was killed while it wrote; the studio's lock keeps others away.
fn sweep(parent: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(parent)? {
        let entry = entry?;
        if entry
            .file_name()
            .as_encoded_bytes()
            .starts_with(PARTIAL.as_bytes())
        {
            std::fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

enum Content {
    Asset(AssetRef),
    Value(Value),
}

impl Content {
    /// Whether it lies there already, by its size.
    fn is_at(&self, place: &Path) -> bool {
        std::fs::metadata(place).is_ok_and(|found| match self {
            Self::Asset(asset) => found.len() == asset.size,
            Self::Value(_) => found.len() > 0,
        })
    }
}

/// Name and content of every file; an output without bytes becomes a JSON file.
fn files(outputs: &Value) -> Vec<(String, Content)> {
    let mut files = Vec::new();
    for piece in pieces(outputs) {
        for (name, asset) in &piece.attachments {
            let name = piece.attachment_name(name, asset);
            files.push((name, Content::Asset(asset.clone())));
        }
        let name = format!("{}.{}", piece.stem(), piece.asset.extension());
        files.push((name, Content::Asset(piece.asset)));
    }
    for (output, value) in outputs.as_object().into_iter().flatten() {
        let mut values = Vec::new();
        gather(value, &mut values);
        if values.is_empty() && !value.is_null() {
            files.push((format!("{output}.json"), Content::Value(value.clone())));
        }
    }
    files
}

/// A name that a script chose, as a file can be called.
fn file_name(name: &str) -> String {
    let safe: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') {
                c
            } else {
                '-'
            }
        })
        .take(64)
        .collect();
    safe.trim_matches(['.', '-']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn asset(digit: &str, media_type: &str) -> Value {
        json!({ "$asset": digit.repeat(64), "media_type": media_type, "size": 3 })
    }

    #[test]
    fn outputs_become_pieces_and_files() {
        let mut tile = asset("1", "image/png");
        tile["attachments"] =
            json!({ "../draft.wif": asset("2", "text/x-wif"), "chart": asset("3", "image/png") });
        let outputs = json!({
            "tile": tile,
            "poster": [asset("4", "image/png"), asset("5", "image/jpeg")],
            "words": { "title": "A quay" },
            "film": null,
        });
        let names: Vec<String> = files(&outputs).into_iter().map(|(name, _)| name).collect();
        assert_eq!(
            names,
            [
                "tile-draft.wif",
                "tile-chart.png",
                "tile.png",
                "poster-01.png",
                "poster-02.jpg",
                "words.json"
            ]
        );
    }
}
