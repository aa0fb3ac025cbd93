//! Reads what a script gives to a helper, and says what is wrong with it.

use rquickjs::{Ctx, Object, Result, TypedArray, Value};

use super::super::bridge::numbers;
use super::polyline::Line;
use super::work::{Trouble, bound};

/// The options of one call: an object whose names are all known.
pub(super) struct Options<'js> {
    ctx: Ctx<'js>,
    who: String,
    object: Option<Object<'js>>,
}

impl<'js> Options<'js> {
    /// Reads an options object; nothing stands for an empty one.
    pub(super) fn read(
        ctx: &Ctx<'js>,
        who: &str,
        value: &Value<'js>,
        known: &[&str],
    ) -> Result<Self> {
        let options = Self {
            ctx: ctx.clone(),
            who: who.to_owned(),
            object: value.as_object().filter(|_| !value.is_array()).cloned(),
        };
        if options.object.is_none() && !value.is_undefined() && !value.is_null() {
            return Err(options.wrong(format!(
                "expected options such as {{ {}: … }}, got {}",
                known.first().unwrap_or(&""),
                describe(value)
            )));
        }
        for name in options
            .object
            .iter()
            .flat_map(|object| object.keys::<String>())
        {
            let name = name?;
            if !known.contains(&name.as_str()) {
                return Err(options.wrong(format!(
                    "there is no option `{name}`; the options are {}",
                    known.join(", ")
                )));
            }
        }
        Ok(options)
    }

    /// What calls it: in front of every message.
    pub(super) fn who(&self) -> &str {
        &self.who
    }

    fn wrong(&self, message: String) -> rquickjs::Error {
        Trouble::Type(format!("{}: {message}", self.who)).throw(&self.ctx)
    }

    fn unfit(&self, name: &str, value: &Value<'js>, expected: &str) -> rquickjs::Error {
        self.wrong(format!(
            "`{name}` is {}, expected {expected}",
            describe(value)
        ))
    }

