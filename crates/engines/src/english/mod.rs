//! English word forms and typography: modifiers of grammars and filters of templates.
//!
//! Rules with the common exceptions; a writer gives the odd word in full.

mod numbers;

pub(crate) use numbers::{grouped, in_words, ordinal, roman};

/// Plurals that follow no rule.
const PLURALS: &str = "\
    child children, deer deer, die dice, fish fish, foot feet, goose geese, knife knives, \
    leaf leaves, life lives, loaf loaves, man men, moose moose, mouse mice, ox oxen, \
    person people, scarf scarves, sheep sheep, shelf shelves, thief thieves, tooth teeth, \
    wife wives, wolf wolves, woman women";

/// Past tenses that follow no rule.
const PASTS: &str = "\
    be was, become became, begin began, break broke, bring brought, build built, catch caught, \
    come came, cut cut, do did, draw drew, drink drank, eat ate, fall fell, feel felt, \
    find found, fly flew, forget forgot, get got, give gave, go went, grow grew, have had, \
    hear heard, hide hid, hold held, keep kept, know knew, leave left, let let, lie lay, \
    lose lost, make made, put put, read read, ring rang, rise rose, run ran, say said, see saw, \
    set set, shine shone, shut shut, sing sang, sink sank, sit sat, sleep slept, speak spoke, \
    stand stood, steal stole, sweep swept, swim swam, take took, tell told, think thought, \
    throw threw, wake woke, wear wore, write wrote";

/// The text after its indefinite article: `an hour`, `a unicorn`.
pub(crate) fn with_article(text: &str) -> String {
    let word = text
        .trim_start_matches(['"', '\'', '“', '‘'])
        .to_lowercase();
    let begins = |starts: &[&str]| starts.iter().any(|start| word.starts_with(start));
    let silent_h = begins(&["hour", "honest", "honour", "honor", "heir"]);
    let consonant_sound = begins(&["uni", "use", "usu", "eu", "one", "once", "ute", "ubi"])
        && !begins(&["unin", "unim", "unid"]);
    let vowel = word.starts_with(['a', 'e', 'i', 'o', 'u', 'é', 'è', 'ö', 'ü', 'å']);
    let spoken_eight = word.starts_with('8') || word == "11" || word == "18";
    let an = silent_h || spoken_eight || (vowel && !consonant_sound);
    format!("{} {text}", if an { "an" } else { "a" })
}

/// The last word in the plural.
pub(crate) fn plural(text: &str) -> String {
    let (before, word) = split_last_word(text);
    let lower = word.to_lowercase();
    if let Some(form) = irregular(PLURALS, &lower) {
        return format!("{before}{}", like(word, form));
    }
    let ending = if ends_with_consonant_y(&lower) {
        return format!("{}ies", &text[..text.len() - 1]);
    } else if ["s", "x", "z", "ch", "sh"]
        .iter()
        .any(|end| lower.ends_with(end))
    {
        "es"
    } else {
        "s"
    };
    format!("{text}{ending}")
}

/// The first word, a verb, in the past tense.
pub(crate) fn past(text: &str) -> String {
    let (word, after) = match text.find(' ') {
        Some(space) => text.split_at(space),
        None => (text, ""),
    };
    let lower = word.to_lowercase();
    if let Some(form) = irregular(PASTS, &lower) {
        return format!("{}{after}", like(word, form));
    }
    let form = if lower.ends_with('e') {
        format!("{word}d")
    } else if ends_with_consonant_y(&lower) {
        format!("{}ied", &word[..word.len() - 1])
    } else if doubles_last(&lower) {
        format!("{word}{}ed", &word[word.len() - 1..])
    } else {
        format!("{word}ed")
    };
    format!("{form}{after}")
}

/// `Ada's`, `the Jones'`.
pub(crate) fn possessive(text: &str) -> String {
    let mark = if text.ends_with(['s', 'S']) {
        "’"
    } else {
        "’s"
    };
    format!("{text}{mark}")
}

