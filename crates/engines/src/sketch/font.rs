//! The CSS `font` shorthand, and the bundled faces it names.

use std::rc::Rc;

use fontdb::{Family, ID, Query, Stretch, Style, Weight};

use crate::fonts;

/// A font as the script asked for it, and the faces that serve it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Font {
    pub(crate) small_caps: bool,
    /// In user space.
    pub(crate) size: f64,
    /// First choice first; then every bundled face, for characters that those lack.
    pub(crate) faces: Rc<[ID]>,
    /// As a getter shows it.
    pub(crate) css: String,
    /// Families that are not bundled.
    pub(crate) unknown: Vec<String>,
}

impl Default for Font {
    fn default() -> Self {
        Self::parse("10px sans-serif").unwrap_or_else(|| Self {
            small_caps: false,
            size: 10.0,
            faces: Rc::new([]),
            css: "10px sans-serif".to_owned(),
            unknown: Vec::new(),
        })
    }
}

impl Font {
    /// Reads the shorthand: `italic small-caps 600 14px/1.2 "EB Garamond", serif`. None if it is
    /// not one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut rest = text.trim();
        let mut font = Face {
            style: Style::Normal,
            weight: Weight::NORMAL,
            stretch: Stretch::Normal,
        };
        let mut small_caps = false;
        let size = loop {
            let (word, tail) = rest.split_once(|c: char| c.is_ascii_whitespace())?;
            rest = tail.trim_start();
            let word = word.to_ascii_lowercase();
            if let Some(size) = size_of(&word) {
                break size;
            }
            match word.as_str() {
                "normal" => {}
                "italic" => font.style = Style::Italic,
                "oblique" => font.style = Style::Oblique,
                "small-caps" => small_caps = true,
                other => font.set_weight_or_stretch(other)?,
            }
        };
        // A line height after a space: `14px / 1.2 serif`.
        if let Some(tail) = rest.strip_prefix('/') {
            rest = tail
                .trim_start()
                .split_once(char::is_whitespace)?
                .1
                .trim_start();
        }
        let families: Vec<&str> = rest
            .split(',')
            .map(|name| name.trim().trim_matches(['"', '\'']).trim())
            .filter(|name| !name.is_empty())
            .collect();
        if families.is_empty() {
            return None;
        }
        let (faces, unknown) = font.faces(&families);
        Some(Self {
            small_caps,
            size,
            faces,
            css: font.css(small_caps, size, &families),
            unknown,
        })
    }
}

/// Style, weight and stretch.
struct Face {
    style: Style,
    weight: Weight,
    stretch: Stretch,
}

impl Face {
    fn set_weight_or_stretch(&mut self, word: &str) -> Option<()> {
        match word {
            "bold" => self.weight = Weight::BOLD,
            "bolder" => self.weight = Weight::BOLD,
            "lighter" => self.weight = Weight::LIGHT,
            "ultra-condensed" => self.stretch = Stretch::UltraCondensed,
            "extra-condensed" => self.stretch = Stretch::ExtraCondensed,
            "condensed" => self.stretch = Stretch::Condensed,
            "semi-condensed" => self.stretch = Stretch::SemiCondensed,
            "semi-expanded" => self.stretch = Stretch::SemiExpanded,
            "expanded" => self.stretch = Stretch::Expanded,
            number => {
                let weight: u16 = number.parse().ok()?;
                if !(1..=1000).contains(&weight) {
                    return None;
                }
                self.weight = Weight(weight);
            }
        }
        Some(())
    }

    fn faces(&self, families: &[&str]) -> (Rc<[ID]>, Vec<String>) {
        let database = fonts::database();
        let known = fonts::families();
        let mut faces = Vec::new();
        let mut unknown = Vec::new();
        for name in families {
            let bundled = known.iter().find(|known| known.eq_ignore_ascii_case(name));
            let family = match (name.to_ascii_lowercase().as_str(), bundled) {
                (_, Some(bundled)) => Family::Name(bundled),
                ("serif" | "ui-serif" | "times" | "times new roman" | "georgia", _) => {
                    Family::Serif
                }
                ("sans-serif" | "system-ui" | "ui-sans-serif" | "arial" | "helvetica", _) => {
                    Family::SansSerif
                }
                ("monospace" | "ui-monospace" | "courier" | "courier new", _) => Family::Monospace,
                ("cursive", _) => Family::Cursive,
                ("fantasy", _) => Family::Fantasy,
                _ => {
                    unknown.push((*name).to_owned());
                    continue;
                }
            };
            faces.extend(database.query(&Query {
                families: &[family],
                weight: self.weight,
                stretch: self.stretch,
                style: self.style,
            }));
        }
        if faces.is_empty() {
            faces.extend(database.query(&Query {
                families: &[Family::SansSerif],
                weight: self.weight,
                stretch: self.stretch,
                style: self.style,
            }));
        }
        for face in database.faces() {
            if !faces.contains(&face.id) {
                faces.push(face.id);
            }
        }
        (faces.into(), unknown)
    }

    fn css(&self, small_caps: bool, size: f64, families: &[&str]) -> String {
        let mut parts = Vec::new();
        match self.style {
            Style::Italic => parts.push("italic".to_owned()),
            Style::Oblique => parts.push("oblique".to_owned()),
            Style::Normal => {}
        }
        if small_caps {
            parts.push("small-caps".to_owned());
        }
        if self.weight != Weight::NORMAL {
            parts.push(self.weight.0.to_string());
        }
        parts.push(format!("{size}px"));
        let names: Vec<String> = families
            .iter()
            .map(|name| {
                if name.contains(' ') {
                    format!("\"{name}\"")
                } else {
                    (*name).to_owned()
                }
            })
            .collect();
        parts.push(names.join(", "));
        parts.join(" ")
    }
}

/// `14px`, `12pt`, `1em` (of 16 px), each perhaps with a line height, which Canvas ignores.
fn size_of(word: &str) -> Option<f64> {
    let size = word.split('/').next()?;
    length(size).filter(|size| *size > 0.0)
}

/// A CSS length in pixels.
pub(crate) fn length(text: &str) -> Option<f64> {
    const UNITS: [(&str, f64); 7] = [
        ("px", 1.0),
        ("pt", 4.0 / 3.0),
        ("rem", 16.0),
        ("em", 16.0),
        ("mm", 96.0 / 25.4),
        ("cm", 96.0 / 2.54),
        ("in", 96.0),
    ];
    UNITS.iter().find_map(|(unit, pixels)| {
        let value: f64 = text.strip_suffix(unit)?.trim().parse().ok()?;
        value.is_finite().then_some(value * pixels)
    })
}

/// Reads `fontFeatures`: `"onum", "ss01" 2, -liga`, comma separated; the value is 1 where it is left out.
pub(crate) fn features(text: &str) -> Option<Vec<([u8; 4], u32)>> {
    text.split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty() && *part != "normal")
        .map(|part| {
            let mut words = part.split(|c: char| c.is_ascii_whitespace() || c == '=');
            let name = words.next()?.trim_matches(['"', '\'']);
            let (name, default) = match name.strip_prefix('-') {
                Some(name) => (name, 0),
                None => (name.trim_start_matches('+'), 1),
            };
            let tag: [u8; 4] = name.as_bytes().try_into().ok()?;
            if !tag.iter().all(u8::is_ascii_alphanumeric) {
                return None;
            }
            let value = match words.find(|word| !word.is_empty()) {
                None => default,
                Some("on") => 1,
                Some("off") => 0,
                Some(number) => number.parse().ok()?,
            };
            Some((tag, value))
        })
        .collect()
}
