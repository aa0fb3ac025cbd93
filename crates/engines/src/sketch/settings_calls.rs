//! The functions behind the attributes of a context.

use std::rc::Rc;

use rquickjs::{Class, Ctx, Function, Object, Result, TypedArray};
use tiny_skia::{BlendMode, FilterQuality, LineCap, LineJoin};

use super::bridge::{Handle, numbers};
use super::calls::{define, on, style_of};
use super::colour;
use super::effects;
use super::font::{self, Font};
use super::state::State;
use super::style::Style;
use super::text::{Align, Baseline};

type Held<'js> = Class<'js, Handle>;

/// In the order of the prelude's list.
const BLENDS: [BlendMode; 26] = [
    BlendMode::SourceOver,
    BlendMode::SourceIn,
    BlendMode::SourceOut,
    BlendMode::SourceAtop,
    BlendMode::DestinationOver,
    BlendMode::DestinationIn,
    BlendMode::DestinationOut,
    BlendMode::DestinationAtop,
    BlendMode::Plus,
    BlendMode::Source,
    BlendMode::Xor,
    BlendMode::Multiply,
    BlendMode::Screen,
    BlendMode::Overlay,
    BlendMode::Darken,
    BlendMode::Lighten,
    BlendMode::ColorDodge,
    BlendMode::ColorBurn,
    BlendMode::HardLight,
    BlendMode::SoftLight,
    BlendMode::Difference,
    BlendMode::Exclusion,
    BlendMode::Hue,
    BlendMode::Saturation,
    BlendMode::Color,
    BlendMode::Luminosity,
];
const CAPS: [LineCap; 3] = [LineCap::Butt, LineCap::Round, LineCap::Square];
const JOINS: [LineJoin; 3] = [LineJoin::Miter, LineJoin::Round, LineJoin::Bevel];
const QUALITIES: [FilterQuality; 3] = [
    FilterQuality::Bilinear,
    FilterQuality::Bilinear,
    FilterQuality::Bicubic,
];
const ALIGNS: [Align; 5] = [
    Align::Start,
    Align::Start,
    Align::Centre,
    Align::End,
    Align::End,
];
const BASELINES: [Baseline; 6] = [
    Baseline::Alphabetic,
    Baseline::Top,
    Baseline::Hanging,
    Baseline::Middle,
    Baseline::Ideographic,
    Baseline::Bottom,
];
const VARIANT_CAPS: [&[[u8; 4]]; 7] = [
    &[],
    &[*b"smcp"],
    &[*b"c2sc", *b"smcp"],
    &[*b"pcap"],
    &[*b"c2pc", *b"pcap"],
    &[*b"unic"],
    &[*b"titl"],
];

pub(crate) fn install<'js>(ctx: &Ctx<'js>, native: &Object<'js>) -> Result<()> {
    define! { ctx, native,
        "number" = number;
        "choice" = choice;
        "words" = words;
        "colour" = set_colour;
        "style" = set_style;
        "css" = css;
        "dash" = dash;
    }
    Ok(())
}

fn number<'js>(ctx: Ctx<'js>, held: Held<'js>, code: u32, value: f64) -> Result<()> {
    on(&ctx, &held, |surface| {
        let state = &mut surface.state;
        let place = match code {
            0 => &mut state.alpha,
            1 => &mut state.line.width,
            2 => &mut state.line.miter_limit,
            3 => &mut state.line.dash_offset,
            4 => &mut state.shadow.blur,
            5 => &mut state.shadow.x,
            _ => &mut state.shadow.y,
        };
        *place = value;
    })
}

fn choice<'js>(ctx: Ctx<'js>, held: Held<'js>, code: u32, at: usize) -> Result<()> {
    on(&ctx, &held, |surface| {
        set_choice(&mut surface.state, code, at);
    })
}

/// None where the prelude and this list do not agree.
fn set_choice(state: &mut State, code: u32, at: usize) -> Option<()> {
    match code {
        0 => state.line.cap = *CAPS.get(at)?,
        1 => state.line.join = *JOINS.get(at)?,
        2 => state.blend = *BLENDS.get(at)?,
        3 => state.quality = *QUALITIES.get(at)?,
        4 => state.text.align = *ALIGNS.get(at)?,
        5 => state.text.baseline = *BASELINES.get(at)?,
        6 => state.text.kerning = at != 2,
        7 => state.text.caps = VARIANT_CAPS.get(at)?,
        // Direction: the bundled faces are of scripts that run left to right.
        8 => {}
        _ => state.smoothing = at == 1,
    }
    Some(())
}

/// Sets what is told in words; returns its usual form, or nothing if it can't be read.
fn words<'js>(ctx: Ctx<'js>, held: Held<'js>, code: u32, text: String) -> Result<Option<String>> {
    on(&ctx, &held, |surface| {
        let style = &mut surface.state.text;
        match code {
            0 => {
                let font = Font::parse(&text)?;
                let css = font.css.clone();
                style.font = Rc::new(font);
                Some(css)
            }
            1 => {
                style.letter_spacing = spacing(&text, style.font.size)?;
                Some(text)
            }
            2 => {
                style.word_spacing = spacing(&text, style.font.size)?;
                Some(text)
            }
            3 => {
                surface.state.filters = effects::parse(&text)?.into();
                Some(text)
            }
            _ => {
                style.features = font::features(&text)?.into();
                Some(text)
            }
        }
    })
}

/// A length; `em` is of the font.
fn spacing(text: &str, em: f64) -> Option<f64> {
    let text = text.trim();
    match text.strip_suffix("em") {
        Some(factor) if !text.ends_with("rem") => factor.parse::<f64>().ok().map(|f| f * em),
        _ if text == "0" => Some(0.0),
        _ => font::length(text),
    }
}

fn set_colour<'js>(ctx: Ctx<'js>, held: Held<'js>, code: u32, css: String) -> Result<bool> {
    let Some(colour) = colour::parse(&css) else {
        return Ok(false);
    };
    on(&ctx, &held, |surface| {
        match code {
            0 => surface.state.fill = Style::Solid(colour),
            1 => surface.state.stroke = Style::Solid(colour),
            _ => surface.state.shadow.colour = colour,
        }
        true
    })
}

fn set_style<'js>(ctx: Ctx<'js>, held: Held<'js>, code: u32, style: Held<'js>) -> Result<()> {
    on(&ctx, &held, |surface| match (style_of(&style), code) {
        (Some(style), 0) => surface.state.fill = style,
        (Some(style), _) => surface.state.stroke = style,
        (None, _) => {}
    })
}

fn css(text: String) -> String {
    colour::parse(&text).map_or(text, colour::Rgba::to_css)
}

fn dash<'js>(ctx: Ctx<'js>, held: Held<'js>, dashes: TypedArray<'js, f64>) -> Result<()> {
    let dashes = numbers(&dashes, dashes.len());
    on(&ctx, &held, |surface| {
        surface.state.line.dash = dashes.into()
    })
}
