//! Runs a script in an interpreter of its own.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use daedal_core::Seed;
use daedal_core::engine::{EngineError, Limits, TaskContext};
use rquickjs::context::{EvalOptions, intrinsic};
use rquickjs::runtime::RejectionTracker;
use rquickjs::{Class, Context, Ctx, Exception, Function, Object, Persistent, Runtime, Value};

use super::assets::{self, Content};
use super::bridge::{Handle, Numbers};
use super::calls;
use super::limits::{Allowance, STACK_BYTES_MAX, device_size};
use super::native;
use super::report::{self, Report};
use super::script::Script;
use super::settings::Settings;
use super::surface::Surface;
use super::trouble;

/// Everything of ECMAScript but clocks.
type Intrinsics = (
    intrinsic::Eval,
    intrinsic::RegExpCompiler,
    intrinsic::RegExp,
    intrinsic::Json,
    intrinsic::Proxy,
    intrinsic::MapSet,
    intrinsic::TypedArrays,
    intrinsic::Promise,
);

/// Evaluated in this order before the script; each is a function of the kit that they share.
const KIT: &[(&str, &str)] = &[
    ("daedal:world.js", include_str!("js/world.js")),
    ("daedal:path.js", include_str!("js/path.js")),
    ("daedal:bitmaps.js", include_str!("js/bitmaps.js")),
    ("daedal:canvas.js", include_str!("js/canvas.js")),
];
const START: (&str, &str) = ("daedal:start.js", include_str!("js/start.js"));

/// What a script drew and reported.
pub(crate) struct Drawn {
    pub(crate) surface: Rc<RefCell<Surface>>,
    pub(crate) report: Report,
}

/// Draws the last of `scripts`; the others come before it, and share its names.
pub(crate) fn draw(
    scripts: &[Script],
    settings: &Settings,
    seed: Seed,
    limits: &Limits,
    context: &TaskContext<'_>,
    labels: &std::collections::BTreeMap<daedal_core::Digest, String>,
) -> Result<Drawn, EngineError> {
    let stop = Arc::new(AtomicBool::new(false));
    let done = AtomicBool::new(false);
    let deadline = Instant::now().checked_add(Duration::from_millis(limits.timeout_ms_max));
    let allowance = Allowance::new(deadline, Arc::clone(&stop));
    let contents = assets::load(&settings.data, context, labels, &allowance)?;
    std::thread::scope(|scope| {
        // The interpreter can't hold a reference to the task's flag: carry it over.
        let watch = scope.spawn(|| {
            while !done.load(Ordering::Acquire) {
                if context.stop.load(Ordering::Relaxed) {
                    stop.store(true, Ordering::Relaxed);
                    return;
                }
                std::thread::park_timeout(Duration::from_millis(20));
            }
        });
        let ended = Ended {
            done: &done,
            watch: watch.thread(),
        };
        let drawn = interpret(scripts, settings, seed, limits, &allowance, contents);
        drop(ended);
        if drawn.is_err() && !allowance.is_late() {
            context.check_stop()?;
        }
        drawn
    })
}

/// Ends the watch, also where a panic passes through.
struct Ended<'a> {
    done: &'a AtomicBool,
    watch: &'a std::thread::Thread,
}

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.done.store(true, Ordering::Release);
        self.watch.unpark();
    }
}

