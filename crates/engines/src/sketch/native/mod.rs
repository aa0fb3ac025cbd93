//! Deterministic helpers for scripts: what is slow in JavaScript, or differs between machines.
//!
//! [`install`] routes `Math` through libm and puts the helpers on `globalThis.__native`. The scripts
//! of [`PRELUDE`], evaluated in order before the artist's, give them the shape that artists know
//! (p5, fxhash, Art Blocks, d3) and take `__native` away. Everything is seeded, bounded, and looks
//! at the stop signal while it works.

mod arguments;
mod bind_colour;
mod bind_field_work;
mod bind_fields;
mod bind_lines;
mod bind_random;
mod bind_shapes;
mod buckets;
mod contour;
mod field;
mod field_filter;
mod field_make;
mod flow;
mod math;
mod noise;
mod poisson;
mod polyline;
mod random;
mod region;
mod shelf;
mod voronoi;
mod work;

use std::rc::Rc;

use daedal_core::Seed;
use rquickjs::{Ctx, Object};

use shelf::Shelf;
use work::{Meter, Trouble};

pub(super) use work::Stop;

/// Scripts (name, source) to evaluate, in this order, before the artist's.
pub(super) const PRELUDE: &[(&str, &str)] = &[
    ("prelude/random.js", include_str!("../prelude/random.js")),
    ("prelude/field.js", include_str!("../prelude/field.js")),
    ("prelude/shapes.js", include_str!("../prelude/shapes.js")),
    ("prelude/colour.js", include_str!("../prelude/colour.js")),
    ("prelude/p5-math.js", include_str!("../prelude/p5-math.js")),
    ("prelude/p5.js", include_str!("../prelude/p5.js")),
    ("prelude/tokens.js", include_str!("../prelude/tokens.js")),
    ("prelude/end.js", include_str!("../prelude/end.js")),
];

/// What the helpers of one script share.
struct Native {
    seed: Seed,
    stop: Stop,
    shelf: Shelf,
}

impl Native {
    fn meter(&self) -> Meter {
        Meter::new(Rc::clone(&self.stop))
    }

    /// Does some work, and throws its trouble.
    fn run<T>(
        &self,
        ctx: &Ctx<'_>,
        work: impl FnOnce(&Meter) -> Result<T, Trouble>,
    ) -> rquickjs::Result<T> {
        work(&self.meter()).map_err(|trouble| trouble.throw(ctx))
    }
}

/// Registers the helpers. `stop` is asked now and then, within a millisecond of work, whether the
/// script has to end.
pub(super) fn install(ctx: &Ctx<'_>, seed: Seed, stop: Stop) -> rquickjs::Result<()> {
    let own = Rc::new(Native {
        seed,
        stop,
        shelf: Shelf::default(),
    });
    let native = Object::new(ctx.clone())?;
    math::install(ctx)?;
    bind_random::install(ctx, &native, seed)?;
    bind_fields::install(ctx, &native, &own)?;
    bind_colour::install(ctx, &native)?;
    bind_field_work::install(ctx, &native, &own)?;
    bind_lines::install(ctx, &native, &own)?;
    bind_shapes::install(ctx, &native, &own)?;
    ctx.globals().set("__native", native)
}

#[cfg(test)]
mod tests;
