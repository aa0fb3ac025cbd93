//! `daedal schema`

use crate::assemble;
use crate::failure::Failure;
use crate::ui::Ui;

/// Prints the JSON Schema of the process file.
#[derive(Debug, clap::Args)]
pub(crate) struct Schema {}

impl Schema {
    pub(crate) fn run(self, ui: Ui) -> Result<u8, Failure> {
        let schema = daedal_core::plan::schema(&assemble::engines());
        let text = serde_json::to_string_pretty(&schema).unwrap_or_default();
        ui.result(&schema, &text);
        Ok(0)
    }
}