fn interpret(
    scripts: &[Script],
    settings: &Settings,
    seed: Seed,
    limits: &Limits,
    allowance: &Rc<Allowance>,
    contents: std::collections::BTreeMap<String, Content>,
) -> Result<Drawn, EngineError> {
    let start_failed = |error: rquickjs::Error| {
        EngineError::transient(format!("the interpreter did not start: {error}"))
    };
    let runtime = Runtime::new().map_err(start_failed)?;
    runtime.set_memory_limit(usize::try_from(limits.memory_bytes_max).unwrap_or(usize::MAX));
    runtime.set_max_stack_size(STACK_BYTES_MAX);
    let watched = Rc::clone(allowance);
    runtime.set_interrupt_handler(Some(Box::new(move || watched.is_over())));
    let interpreter = Context::custom::<Intrinsics>(&runtime).map_err(start_failed)?;
    let rejected = Rejected::default();
    runtime.set_host_promise_rejection_tracker(Some(rejected.tracker()));
    let report = Rc::new(RefCell::new(Report::default()));
    let explain = |ctx: &Ctx<'_>, error: &rquickjs::Error| {
        let raised = trouble::Raised::catch(ctx, error);
        let report = report.borrow();
        trouble::explain(&raised, scripts, limits, allowance.is_over(), &report.log)
    };
    let drawn = interpreter.with(|ctx| {
        let kept = Kept {
            allowance,
            report: &report,
            bytes_max: limits.output_bytes_max,
        };
        prepare(&ctx, settings, seed, kept, contents)
            .and_then(|surface| perform(&ctx, scripts).map(|()| surface))
            .map_err(|error| explain(&ctx, &error))
    });
    let drawn = drawn.and_then(|surface| {
        let memory = limits.memory_bytes_max / 10 * 9;
        settle(
            &runtime,
            &interpreter,
            &rejected,
            allowance,
            memory,
            &explain,
        )
        .map(|()| surface)
    });
    // They hold on to the interpreter, which ends before the tracker does.
    rejected.0.borrow_mut().clear();
    let surface = drawn?;
    Ok(Drawn {
        surface,
        report: report.take(),
    })
}

/// Does what the scripts await, until nothing is left. An exception that nobody catches ends it, and so does a promise
/// that was rejected and that nobody handles. Promises swallow that no memory is left, and so it is looked at how much is used: from
/// `memory_bytes` on there is none left.
fn settle(
    runtime: &Runtime,
    interpreter: &Context,
    rejected: &Rejected,
    allowance: &Allowance,
    memory_bytes: u64,
    explain: &dyn Fn(&Ctx<'_>, &rquickjs::Error) -> EngineError,
) -> Result<(), EngineError> {
    let (mut jobs, mut look) = (0_u64, LOOK_EVERY);
    loop {
        jobs += 1;
        if jobs >= look {
            // Looking takes as long as there is memory in use: the more jobs, the more rarely.
            look = jobs + LOOK_EVERY.max(jobs / 16);
            if u64::try_from(runtime.memory_usage().malloc_size).unwrap_or(0) > memory_bytes {
                return interpreter.with(|ctx| {
                    let full = calls::named(&ctx, "InternalError", "out of memory");
                    Err(explain(&ctx, &full))
                });
            }
        }
        if allowance.is_over() {
            return interpreter.with(|ctx| {
                let over = calls::limit(&ctx, "the time is over");
                Err(explain(&ctx, &over))
            });
        }
        match runtime.execute_pending_job() {
            Ok(true) => {}
            Ok(false) => break,
            Err(failed) => {
                return failed
                    .0
                    .with(|ctx| Err(explain(&ctx, &rquickjs::Error::Exception)));
            }
        }
    }
    let unhandled = rejected.0.borrow_mut().drain(..).next();
    match unhandled {
        Some((_, reason)) => interpreter.with(|ctx| {
            let error = match reason.restore(&ctx) {
                Ok(reason) => ctx.throw(reason),
                Err(error) => error,
            };
            Err(explain(&ctx, &error))
        }),
        None => Ok(()),
    }
}

/// What outlives the interpreter.
struct Kept<'a> {
    allowance: &'a Rc<Allowance>,
    report: &'a Rc<RefCell<Report>>,
    bytes_max: u64,
}

