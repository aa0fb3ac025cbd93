//! Widths of text in the bundled type faces, for breaking lines.

use daedal_core::process::suggestion;
use fontdb::{Family, ID, Query, Stretch, Style, Weight};
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider};

use crate::fonts;

/// A face at a size. Widths are sums of advances: kerning and ligatures are left out, which makes
/// a line at most a few thousandths of an em wider than it is drawn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Face {
    id: ID,
    size: f32,
    /// Added after each character.
    spacing: f32,
}

impl Face {
    /// The bundled face that is nearest to what is asked for. Families are named as in CSS.
    pub(crate) fn find(
        family: &str,
        weight: u16,
        italic: bool,
        size: f32,
        spacing: f32,
    ) -> Result<Self, String> {
        let named = match family {
            "serif" => Family::Serif,
            "sans-serif" => Family::SansSerif,
            "monospace" => Family::Monospace,
            "cursive" => Family::Cursive,
            "fantasy" => Family::Fantasy,
            name => Family::Name(name),
        };
        let query = Query {
            families: &[named],
            weight: Weight(weight),
            stretch: Stretch::Normal,
            style: if italic { Style::Italic } else { Style::Normal },
        };
        let id = fonts::database().query(&query).ok_or_else(|| {
            let known = fonts::families();
            let known = known.iter().map(String::as_str);
            format!(
                "there is no type family `{family}`; {}",
                suggestion(family, known)
            )
        })?;
        Ok(Self { id, size, spacing })
    }

    /// The width of one line.
    pub(crate) fn width(&self, text: &str) -> f32 {
        let advances = fonts::database().with_face_data(self.id, |data, index| {
            let Ok(font) = FontRef::from_index(data, index) else {
                return 0.0;
            };
            let characters = font.charmap();
            let metrics = font.glyph_metrics(Size::new(self.size), LocationRef::default());
            text.chars()
                .map(|c| {
                    let glyph = characters.map(c).unwrap_or_default();
                    metrics.advance_width(glyph).unwrap_or_default() + self.spacing
                })
                .sum()
        });
        advances.unwrap_or_default()
    }
}

/// Breaks `text` into lines that are at most `width` wide, between words; a longer word stands
/// alone on a line of its own. Line breaks of the text are kept.
pub(crate) fn wrap(face: &Face, text: &str, width: f32) -> Vec<String> {
    let space = face.width(" ");
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        let mut filled = 0.0;
        for word in paragraph.split_whitespace() {
            let needed = face.width(word);
            if !line.is_empty() && filled + space + needed > width {
                lines.push(std::mem::take(&mut line));
            }
            if line.is_empty() {
                filled = needed;
            } else {
                line.push(' ');
                filled += space + needed;
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_fit_their_measure() {
        let face = Face::find("EB Garamond", 400, false, 20.0, 0.0).unwrap();
        let text = "The harbour kept its own hours, and nobody who slept near it slept through.";
        let lines = wrap(&face, text, 240.0);
        insta::assert_snapshot!(lines.join("\n"), @"
        The harbour kept its own
        hours, and nobody who slept
        near it slept through.
        ");
        assert!(lines.iter().all(|line| face.width(line) <= 240.0));
        assert_eq!(wrap(&face, "a\n\nb", 240.0), ["a", "", "b"]);
        assert_eq!(wrap(&face, "immeasurable", 1.0), ["immeasurable"]);
    }

    #[test]
    fn monospaced_letters_have_one_width() {
        let face = Face::find("monospace", 400, false, 10.0, 1.0).unwrap();
        assert_eq!(face.width("iiii"), face.width("WWWW"));
        insta::assert_snapshot!(Face::find("EB Garamont", 400, false, 1.0, 0.0).unwrap_err(), @"there is no type family `EB Garamont`; did you mean `EB Garamond`?");
    }
}
