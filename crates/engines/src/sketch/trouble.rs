//! What went wrong in a script, told with its place and its line.

use daedal_core::engine::{EngineError, Limits};
use rquickjs::{Ctx, Error, Exception};

use super::script::Script;

/// An exception, out of the interpreter.
pub(crate) struct Raised {
    name: String,
    message: String,
    stack: String,
}

impl Raised {
    /// Takes the pending exception, or describes `error` where there is none.
    pub(crate) fn catch(ctx: &Ctx<'_>, error: &Error) -> Self {
        if !matches!(error, Error::Exception) {
            return Self {
                name: "Error".to_owned(),
                message: error.to_string(),
                stack: String::new(),
            };
        }
        let value = ctx.catch();
        if let Some(exception) = value.clone().into_object().and_then(Exception::from_object) {
            return Self {
                name: exception
                    .as_object()
                    .get("name")
                    .unwrap_or_else(|_| "Error".to_owned()),
                message: exception.message().unwrap_or_default(),
                stack: exception.stack().unwrap_or_default(),
            };
        }
        // Without memory for an error, the interpreter throws null. A script may throw it too.
        if value.is_null()
            && ctx
                .eval::<rquickjs::Value<'_>, _>("new ArrayBuffer(1 << 20)")
                .is_err()
        {
            drop(ctx.catch());
            return Self {
                name: "InternalError".to_owned(),
                message: "out of memory".to_owned(),
                stack: String::new(),
            };
        }
        let shown = ctx.json_stringify(value).ok().flatten();
        let shown = shown
            .and_then(|text| text.to_string().ok())
            .unwrap_or_else(|| "undefined".to_owned());
        Self {
            name: "thrown".to_owned(),
            message: shown,
            stack: String::new(),
        }
    }

    /// The calls that were under way, innermost first.
    fn frames<'s>(&self, scripts: &'s [Script]) -> Vec<Frame<'_, 's>> {
        // `at name (file:line:column)`, `at name (native)` or `at file:line:column`
        let calls = self.stack.lines();
        let calls = calls.filter_map(|call| call.trim_start().strip_prefix("at "));
        calls
            .map(|call| {
                let (function, place) = call.rsplit_once(" (").unwrap_or(("<eval>", call));
                let own = scripts.iter().find_map(|script| {
                    let place = place
                        .strip_prefix(script.name.as_str())?
                        .strip_prefix(':')?;
                    let mut parts = place
                        .trim_end_matches(')')
                        .split(':')
                        .map(str::parse::<usize>);
                    let line = parts.next()?.ok()?;
                    let column = parts.next().and_then(Result::ok).unwrap_or(1);
                    Some((script, script.place(line, column)))
                });
                Frame {
                    function,
                    is_native: place == "native)",
                    own,
                }
            })
            .collect()
    }

    /// Whether the script could not even be read.
    pub(crate) fn is_syntax(&self) -> bool {
        self.name == "SyntaxError"
    }

    fn is_memory(&self) -> bool {
        self.name == "InternalError"
            && ["out of memory", "string too long"].contains(&self.message.as_str())
    }

    /// Whether it is nothing: the interpreter throws it when there is no memory left for an error.
    fn is_null(&self) -> bool {
        self.name == "thrown" && self.message == "null"
    }

    fn is_limit(&self) -> bool {
        self.name == "LimitError"
    }
}

/// A place in a script; line and column count from one.
type Place<'s> = (&'s Script, (usize, usize));

/// A call that was under way.
struct Frame<'r, 's> {
    function: &'r str,
    is_native: bool,
    /// The last place that was noted, in a script; none in what is not the author's.
    own: Option<Place<'s>>,
}

/// Where scripts are that do not end. What the interpreter noted last is behind a loop that calls nothing, but the
/// frames of callers say where they call.
fn running<'s>(frames: &[Frame<'_, 's>], scripts: &'s [Script]) -> Option<Place<'s>> {
    let mut own = frames.iter().filter_map(|frame| frame.own);
    match frames.first().and_then(|frame| Some((frame, frame.own?))) {
        Some((innermost, (script, place))) => {
            let running = script.running_loop(innermost.function, place);
            running.map(|place| (script, place)).or_else(|| own.nth(1))
        }
        None => own.next(),
    }
    .or_else(|| {
        // A promise is nobody's call.
        let mut endless = scripts
            .iter()
            .filter_map(|script| Some((script, script.endless_loop()?)));
        endless.next().filter(|_| endless.next().is_none())
    })
}

/// What to do about a script that does not end.
fn advice(frames: &[Frame<'_, '_>]) -> &'static str {
    let patterns = [
        "exec",
        "test",
        "match",
        "matchAll",
        "replace",
        "replaceAll",
        "search",
        "split",
        "[Symbol.match]",
        "[Symbol.matchAll]",
        "[Symbol.replace]",
        "[Symbol.search]",
        "[Symbol.split]",
    ];
    let innermost = frames.first();
    match innermost.is_some_and(|frame| frame.is_native && patterns.contains(&frame.function)) {
        true => {
            "it was searching a text: look for a regular expression that can match in too many ways, such as `(a+)+`, or a loop around it"
        }
        false => "look for a loop, or a chain of promises, that does not end",
    }
}