/// Makes the world that the script runs in, and its canvas.
fn prepare<'js>(
    ctx: &Ctx<'js>,
    settings: &Settings,
    seed: Seed,
    kept: Kept<'_>,
    contents: std::collections::BTreeMap<String, Content>,
) -> rquickjs::Result<Rc<RefCell<Surface>>> {
    let stop = Rc::clone(kept.allowance);
    native::install(ctx, seed, Rc::new(move || stop.is_over()))?;
    let native = Object::new(ctx.clone())?;
    calls::install(ctx, &native, kept.allowance)?;
    report::install(ctx, &native, kept.report, kept.allowance, kept.bytes_max)?;
    assets::install(ctx, &native, contents)?;
    let allowance = Rc::clone(kept.allowance);
    let check_size = move |ctx: Ctx<'js>, Numbers([width, height]): Numbers<2>| {
        let checked = device_size(width, height, 1.0).and_then(|(width, height)| {
            let pixels = u64::from(width) * u64::from(height);
            allowance.take(pixels, "an ImageData").map(drop)
        });
        checked.map_err(|message| calls::limit(&ctx, &message))
    };
    native.set("checkSize", Function::new(ctx.clone(), check_size)?)?;
    let kit = Object::new(ctx.clone())?;
    kit.set("native", native)?;
    kit.set("density", settings.density)?;
    for (name, source) in KIT {
        let part: Function<'js> = evaluate(ctx, name, source, true)?;
        part.call::<_, ()>((kit.clone(),))?;
    }
    let start: Function<'js> = evaluate(ctx, START.0, START.1, true)?;
    let given = ctx.json_parse(settings.for_script(seed))?;
    let held: Class<'js, Handle> = start.call((kit, given))?;
    for (name, source) in native::PRELUDE {
        evaluate::<Value<'js>>(ctx, name, source, true)?;
    }
    match &*held.borrow() {
        Handle::Surface(surface) => Ok(Rc::clone(surface)),
        _ => Err(Exception::throw_type(ctx, "the canvas is no canvas")),
    }
}

/// Runs the scripts, then `setup` and `draw` where it has them.
fn perform(ctx: &Ctx<'_>, scripts: &[Script]) -> rquickjs::Result<()> {
    for script in scripts {
        evaluate::<Value<'_>>(ctx, &script.name, &script.runnable, false)?;
    }
    for name in ["setup", "draw"] {
        let call = format!("if (typeof {name} === 'function') {name}(); undefined");
        evaluate::<Value<'_>>(ctx, "daedal:run.js", &call, false)?;
    }
    Ok(())
}

/// Promises that were rejected and that nobody has handled yet, and why, the first ones first.
#[derive(Clone, Default)]
struct Rejected(Rc<RefCell<Vec<(Saved, Saved)>>>);

/// A value that outlives the call that it came with.
type Saved = Persistent<Value<'static>>;

/// Awaited jobs between looks at the memory in use.
const LOOK_EVERY: u64 = 4_096;
/// Rejections that are kept; one is enough to end a sketch.
const REJECTED_MAX: usize = 256;

impl Rejected {
    fn tracker(&self) -> RejectionTracker {
        let all = Rc::clone(&self.0);
        Box::new(move |ctx, promise, reason, is_handled| {
            let mut all = all.borrow_mut();
            if is_handled {
                let is_it =
                    |kept: &Saved| kept.clone().restore(&ctx).is_ok_and(|kept| kept == promise);
                all.retain(|(kept, _)| !is_it(kept));
            } else if all.len() < REJECTED_MAX {
                all.push((
                    Persistent::save(&ctx, promise),
                    Persistent::save(&ctx, reason),
                ));
            }
        })
    }
}

fn evaluate<'js, V: rquickjs::FromJs<'js>>(
    ctx: &Ctx<'js>,
    name: &str,
    source: &str,
    strict: bool,
) -> rquickjs::Result<V> {
    let mut options = EvalOptions::default();
    options.global = true;
    options.strict = strict;
    options.filename = Some(name.to_owned());
    ctx.eval_with_options(source, options)
}

/// Parses a script without running it; the message of its first mistake.
pub(crate) fn check(script: &Script) -> Result<(), String> {
    let failed = |error: rquickjs::Error| error.to_string();
    let runtime = Runtime::new().map_err(failed)?;
    let interpreter = Context::custom::<Intrinsics>(&runtime).map_err(failed)?;
    interpreter.with(|ctx| {
        let script = script.that_throws_first();
        let Err(error) = evaluate::<Value<'_>>(&ctx, &script.name, &script.runnable, false) else {
            return Ok(());
        };
        let raised = trouble::Raised::catch(&ctx, &error);
        let limits = Limits::default();
        match trouble::explain(&raised, std::slice::from_ref(&script), &limits, false, "") {
            _ if !raised.is_syntax() => Ok(()),
            explained => Err(explained.to_string()),
        }
    })
}
