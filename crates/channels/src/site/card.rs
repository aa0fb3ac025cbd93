//! A picture of what has none: title and first words on a card, for wallets and marketplaces, which show
//! nothing otherwise.

use std::fmt::Write as _;

use super::gallery::Piece;

const WIDTH: u32 = 800;
const HEIGHT: u32 = 1_000;
const MARGIN: u32 = 88;
/// Size of the title's letters, and from one line to the next.
const TITLE: (u32, u32) = (60, 68);
const TITLE_LINES_MAX: usize = 4;
/// The same for the words below it.
const BODY: (u32, u32) = (31, 46);
/// The baseline of the last line of words is above this.
const BODY_END: u32 = HEIGHT - 150;

/// The card of a piece, as a drawing. The same piece gives the same bytes.
pub(super) fn of(piece: &Piece<'_>) -> String {
    let mut card = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" \
         height=\"{HEIGHT}\" role=\"img\">\n<title>{}</title>\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#f6f6f4\"/>\n\
         <rect x=\"{MARGIN}\" y=\"{MARGIN}\" width=\"44\" height=\"6\" fill=\"#b23a21\"/>\n",
        escaped(&piece.name)
    );
    let serif = "fill=\"#171717\" font-family=\"'EB Garamond', Garamond, Georgia, serif\"";
    let mut baseline = MARGIN + 24;
    let mut write = |lines: Vec<String>, (size, step): (u32, u32)| {
        for line in lines {
            baseline += step;
            // Writing into a String can't fail.
            let _ = writeln!(
                card,
                "<text x=\"{MARGIN}\" y=\"{baseline}\" font-size=\"{size}\" {serif}>{}</text>",
                escaped(&line)
            );
        }
        baseline += step / 2;
        baseline
    };
    let below = write(lines(&piece.name, TITLE.0, TITLE_LINES_MAX), TITLE);
    if piece.item.text.is_some() {
        let room = (BODY_END.saturating_sub(below) / BODY.1) as usize;
        write(lines(&piece.excerpt(), BODY.0, room), BODY);
    }
    let from = lines(&piece.release.process.title, 22, 1).concat();
    let _ = write!(
        card,
        "<text x=\"{MARGIN}\" y=\"{}\" font-size=\"22\" fill=\"#6b6b68\" font-family=\"'Barlow Condensed', \
         'Helvetica Neue', Arial, sans-serif\">{}</text>\n</svg>\n",
        HEIGHT - MARGIN,
        escaped(&from)
    );
    card
}

/// Text in lines that fit the card; what has no room ends in an ellipsis.
fn lines(text: &str, size: u32, lines_max: usize) -> Vec<String> {
    let room = (WIDTH - 2 * MARGIN) * 100 / size;
    let mut lines: Vec<String> = Vec::new();
    for paragraph in text.lines() {
        let (mut line, mut used) = (String::new(), 0);
        for word in paragraph.split_whitespace() {
            let whole: u32 = word.chars().map(width).sum();
            if !line.is_empty() && used + width(' ') + whole > room {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            if !line.is_empty() {
                line.push(' ');
                used += width(' ');
            }
            for letter in word.chars() {
                // A word that is longer than a line goes on in the next.
                if used + width(letter) > room && !line.is_empty() {
                    lines.push(std::mem::take(&mut line));
                    used = 0;
                }
                line.push(letter);
                used += width(letter);
            }
            if lines.len() > lines_max {
                break;
            }
        }
        if !line.is_empty() {
            lines.push(line);
        }
        if lines.len() > lines_max {
            break;
        }
    }
    if lines.len() > lines_max {
        lines.truncate(lines_max);
        if let Some(last) = lines.last_mut() {
            last.push_str(" …");
        }
    }
    lines
}

/// About how wide a letter is, in hundredths of its height. Readers have different fonts; the margin
/// takes what is wrong.
fn width(letter: char) -> u32 {
    match letter {
        ' ' => 25,
        'i' | 'j' | 'l' | 't' | 'f' | 'r' | 'I' | '.' | ',' | ';' | ':' | '\'' | '!' | '|' => 33,
        'm' | 'w' | 'M' | 'W' => 85,
        'A'..='Z' => 68,
        '\u{0}'..='\u{2e7f}' => 50,
        _ => 100,
    }
}

/// Text as XML has it, without what XML can't have.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => {}
            letter if letter.is_control() => {}
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_keep_all_words_and_fit() {
        let text = "The tide writes on the shore, and the shore forgets. ".repeat(3);
        let written = lines(&text, 31, 40);
        assert_eq!(
            written.join(" ").split_whitespace().collect::<Vec<_>>(),
            text.split_whitespace().collect::<Vec<_>>()
        );
        for line in &written {
            let used: u32 = line.chars().map(width).sum();
            assert!(used * 31 <= (WIDTH - 2 * MARGIN) * 100, "{line}");
        }
        assert_eq!(lines(&text, 31, 2).len(), 2);
        assert!(lines(&text, 31, 2)[1].ends_with('…'));
        let one_word = lines(&"汐".repeat(100), 60, 4);
        assert_eq!(one_word.len(), 4);
        assert!(lines("", 31, 4).is_empty());
    }

    #[test]
    fn nothing_of_a_title_is_markup() {
        assert_eq!(
            escaped("<a href=\"x\">&\u{0}\u{1b}\u{fffe}"),
            "&lt;a href=&quot;x&quot;&gt;&amp;"
        );
    }
}
