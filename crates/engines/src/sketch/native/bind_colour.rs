//! Colours for scripts, as CSS texts.
//!
//! Source of the contrast: WCAG 2.2, "relative luminance" and "contrast ratio".

use rquickjs::{Ctx, Function, Object, Result, Value};

use super::super::colour::{Rgba, from_hsl, from_hsv, parse};
use super::arguments::describe;
use super::work::Trouble;

/// Puts what works on colours on `native`.
pub(super) fn install<'js>(ctx: &Ctx<'js>, native: &Object<'js>) -> Result<()> {
    let mix = |ctx: Ctx<'js>, from: Value<'js>, to: Value<'js>, share: f64, even: bool| {
        let (from, to) = (read(&ctx, &from)?, read(&ctx, &to)?);
        let share = share.clamp(0.0, 1.0);
        let mixed = if even {
            from.mix_oklab(to, share)
        } else {
            from.mix_srgb(to, share)
        };
        Ok::<_, rquickjs::Error>(mixed.to_css())
    };
    native.set("colourMix", Function::new(ctx.clone(), mix)?)?;
    let shift = |ctx: Ctx<'js>, colour: Value<'js>, amount: f64| {
        let colour = read(&ctx, &colour)?;
        let [lightness, a, b] = colour.to_oklab();
        let lightness = (lightness + amount).clamp(0.0, 1.0);
        Ok::<_, rquickjs::Error>(Rgba::from_oklab([lightness, a, b], colour.a).to_css())
    };
    native.set("colourShift", Function::new(ctx.clone(), shift)?)?;
    let alpha = |ctx: Ctx<'js>, colour: Value<'js>, alpha: f64| {
        let colour = read(&ctx, &colour)?;
        Ok::<_, rquickjs::Error>(colour.with_alpha(alpha.clamp(0.0, 1.0)).to_css())
    };
    native.set("colourAlpha", Function::new(ctx.clone(), alpha)?)?;
    let contrast = |ctx: Ctx<'js>, one: Value<'js>, other: Value<'js>| {
        Ok::<_, rquickjs::Error>(contrast(read(&ctx, &one)?, read(&ctx, &other)?))
    };
    native.set("colourContrast", Function::new(ctx.clone(), contrast)?)?;
    let parts = |ctx: Ctx<'js>, colour: Value<'js>| {
        let colour = read(&ctx, &colour)?;
        Ok::<_, rquickjs::Error>(vec![colour.r, colour.g, colour.b, colour.a])
    };
    native.set("colourParts", Function::new(ctx.clone(), parts)?)?;
    let of = |mode: String, a: f64, b: f64, c: f64, alpha: f64| {
        let within = |part: f64| part.clamp(0.0, 1.0);
        let (a, b, c, alpha) = (within(a), within(b), within(c), within(alpha));
        match mode.as_str() {
            "hsb" => from_hsv(a * 360.0, b, c, alpha),
            "hsl" => from_hsl(a * 360.0, b, c, alpha),
            _ => Rgba::new(a, b, c, alpha),
        }
        .to_css()
    };
    native.set("colourOf", Function::new(ctx.clone(), of)?)
}

fn read(ctx: &Ctx<'_>, value: &Value<'_>) -> Result<Rgba> {
    let text = value
        .as_string()
        .map(rquickjs::String::to_string)
        .transpose()?;
    text.as_deref().and_then(parse).ok_or_else(|| {
        let message = format!(
            "expected a colour such as \"#2a6f97\", \"rgb(42 111 151)\" or \"teal\", got {}",
            describe(value)
        );
        Trouble::Type(message).throw(ctx)
    })
}

/// From 1 (none) to 21 (black on white). What is not opaque is seen over the other.
fn contrast(one: Rgba, other: Rgba) -> f64 {
    let over = |colour: Rgba, ground: Rgba| Rgba {
        a: 1.0,
        ..ground.mix_srgb(colour, colour.a)
    };
    let (a, b) = (luminance(over(one, other)), luminance(over(other, one)));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn luminance(colour: Rgba) -> f64 {
    let linear = |part: f64| {
        if part <= 0.040_45 {
            part / 12.92
        } else {
            libm::pow((part + 0.055) / 1.055, 2.4)
        }
    };
    0.2126 * linear(colour.r) + 0.7152 * linear(colour.g) + 0.0722 * linear(colour.b)
}