    /// An option that is there.
    pub(super) fn get(&self, name: &str) -> Result<Option<Value<'js>>> {
        let Some(object) = &self.object else {
            return Ok(None);
        };
        let value: Value = object.get(name)?;
        Ok((!value.is_undefined() && !value.is_null()).then_some(value))
    }

    /// A number within bounds, if it is given.
    pub(super) fn maybe_number(&self, name: &str, low: f64, high: f64) -> Result<Option<f64>> {
        let Some(value) = self.get(name)? else {
            return Ok(None);
        };
        let expected = || match (low == f64::MIN, high == f64::MAX) {
            (true, true) => "a number".to_owned(),
            (false, true) if low == f64::MIN_POSITIVE => "a number above 0".to_owned(),
            (false, true) => format!("a number from {low} up"),
            _ => format!("a number from {low} to {high}"),
        };
        match value.as_number() {
            Some(number) if (low..=high).contains(&number) => Ok(Some(number)),
            Some(number) => Err(Trouble::Range(format!(
                "{}: `{name}` is {number}, expected {}",
                self.who,
                expected()
            ))
            .throw(&self.ctx)),
            None => Err(self.unfit(name, &value, &expected())),
        }
    }

    /// A number within bounds, or a default.
    pub(super) fn number(&self, name: &str, default: f64, low: f64, high: f64) -> Result<f64> {
        Ok(self.maybe_number(name, low, high)?.unwrap_or(default))
    }

    /// Any number, or a default.
    pub(super) fn any(&self, name: &str, default: f64) -> Result<f64> {
        self.number(name, default, f64::MIN, f64::MAX)
    }

    /// A number above 0, or a default.
    pub(super) fn positive(&self, name: &str, default: f64) -> Result<f64> {
        self.number(name, default, f64::MIN_POSITIVE, f64::MAX)
    }

    /// A number above 0 that has to be given.
    pub(super) fn required(&self, name: &str) -> Result<f64> {
        self.maybe_number(name, f64::MIN_POSITIVE, f64::MAX)?
            .ok_or_else(|| self.wrong(format!("`{name}` is missing, expected a number above 0")))
    }

    /// A whole number from `low` to `high`, or a default.
    pub(super) fn count(
        &self,
        name: &str,
        default: usize,
        low: usize,
        high: usize,
    ) -> Result<usize> {
        let number = self.number(name, default as f64, low as f64, high as f64)?;
        Ok(number as usize)
    }

    /// True or false, or a default.
    pub(super) fn flag(&self, name: &str, default: bool) -> Result<bool> {
        let Some(value) = self.get(name)? else {
            return Ok(default);
        };
        value
            .as_bool()
            .ok_or_else(|| self.unfit(name, &value, "true or false"))
    }

    /// A text or a number, as a label.
    pub(super) fn label(&self, name: &str) -> Result<String> {
        let Some(value) = self.get(name)? else {
            return Ok(String::new());
        };
        label(&value)?.ok_or_else(|| self.unfit(name, &value, "a text or a number"))
    }

    /// One of some words, or the first.
    pub(super) fn word(&self, name: &str, words: &[&'static str]) -> Result<&'static str> {
        let Some(value) = self.get(name)? else {
            return Ok(words.first().copied().unwrap_or_default());
        };
        let given = value
            .as_string()
            .map(rquickjs::String::to_string)
            .transpose()?;
        words
            .iter()
            .find(|word| Some(**word) == given.as_deref())
            .copied()
            .ok_or_else(|| self.unfit(name, &value, &format!("one of {}", words.join(", "))))
    }

    /// A point, or a default.
    pub(super) fn point(&self, name: &str, default: [f64; 2]) -> Result<[f64; 2]> {
        let Some(value) = self.get(name)? else {
            return Ok(default);
        };
        point(&value)?.ok_or_else(|| self.unfit(name, &value, "a point: [x, y]"))
    }

    /// Options within the options, if they are there.
    pub(super) fn within(&self, name: &str, known: &[&str]) -> Result<Option<Self>> {
        let Some(value) = self.get(name)? else {
            return Ok(None);
        };
        Self::read(&self.ctx, &format!("{}: {name}", self.who), &value, known).map(Some)
    }

    /// The rectangle that `x`, `y`, `width` and `height` describe; by default the canvas.
    pub(super) fn rectangle(&self) -> Result<[f64; 4]> {
        let side = |name: &str| -> Result<f64> {
            if let Some(length) = self.maybe_number(name, 1e-6, 1e9)? {
                return Ok(length);
            }
            let canvas: Value = self.ctx.globals().get(name)?;
            canvas
                .as_number()
                .filter(|length| *length > 0.0)
                .ok_or_else(|| {
                    self.wrong(format!("`{name}` is missing, expected a number above 0"))
                })
        };
        let corner = |name: &str| self.number(name, 0.0, -1e9, 1e9);
        Ok([corner("x")?, corner("y")?, side("width")?, side("height")?])
    }
}

/// A text, or a number as text.
pub(super) fn label(value: &Value<'_>) -> Result<Option<String>> {
    match (value.as_string(), value.as_number()) {
        (Some(text), _) => text.to_string().map(Some),
        (_, Some(number)) => Ok(Some(number.to_string())),
        _ => Ok(None),
    }
}

/// How a value is named in a message.
pub(super) fn describe(value: &Value<'_>) -> String {
    if let Some(number) = value.as_number() {
        return number.to_string();
    }
    if let Some(text) = value.as_string().and_then(|text| text.to_string().ok()) {
        let shown: String = text.chars().take(24).collect();
        return format!("the text {shown:?}");
    }
    match value.as_bool() {
        Some(flag) => flag.to_string(),
        None if value.is_array() => "an array".to_owned(),
        None if value.is_function() => "a function".to_owned(),
        None if value.is_undefined() => "undefined".to_owned(),
        None if value.is_null() => "null".to_owned(),
        None => "an object".to_owned(),
    }
}

/// A point: `[x, y]` or `{ x, y }` with finite numbers.
pub(super) fn point(value: &Value<'_>) -> Result<Option<[f64; 2]>> {
    let Some(object) = value.as_object() else {
        return Ok(None);
    };
    let [x, y]: [Value; 2] = if value.is_array() || object.contains_key("length")? {
        [object.get(0_u32)?, object.get(1_u32)?]
    } else {
        [object.get("x")?, object.get("y")?]
    };
    let finite = |value: &Value| value.as_number().filter(|number| number.is_finite());
    Ok(finite(&x).zip(finite(&y)).map(|(x, y)| [x, y]))
}

/// A line or a set of points: flat numbers (an array or a typed array), or an array of points.
pub(super) fn points(ctx: &Ctx<'_>, who: &str, value: &Value<'_>) -> Result<Line> {
    let expected = |at: &str, got: &Value<'_>| {
        Trouble::Type(format!(
            "{who}: expected points, as [x, y, x, y, …] or [[x, y], …]; {at} is {}",
            describe(got)
        ))
        .throw(ctx)
    };
    let Some(object) = value.as_object() else {
        return Err(expected("it", value));
    };
    let count: Value = object.get("length")?;
    let Some(count) = count.as_number() else {
        return Err(expected("it", value));
    };
    let count = count as usize;
    bound(who, count / 2).map_err(|trouble| trouble.throw(ctx))?;
    if count == 0 {
        return Ok(Line::new());
    }
    if let Some(array) = object.as_typed_array::<f64>() {
        let numbers = numbers(array, count);
        if numbers.iter().all(|number| number.is_finite()) {
            return Ok(numbers
                .chunks_exact(2)
                .map(|pair| [pair[0], pair[1]])
                .collect());
        }
    }
    let item = |i: usize| object.get::<u32, Value>(i as u32);
    if !item(0)?.is_number() {
        return (0..count)
            .map(|i| {
                let value = item(i)?;
                point(&value)?.ok_or_else(|| expected(&format!("item {i}"), &value))
            })
            .collect();
    }
    let number = |i: usize| {
        let value = item(i)?;
        let finite = value.as_number().filter(|number| number.is_finite());
        finite.ok_or_else(|| expected(&format!("item {i}"), &value))
    };
    (0..count / 2)
        .map(|i| Ok([number(2 * i)?, number(2 * i + 1)?]))
        .collect()
}

