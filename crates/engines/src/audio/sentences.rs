//! Where sentences end.

/// What ends with a point and no sentence.
const SHORT: &[&str] = &[
    "mr", "mrs", "ms", "dr", "st", "prof", "sr", "jr", "no", "vs", "etc", "e.g", "i.e", "cf", "ca",
    "approx", "fig", "vol",
];
const QUOTES: &[char] = &['"', '\'', '”', '’', '»', ')', ']'];

/// A sentence, and whether a paragraph ends with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sentence {
    pub(super) text: String,
    pub(super) ends_paragraph: bool,
}

/// The sentences of `text`. An empty line ends a paragraph; a line break is a space.
pub(super) fn sentences(text: &str) -> Vec<Sentence> {
    let mut found = Vec::new();
    let text = text.replace("\r\n", "\n");
    for paragraph in text.split("\n\n") {
        let mut sentence = String::new();
        let mut words = paragraph.split_whitespace().peekable();
        while let Some(word) = words.next() {
            if !sentence.is_empty() {
                sentence.push(' ');
            }
            sentence.push_str(word);
            if words.peek().is_some_and(|next| ends(word, next)) {
                found.push(Sentence {
                    text: std::mem::take(&mut sentence),
                    ends_paragraph: false,
                });
            }
        }
        if !sentence.is_empty() {
            found.push(Sentence {
                text: sentence,
                ends_paragraph: true,
            });
        }
    }
    // Signs alone can't be spoken.
    found.retain(|sentence| sentence.text.contains(char::is_alphanumeric));
    found
}

/// Whether a sentence ends with `word`, where `next` follows.
fn ends(word: &str, next: &str) -> bool {
    if !next.contains(char::is_alphanumeric) {
        return false;
    }
    let bare = word.trim_end_matches(QUOTES);
    if bare.ends_with(['!', '?', '…']) {
        // "What?" she said.
        return !next.starts_with(char::is_lowercase);
    }
    let Some(before) = bare.strip_suffix('.') else {
        return bare.ends_with(['。', '！', '？']);
    };
    let before = before
        .trim_start_matches(['"', '“', '(', '[', '\''])
        .to_lowercase();
    let is_initial =
        before.chars().count() == 1 && before != "i" && before.chars().all(char::is_alphabetic);
    !SHORT.contains(&&*before) && !is_initial && !next.starts_with(char::is_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> String {
        let found = sentences(text).into_iter();
        let shown = found.map(|one| {
            format!(
                "{}{}\n",
                one.text,
                if one.ends_paragraph { " ¶" } else { "" }
            )
        });
        shown.collect()
    }

    #[test]
    fn sentences_end_where_a_reader_would_breathe() {
        insta::assert_snapshot!(split(
            "Mr. Ames kept No. 9 open. \"Is it late?\" she asked. It was… Then J. S. Lowe came in!\nNobody spoke.\n\nBy 3.30 it\nrained. — \n\n"
        ), @r#"
        Mr. Ames kept No. 9 open.
        "Is it late?" she asked.
        It was…
        Then J. S. Lowe came in!
        Nobody spoke. ¶
        By 3.30 it rained. — ¶
        "#);
        assert_eq!(sentences(" \n\n … "), []);
    }
}
