//! Chance and noise for scripts.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use daedal_core::Seed;
use rquickjs::function::Opt;
use rquickjs::{Ctx, Function, Object, Result, Value};

use super::arguments::{describe, label};
use super::noise::{Fractal, OCTAVES_MAX, Simplex};
use super::random::{Sfc32, fxhash_of, minter_of};
use super::work::Trouble;

/// Puts `stream`, `fxstream`, `noise`, `noiseSeed`, `noiseDetail` and the names of the task on
/// `native`.
pub(super) fn install<'js>(ctx: &Ctx<'js>, native: &Object<'js>, seed: Seed) -> Result<()> {
    let stream = move |ctx: Ctx<'js>, of: Value<'js>| {
        let label = label(&of)?.ok_or_else(|| {
            let message = format!(
                "rng: the label is {}, expected a text or a number",
                describe(&of)
            );
            Trouble::Type(message).throw(&ctx)
        })?;
        random(&ctx, Sfc32::labelled(seed, &label))
    };
    native.set("stream", Function::new(ctx.clone(), stream)?)?;
    let fxstream = |ctx: Ctx<'js>, hash: String| random(&ctx, Sfc32::fxhash(&hash));
    native.set("fxstream", Function::new(ctx.clone(), fxstream)?)?;
    native.set("hash", fxhash_of(seed))?;
    native.set("minter", minter_of(seed))?;
    native.set("token", seed.to_string())?;
    install_noise(ctx, native, seed)
}

/// `random` on a stream of its own, with `seed(number)`, `gaussian()` and `reset()` beside it.
fn random<'js>(ctx: &Ctx<'js>, start: Sfc32) -> Result<Function<'js>> {
    let stream = Rc::new(RefCell::new(start.clone()));
    let own = Rc::clone(&stream);
    let draw = move |ctx: Ctx<'js>, a: Opt<Value<'js>>, b: Opt<Value<'js>>| {
        choose(&ctx, &mut own.borrow_mut(), a.0, b.0)
    };
    let random = Function::new(ctx.clone(), draw)?.with_name("random")?;
    let own = Rc::clone(&stream);
    let gaussian = move || own.borrow_mut().gaussian();
    random.set("_gaussian", Function::new(ctx.clone(), gaussian)?)?;
    let own = Rc::clone(&stream);
    let seed = move |number: f64| *own.borrow_mut() = Sfc32::numbered("random", number);
    random.set("_seed", Function::new(ctx.clone(), seed)?)?;
    let reset = move || *stream.borrow_mut() = start.clone();
    random.set("_reset", Function::new(ctx.clone(), reset)?)?;
    Ok(random)
}

/// `random()`, `random(high)`, `random(low, high)` or `random(array)`, as p5 has it.
fn choose<'js>(
    ctx: &Ctx<'js>,
    stream: &mut Sfc32,
    a: Option<Value<'js>>,
    b: Option<Value<'js>>,
) -> Result<Value<'js>> {
    let given = |value: Option<Value<'js>>| value.filter(|value| !value.is_undefined());
    let bound = |value: &Value<'js>| {
        value.as_number().ok_or_else(|| {
            let message = format!("random: a bound is {}, expected a number", describe(value));
            Trouble::Type(message).throw(ctx)
        })
    };
    let number = match (given(a), given(b)) {
        (None, _) => stream.unit(),
        (Some(low), Some(high)) => stream.between(bound(&low)?, bound(&high)?),
        (Some(one), None) => match one.as_array() {
            Some(choices) => return choices.get(stream.index(choices.len())),
            None => stream.between(0.0, bound(&one)?),
        },
    };
    Ok(Value::new_number(ctx.clone(), number))
}

fn install_noise<'js>(ctx: &Ctx<'js>, native: &Object<'js>, seed: Seed) -> Result<()> {
    // p5's own defaults.
    let detail = Rc::new(Cell::new(Fractal {
        octaves: 4,
        gain: 0.5,
        lacunarity: 2.0,
        ridged: false,
    }));
    let simplex = Rc::new(RefCell::new(Simplex::new(Sfc32::labelled(seed, "noise"))));
    let (fractal, own) = (Rc::clone(&detail), Rc::clone(&simplex));
    let noise = move |x: f64, y: Opt<f64>, z: Opt<f64>| {
        let at = [x, y.0.unwrap_or(0.0), z.0.unwrap_or(0.0)];
        0.5 + 0.5 * fractal.get().at3(&own.borrow(), at)
    };
    native.set(
        "noise",
        Function::new(ctx.clone(), noise)?.with_name("noise")?,
    )?;
    let reseed = move |number: f64| {
        *simplex.borrow_mut() = Simplex::new(Sfc32::numbered("noise", number));
    };
    native.set(
        "noiseSeed",
        Function::new(ctx.clone(), reseed)?.with_name("noiseSeed")?,
    )?;
    let set = move |octaves: f64, gain: Opt<f64>| {
        let mut fractal = detail.get();
        fractal.octaves = octaves.clamp(1.0, OCTAVES_MAX as f64) as usize;
        fractal.gain = gain.0.unwrap_or(fractal.gain).clamp(0.0, 1.0);
        detail.set(fractal);
    };
    native.set(
        "noiseDetail",
        Function::new(ctx.clone(), set)?.with_name("noiseDetail")?,
    )
}
