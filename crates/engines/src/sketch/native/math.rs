//! `Math`, the same on every machine.
//!
//! ECMAScript leaves the last bits of these functions to the platform, so they go through the Rust
//! port of musl's libm. What IEEE 754 rounds exactly (`sqrt`, `abs`, `floor`, `fround`, …) stays as
//! it is. `**` compiles to an instruction that reads no property: whoever evaluates a script has to
//! refuse or rewrite it.

use rquickjs::convert::Coerced;
use rquickjs::function::{Opt, Rest};
use rquickjs::object::Property;
use rquickjs::{Ctx, Exception, Function, Object, Result};

type Number = Opt<Coerced<f64>>;

/// A function of one number, by its name.
type Named = (&'static str, fn(f64) -> f64);

/// Functions of one number.
const ONE: &[Named] = &[
    ("acos", libm::acos),
    ("acosh", libm::acosh),
    ("asin", libm::asin),
    ("asinh", libm::asinh),
    ("atan", libm::atan),
    ("atanh", libm::atanh),
    ("cbrt", libm::cbrt),
    ("cos", libm::cos),
    ("cosh", libm::cosh),
    ("exp", libm::exp),
    ("expm1", libm::expm1),
    ("log", libm::log),
    ("log10", libm::log10),
    ("log1p", libm::log1p),
    ("log2", libm::log2),
    ("sin", libm::sin),
    ("sinh", libm::sinh),
    ("tan", libm::tan),
    ("tanh", libm::tanh),
];

/// Routes `Math` through libm and takes `Math.random` away.
pub(super) fn install(ctx: &Ctx<'_>) -> Result<()> {
    let math: Object = ctx.globals().get("Math")?;
    for (name, compute) in ONE {
        let compute = *compute;
        let call = Function::new(ctx.clone(), move |x: Number| compute(number(x)))?;
        set(&math, name, call, 1)?;
    }
    let two = |compute: fn(f64, f64) -> f64| {
        Function::new(ctx.clone(), move |a: Number, b: Number| {
            compute(number(a), number(b))
        })
    };
    set(&math, "atan2", two(libm::atan2)?, 2)?;
    set(&math, "pow", two(pow)?, 2)?;
    let hypot = Function::new(ctx.clone(), |parts: Rest<Coerced<f64>>| {
        hypot(parts.0.into_iter().map(|part| part.0))
    })?;
    set(&math, "hypot", hypot, 2)?;
    let random = Function::new(ctx.clone(), |ctx: Ctx<'_>| -> Result<f64> {
        Err(Exception::throw_type(
            &ctx,
            "Math.random() gives another picture each time: use random(), which follows the seed",
        ))
    })?;
    set(&math, "random", random, 0)
}

fn number(value: Number) -> f64 {
    value.0.map_or(f64::NAN, |number| number.0)
}

fn set<'js>(math: &Object<'js>, name: &str, call: Function<'js>, length: usize) -> Result<()> {
    let call = call.with_name(name)?.with_length(length)?;
    math.prop(name, Property::from(call).writable().configurable())
}

/// `Math.pow`: unlike in C, 1 to an infinite or undefined power is undefined.
fn pow(base: f64, exponent: f64) -> f64 {
    if exponent.is_nan() || (base.abs() == 1.0 && exponent.is_infinite()) {
        return f64::NAN;
    }
    libm::pow(base, exponent)
}

/// `Math.hypot`: infinite if any part is, even beside what is not a number.
fn hypot(parts: impl Iterator<Item = f64>) -> f64 {
    let mut parts: Vec<f64> = parts.map(f64::abs).collect();
    if parts.contains(&f64::INFINITY) {
        return f64::INFINITY;
    }
    // From the smallest up, so that the order of the parts does not matter.
    parts.sort_by(f64::total_cmp);
    parts.into_iter().fold(0.0, libm::hypot)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{evaluate, fails};

    #[test]
    fn functions_are_those_of_libm() {
        for (name, compute) in super::ONE {
            for x in [0.3, -0.7, 1.5, 40.0] {
                let got: f64 = evaluate(&format!("Math.{name}({x})"));
                assert_eq!(got.to_bits(), compute(x).to_bits(), "Math.{name}({x})");
            }
        }
        let got: f64 = evaluate("Math.pow(1.1, 10.3)");
        assert_eq!(got.to_bits(), libm::pow(1.1, 10.3).to_bits());
    }

    #[test]
    fn corners_are_those_of_ecmascript() {
        let yes = |code: &str| assert!(evaluate::<bool>(code), "{code}");
        yes("Number.isNaN(Math.sin())");
        yes("Math.sin('0') === 0 && Object.is(Math.sin(-0), -0)");
        yes("Number.isNaN(Math.pow(1, Infinity)) && Number.isNaN(Math.pow(1, NaN))");
        yes("Math.pow(NaN, 0) === 1 && Math.pow(2, 10) === 1024");
        yes(
            "Math.hypot() === 0 && Math.hypot(3, 4) === 5 && Math.hypot(NaN, -Infinity) === Infinity",
        );
        yes("Math.hypot(1, 2, 3) === Math.hypot(3, 2, 1) && Number.isNaN(Math.hypot(NaN, 1))");
        yes("Math.atan2(1, -1) === 3 * Math.PI / 4 && Math.log2(8) === 3 && Math.cbrt(27) === 3");
        yes("Math.sin.name === 'sin' && Math.atan2.length === 2");
    }

    #[test]
    fn chance_is_refused_with_advice() {
        assert_eq!(
            fails("Math.random()"),
            "TypeError: Math.random() gives another picture each time: use random(), which follows \
             the seed"
        );
    }
}
