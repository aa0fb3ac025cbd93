//! The helpers as a script meets them.

use std::rc::Rc;

use daedal_core::{Digest, Seed};
use rquickjs::{CatchResultExt, Context, Ctx, FromJs, Runtime};

use super::{PRELUDE, install};

/// Runs `work` in a fresh realm with everything installed.
fn realm<T>(seed: &str, stop: bool, work: impl FnOnce(Ctx<'_>) -> T) -> T {
    make_realm(seed, stop, "", work)
}

/// Runs `work` in a realm that a script prepared before the prelude.
fn realm_after<T>(before: &str, work: impl FnOnce(Ctx<'_>) -> T) -> T {
    make_realm("a task", false, before, work)
}

fn make_realm<T>(seed: &str, stop: bool, before: &str, work: impl FnOnce(Ctx<'_>) -> T) -> T {
    let runtime = Runtime::new().unwrap();
    let context = Context::full(&runtime).unwrap();
    context.with(|ctx| {
        ctx.globals().set("width", 300).unwrap();
        ctx.globals().set("height", 400).unwrap();
        ctx.eval::<(), _>(before).unwrap();
        install(
            &ctx,
            Seed(Digest::of(seed.as_bytes())),
            Rc::new(move || stop),
        )
        .unwrap();
        for (name, source) in PRELUDE {
            if let Err(error) = ctx.eval::<(), _>(*source).catch(&ctx) {
                panic!("{name}: {error}");
            }
        }
        work(ctx)
    })
}

fn run<T: for<'js> FromJs<'js>>(seed: &str, script: &str) -> Result<T, String> {
    realm(seed, false, |ctx| {
        ctx.eval::<T, _>(script)
            .catch(&ctx)
            .map_err(|error| error.to_string())
    })
}

/// The value of a script.
pub(super) fn evaluate<T: for<'js> FromJs<'js>>(script: &str) -> T {
    run("a task", script).unwrap_or_else(|error| panic!("{script}: {error}"))
}

/// The error that a script ends with.
pub(super) fn fails(script: &str) -> String {
    let wrapped =
        format!("try {{ {script}; 'no error' }} catch (e) {{ e.name + ': ' + e.message }}");
    evaluate(&wrapped)
}

/// Asserts that an expression is true.
fn yes(script: &str) {
    assert!(evaluate::<bool>(script), "not true: {script}");
}

mod colour;
mod fields;
mod p5;
mod random;
mod shapes;
mod tokens;