/// One line, or an array of lines.
pub(super) fn lines(ctx: &Ctx<'_>, who: &str, value: &Value<'_>) -> Result<Vec<Line>> {
    let Some(array) = value.as_array() else {
        return Ok(vec![points(ctx, who, value)?]);
    };
    if array.is_empty() {
        return Ok(Vec::new());
    }
    let first: Value = array.get(0)?;
    if first.is_number() || point_like(&first)? {
        return Ok(vec![points(ctx, who, value)?]);
    }
    let mut total = 0;
    array
        .iter::<Value>()
        .map(|line| {
            let line = points(ctx, who, &line?)?;
            total += line.len();
            bound(who, total).map_err(|trouble| trouble.throw(ctx))?;
            Ok(line)
        })
        .collect()
}

/// Whether a value is one point rather than a line: `[x, y]` or `{ x, y }`.
fn point_like(value: &Value<'_>) -> Result<bool> {
    let Some(object) = value.as_object() else {
        return Ok(false);
    };
    let length: Value = object.get("length")?;
    Ok(match length.as_number() {
        Some(length) => value.is_array() && length == 2.0 && point(value)?.is_some(),
        None => point(value)?.is_some(),
    })
}

/// A line as scripts get it: a `Float64Array` of x, y, x, y, …
pub(super) fn flat<'js>(ctx: &Ctx<'js>, line: &[[f64; 2]]) -> Result<Value<'js>> {
    let numbers: Vec<f64> = line.iter().flatten().copied().collect();
    TypedArray::new(ctx.clone(), numbers).map(TypedArray::into_value)
}

/// Lines as scripts get them: an array of `Float64Array`s.
pub(super) fn flat_lines<'js>(ctx: &Ctx<'js>, lines: &[Line]) -> Result<Value<'js>> {
    let array = rquickjs::Array::new(ctx.clone())?;
    for (i, line) in lines.iter().enumerate() {
        array.set(i, flat(ctx, line)?)?;
    }
    Ok(array.into_value())
}
