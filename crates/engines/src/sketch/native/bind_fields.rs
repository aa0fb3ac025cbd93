//! Fields for scripts: how they are made.

use std::rc::Rc;

use rquickjs::function::Opt;
use rquickjs::{Ctx, Function, Object, Result, Value};

use super::Native;
use super::arguments::{Options, describe};
use super::field::{Field, Grid};
use super::field_make::{NoiseLook, Warp, linear_field, noise_field, radial_field};
use super::noise::{Fractal, OCTAVES_MAX, Simplex};
use super::random::Sfc32;
use super::work::Trouble;

/// Cells along the longer side of a field whose `cell` is not given.
const CELLS: f64 = 256.0;

const PLACE: [&str; 5] = ["x", "y", "width", "height", "cell"];

/// Puts the makers of fields on `native`.
pub(super) fn install<'js>(ctx: &Ctx<'js>, native: &Object<'js>, own: &Rc<Native>) -> Result<()> {
    let makers: [(&str, Maker); 3] = [
        ("noiseField", of_noise),
        ("linearField", linear),
        ("radialField", radial),
    ];
    for (name, make) in makers {
        let own = Rc::clone(own);
        let call = move |ctx: Ctx<'js>, options: Opt<Value<'js>>| {
            let options = options
                .0
                .unwrap_or_else(|| Value::new_undefined(ctx.clone()));
            let field = make(&ctx, &own, &options)?;
            own.shelf.lend(&ctx, field)
        };
        native.set(name, Function::new(ctx.clone(), call)?)?;
    }
    let own = Rc::clone(own);
    let call = move |ctx: Ctx<'js>, options: Value<'js>, source: Value<'js>| {
        let field = given(&ctx, &own, &options, &source)?;
        own.shelf.lend(&ctx, field)
    };
    native.set("field", Function::new(ctx.clone(), call)?)
}

type Maker = for<'js> fn(&Ctx<'js>, &Native, &Value<'js>) -> Result<Field>;

/// The grid that options describe.
fn grid(ctx: &Ctx<'_>, options: &Options<'_>) -> Result<Grid> {
    let rectangle = options.rectangle()?;
    let cell = options.positive("cell", rectangle[2].max(rectangle[3]) / CELLS)?;
    Grid::new(options.who(), rectangle, cell).map_err(|trouble| trouble.throw(ctx))
}

fn known(more: &[&'static str]) -> Vec<&'static str> {
    [PLACE.as_slice(), more].concat()
}

fn fractal(options: &Options<'_>, octaves: usize) -> Result<Fractal> {
    Ok(Fractal {
        octaves: options.count("octaves", octaves, 1, OCTAVES_MAX)?,
        gain: options.number("gain", 0.5, 0.0, 1.0)?,
        lacunarity: options.number("lacunarity", 2.0, 1.0, 8.0)?,
        ridged: options.flag("ridged", false)?,
    })
}

fn of_noise<'js>(ctx: &Ctx<'js>, own: &Native, value: &Value<'js>) -> Result<Field> {
    let names = [
        "scale",
        "octaves",
        "gain",
        "lacunarity",
        "ridged",
        "warp",
        "offset",
        "seed",
    ];
    let options = Options::read(ctx, "noiseField", value, &known(&names))?;
    let grid = grid(ctx, &options)?;
    let scale = options.positive("scale", grid.width.max(grid.height) / 3.0)?;
    let names = [
        "amount",
        "scale",
        "octaves",
        "gain",
        "lacunarity",
        "ridged",
        "folds",
    ];
    let warp = match options.within("warp", &names)? {
        None => None,
        Some(warp) => Some(Warp {
            amount: warp.any("amount", scale / 2.0)?,
            scale: warp.positive("scale", scale)?,
            folds: warp.count("folds", 1, 1, 4)?,
            fractal: fractal(&warp, 2)?,
        }),
    };
    let look = NoiseLook {
        scale,
        offset: options.point("offset", [0.0, 0.0])?,
        fractal: fractal(&options, 5)?,
        warp,
    };
    let label = format!("noiseField/{}", options.label("seed")?);
    let noise = Simplex::new(Sfc32::labelled(own.seed, &label));
    own.run(ctx, |meter| noise_field(grid, &look, &noise, meter))
}

fn linear<'js>(ctx: &Ctx<'js>, own: &Native, value: &Value<'js>) -> Result<Field> {
    let options = Options::read(ctx, "linearField", value, &known(&["from", "to"]))?;
    let grid = grid(ctx, &options)?;
    let from = options.point("from", [grid.x, grid.y])?;
    let to = options.point("to", [grid.x, grid.y + grid.height])?;
    if from == to {
        let message = "linearField: `from` and `to` are the same point, expected two".to_owned();
        return Err(Trouble::Range(message).throw(ctx));
    }
    own.run(ctx, |meter| linear_field(grid, from, to, meter))
}

