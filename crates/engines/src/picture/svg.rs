//! SVG with the bundled type faces, drawn by resvg. Nothing outside the text is read.

use daedal_core::engine::{EngineError, Limits};
pub(crate) use resvg::usvg::Tree;
use resvg::usvg::{ImageHrefResolver, Options, roxmltree};
use tiny_skia::{Pixmap, PixmapMut, Transform};

use super::{Picture, check_size};
use crate::fonts;

/// Elements inside one another.
const NESTING_MAX: usize = 200;
/// Elements and texts in all.
const NODES_MAX: u32 = 1_000_000;

/// Whether `bytes` begin like an SVG.
pub(crate) fn is_svg(bytes: &[u8]) -> bool {
    let start = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let start = &start[..start.len().min(4_096)];
    start.trim_ascii_start().starts_with(b"<") && start.windows(4).any(|part| part == b"<svg")
}

/// Reads an SVG, or says what is wrong and where.
pub(crate) fn parse(name: &str, text: &str) -> Result<Tree, EngineError> {
    let invalid = |problem: &dyn std::fmt::Display| {
        EngineError::invalid(format!(
            "`{name}` is not an SVG that can be drawn: {problem}"
        ))
    };
    let options = roxmltree::ParsingOptions {
        // Drawing programs write one; entities are bounded by the parser.
        allow_dtd: true,
        nodes_limit: NODES_MAX,
        ..Default::default()
    };
    let document =
        roxmltree::Document::parse_with_options(text, options).map_err(|error| invalid(&error))?;
    if is_nested_too_deep(&document) {
        return Err(invalid(&format!(
            "elements are nested more than {NESTING_MAX} deep"
        )));
    }
    Tree::from_xmltree(&document, &drawing_options()).map_err(|error| invalid(&error))
}

fn is_nested_too_deep(document: &roxmltree::Document<'_>) -> bool {
    let mut depth = 0_usize;
    let mut node = document.root();
    loop {
        if let Some(child) = node.first_child() {
            depth += 1;
            if depth > NESTING_MAX {
                return true;
            }
            node = child;
            continue;
        }
        loop {
            if let Some(next) = node.next_sibling() {
                node = next;
                break;
            }
            match node.parent() {
                Some(parent) => node = parent,
                None => return false,
            }
            depth = depth.saturating_sub(1);
        }
    }
}

fn drawing_options() -> Options<'static> {
    Options {
        font_family: "EB Garamond".to_owned(),
        fontdb: fonts::database(),
        image_href_resolver: ImageHrefResolver {
            resolve_data: Box::new(|_, _, _| None),
            resolve_string: Box::new(|_, _| None),
        },
        ..Options::default()
    }
}

/// Width and height of `tree` in whole pixels.
pub(crate) fn size(tree: &Tree) -> (u32, u32) {
    let size = tree.size();
    (size.width().round() as u32, size.height().round() as u32)
}

/// Draws `tree` as a picture of its own, `width` pixels wide or in its own size.
pub(crate) fn rasterise(
    name: &str,
    tree: &Tree,
    width: Option<f64>,
    limits: &Limits,
) -> Result<Picture, EngineError> {
    let size = tree.size();
    let (own_width, own_height) = (f64::from(size.width()), f64::from(size.height()));
    let scale = width.map_or(1.0, |width| width / own_width);
    let (width, height) = check_size(
        &format!("`{name}`"),
        own_width * scale,
        own_height * scale,
        limits,
    )?;
    let mut pixmap = Pixmap::new(width, height)
        .ok_or_else(|| EngineError::limit(format!("`{name}` is too large to draw")))?;
    draw(tree, &mut pixmap.as_mut());
    Ok(Picture::from_pixmap(pixmap))
}

/// Draws `tree` over all of `pixmap`: as large as fits, centred.
pub(crate) fn draw(tree: &Tree, pixmap: &mut PixmapMut<'_>) {
    let size = tree.size();
    let (width, height) = (pixmap.width() as f32, pixmap.height() as f32);
    let scale = (width / size.width()).min(height / size.height());
    let transform = Transform::from_scale(scale, scale).post_translate(
        (width - size.width() * scale) / 2.0,
        (height - size.height() * scale) / 2.0,
    );
    resvg::render(tree, transform, pixmap);
}
