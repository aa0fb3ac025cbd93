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
    /// The asset was published in a form that its credential can't be taken out of: that it is what came again is the
    /// word of whoever sealed it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    uncompared: bool,
}

impl Coverage {
    /// That of an asset, of which nothing was looked at yet.
    pub(super) fn of(is_comparable: bool) -> Self {
        Self {
            uncompared: !is_comparable,
            ..Self::default()
        }
    }

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

    /// Whether nothing of it could be done again, so that doing it again shows nothing.
    pub(super) fn is_none(self) -> bool {
        self.exact + self.close + self.differs == 0
    }

    /// `41 of 50 tasks reproduced, 9 attested`.
    pub(super) fn told(self) -> String {
        let all = self.exact + self.close + self.attested + self.differs + self.failed + self.left;
        let mut told = format!(
            "{} of {} reproduced",
            self.exact + self.close,
            text::count(all, "task")
        );
        if self.is_none() {
            told.insert_str(0, "nothing could be done again: ");
        }
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
        if self.uncompared {
            told.push_str(
                "; that the published file is what they gave is its signer's word: its credential can't be taken out to compare",
            );
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(came: &[Again]) -> Coverage {
        let mut coverage = Coverage::default();
        came.iter().for_each(|again| coverage.add(Some(again)));
        coverage
    }

    #[test]
    fn a_run_of_which_nothing_can_be_done_again_says_so() {
        let failed = Again::Failed("there is no engine `paint` here".to_owned());
        let nothing = of(&[Again::Attested, Again::Attested, failed]);
        assert!(nothing.is_none());
        assert_eq!(
            nothing.told(),
            "nothing could be done again: 0 of 3 tasks reproduced, 2 attested, 1 that can't be run here"
        );
        let some = of(&[Again::Attested, Again::Exact]);
        assert!(!some.is_none());
        assert_eq!(some.told(), "1 of 2 tasks reproduced, 1 attested");
    }
}
