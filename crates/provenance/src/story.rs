//! The page of an archive, which is drawn again elsewhere: by whoever can.

use crate::collection::Archive;
use crate::verdict::{Exit, Outcome};

/// Name of the check.
const NAME: &str = "story";

impl Archive {
    /// Reports whether the page is the one that the record tells, in the place of what was said without it.
    pub fn story(&mut self, result: Result<String, String>) {
        self.verdict.forget(NAME);
        self.verdict.judge(NAME, Exit::Tampered, result);
    }

    /// Reports why that was not compared.
    pub fn story_untold(&mut self, detail: String) {
        self.verdict.forget(NAME);
        self.verdict.note(NAME, Outcome::Skipped, detail);
    }
}
