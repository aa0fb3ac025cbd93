//! The assets of `data`, made ready for a script: pictures as canvases, texts as texts.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use daedal_core::asset::assets_in;
use daedal_core::engine::{EngineError, Limits, TaskContext};
use daedal_core::{AssetRef, Digest};
use image::{DynamicImage, ImageDecoder as _, ImageReader};
use rquickjs::{Class, Ctx, Exception, Function, Object, Result};
use serde_json::Value;
use tiny_skia::{IntSize, Pixmap};

use super::bridge::Handle;
use super::calls::define;
use super::limits::{Allowance, SIDE_MAX};
use super::surface::Surface;
use crate::picture::unpacking;

/// What a script sees of an asset.
pub(crate) enum Content {
    Picture(Rc<RefCell<Surface>>),
    Json(String),
    Text(String),
    /// Nothing but its fields.
    Other,
}

/// Reads every asset in `data`.
pub(crate) fn load(
    data: &Value,
    context: &TaskContext<'_>,
    labels: &BTreeMap<Digest, String>,
    allowance: &Rc<Allowance>,
) -> std::result::Result<BTreeMap<String, Content>, EngineError> {
    let mut contents = BTreeMap::new();
    for asset in assets_in(data) {
        let digest = asset.digest.to_string();
        if contents.contains_key(&digest) {
            continue;
        }
        let named = labels.get(&asset.digest);
        let name = named.cloned().unwrap_or_else(|| asset.digest.short());
        contents.insert(digest, content(&asset, &name, context, allowance)?);
    }
    Ok(contents)
}

fn content(
    asset: &AssetRef,
    name: &str,
    context: &TaskContext<'_>,
    allowance: &Rc<Allowance>,
) -> std::result::Result<Content, EngineError> {
    let essence = asset
        .media_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim();
    match essence {
        "image/png" | "image/jpeg" | "image/webp" => {
            let bytes = context.read(asset)?;
            let picture = decode(&bytes, name, allowance)?;
            Ok(Content::Picture(Rc::new(RefCell::new(picture))))
        }
        "application/json" => json(asset, name, context).map(Content::Json),
        other
            if other.starts_with("text/")
                || other == "image/svg+xml"
                || other == "application/yaml" =>
        {
            text(asset, name, context).map(Content::Text)
        }
        _ => Ok(Content::Other),
    }
}

fn text(
    asset: &AssetRef,
    name: &str,
    context: &TaskContext<'_>,
) -> std::result::Result<String, EngineError> {
    let bytes = context.read(asset)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| {
        EngineError::invalid(format!(
            "{name} is {}, but it is not UTF-8",
            asset.media_type
        ))
    })?;
    // Spreadsheets begin their files with a mark that nobody means.
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text).to_owned())
}

fn json(
    asset: &AssetRef,
    name: &str,
    context: &TaskContext<'_>,
) -> std::result::Result<String, EngineError> {
    let text = text(asset, name, context)?;
    match serde_json::from_str::<serde::de::IgnoredAny>(&text) {
        Ok(_) => Ok(text),
        Err(error) => Err(EngineError::invalid(format!("{name} is not JSON: {error}"))),
    }
}

fn decode(
    bytes: &[u8],
    name: &str,
    allowance: &Rc<Allowance>,
) -> std::result::Result<Surface, EngineError> {
    let broken = |error: &dyn std::fmt::Display| {
        EngineError::invalid(format!("{name} can't be read as a picture: {error}"))
    };
    let format = image::guess_format(bytes).map_err(|error| broken(&error))?;
    let mut reader = ImageReader::with_format(std::io::Cursor::new(bytes), format);
    reader.limits(unpacking(format, &Limits::default()));
    let decoder = reader.into_decoder().map_err(|error| broken(&error))?;
    let (width, height) = decoder.dimensions();
    if width > SIDE_MAX || height > SIDE_MAX {
        return Err(EngineError::limit(format!(
            "{name} is {width} x {height} pixels; the limit is {SIDE_MAX} a side"
        )));
    }
    let share = allowance
        .take(u64::from(width) * u64::from(height), name)
        .map_err(EngineError::limit)?;
    let mut pixels = DynamicImage::from_decoder(decoder)
        .map_err(|error| broken(&error))?
        .into_rgba8();
    for pixel in pixels.pixels_mut() {
        let [r, g, b, a] = pixel.0;
        let colour = tiny_skia::ColorU8::from_rgba(r, g, b, a).premultiply();
        pixel.0 = [colour.red(), colour.green(), colour.blue(), a];
    }
    let pixmap = IntSize::from_wh(width, height)
        .and_then(|size| Pixmap::from_vec(pixels.into_raw(), size))
        .ok_or_else(|| EngineError::invalid(format!("{name} has no pixels")))?;
    Ok(Surface::of_picture(pixmap, share, allowance))
}

/// Registers the function that gives a script the content of an asset.
pub(crate) fn install<'js>(
    ctx: &Ctx<'js>,
    native: &Object<'js>,
    contents: BTreeMap<String, Content>,
) -> Result<()> {
    let asset = move |ctx: Ctx<'js>, digest: String| -> Result<Object<'js>> {
        let shown = Object::new(ctx.clone())?;
        match contents.get(&digest) {
            Some(Content::Picture(surface)) => {
                let (width, height) = surface.borrow().size();
                let handle = Handle::Surface(Rc::clone(surface));
                shown.set("image", Class::instance(ctx, handle)?)?;
                shown.set("width", width)?;
                shown.set("height", height)?;
            }
            Some(Content::Json(text)) => shown.set("json", text.as_str())?,
            Some(Content::Text(text)) => shown.set("text", text.as_str())?,
            Some(Content::Other) => {}
            None => return Err(Exception::throw_type(&ctx, "no such asset in `params`")),
        }
        Ok(shown)
    };
    define! { ctx, native, "asset" = asset; }
    Ok(())
}
