//! Flow lines, hachures, scattered points and cells for scripts.

use std::rc::Rc;

use rquickjs::{Ctx, Function, Object, Result, Value};

use super::Native;
use super::arguments::{Options, describe, flat, flat_lines, lines, points};
use super::bind_field_work::read_levels;
use super::field::Field;
use super::flow::{Direction, FlowLook, HachureLook, flow_lines, hachures};
use super::poisson::{Scatter, Spacing, scatter};
use super::polyline::Line;
use super::random::Sfc32;
use super::region::{Region, Rings};
use super::voronoi::{hull, relax, voronoi};
use super::work::Trouble;

/// How many times the least spacing the greatest may be.
const SPREAD_MAX: f64 = 64.0;
/// Most rounds of relaxation.
const ROUNDS_MAX: usize = 1000;

/// Puts the makers of shapes on `native`.
pub(super) fn install<'js>(ctx: &Ctx<'js>, native: &Object<'js>, own: &Rc<Native>) -> Result<()> {
    let makers: [(&str, Maker); 6] = [
        ("flowLines", flow),
        ("hachures", hachure),
        ("poisson", poisson),
        ("voronoi", cells),
        ("relax", relaxed),
        ("hull", hulled),
    ];
    for (name, make) in makers {
        let own = Rc::clone(own);
        let call = move |ctx: Ctx<'js>, of: Value<'js>, options: Value<'js>| {
            make(&ctx, &own, [&of, &options])
        };
        native.set(name, Function::new(ctx.clone(), call)?)?;
    }
    Ok(())
}

type Maker = for<'js> fn(&Ctx<'js>, &Native, [&Value<'js>; 2]) -> Result<Value<'js>>;

/// A part of the plane: rings, or `{ field, above, below }`.
pub(super) fn region<'js>(
    ctx: &Ctx<'js>,
    own: &Native,
    who: &str,
    value: &Value<'js>,
) -> Result<Region> {
    let field: Option<Value> = match value.as_object().filter(|_| !value.is_array()) {
        Some(object) => Some(object.get("field")?).filter(|field: &Value| !field.is_undefined()),
        None => None,
    };
    let Some(field) = field else {
        let rings = if own.shelf.find(value)?.is_some() {
            Err(Trouble::Type(format!(
                "{who}: a field alone has no inside; expected {{ field, above }} or \
                 {{ field, below }}"
            ))
            .throw(ctx))
        } else {
            lines(ctx, who, value)
        };
        return rings.map(|rings| Region::Rings(Rings::new(&rings)));
    };
    let options = Options::read(ctx, who, value, &["field", "above", "below"])?;
    let (above, below) = (
        options.any("above", f64::MIN)?,
        options.any("below", f64::MAX)?,
    );
    let field = own.shelf.expect(ctx, who, &field)?;
    Ok(Region::Band {
        field,
        above,
        below,
    })
}

fn within<'js>(ctx: &Ctx<'js>, own: &Native, options: &Options<'js>) -> Result<Option<Region>> {
    let who = format!("{}: within", options.who());
    options
        .get("within")?
        .map(|value| region(ctx, own, &who, &value))
        .transpose()
}

/// A distance: a number, or a field of numbers.
fn spacing<'js>(
    ctx: &Ctx<'js>,
    own: &Native,
    options: &Options<'js>,
    name: &str,
    default: f64,
) -> Result<Spacing> {
    let Some(value) = options.get(name)?.filter(Value::is_object) else {
        return Ok(Spacing::Even(options.positive(name, default)?));
    };
    let field = own
        .shelf
        .expect(ctx, &format!("{}: {name}", options.who()), &value)?;
    let [least, most] = field.range();
    if least <= 0.0 || most > least * SPREAD_MAX {
        let message = format!(
            "{}: `{name}` goes from {least} to {most}, expected numbers above 0, the greatest at \
             most {SPREAD_MAX} times the least; use field.clamp(low, high)",
            options.who()
        );
        return Err(Trouble::Range(message).throw(ctx));
    }
    Ok(Spacing::Varied { field, least, most })
}

/// The fields that give a direction: one, or the two parts of a vector.
fn sources<'js>(ctx: &Ctx<'js>, own: &Native, value: &Value<'js>) -> Result<Vec<Rc<Field>>> {
    let expect = |value: &Value<'js>| own.shelf.expect(ctx, "flowLines", value);
    match value.as_array() {
        Some(pair) => (0..2).map(|i| expect(&pair.get(i)?)).collect(),
        None => Ok(vec![expect(value)?]),
    }
}

