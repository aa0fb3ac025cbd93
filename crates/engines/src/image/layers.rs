//! What is laid over or under a picture: drawings, other pictures, a ground.

use daedal_core::AssetRef;
use daedal_core::engine::{EngineError, Task, TaskContext};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tiny_skia::{BlendMode, Pixmap, PixmapPaint, Transform};

use super::length::{Length, Position};
use crate::picture::{self, Colour, Filter, Picture, check_size, svg};
use crate::template::{self, Format};

/// How a layer meets what is under it: W3C Compositing and Blending Level 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Mode {
    #[default]
    Normal,
    Multiply,
    Screen,
    Overlay,
    Darken,
    Lighten,
    ColorDodge,
    ColorBurn,
    HardLight,
    SoftLight,
    Difference,
    Exclusion,
    Hue,
    Saturation,
    Color,
    Luminosity,
    /// Shows the picture only where the layer is.
    Mask,
    /// Lies under the picture.
    Behind,
}

impl Mode {
    fn blend(self) -> BlendMode {
        match self {
            Self::Normal => BlendMode::SourceOver,
            Self::Multiply => BlendMode::Multiply,
            Self::Screen => BlendMode::Screen,
            Self::Overlay => BlendMode::Overlay,
            Self::Darken => BlendMode::Darken,
            Self::Lighten => BlendMode::Lighten,
            Self::ColorDodge => BlendMode::ColorDodge,
            Self::ColorBurn => BlendMode::ColorBurn,
            Self::HardLight => BlendMode::HardLight,
            Self::SoftLight => BlendMode::SoftLight,
            Self::Difference => BlendMode::Difference,
            Self::Exclusion => BlendMode::Exclusion,
            Self::Hue => BlendMode::Hue,
            Self::Saturation => BlendMode::Saturation,
            Self::Color => BlendMode::Color,
            Self::Luminosity => BlendMode::Luminosity,
            Self::Mask => BlendMode::DestinationIn,
            Self::Behind => BlendMode::DestinationOver,
        }
    }
}

/// A drawing over all of the picture: an SVG that is a template.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Overlay {
    template: Option<AssetRef>,
    text: Option<String>,
    #[serde(default)]
    data: Map<String, Value>,
    #[serde(default)]
    mode: Mode,
    #[serde(default = "whole")]
    opacity: f32,
}

/// Another picture on this one.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Composite {
    image: AssetRef,
    width: Option<Length>,
    height: Option<Length>,
    #[serde(default)]
    position: Position,
    #[serde(default)]
    mode: Mode,
    #[serde(default = "whole")]
    opacity: f32,
}

fn whole() -> f32 {
    1.0
}

impl Overlay {
    pub(super) fn apply(
        &self,
        picture: Picture,
        task: &Task,
        context: &TaskContext<'_>,
    ) -> Result<Picture, EngineError> {
        let mut source =
            template::source(task, context, self.template.as_ref(), self.text.clone())?;
        source.format = Format::Svg;
        let mut data = self.data.clone();
        for (name, side) in [("width", picture.width), ("height", picture.height)] {
            data.entry(name).or_insert_with(|| json!(side));
        }
        let text = template::render(&source, &data, task.limits.output_bytes_max)
            .map_err(EngineError::invalid)?;
        let tree = svg::parse(&source.name, &text)?;
        context.check_stop()?;
        let mut layer = Pixmap::new(picture.width, picture.height)
            .ok_or_else(|| EngineError::limit("the overlay is too large to draw"))?;
        svg::draw(&tree, &mut layer.as_mut());
        blend(picture, &layer, (0, 0), self.mode, self.opacity)
    }
}

impl Composite {
    pub(super) fn apply(
        &self,
        picture: Picture,
        task: &Task,
        context: &TaskContext<'_>,
    ) -> Result<Picture, EngineError> {
        let width = self.width.map(|width| width.of(picture.width));
        let height = self.height.map(|height| height.of(picture.height));
        let mut layer = picture::read(task, context, &self.image, width)?;
        let (own_width, own_height) = (f64::from(layer.width), f64::from(layer.height));
        let size = match (width, height) {
            (Some(width), Some(height)) => (width, height),
            (Some(width), None) => (width, (width * own_height / own_width).max(1.0)),
            (None, Some(height)) => ((height * own_width / own_height).max(1.0), height),
            (None, None) => (own_width, own_height),
        };
        let size = check_size("the layer", size.0, size.1, &task.limits)?;
        layer = layer.resized(size.0, size.1, Filter::Lanczos3);
        let (x, y) = self.position.place((picture.width, picture.height), size);
        let near = |at: i64| at.clamp(-(1 << 20), 1 << 20) as i32;
        blend(
            picture,
            &layer.into_pixmap()?,
            (near(x), near(y)),
            self.mode,
            self.opacity,
        )
    }
}

fn blend(
    picture: Picture,
    layer: &Pixmap,
    (x, y): (i32, i32),
    mode: Mode,
    opacity: f32,
) -> Result<Picture, EngineError> {
    let mut whole = picture.into_pixmap()?;
    let paint = PixmapPaint {
        opacity: opacity.clamp(0.0, 1.0),
        blend_mode: mode.blend(),
        ..PixmapPaint::default()
    };
    whole.draw_pixmap(x, y, layer.as_ref(), &paint, Transform::identity(), None);
    Ok(Picture::from_pixmap(whole))
}

/// Puts a colour under what is transparent.
pub(super) fn background(picture: Picture, colour: Colour) -> Result<Picture, EngineError> {
    let mut ground = Picture::filled(picture.width, picture.height, colour).into_pixmap()?;
    let layer = picture.into_pixmap()?;
    ground.draw_pixmap(
        0,
        0,
        layer.as_ref(),
        &PixmapPaint::default(),
        Transform::identity(),
        None,
    );
    Ok(Picture::from_pixmap(ground))
}
