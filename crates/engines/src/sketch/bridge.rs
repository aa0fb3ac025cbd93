//! What JavaScript holds of Rust, and how numbers cross.

#![allow(
    unsafe_code,
    reason = "rquickjs offers no safe way to name a class without its macros, or to copy a typed array"
)]

use std::cell::RefCell;
use std::rc::Rc;

use rquickjs::class::{JsClass, Readable, Trace, Tracer};
use rquickjs::function::{Constructor, FromParam, ParamRequirement, ParamsAccessor};
use rquickjs::{Ctx, JsLifetime, Object, Result, TypedArray};

use super::style::{Gradient, Pattern};
use super::surface::Surface;

/// A value of Rust in the hands of a script; freed with its last JavaScript reference.
#[derive(Clone)]
pub(crate) enum Handle {
    Surface(Rc<RefCell<Surface>>),
    Gradient(Rc<RefCell<Gradient>>),
    Pattern(Rc<RefCell<Pattern>>),
}

// A handle holds nothing of JavaScript: no lifetime to track and no reference to trace.
unsafe impl<'js> JsLifetime<'js> for Handle {
    type Changed<'to> = Self;
}

impl<'js> Trace<'js> for Handle {
    fn trace<'a>(&self, _tracer: Tracer<'a, 'js>) {}
}

impl<'js> JsClass<'js> for Handle {
    const NAME: &'static str = "Handle";
    type Mutable = Readable;

    fn prototype(ctx: &Ctx<'js>) -> Result<Option<Object<'js>>> {
        Object::new(ctx.clone()).map(Some)
    }

    fn constructor(_ctx: &Ctx<'js>) -> Result<Option<Constructor<'js>>> {
        Ok(None)
    }
}

/// The first `count` numbers of `array`.
pub(crate) fn numbers(array: &TypedArray<'_, f64>, count: usize) -> Vec<f64> {
    let Some(raw) = array.as_raw() else {
        return Vec::new();
    };
    // No JavaScript runs while the bytes are copied, so the buffer stays where it is.
    let bytes = unsafe { raw.as_ref() };
    bytes
        .chunks_exact(8)
        .take(count)
        .filter_map(|chunk| Some(f64::from_ne_bytes(chunk.try_into().ok()?)))
        .collect()
}

/// All bytes of `array`.
pub(crate) fn bytes<T>(array: &TypedArray<'_, T>) -> Vec<u8> {
    // As above: nothing of JavaScript runs before the copy is done.
    array
        .as_raw()
        .map_or_else(Vec::new, |raw| unsafe { raw.as_ref() }.to_vec())
}

/// `N` number arguments; what is not a number is NaN.
pub(crate) struct Numbers<const N: usize>(pub(crate) [f64; N]);

impl<'js, const N: usize> FromParam<'js> for Numbers<N> {
    fn param_requirement() -> ParamRequirement {
        let mut requirement = ParamRequirement::none();
        for _ in 0..N {
            requirement = requirement.combine(ParamRequirement::single());
        }
        requirement
    }

    fn from_param<'a>(params: &mut ParamsAccessor<'a, 'js>) -> Result<Self> {
        let mut values = [f64::NAN; N];
        for value in &mut values {
            *value = params.arg().as_number().unwrap_or(f64::NAN);
        }
        Ok(Self(values))
    }
}