/// The error of a script: what, where, and what to do.
pub(crate) fn explain(
    raised: &Raised,
    scripts: &[Script],
    limits: &Limits,
    over: bool,
    log: &str,
) -> EngineError {
    let frames = raised.frames(scripts);
    let found = match over {
        true => running(&frames, scripts),
        false => frames.iter().find_map(|frame| frame.own),
    };
    let (message, is_limit) = if over {
        let seconds = limits.timeout_ms_max as f64 / 1000.0;
        let message = format!(
            "the script ran longer than {seconds} s, which is its limit: {}, or set a longer `timeout` on the step",
            advice(&frames)
        );
        (message, true)
    } else if raised.is_memory() || raised.is_null() && !throws_null(scripts) {
        let mebibytes = limits.memory_bytes_max / (1 << 20);
        let message = format!(
            "the script needs more memory than its limit of {mebibytes} MiB: keep fewer values, or smaller ImageData"
        );
        (message, true)
    } else if raised.message.contains("call stack size")
        || raised.message.contains("stack overflow")
    {
        let message = "the script's functions call each other too deep: look for a recursion that does not end, or turn it into a loop";
        (message.to_owned(), true)
    } else if raised.is_limit() {
        (raised.message.clone(), true)
    } else {
        let message = absent(raised).unwrap_or_else(|| raised.message.clone());
        (format!("{}: {message}", raised.name), false)
    };
    // Where no frame tells, it is the sketch itself, which comes last.
    let place = found.map(|(_, place)| place);
    let message = match found.map(|(script, _)| script).or(scripts.last()) {
        Some(script) => located(&message, script, place, log),
        None => message,
    };
    if is_limit {
        EngineError::limit(message)
    } else {
        EngineError::invalid(message)
    }
}

/// Whether a script throws null by itself.
fn throws_null(scripts: &[Script]) -> bool {
    let says = |script: &Script| {
        let words: String = script.source.split_whitespace().collect();
        words.contains("thrownull") || words.contains("reject(null)")
    };
    scripts.iter().any(says)
}

/// What a browser has and a sketch has not, and what to do without.
const ABSENT: [(&str, &str); 10] = [
    (
        "Date",
        "the same seed has to give the same picture at any time; take dates from `params`",
    ),
    (
        "performance",
        "the same seed has to give the same picture at any speed",
    ),
    ("eval", "write the code in the script"),
    ("Function", "write the code in the script"),
    ("WebAssembly", "write the code in the script"),
    ("setTimeout", "a sketch runs once, from top to bottom"),
    ("setInterval", "a sketch runs once, from top to bottom"),
    (
        "requestAnimationFrame",
        "a sketch draws one picture; call your draw function once",
    ),
    ("fetch", "take what you need from `params`"),
    (
        "document",
        "draw on `canvas`; make more with `new OffscreenCanvas(width, height)`",
    ),
];

/// What to do without the name that the script uses and that a sketch does not have. Such names are
/// really absent, so that a script can ask for them by `typeof`.
fn absent(raised: &Raised) -> Option<String> {
    let name = raised.message.strip_suffix(" is not defined")?;
    let (_, advice) = ABSENT.iter().find(|(known, _)| *known == name)?;
    Some(format!("{name} is not available in a sketch: {advice}"))
}

/// `message` under the name of the script and over the line it is about.
pub(crate) fn located(
    message: &str,
    script: &Script,
    place: Option<(usize, usize)>,
    log: &str,
) -> String {
    let mut text = match place {
        Some((line, column)) => format!("{}:{line}:{column}: {message}", script.name),
        None => format!("{}: {message}", script.name),
    };
    if let Some((line, column)) = place
        && let Some(source) = script.source.lines().nth(line - 1)
    {
        text.push_str(&excerpt(source, line, column));
    }
    let log = log.trim_end();
    if !log.is_empty() {
        let lines: Vec<&str> = log.lines().collect();
        let last = &lines[lines.len().saturating_sub(5)..];
        text.push_str("\nlogged before:");
        for line in last {
            text.push_str("\n  ");
            text.push_str(line);
        }
    }
    text
}

/// The line with a mark under the column; of a long line, what lies around it.
fn excerpt(source: &str, line: usize, column: usize) -> String {
    const WIDTH: usize = 100;
    let characters: Vec<char> = source
        .chars()
        .map(|c| if c == '\t' { ' ' } else { c })
        .collect();
    let at = (column.max(1) - 1).min(characters.len());
    let from = at.saturating_sub(WIDTH / 2);
    let shown: String = characters.iter().skip(from).take(WIDTH).collect();
    let gutter = line.to_string();
    let blank = " ".repeat(gutter.len());
    let mark = " ".repeat(at - from);
    format!("\n {gutter} | {}\n {blank} | {mark}^", shown.trim_end())
}