fn flow<'js>(ctx: &Ctx<'js>, own: &Native, [of, value]: [&Value<'js>; 2]) -> Result<Value<'js>> {
    let names = [
        "separation",
        "nearest",
        "step",
        "lengthMin",
        "lengthMax",
        "seeds",
        "within",
        "follow",
        "x",
        "y",
        "width",
        "height",
        "cell",
    ];
    let options = Options::read(ctx, "flowLines", value, &names)?;
    let fields = sources(ctx, own, of)?;
    let direction = match (
        &fields[..],
        options.word("follow", &["angle", "slope", "level"])?,
    ) {
        ([across, down, ..], _) => Direction::Vector(Rc::clone(across), Rc::clone(down)),
        ([field], "slope") => Direction::Slope(Rc::clone(field)),
        ([field], "level") => Direction::Level(Rc::clone(field)),
        _ => Direction::Angle(Rc::clone(&fields[0])),
    };
    let grid = fields[0].grid;
    let corner = |name: &str, of_field: f64| options.number(name, of_field, -1e9, 1e9);
    let rectangle = [
        corner("x", grid.x)?,
        corner("y", grid.y)?,
        options.positive("width", grid.width)?,
        options.positive("height", grid.height)?,
    ];
    let separation = spacing(
        ctx,
        own,
        &options,
        "separation",
        rectangle[2].max(rectangle[3]) / 80.0,
    )?;
    let step = options.positive("step", separation.least() / 4.0)?;
    let seeds = match options.get("seeds")? {
        Some(seeds) => points(ctx, "flowLines: seeds", &seeds)?,
        None => Line::new(),
    };
    let around = 4.0 * (rectangle[2] + rectangle[3]);
    let look = FlowLook {
        rectangle,
        direction,
        nearest: options.number("nearest", 0.5, 0.01, 1.0)?,
        step,
        lengths: [
            options.number("lengthMin", separation.least() * 2.0, 0.0, f64::MAX)?,
            options.positive("lengthMax", around)?,
        ],
        separation,
        seeds,
        within: within(ctx, own, &options)?,
    };
    flat_lines(ctx, &own.run(ctx, |meter| flow_lines(&look, meter))?)
}

fn hachure<'js>(ctx: &Ctx<'js>, own: &Native, [of, value]: [&Value<'js>; 2]) -> Result<Value<'js>> {
    let names = [
        "levels",
        "spacing",
        "nearest",
        "step",
        "lengthMax",
        "within",
    ];
    let options = Options::read(ctx, "hachures", value, &names)?;
    let field = own.shelf.expect(ctx, "hachures", of)?;
    let longer = field.grid.width.max(field.grid.height);
    let mut levels = match options.get("levels")? {
        Some(levels) => read_levels(ctx, "hachures", &levels)?,
        None => {
            let [low, high] = field.range();
            (0..=10)
                .map(|i| low + (high - low) * f64::from(i) / 10.0)
                .collect()
        }
    };
    levels.sort_by(f64::total_cmp);
    let spacing = options.positive("spacing", longer / 150.0)?;
    let look = HachureLook {
        levels,
        spacing,
        nearest: options.number("nearest", 0.5, 0.0, 1.0)?,
        step: options.positive("step", spacing / 3.0)?,
        length_max: options.positive("lengthMax", longer)?,
        within: within(ctx, own, &options)?,
    };
    flat_lines(ctx, &own.run(ctx, |meter| hachures(&field, &look, meter))?)
}

/// Points as scripts get them: an array of `[x, y]`.
fn pairs<'js>(ctx: &Ctx<'js>, points: &[[f64; 2]]) -> Result<Value<'js>> {
    let array = rquickjs::Array::new(ctx.clone())?;
    for (i, point) in points.iter().enumerate() {
        array.set(i, point.to_vec())?;
    }
    Ok(array.into_value())
}

fn poisson<'js>(ctx: &Ctx<'js>, own: &Native, [value, _]: [&Value<'js>; 2]) -> Result<Value<'js>> {
    let names = [
        "radius", "x", "y", "width", "height", "within", "tries", "seed",
    ];
    let options = Options::read(ctx, "poisson", value, &names)?;
    if options.get("radius")?.is_none() {
        options.required("radius")?;
    }
    let look = Scatter {
        rectangle: options.rectangle()?,
        radius: spacing(ctx, own, &options, "radius", 1.0)?,
        within: within(ctx, own, &options)?,
        tries: options.count("tries", 20, 1, 1000)?,
    };
    let label = format!("poisson/{}", options.label("seed")?);
    let mut stream = Sfc32::labelled(own.seed, &label);
    let found = own.run(ctx, |meter| scatter(&look, &mut stream, meter))?;
    pairs(ctx, &found)
}

const PLACE: [&str; 4] = ["x", "y", "width", "height"];

fn cells<'js>(ctx: &Ctx<'js>, own: &Native, [of, value]: [&Value<'js>; 2]) -> Result<Value<'js>> {
    let options = Options::read(ctx, "voronoi", value, &PLACE)?;
    let sites = points(ctx, "voronoi", of)?;
    let rectangle = options.rectangle()?;
    let cells = own.run(ctx, |meter| voronoi(&sites, rectangle, meter))?;
    let array = rquickjs::Array::new(ctx.clone())?;
    for (i, (cell, site)) in cells.iter().zip(&sites).enumerate() {
        let entry = Object::new(ctx.clone())?;
        entry.set("site", site.to_vec())?;
        entry.set("ring", flat(ctx, &cell.ring)?)?;
        let neighbours = cell.neighbours.iter().map(|index| *index as f64);
        entry.set("neighbours", neighbours.collect::<Vec<f64>>())?;
        array.set(i, entry)?;
    }
    Ok(array.into_value())
}

fn relaxed<'js>(ctx: &Ctx<'js>, own: &Native, [of, value]: [&Value<'js>; 2]) -> Result<Value<'js>> {
    let options = Options::read(
        ctx,
        "relax",
        value,
        &[PLACE.as_slice(), &["rounds"]].concat(),
    )?;
    let sites = points(ctx, "relax", of)?;
    let (rectangle, rounds) = (
        options.rectangle()?,
        options.count("rounds", 1, 0, ROUNDS_MAX)?,
    );
    let sites = own.run(ctx, |meter| relax(sites, rectangle, rounds, meter))?;
    pairs(ctx, &sites)
}

fn hulled<'js>(
    ctx: &Ctx<'js>,
    _: &Native,
    [of, unexpected]: [&Value<'js>; 2],
) -> Result<Value<'js>> {
    if !unexpected.is_undefined() {
        let message = format!(
            "hull: expected points only, got {} too",
            describe(unexpected)
        );
        return Err(Trouble::Type(message).throw(ctx));
    }
    flat(ctx, &hull(&points(ctx, "hull", of)?))
}
