//! The functions that the Canvas prelude calls: plain numbers in, drawing out.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use rquickjs::{ArrayBuffer, Class, Ctx, Exception, Function, Object, Result, TypedArray};
use tiny_skia::{FillRule, Path};

use super::bridge::{Handle, Numbers, bytes, numbers};
use super::colour;
use super::limits::Allowance;
use super::matrix::Matrix;
use super::pictures::PutImage;
use super::style::{Course, Gradient, Style};
use super::surface::Surface;
use super::svg_path;
use super::text::Mode;

type Held<'js> = Class<'js, Handle>;
type Trail<'js> = TypedArray<'js, f64>;

/// Registers a function under a name.
macro_rules! define {
    ($ctx:expr, $on:expr, $($name:literal = $function:expr;)*) => {
        $($on.set($name, Function::new($ctx.clone(), $function)?.with_name($name)?)?;)*
    };
}
pub(super) use define;

/// Throws the error of a limit; its name tells it from mistakes of the script.
pub(crate) fn limit(ctx: &Ctx<'_>, message: &str) -> rquickjs::Error {
    named(ctx, "LimitError", message)
}

/// Throws an error of this name.
pub(crate) fn named(ctx: &Ctx<'_>, name: &str, message: &str) -> rquickjs::Error {
    let thrown = Exception::from_message(ctx.clone(), message).and_then(|exception| {
        exception.as_object().set("name", name)?;
        Ok(exception)
    });
    match thrown {
        Ok(exception) => exception.throw(),
        Err(error) => error,
    }
}

/// Runs `f` on the canvas, unless the sketch has to stop.
pub(super) fn on<R>(
    ctx: &Ctx<'_>,
    held: &Held<'_>,
    f: impl FnOnce(&mut Surface) -> R,
) -> Result<R> {
    let surface = surface(ctx, held)?;
    let mut surface = surface.borrow_mut();
    if surface.allowance.is_over() {
        return Err(limit(ctx, "the time is over"));
    }
    // Numbers far from any picture can be too much for the rasteriser: an error of that call.
    let result = catch_unwind(AssertUnwindSafe(|| f(&mut surface)));
    match (result, surface.trouble.take()) {
        (Ok(result), None) => Ok(result),
        (Ok(_), Some(message)) => Err(limit(ctx, &message)),
        (Err(_), _) => {
            let message = "this can't be drawn: its numbers are too large or too small";
            Err(Exception::throw_range(ctx, message))
        }
    }
}

/// Like [`on`], where a limit may stand against it.
fn within<R>(
    ctx: &Ctx<'_>,
    held: &Held<'_>,
    f: impl FnOnce(&mut Surface) -> std::result::Result<R, String>,
) -> Result<R> {
    on(ctx, held, f)?.map_err(|message| limit(ctx, &message))
}

/// Runs `f` on the canvas with a path as the prelude recorded it: the first `count` numbers of `trail`,
/// under the present transform where `user` is 1. There is none where the numbers make none.
fn on_path<R>(
    ctx: &Ctx<'_>,
    held: &Held<'_>,
    trail: &Trail<'_>,
    [count, user]: [f64; 2],
    f: impl FnOnce(&mut Surface, Option<&Path>) -> R,
) -> Result<R> {
    let recording = numbers(trail, count as usize);
    on(ctx, held, |surface| {
        let path = surface.outline(&recording, user == 1.0);
        f(surface, path.as_ref())
    })
}

fn surface(ctx: &Ctx<'_>, held: &Held<'_>) -> Result<Rc<RefCell<Surface>>> {
    match &*held.borrow() {
        Handle::Surface(surface) => Ok(Rc::clone(surface)),
        _ => Err(Exception::throw_type(ctx, "expected a canvas")),
    }
}

pub(crate) fn hold<'js>(ctx: &Ctx<'js>, surface: Surface) -> Result<Held<'js>> {
    Class::instance(ctx.clone(), Handle::Surface(Rc::new(RefCell::new(surface))))
}

/// The functions for canvases, paths and styles.
pub(crate) fn install<'js>(
    ctx: &Ctx<'js>,
    native: &Object<'js>,
    allowance: &Rc<Allowance>,
) -> Result<()> {
    canvases(ctx, native, allowance)?;
    paths(ctx, native)?;
    rectangles(ctx, native)?;
    define! { ctx, native,
        "svgPath" = svg;
        "gradient" = gradient;
        "stop" = stop;
        "pattern" = pattern;
        "patternTransform" = pattern_transform;
        "drawImage" = draw_image;
        "getPixels" = get_pixels;
        "putPixels" = put_pixels;
        "text" = text;
        "textOnPath" = text_on_path;
        "textOutline" = text_outline;
        "measure" = measure;
    }
    super::settings_calls::install(ctx, native)
}

