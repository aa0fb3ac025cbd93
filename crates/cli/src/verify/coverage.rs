//! How much of a run came again.

use daedal_exec::replay::Again;

use crate::text;

/// Of how many tasks the same came.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Coverage {
    exact: usize,
    close: usize,
    attested: usize,
    /// Something else came of it.
    differs: usize,
    /// It could not be run here.
    failed: usize,
    /// It was not looked at, since another one differed before it.
    left: usize,
}

impl Coverage {
    pub(super) fn add(&mut self, again: Option<&Again>) {
        *match again {
            Some(Again::Exact) => &mut self.exact,
            Some(Again::Close(_)) => &mut self.close,
            Some(Again::Attested) => &mut self.attested,
            Some(Again::Differs(_)) => &mut self.differs,
            Some(Again::Failed(_)) => &mut self.failed,
            None => &mut self.left,
        } += 1;
    }

    /// `41 of 50 tasks reproduced, 9 attested`.
    pub(super) fn told(self) -> String {
        let all = self.exact + self.close + self.attested + self.differs + self.failed + self.left;
        let mut told = format!(
            "{} of {} reproduced",
            self.exact + self.close,
            text::count(all, "task")
        );
        let more = [
            (self.close, "of them within their tolerance"),
            (self.attested, "attested"),
            (self.differs, "different"),
            (self.failed, "that can't be run here"),
            (self.left, "not looked at"),
        ];
        for (number, what) in more.into_iter().filter(|(number, _)| *number > 0) {
            told.push_str(&format!(", {number} {what}"));
        }
        told
    }
}
