//! Fields for scripts: what can be done with them.

use std::rc::Rc;

use rquickjs::{Ctx, Function, Object, Result, TypedArray, Value};

use super::Native;
use super::arguments::{Options, describe, flat_lines};
use super::bind_fields::called;
use super::contour::Tracer;
use super::field::{Field, lerp, smoothstep};
use super::polyline::{ROUNDS_MAX, simplify, smooth};
use super::work::Trouble;

/// Most levels of one call.
const LEVELS_MAX: usize = 1000;

/// Puts what works on fields on `native`.
pub(super) fn install<'js>(ctx: &Ctx<'js>, native: &Object<'js>, own: &Rc<Native>) -> Result<()> {
    install_reading(ctx, native, own)?;
    install_changing(ctx, native, own)?;
    let own = Rc::clone(own);
    let trace = move |ctx: Ctx<'js>, areas: bool, field, levels, options| {
        contours(&ctx, &own, areas, [&field, &levels, &options])
    };
    native.set("contours", Function::new(ctx.clone(), trace)?)
}

fn install_reading<'js>(ctx: &Ctx<'js>, native: &Object<'js>, own: &Rc<Native>) -> Result<()> {
    let shelf = own.shelf.clone();
    let frame = move |ctx: Ctx<'js>, field: Value<'js>| {
        let grid = shelf.expect_handle(&ctx, &field)?.grid;
        let count = |count: usize| count as f64;
        Ok::<_, rquickjs::Error>(vec![
            grid.x,
            grid.y,
            grid.width,
            grid.height,
            count(grid.columns),
            count(grid.rows),
        ])
    };
    native.set("fieldFrame", Function::new(ctx.clone(), frame)?)?;
    let shelf = own.shelf.clone();
    let values = move |ctx: Ctx<'js>, field: Value<'js>| {
        let field = shelf.expect_handle(&ctx, &field)?;
        TypedArray::new(ctx, field.values.clone())
    };
    native.set("fieldValues", Function::new(ctx.clone(), values)?)?;
    let shelf = own.shelf.clone();
    // A function of its own for each field: it is called most.
    let sampler = move |ctx: Ctx<'js>, field: Value<'js>| {
        let field = shelf.expect_handle(&ctx, &field)?;
        Function::new(ctx, move |x: f64, y: f64| field.sample(x, y))?.with_name("sample")
    };
    native.set("fieldSampler", Function::new(ctx.clone(), sampler)?)?;
    let shelf = own.shelf.clone();
    let gradient = move |ctx: Ctx<'js>, field: Value<'js>, x: f64, y: f64| {
        Ok::<_, rquickjs::Error>(shelf.expect_handle(&ctx, &field)?.gradient(x, y).to_vec())
    };
    native.set("fieldGradient", Function::new(ctx.clone(), gradient)?)?;
    let shelf = own.shelf.clone();
    let range = move |ctx: Ctx<'js>, field: Value<'js>| {
        Ok::<_, rquickjs::Error>(shelf.expect_handle(&ctx, &field)?.range().to_vec())
    };
    native.set("fieldRange", Function::new(ctx.clone(), range)?)?;
    let shelf = own.shelf.clone();
    let quantile = move |ctx: Ctx<'js>, field: Value<'js>, q: f64| {
        Ok::<_, rquickjs::Error>(shelf.expect_handle(&ctx, &field)?.quantile(q))
    };
    native.set("fieldQuantile", Function::new(ctx.clone(), quantile)?)
}

fn install_changing<'js>(ctx: &Ctx<'js>, native: &Object<'js>, own: &Rc<Native>) -> Result<()> {
    let on = Rc::clone(own);
    let change = move |ctx: Ctx<'js>, name: String, field: Value<'js>, a: f64, b: f64| {
        let field = on.shelf.expect_handle(&ctx, &field)?;
        let changed = changed(&ctx, &on, &name, &field, [a, b])?;
        on.shelf.lend(&ctx, changed)
    };
    native.set("fieldChange", Function::new(ctx.clone(), change)?)?;
    let on = Rc::clone(own);
    let join = move |ctx: Ctx<'js>, name: String, field: Value<'js>, other: Value<'js>| {
        let field = on.shelf.expect_handle(&ctx, &field)?;
        let joined = joined(&ctx, &on, &name, &field, &other)?;
        on.shelf.lend(&ctx, joined)
    };
    native.set("fieldJoin", Function::new(ctx.clone(), join)?)?;
    let on = Rc::clone(own);
    let curve = move |ctx: Ctx<'js>, field: Value<'js>, xs: Vec<f64>, ys: Vec<f64>| {
        let field = on.shelf.expect_handle(&ctx, &field)?;
        let curved = on.run(&ctx, |meter| {
            field.map(meter, |value| follow(&xs, &ys, value))
        })?;
        on.shelf.lend(&ctx, curved)
    };
    native.set("fieldCurve", Function::new(ctx.clone(), curve)?)?;
    let on = Rc::clone(own);
    let map = move |ctx: Ctx<'js>, field: Value<'js>, function: Function<'js>| {
        let field = on.shelf.expect_handle(&ctx, &field)?;
        let mut values = field.values.iter();
        let mapped = called(&ctx, &on, field.grid, |x, y| {
            let value = values.next().copied().map_or(0.0, f64::from);
            function.call((value, x, y))
        })?;
        on.shelf.lend(&ctx, mapped)
    };
    native.set("fieldMap", Function::new(ctx.clone(), map)?)
}

