//! A script as it was written, and as it is run.

use super::loops;
use super::power::{self, Edit};
use super::trouble;

/// The text of a sketch.
pub(crate) struct Script {
    /// What a person knows it by.
    pub(crate) name: String,
    /// As its author wrote it.
    pub(crate) source: String,
    /// As it is run: line for line the source, with other powers.
    pub(crate) runnable: String,
    edits: Vec<Edit>,
}

impl Script {
    /// Makes the bytes of a file ready to run; the message of what is wrong with them.
    pub(crate) fn read(name: &str, bytes: &[u8]) -> Result<Self, String> {
        let source = std::str::from_utf8(bytes).map_err(|error| {
            let at = error.valid_up_to();
            format!("{name} is not UTF-8: its byte {at} begins no character")
        })?;
        let source = source.strip_prefix('\u{feff}').unwrap_or(source);
        let mut script = Self {
            name: name.to_owned(),
            source: source.to_owned(),
            runnable: source.to_owned(),
            edits: Vec::new(),
        };
        match power::edits(source) {
            Ok(edits) => {
                script.runnable = power::apply(source, &edits);
                script.edits = edits;
                Ok(script)
            }
            Err(refusal) => {
                let place = place_of(source, refusal.at);
                Err(trouble::located(refusal.message, &script, Some(place), ""))
            }
        }
    }

    /// The same with a throw before everything else: it is parsed as a whole, and nothing of it runs.
    pub(crate) fn that_throws_first(&self) -> Self {
        let guard = Edit {
            at: 0,
            cut: 0,
            put: "throw 0;",
        };
        Self {
            name: self.name.clone(),
            source: self.source.clone(),
            runnable: format!("{}{}", guard.put, self.runnable),
            edits: std::iter::once(guard)
                .chain(self.edits.iter().cloned())
                .collect(),
        }
    }

    /// Where a place of the runnable text is in the source; line and column count from one.
    pub(crate) fn place(&self, line: usize, column: usize) -> (usize, usize) {
        let mut grown = 0_isize;
        for edit in &self.edits {
            let (edit_line, edit_column) = place_of(&self.source, edit.at);
            if edit_line < line {
                continue;
            }
            let shown = edit_column.saturating_add_signed(grown);
            if edit_line > line || shown >= column {
                break;
            }
            if shown + edit.put.len() > column {
                return (line, edit_column);
            }
            grown += edit.put.len() as isize - edit.cut as isize;
        }
        (line, column.saturating_add_signed(-grown).max(1))
    }

    /// Where the function `function`, in which the interpreter came to `place` of the source, runs without end.
    pub(crate) fn running_loop(
        &self,
        function: &str,
        (line, column): (usize, usize),
    ) -> Option<(usize, usize)> {
        let before = self.source.split_inclusive('\n').take(line - 1);
        let line_start: usize = before.map(str::len).sum();
        let into_line = self.source[line_start..].char_indices().nth(column - 1);
        let at = line_start + into_line.map_or(0, |(at, _)| at);
        loops::running_in(&self.source, function, at).map(|at| place_of(&self.source, at))
    }

    /// Its only loop whose head says that it has no end.
    pub(crate) fn endless_loop(&self) -> Option<(usize, usize)> {
        loops::endless(&self.source).map(|at| place_of(&self.source, at))
    }
}

/// Line and column of an offset in bytes, counted from one, in characters.
fn place_of(source: &str, at: usize) -> (usize, usize) {
    let before = source.get(..at).unwrap_or(source);
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    let line = before.matches('\n').count() + 1;
    (line, before[line_start..].chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_those_of_the_source() {
        let script = Script::read("s.js", b"let a = 2;\nlet b = a ** 2 + c ** 3 + d;").unwrap();
        assert_eq!(
            script.runnable,
            "let a = 2;\nlet b = __pow(a , 2) + __pow(c , 3) + d;"
        );
        let shown = script.runnable.lines().nth(1).unwrap();
        let source = script.source.lines().nth(1).unwrap();
        for name in ["b", "a", "c", "d"] {
            let column = shown
                .find(&format!("{name} "))
                .or(shown.find(&format!("{name};")))
                .unwrap()
                + 1;
            let (line, back) = script.place(2, column);
            assert_eq!((line, &source[back - 1..back]), (2, name));
        }
        assert_eq!(script.place(1, 5), (1, 5));
    }

    #[test]
    fn a_guard_before_it_moves_no_place() {
        let script = Script::read("s.js", b"let a = 2 ** b;\nlet c = ;").unwrap();
        let guarded = script.that_throws_first();
        let shown = guarded.runnable.find(", b)").unwrap() + 3;
        assert_eq!(guarded.place(1, shown), (1, 14));
        assert_eq!(guarded.place(2, 9), (2, 9));
    }

    #[test]
    fn what_is_no_text_is_refused() {
        let error = Script::read("s.js", b"ok\xff").err().unwrap();
        assert_eq!(error, "s.js is not UTF-8: its byte 2 begins no character");
    }
}