/// First letter in upper case.
pub(crate) fn capitalize(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// Every word's first letter in upper case.
pub(crate) fn capitalize_all(text: &str) -> String {
    map_words(text, |_, word| capitalize(word))
}

/// As English titles are set: small words stay small, but for the first and the last.
pub(crate) fn title_case(text: &str) -> String {
    const SMALL: &[&str] = &[
        "a", "an", "and", "as", "at", "but", "by", "for", "from", "in", "nor", "of", "on", "or",
        "over", "the", "to", "with",
    ];
    let last = text.split(' ').count().saturating_sub(1);
    map_words(text, |index, word| {
        if index > 0 && index < last && SMALL.contains(&word.to_lowercase().as_str()) {
            word.to_lowercase()
        } else {
            capitalize(word)
        }
    })
}

/// Straight quotes, double hyphens and three dots as a typesetter would have them.
pub(crate) fn smart_quotes(text: &str) -> String {
    let mut set = String::with_capacity(text.len() + 8);
    let mut before = ' ';
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let opens = before.is_whitespace() || matches!(before, '(' | '[' | '—' | '“' | '‘');
        let (mark, taken) = match letter {
            '"' => (if opens { '“' } else { '”' }, 1),
            '\'' => (if opens { '‘' } else { '’' }, 1),
            '-' if rest.starts_with("---") => ('—', 3),
            '-' if rest.starts_with("--") => ('–', 2),
            '.' if rest.starts_with("...") => ('…', 3),
            other => (other, other.len_utf8()),
        };
        set.push(mark);
        before = mark;
        rest = &rest[taken..];
    }
    set
}

fn irregular<'t>(table: &'t str, word: &str) -> Option<&'t str> {
    table
        .split(", ")
        .filter_map(|pair| pair.split_once(' '))
        .find(|(from, _)| *from == word)
        .map(|(_, form)| form)
}

fn map_words(text: &str, form: impl Fn(usize, &str) -> String) -> String {
    let words: Vec<String> = text
        .split(' ')
        .enumerate()
        .map(|(index, word)| form(index, word))
        .collect();
    words.join(" ")
}

fn split_last_word(text: &str) -> (&str, &str) {
    text.rfind([' ', '-'])
        .map_or(("", text), |at| text.split_at(at + 1))
}

/// `form` with a capital where `word` has one.
fn like(word: &str, form: &str) -> String {
    if word.starts_with(char::is_uppercase) {
        capitalize(form)
    } else {
        form.to_owned()
    }
}

fn ends_with_consonant_y(word: &str) -> bool {
    let mut ends = word.chars().rev();
    ends.next() == Some('y') && ends.next().is_some_and(is_consonant)
}

/// One syllable ending in consonant, vowel, consonant: `stop`, `plan`; not `rain`, `fix`.
fn doubles_last(word: &str) -> bool {
    let letters: Vec<char> = word.chars().collect();
    let vowels = letters
        .iter()
        .filter(|letter| !is_consonant(**letter))
        .count();
    match letters.as_slice() {
        [.., a, b, c] => {
            vowels == 1
                && c.is_ascii()
                && is_consonant(*a)
                && !is_consonant(*b)
                && is_consonant(*c)
                && !matches!(c, 'w' | 'x' | 'y')
        }
        _ => false,
    }
}

fn is_consonant(letter: char) -> bool {
    letter.is_alphabetic() && !matches!(letter, 'a' | 'e' | 'i' | 'o' | 'u')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn each(form: fn(&str) -> String, pairs: &[(&str, &str)]) {
        for (given, expected) in pairs {
            assert_eq!(form(given), *expected, "of {given:?}");
        }
    }

    #[test]
    fn words_take_their_forms() {
        each(
            with_article,
            &[
                ("owl", "an owl"),
                ("hour", "an hour"),
                ("unicorn", "a unicorn"),
                ("uninvited cat", "an uninvited cat"),
                ("one-eyed cat", "a one-eyed cat"),
                ("8th door", "an 8th door"),
                ("“owl”", "an “owl”"),
                ("", "a "),
            ],
        );
        each(
            plural,
            &[
                ("black cat", "black cats"),
                ("Wolf", "Wolves"),
                ("city", "cities"),
                ("day", "days"),
                ("fox", "foxes"),
                ("church", "churches"),
                ("policewoman", "policewomans"),
                ("", "s"),
            ],
        );
        each(
            past,
            &[
                ("walk home", "walked home"),
                ("stop", "stopped"),
                ("rain", "rained"),
                ("carry a lamp", "carried a lamp"),
                ("hope", "hoped"),
                ("go", "went"),
                ("visit", "visited"),
                ("snow", "snowed"),
            ],
        );
        each(possessive, &[("Ada", "Ada’s"), ("James", "James’")]);
        each(
            title_case,
            &[
                ("the light of the north", "The Light of the North"),
                ("what for", "What For"),
            ],
        );
    }

    #[test]
    fn quotes_know_their_sides() {
        assert_eq!(
            smart_quotes("\"It's 'late'\" -- she said... (\"so?\")"),
            "“It’s ‘late’” – she said… (“so?”)"
        );
    }
}