fn radial<'js>(ctx: &Ctx<'js>, own: &Native, value: &Value<'js>) -> Result<Field> {
    let names = ["centre", "radius", "radiusY"];
    let options = Options::read(ctx, "radialField", value, &known(&names))?;
    let grid = grid(ctx, &options)?;
    let middle = [grid.x + grid.width / 2.0, grid.y + grid.height / 2.0];
    let centre = options.point("centre", middle)?;
    let radius = options.positive("radius", grid.width.min(grid.height) / 2.0)?;
    let radii = [radius, options.positive("radiusY", radius)?];
    own.run(ctx, |meter| radial_field(grid, centre, radii, meter))
}

/// A field from a number, from an array row by row, or from a function of x and y.
fn given<'js>(
    ctx: &Ctx<'js>,
    own: &Native,
    value: &Value<'js>,
    source: &Value<'js>,
) -> Result<Field> {
    let options = Options::read(ctx, "field", value, &known(&["columns", "rows"]))?;
    let throw = |trouble: Trouble| trouble.throw(ctx);
    let grid = match options.maybe_number("columns", 2.0, 1e6)? {
        None => grid(ctx, &options)?,
        Some(columns) => {
            let rows = options.count("rows", columns as usize, 2, 1_000_000)?;
            let rectangle = options.rectangle()?;
            Grid::with_nodes("field", rectangle, columns.floor(), rows as f64).map_err(throw)?
        }
    };
    if let Some(number) = source.as_number() {
        return own.run(ctx, |meter| {
            Field::from_positions(grid, meter, |_, _| number)
        });
    }
    if let Some(function) = source.as_function() {
        return called(ctx, own, grid, |x, y| function.call::<_, Value>((x, y)));
    }
    let object = source.as_object().filter(|_| !value.is_null());
    let length: Option<f64> = match object {
        Some(object) => object.get::<_, Value>("length")?.as_number(),
        None => None,
    };
    let Some((object, length)) = object.zip(length) else {
        return Err(throw(Trouble::Type(format!(
            "field: the values are {}, expected a number, a function of x and y, or an array",
            describe(source)
        ))));
    };
    if length != grid.nodes() as f64 {
        return Err(throw(Trouble::Range(format!(
            "field: {length} values for {} columns and {} rows, expected {}; give `columns` and \
             `rows`",
            grid.columns,
            grid.rows,
            grid.nodes()
        ))));
    }
    let mut index = 0_u32;
    called(ctx, own, grid, |_, _| {
        index += 1;
        object.get::<u32, Value>(index - 1)
    })
}

/// A field whose values JavaScript gives.
pub(super) fn called<'js>(
    ctx: &Ctx<'js>,
    own: &Native,
    grid: Grid,
    mut value: impl FnMut(f64, f64) -> Result<Value<'js>>,
) -> Result<Field> {
    let meter = own.meter();
    let mut values = Vec::with_capacity(grid.nodes());
    for row in 0..grid.rows {
        let y = grid.row_y(row);
        for column in 0..grid.columns {
            meter.tick(16).map_err(|trouble| trouble.throw(ctx))?;
            let x = grid.column_x(column);
            let value = value(x, y)?;
            let Some(number) = value.as_number().filter(|number| number.is_finite()) else {
                let message = format!(
                    "field: the value at ({x}, {y}) is {}, expected a finite number",
                    describe(&value)
                );
                return Err(Trouble::Type(message).throw(ctx));
            };
            values.push(number as f32);
        }
    }
    Ok(Field { grid, values })
}
