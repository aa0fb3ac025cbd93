//! A caption in a drawing, whose text stays as it was written but for what the caption takes.

use daedal_core::engine::{EngineError, Limits};
use daedal_core::process::CaptionPlace;
use resvg::usvg::roxmltree::{Document, Node, ParsingOptions};

use super::SIZE_MIN;
use super::layout::{Block, Ground};
use crate::picture::svg;

/// Width in pixels of the picture of a drawing that its last row is taken from.
const LOOK: f64 = 64.0;

pub(super) fn captioned(
    name: &str,
    drawing: &str,
    text: &str,
    place: CaptionPlace,
    limits: &Limits,
) -> Result<String, EngineError> {
    let invalid = |problem: &str| {
        EngineError::invalid(format!("`{name}` can't be given a caption: {problem}"))
    };
    let tree = svg::parse(name, drawing)?;
    let options = ParsingOptions {
        allow_dtd: true,
        ..Default::default()
    };
    let document = Document::parse_with_options(drawing, options)
        .map_err(|error| invalid(&error.to_string()))?;
    let root = document.root_element();
    let range = root.range();
    let end = drawing[range.clone()].rfind("</");
    let end = range.start + end.ok_or_else(|| invalid("nothing is drawn in it"))?;

    let own = root.attribute("viewBox").and_then(numbers);
    let size = tree.size();
    let [left, top, width, height] = own.unwrap_or([0.0, 0.0, size.width(), size.height()]);
    // One that names its size is seen at that first; any other has none.
    let is_sized = |side| {
        let own = root.attribute(side);
        own.is_some_and(|own| !own.trim_end().ends_with('%'))
    };
    let scale = (size.width() / width).min(size.height() / height);
    let size_min = match is_sized("width") || is_sized("height") {
        true => SIZE_MIN / scale,
        false => 0.0,
    };
    let block = Block::of(name, text, place, (width, height), size_min)?;
    let ground = match place {
        CaptionPlace::Below => {
            let picture = svg::rasterise(name, &tree, Some(LOOK), limits)?;
            // The last row itself may be only partly covered.
            Ground::like(picture.row(picture.height.saturating_sub(2)))
        }
        _ => Ground::default(),
    };
    let mut drawn = block.drawn(&ground);
    if (left, top) != (0.0, 0.0) {
        drawn = drawn.replacen(
            "<g ",
            &format!("<g transform=\"translate({left} {top})\" "),
            1,
        );
    }
    // From the end to the start, so that places stay what they are.
    let mut captioned = drawing.to_owned();
    captioned.insert_str(end, &drawn);
    if place == CaptionPlace::Below {
        let whole = height + block.height;
        let view = format!("{left} {top} {width} {whole}");
        for (range, value) in heightened(&root, &view, whole / height) {
            captioned.replace_range(range, &value);
        }
    }
    Ok(captioned)
}

/// What is written in the root in the place of what, the last first, so that the drawing is higher by a factor.
fn heightened(
    root: &Node<'_, '_>,
    view: &str,
    factor: f32,
) -> Vec<(std::ops::Range<usize>, String)> {
    let mut changes = Vec::new();
    match root.attribute_node("viewBox") {
        Some(own) => changes.push((own.range_value(), view.to_owned())),
        None => {
            let tag = root.range().start;
            let name =
                root.document().input_text()[tag..].find(|c: char| c.is_whitespace() || c == '>');
            let behind = tag + name.unwrap_or(0);
            changes.push((behind..behind, format!(" viewBox=\"{view}\"")));
        }
    }
    if let Some(own) = root.attribute_node("height") {
        let unit = own
            .value()
            .trim_start_matches(|c: char| c.is_ascii_digit() || ".+-".contains(c));
        let number = own
            .value()
            .strip_suffix(unit)
            .and_then(|number| number.parse::<f32>().ok());
        // A share of what is around it stays that.
        if let Some(number) = number.filter(|_| unit != "%") {
            changes.push((own.range_value(), format!("{}{unit}", number * factor)));
        }
    }
    changes.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
    changes
}

fn numbers(text: &str) -> Option<[f32; 4]> {
    let parts = text
        .split([' ', ',', '\t', '\n', '\r'])
        .filter(|part| !part.is_empty());
    let parts: Vec<f32> = parts.map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let numbers: [f32; 4] = parts.try_into().ok()?;
    (numbers[2] > 0.0 && numbers[3] > 0.0).then_some(numbers)
}
