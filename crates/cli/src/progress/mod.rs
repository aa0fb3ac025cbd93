//! What people see while a run goes on: a live tree on a terminal, lines elsewhere, JSON for programs.

mod tree;
mod view;

use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use daedal_exec::{Progress, Update};
use indicatif::{ProgressBar, ProgressStyle};

use crate::ui::Ui;
use view::View;

/// Whom progress is shown to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Show {
    /// A live tree on a terminal, plain lines elsewhere.
    People,
    /// JSON lines on stdout.
    Events,
}

/// Progress that is being shown.
pub(crate) struct Showing {
    sink: Arc<dyn Progress>,
    tree: Option<tree::Tree>,
}

/// Begins to show progress.
pub(crate) fn start(show: Show, ui: Ui) -> Showing {
    let (sink, tree): (Arc<dyn Progress>, _) = match show {
        Show::Events => (Arc::new(Events), None),
        Show::People if ui.quiet => (Arc::new(Silent), None),
        Show::People if ui.is_live() => {
            let tree = tree::Tree::start();
            (tree.sink(), Some(tree))
        }
        Show::People => (Arc::new(Lines::default()), None),
    };
    Showing { sink, tree }
}

/// A bar of so many steps, seen on a terminal only, for what is no run.
pub(crate) fn bar(steps: usize, what: &'static str, ui: Ui) -> ProgressBar {
    if ui.quiet || !ui.is_live() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("  {prefix} {bar:24} {pos}/{len} {msg}");
    let bar = ProgressBar::new(steps as u64).with_prefix(what);
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// A bar of so many bytes that come, seen on a terminal only.
pub(crate) fn bytes(bytes: u64, ui: Ui) -> ProgressBar {
    if ui.quiet || !ui.is_live() {
        return ProgressBar::hidden();
    }
    let style = "  {bar:24} {bytes}/{total_bytes} {bytes_per_sec} {eta} {msg}";
    let bar = ProgressBar::new(bytes);
    match ProgressStyle::with_template(style) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

impl Showing {
    /// Where updates go.
    pub(crate) fn sink(&self) -> Arc<dyn Progress> {
        Arc::clone(&self.sink)
    }

    /// Who is told what tasks say while they work: a person at a terminal, and nobody else.
    pub(crate) fn listener(&self) -> Option<Arc<dyn Progress>> {
        self.tree.as_ref().map(tree::Tree::sink)
    }

    /// Leaves the last state on the screen.
    pub(crate) fn finish(self) {
        if let Some(tree) = self.tree {
            tree.finish();
        }
    }
}

struct Silent;

impl Progress for Silent {
    fn update(&self, _update: Update) {}
}

struct Events;

impl Progress for Events {
    fn update(&self, update: Update) {
        let mut stdout = std::io::stdout().lock();
        // A reader that went away is no error of ours.
        if serde_json::to_writer(&mut stdout, &update).is_ok() {
            let _ = writeln!(stdout);
            let _ = stdout.flush();
        }
    }
}

/// One line on stderr when something happens that a person wants to know.
struct Lines(Mutex<(View, anstream::Stderr)>);

impl Default for Lines {
    fn default() -> Self {
        Self(Mutex::new((View::default(), anstream::stderr())))
    }
}

impl Progress for Lines {
    fn update(&self, update: Update) {
        let mut inside = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (view, stderr) = &mut *inside;
        if let Some(line) = view.update(&update) {
            // At once: there may be a hundred of them in a moment.
            let _ = stderr.write_all((line + "\n").as_bytes());
        }
    }
}
