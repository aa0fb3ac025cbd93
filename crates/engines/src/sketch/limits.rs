//! What a sketch may use, and the words when it wants more.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// Longest side of a canvas, in device pixels.
pub(crate) const SIDE_MAX: u32 = 16_384;
/// Pixels in all canvases of a sketch together; a clip counts a quarter.
pub(crate) const PIXELS_MAX: u64 = 100_000_000;
/// Deepest nesting of `save()`.
pub(crate) const SAVES_MAX: usize = 10_000;
/// Files that a script may include.
pub(crate) const INCLUDES_MAX: usize = 32;
/// Length of a title, in characters.
pub(crate) const TITLE_LENGTH_MAX: usize = 200;
/// Length of a description, in characters.
pub(crate) const ALT_LENGTH_MAX: usize = 2_000;
/// Attachments of one sketch.
pub(crate) const ATTACHMENTS_MAX: usize = 64;
/// Length of the features of one sketch, as JSON.
pub(crate) const FEATURES_BYTES_MAX: usize = 65_536;
/// What is kept of `console.log`.
pub(crate) const LOG_BYTES_MAX: usize = 16_384;
/// Stack of the interpreter.
pub(crate) const STACK_BYTES_MAX: usize = 768 * 1024;

/// The pixels that all canvases of one sketch share, and when the sketch has to stop.
pub(crate) struct Allowance {
    used: Cell<u64>,
    deadline: Option<Instant>,
    stop: Arc<AtomicBool>,
}

impl Allowance {
    pub(crate) fn new(deadline: Option<Instant>, stop: Arc<AtomicBool>) -> Rc<Self> {
        Rc::new(Self {
            used: Cell::new(0),
            deadline,
            stop,
        })
    }

    /// Whether the sketch has to stop: its time is over, or it was told to.
    pub(crate) fn is_over(&self) -> bool {
        self.stop.load(Ordering::Relaxed) || self.is_late()
    }

    /// Whether its time is over.
    pub(crate) fn is_late(&self) -> bool {
        self.deadline.is_some_and(|at| Instant::now() >= at)
    }

    /// Takes `pixels` until the share is dropped.
    pub(crate) fn take(self: &Rc<Self>, pixels: u64, what: &str) -> Result<Share, String> {
        let used = self.used.get().saturating_add(pixels);
        if used > PIXELS_MAX {
            return Err(format!(
                "{what} needs {} million pixels more, and {} million are in use; the limit is {} million in all canvases",
                millions(pixels),
                millions(self.used.get()),
                PIXELS_MAX / 1_000_000,
            ));
        }
        self.used.set(used);
        Ok(Share {
            pixels,
            of: Rc::clone(self),
        })
    }
}

fn millions(pixels: u64) -> f64 {
    (pixels / 10_000) as f64 / 100.0
}

/// A part of an allowance, given back when dropped.
pub(crate) struct Share {
    pixels: u64,
    of: Rc<Allowance>,
}

impl Drop for Share {
    fn drop(&mut self) {
        self.of.used.set(self.of.used.get() - self.pixels);
    }
}

/// The device size of a canvas, or why there can't be one.
pub(crate) fn device_size(width: f64, height: f64, density: f64) -> Result<(u32, u32), String> {
    let side = |units: f64| {
        let pixels = (units * density).round();
        let fits = (1.0..=f64::from(SIDE_MAX)).contains(&pixels);
        fits.then_some(pixels as u32)
    };
    match (side(width), side(height)) {
        (Some(width), Some(height)) => Ok((width, height)),
        _ => {
            let at = if density == 1.0 {
                String::new()
            } else {
                format!(" at density {density}")
            };
            Err(format!(
                "a canvas of {width} x {height}{at} can't be made: expected 1 to {SIDE_MAX} device pixels a side"
            ))
        }
    }
}