fn canvases<'js>(ctx: &Ctx<'js>, native: &Object<'js>, allowance: &Rc<Allowance>) -> Result<()> {
    let allowance = Rc::clone(allowance);
    let create = move |ctx: Ctx<'js>, Numbers([width, height, density]): Numbers<3>| {
        let made = Surface::new(width, height, density, &allowance);
        hold(&ctx, made.map_err(|message| limit(&ctx, &message))?)
    };
    let resize = |ctx: Ctx<'js>, held: Held<'js>, Numbers([width, height]): Numbers<2>| {
        within(&ctx, &held, |surface| surface.resize(width, height))
    };
    let transform = |ctx: Ctx<'js>, held: Held<'js>, Numbers(matrix): Numbers<6>| {
        on(&ctx, &held, |surface| {
            surface.state.matrix = Matrix::from(matrix)
        })
    };
    define! { ctx, native,
        "create" = create;
        "resize" = resize;
        "save" = |ctx: Ctx<'js>, held: Held<'js>| within(&ctx, &held, Surface::save);
        "restore" = |ctx: Ctx<'js>, held: Held<'js>| on(&ctx, &held, Surface::restore);
        "reset" = |ctx: Ctx<'js>, held: Held<'js>| on(&ctx, &held, Surface::reset);
        "transform" = transform;
    }
    Ok(())
}

fn paths<'js>(ctx: &Ctx<'js>, native: &Object<'js>) -> Result<()> {
    type Of<const N: usize> = Numbers<N>;
    let fill =
        |ctx: Ctx<'js>, held: Held<'js>, trail: Trail<'js>, Numbers([count, code, user]): Of<3>| {
            on_path(&ctx, &held, &trail, [count, user], |surface, path| {
                if let Some(path) = path {
                    surface.fill_path(path, rule(code));
                }
            })
        };
    let stroke =
        |ctx: Ctx<'js>, held: Held<'js>, trail: Trail<'js>, Numbers([count, _, user]): Of<3>| {
            on_path(&ctx, &held, &trail, [count, user], |surface, path| {
                if let Some(path) = path {
                    surface.stroke_path(path);
                }
            })
        };
    let clip =
        |ctx: Ctx<'js>, held: Held<'js>, trail: Trail<'js>, Numbers([count, code, user]): Of<3>| {
            on_path(&ctx, &held, &trail, [count, user], |surface, path| {
                surface.clip(path, rule(code))
            })?
            .map_err(|message| limit(&ctx, &message))
        };
    let in_path = |ctx: Ctx<'js>,
                   held: Held<'js>,
                   trail: Trail<'js>,
                   Numbers([count, code, user, x, y]): Of<5>| {
        on_path(&ctx, &held, &trail, [count, user], |surface, path| {
            path.is_some_and(|path| surface.is_inside(path, rule(code), x, y))
        })
    };
    let in_stroke = |ctx: Ctx<'js>,
                     held: Held<'js>,
                     trail: Trail<'js>,
                     Numbers([count, _, user, x, y]): Of<5>| {
        on_path(&ctx, &held, &trail, [count, user], |surface, path| {
            path.is_some_and(|path| surface.is_on_stroke(path, x, y))
        })
    };
    define! { ctx, native,
        "fill" = fill;
        "stroke" = stroke;
        "clip" = clip;
        "inPath" = in_path;
        "inStroke" = in_stroke;
    }
    Ok(())
}

fn rule(code: f64) -> FillRule {
    if code == 1.0 {
        FillRule::EvenOdd
    } else {
        FillRule::Winding
    }
}

fn rectangles<'js>(ctx: &Ctx<'js>, native: &Object<'js>) -> Result<()> {
    let drawn = |draw: fn(&mut Surface, &Path)| {
        move |ctx: Ctx<'js>, held: Held<'js>, Numbers(rect): Numbers<4>| {
            on(&ctx, &held, |surface| {
                if let Some(path) = surface.rect(rect) {
                    draw(surface, &path);
                }
            })
        }
    };
    define! { ctx, native,
        "fillRect" = drawn(|surface, path| surface.fill_path(path, FillRule::Winding));
        "strokeRect" = drawn(Surface::stroke_path);
        "clearRect" = drawn(Surface::clear_rect);
    }
    Ok(())
}

fn svg<'js>(ctx: Ctx<'js>, data: String) -> Result<Trail<'js>> {
    TypedArray::new_copy(ctx, svg_path::record(&data))
}

fn gradient<'js>(ctx: Ctx<'js>, kind: f64, given: Vec<f64>) -> Result<Held<'js>> {
    let course = match (kind, given.as_slice()) {
        (0.0, &[x0, y0, x1, y1]) => Course::Linear([x0, y0, x1, y1]),
        (1.0, &[x0, y0, r0, x1, y1, r1]) => Course::Radial([x0, y0, r0, x1, y1, r1]),
        (2.0, &[angle, x, y]) => Course::Conic([angle, x, y]),
        _ => {
            return Err(Exception::throw_type(
                &ctx,
                "expected the numbers of a gradient",
            ));
        }
    };
    let gradient = Rc::new(RefCell::new(Gradient::new(course)));
    Class::instance(ctx, Handle::Gradient(gradient))
}

