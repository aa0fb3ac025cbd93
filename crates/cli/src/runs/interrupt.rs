//! Being asked to stop from outside: Ctrl-C, and on Unix SIGTERM and SIGHUP.

use std::sync::atomic::{AtomicU8, Ordering};

use daedal_exec::Stop;

use crate::failure::exit;
use crate::ui::Ui;

/// The exit code of what asked last. Signals are the process's, and so is this.
static CODE: AtomicU8 = AtomicU8::new(exit::INTERRUPTED);

/// The exit code of a command that was stopped, as shells count it: 128 and the signal.
pub(super) fn code() -> u8 {
    CODE.load(Ordering::Relaxed)
}

/// Asks the run to stop at the first signal; ends the command at the next, or at once when no run is
/// under way. Lives as long as the command: whoever listens once is asked for ever.
#[cfg(unix)]
pub(crate) fn listen(stop: &Stop, ui: Ui) {
    use tokio::signal::unix::{SignalKind, signal};
    let kinds = [
        (SignalKind::interrupt(), exit::INTERRUPTED, "Ctrl-C"),
        (SignalKind::terminate(), exit::TERMINATED, "SIGTERM"),
        (SignalKind::hangup(), exit::HUNG_UP, "SIGHUP"),
    ];
    for (kind, code, name) in kinds {
        // `nohup` has it ignored, and listening would end that.
        if kind == SignalKind::hangup() && is_ignored(kind.as_raw_value()) {
            continue;
        }
        let Ok(mut signals) = signal(kind) else {
            continue;
        };
        let stop = stop.clone();
        tokio::spawn(async move {
            while signals.recv().await.is_some() {
                arrived(&stop, ui, code, name);
            }
        });
    }
}

/// The same, where there is nothing but Ctrl-C.
#[cfg(not(unix))]
pub(crate) fn listen(stop: &Stop, ui: Ui) {
    let stop = stop.clone();
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            arrived(&stop, ui, exit::INTERRUPTED, "Ctrl-C");
        }
    });
}

fn arrived(stop: &Stop, ui: Ui, code: u8, name: &str) {
    CODE.store(code, Ordering::Relaxed);
    if stop.is_requested() {
        // Everything recorded is durable already; what is lost is work under way.
        std::process::exit(code.into());
    }
    stop.request();
    ui.note(format!(
        "stopping: what is done is kept ({name} again to stop at once)"
    ));
}

/// Whether whoever started this process has it ignore a signal. Where nobody tells, it is taken to be so.
#[cfg(unix)]
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = line.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_none_or(|mask| mask >> (signal - 1) & 1 == 1)
}
