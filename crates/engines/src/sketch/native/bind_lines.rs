//! Lines for scripts: measured, changed, cut.

use std::rc::Rc;

use rquickjs::{Ctx, Function, Object, Result, TypedArray, Value};

use super::Native;
use super::arguments::{flat, flat_lines, lines, point, points};
use super::bind_shapes::region;
use super::polyline::{self, Line, ROUNDS_MAX, Walk};
use super::voronoi::centroid;
use super::work::Trouble;

/// Puts what works on lines on `native`.
pub(super) fn install<'js>(ctx: &Ctx<'js>, native: &Object<'js>, own: &Rc<Native>) -> Result<()> {
    let measure = |ctx: Ctx<'js>, name: String, line: Value<'js>| {
        let line = points(&ctx, &format!("polyline.{name}"), &line)?;
        Ok::<f64, rquickjs::Error>(match name.as_str() {
            "area" => polyline::area(&line),
            _ => polyline::length(&line),
        })
    };
    native.set("lineMeasure", Function::new(ctx.clone(), measure)?)?;
    let centre = |ctx: Ctx<'js>, line: Value<'js>| {
        let line = points(&ctx, "polyline.centroid", &line)?;
        Ok::<_, rquickjs::Error>(centroid(&line).map(|centre| centre.to_vec()))
    };
    native.set("lineCentroid", Function::new(ctx.clone(), centre)?)?;
    let change = |ctx: Ctx<'js>, name: String, line: Value<'js>, by: f64| {
        let line = points(&ctx, &format!("polyline.{name}"), &line)?;
        let changed = changed(&name, &line, by).map_err(|trouble| trouble.throw(&ctx))?;
        flat(&ctx, &changed)
    };
    native.set("lineChange", Function::new(ctx.clone(), change)?)?;
    native.set("linePlaces", Function::new(ctx.clone(), places)?)?;
    native.set("linePath", Function::new(ctx.clone(), path)?)?;
    let on = Rc::clone(own);
    let clip = move |ctx: Ctx<'js>, of: Value<'js>, by: Value<'js>, inside: bool| {
        let lines = lines(&ctx, "polyline.clip", &of)?;
        let region = region(&ctx, &on, "polyline.clip", &by)?;
        let mut parts = Vec::new();
        for line in lines {
            parts.extend(on.run(&ctx, |meter| region.clip(&line, inside, meter))?);
        }
        flat_lines(&ctx, &parts)
    };
    native.set("lineClip", Function::new(ctx.clone(), clip)?)?;
    let on = Rc::clone(own);
    let contains = move |ctx: Ctx<'js>, by: Value<'js>, at: Value<'js>| {
        let region = region(&ctx, &on, "polyline.contains", &by)?;
        let at = point(&at)?.ok_or_else(|| {
            let message = "polyline.contains: expected a point: [x, y]".to_owned();
            Trouble::Type(message).throw(&ctx)
        })?;
        Ok::<_, rquickjs::Error>(region.contains(at))
    };
    native.set("lineContains", Function::new(ctx.clone(), contains)?)
}

fn changed(name: &str, line: &[[f64; 2]], by: f64) -> std::result::Result<Line, Trouble> {
    let check = |fits: bool, expected: &str| {
        if fits {
            return Ok(());
        }
        Err(Trouble::Range(format!(
            "polyline.{name}: got {by}, expected {expected}"
        )))
    };
    match name {
        "simplify" => {
            check(by >= 0.0, "a tolerance from 0 up")?;
            Ok(polyline::simplify(line, by))
        }
        "smooth" => {
            check((0.0..=ROUNDS_MAX as f64).contains(&by), "0 to 6 rounds")?;
            polyline::smooth(line, by as usize)
        }
        "resample" => {
            check(by > 0.0, "a distance above 0")?;
            polyline::resample(line, by)
        }
        _ => {
            check(by.is_finite(), "a distance")?;
            Ok(polyline::offset(line, by))
        }
    }
}

/// Lines as the recording of a `Path2D` (`path.js`): move to, line to, close.
fn path<'js>(ctx: Ctx<'js>, of: Value<'js>) -> Result<TypedArray<'js, f64>> {
    const MOVE: f64 = 0.0;
    const LINE: f64 = 1.0;
    const CLOSE: f64 = 4.0;
    let mut recording = Vec::new();
    for line in lines(&ctx, "polyline.path", &of)? {
        let closed = polyline::is_closed(&line);
        let end = line.len() - usize::from(closed);
        for (i, [x, y]) in line[..end].iter().enumerate() {
            recording.extend([if i == 0 { MOVE } else { LINE }, *x, *y]);
        }
        if closed {
            recording.push(CLOSE);
        }
    }
    TypedArray::new(ctx, recording)
}

/// x, y and direction at some distances along a line.
fn places<'js>(ctx: Ctx<'js>, line: Value<'js>, distances: Vec<f64>) -> Result<Vec<f64>> {
    let line = points(&ctx, "polyline.at", &line)?;
    if line.len() < 2 {
        let message = format!(
            "polyline.at: a line of {} points, expected 2 or more",
            line.len()
        );
        return Err(Trouble::Range(message).throw(&ctx));
    }
    let mut walk = Walk::new(&line);
    Ok(distances
        .into_iter()
        .flat_map(|along| {
            let ([x, y], angle) = walk.to(along);
            [x, y, angle]
        })
        .collect())
}