fn stop(held: Held<'_>, offset: f64, css: String) -> bool {
    let (Handle::Gradient(gradient), Some(colour)) = (&*held.borrow(), colour::parse(&css)) else {
        return false;
    };
    gradient.borrow_mut().add_stop(offset, colour);
    true
}

fn pattern<'js>(ctx: Ctx<'js>, held: Held<'js>, code: f64) -> Result<Held<'js>> {
    let (x, y) = (code == 0.0 || code == 1.0, code == 0.0 || code == 2.0);
    let pattern = within(&ctx, &held, |surface| surface.pattern(x, y))?;
    Class::instance(ctx, Handle::Pattern(Rc::new(RefCell::new(pattern))))
}

fn pattern_transform(held: Held<'_>, Numbers(matrix): Numbers<6>) {
    if let Handle::Pattern(pattern) = &*held.borrow() {
        pattern.borrow_mut().matrix = Matrix::from(matrix);
    }
}

/// The style that a handle is.
pub(super) fn style_of(held: &Held<'_>) -> Option<Style> {
    match &*held.borrow() {
        Handle::Gradient(gradient) => Some(Style::Gradient(Rc::clone(gradient))),
        Handle::Pattern(pattern) => Some(Style::Pattern(Rc::clone(pattern))),
        Handle::Surface(_) => None,
    }
}

fn draw_image<'js>(
    ctx: Ctx<'js>,
    held: Held<'js>,
    source: Held<'js>,
    place: Trail<'js>,
) -> Result<()> {
    let (pixmap, density) = {
        let source = surface(&ctx, &source)?;
        let source = source.borrow();
        (Rc::clone(&source.pixmap), source.density)
    };
    let place = numbers(&place, 8);
    on(&ctx, &held, |surface| {
        if let Ok(place) = <[f64; 8]>::try_from(place) {
            surface.draw_image(&pixmap, density, place);
        }
    })
}

fn get_pixels<'js>(
    ctx: Ctx<'js>,
    held: Held<'js>,
    Numbers([x, y, w, h]): Numbers<4>,
) -> Result<ArrayBuffer<'js>> {
    let pixels = on(&ctx, &held, |surface| {
        surface.pixels(x as i32, y as i32, w as u32, h as u32)
    })?;
    ArrayBuffer::new_copy(ctx, pixels)
}

fn put_pixels<'js>(
    ctx: Ctx<'js>,
    held: Held<'js>,
    data: Object<'js>,
    place: Trail<'js>,
) -> Result<()> {
    // `Uint8ClampedArray` has no type in rquickjs: take its whole buffer.
    let buffer: ArrayBuffer<'js> = data.get("buffer")?;
    let start: usize = data.get("byteOffset")?;
    let length: usize = data.get("byteLength")?;
    let pixels = bytes(&TypedArray::<u8>::from_arraybuffer(buffer)?);
    let pixels = pixels.get(start..start + length).unwrap_or_default();
    let Ok([width, height, density, place @ ..]) = <[f64; 9]>::try_from(numbers(&place, 9)) else {
        return Ok(());
    };
    let image = PutImage {
        width: width as u32,
        height: height as u32,
        density,
        place,
    };
    on(&ctx, &held, |surface| surface.put_pixels(pixels, &image))
}

fn mode(code: f64) -> Mode {
    if code == 1.0 {
        Mode::Stroke
    } else {
        Mode::Fill
    }
}

fn text<'js>(
    ctx: Ctx<'js>,
    held: Held<'js>,
    code: f64,
    text: String,
    Numbers([x, y, width_max]): Numbers<3>,
) -> Result<()> {
    on(&ctx, &held, |surface| {
        surface.text(mode(code), &text, (x, y), width_max)
    })
}

fn text_on_path<'js>(
    ctx: Ctx<'js>,
    held: Held<'js>,
    code: f64,
    text: String,
    trail: Trail<'js>,
    Numbers([count, offset, shift]): Numbers<3>,
) -> Result<()> {
    let recording = numbers(&trail, count as usize);
    on(&ctx, &held, |surface| {
        surface.text_on_path(mode(code), &text, &recording, (offset, shift));
    })
}

fn text_outline<'js>(
    ctx: Ctx<'js>,
    held: Held<'js>,
    text: String,
    Numbers([x, y]): Numbers<2>,
) -> Result<Trail<'js>> {
    let recording = on(&ctx, &held, |surface| surface.text_outline(&text, x, y))?;
    TypedArray::new_copy(ctx, recording)
}

fn measure<'js>(ctx: Ctx<'js>, held: Held<'js>, text: String) -> Result<Vec<f64>> {
    on(&ctx, &held, |surface| surface.measure(&text).to_vec())
}