/// Changes that take up to two numbers.
fn changed(
    ctx: &Ctx<'_>,
    own: &Native,
    name: &str,
    field: &Field,
    [a, b]: [f64; 2],
) -> Result<Field> {
    let range = if name == "normalise" {
        field.range()
    } else {
        [0.0; 2]
    };
    own.run(ctx, |meter| match name {
        "abs" => field.map(meter, f64::abs),
        "blur" => field.blur(a.max(0.0), meter),
        "clamp" => field.map(meter, |value| value.max(a).min(b)),
        "distance" => field.distance(a, meter),
        "normalise" => field.map(meter, |value| {
            let t = if range[1] > range[0] {
                (value - range[0]) / (range[1] - range[0])
            } else {
                0.5
            };
            lerp(a, b, t)
        }),
        "power" => field.map(meter, |value| libm::pow(value.max(0.0), a)),
        "smoothstep" => field.map(meter, |value| smoothstep(a, b, value)),
        _ => Err(Trouble::Type(format!("field: there is no change `{name}`"))),
    })
}

/// A field joined with another, or with a number.
fn joined<'js>(
    ctx: &Ctx<'js>,
    own: &Native,
    name: &str,
    field: &Field,
    other: &Value<'js>,
) -> Result<Field> {
    let join: fn(f64, f64) -> f64 = match name {
        "add" => |a, b| a + b,
        "subtract" => |a, b| a - b,
        "multiply" => |a, b| a * b,
        "divide" => |a, b| a / b,
        "min" => f64::min,
        _ => f64::max,
    };
    if let Some(number) = other.as_number() {
        return own.run(ctx, |meter| field.map(meter, |value| join(value, number)));
    }
    let other = own.shelf.expect(ctx, &format!("field.{name}"), other)?;
    own.run(ctx, |meter| field.zip(&other, meter, join))
}

/// The piecewise linear curve through (xs, ys), level beyond its ends.
fn follow(xs: &[f64], ys: &[f64], x: f64) -> f64 {
    let at = xs.partition_point(|known| *known <= x);
    match (at.checked_sub(1), at < xs.len()) {
        (None, _) => ys.first().copied().unwrap_or(x),
        (Some(before), false) => ys.get(before).copied().unwrap_or(x),
        (Some(before), true) => {
            let t = (x - xs[before]) / (xs[at] - xs[before]);
            lerp(ys[before], ys[at], t)
        }
    }
}

/// For each level its lines, or the rings around what is at least that.
fn contours<'js>(
    ctx: &Ctx<'js>,
    own: &Native,
    areas: bool,
    [field, levels, options]: [&Value<'js>; 3],
) -> Result<Value<'js>> {
    let who = if areas { "areas" } else { "contours" };
    let field = own.shelf.expect(ctx, who, field)?;
    let levels = read_levels(ctx, who, levels)?;
    let options = Options::read(ctx, who, options, &["simplify", "smooth"])?;
    let tolerance = options.number("simplify", 0.0, 0.0, f64::MAX)?;
    let rounds = options.count("smooth", 0, 0, ROUNDS_MAX)?;
    let mut tracer = if areas {
        Tracer::areas(&field)
    } else {
        Tracer::lines(&field)
    };
    let found = rquickjs::Array::new(ctx.clone())?;
    for (i, level) in levels.into_iter().enumerate() {
        let lines = own.run(ctx, |meter| {
            let lines = tracer.trace(level, meter)?;
            lines
                .iter()
                .map(|line| smooth(&simplify(line, tolerance), rounds))
                .collect::<std::result::Result<Vec<_>, _>>()
        })?;
        let entry = Object::new(ctx.clone())?;
        entry.set("level", level)?;
        entry.set("lines", flat_lines(ctx, &lines)?)?;
        found.set(i, entry)?;
    }
    Ok(found.into_value())
}

/// One number or an array of them.
pub(super) fn read_levels<'js>(ctx: &Ctx<'js>, who: &str, value: &Value<'js>) -> Result<Vec<f64>> {
    if let Some(level) = value.as_number() {
        return Ok(vec![level]);
    }
    let wrong = |value: &Value<'js>| {
        let message = format!(
            "{who}: the levels are {}, expected numbers",
            describe(value)
        );
        Trouble::Type(message).throw(ctx)
    };
    let array = value.as_array().ok_or_else(|| wrong(value))?;
    if array.len() > LEVELS_MAX {
        let message = format!("{who}: {} levels, at most {LEVELS_MAX}", array.len());
        return Err(Trouble::Range(message).throw(ctx));
    }
    array
        .iter::<Value>()
        .map(|level| {
            let level = level?;
            level
                .as_number()
                .filter(|level| level.is_finite())
                .ok_or_else(|| wrong(&level))
        })
        .collect()
}
