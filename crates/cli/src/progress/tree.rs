//! The live tree of steps on a terminal.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use daedal_core::run::StepStatus;
use daedal_exec::{Progress, Update};
use indicatif::{ProgressBar, ProgressStyle};
use owo_colors::OwoColorize as _;

use super::view::View;
use crate::text::duration;

/// How often the screen is drawn anew.
const FRAME: Duration = Duration::from_millis(100);
/// Lines of steps at most; the others are counted.
const LINES_MAX: usize = 24;

/// A tree that is drawn by a thread of its own until it is finished.
pub(super) struct Tree {
    state: Arc<State>,
    painter: std::thread::JoinHandle<()>,
}

struct State {
    view: Mutex<View>,
    begun: Instant,
    over: Mutex<bool>,
    wake: std::sync::Condvar,
}

impl Tree {
    pub(super) fn start() -> Self {
        let state = Arc::new(State {
            view: Mutex::default(),
            begun: Instant::now(),
            over: Mutex::new(false),
            wake: std::sync::Condvar::new(),
        });
        let painted = Arc::clone(&state);
        let painter = std::thread::spawn(move || painted.paint());
        Self { state, painter }
    }

    pub(super) fn sink(&self) -> Arc<dyn Progress> {
        Arc::clone(&self.state) as _
    }

    pub(super) fn finish(self) {
        *self
            .state
            .over
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = true;
        self.state.wake.notify_all();
        // A painter that panicked has nothing left to draw.
        let _ = self.painter.join();
    }
}

impl Progress for State {
    fn update(&self, update: Update) {
        self.view
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .update(&update);
    }
}

impl State {
    fn paint(&self) {
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{msg}") {
            bar.set_style(style);
        }
        let mut over = self.over.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let text = {
                let view = self.view.lock().unwrap_or_else(PoisonError::into_inner);
                let elapsed = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
                render(&view, elapsed)
            };
            if *over {
                // What stays on the screen is the last state.
                bar.finish_and_clear();
                let _ =
                    std::io::Write::write_all(&mut anstream::stderr(), (text + "\n").as_bytes());
                return;
            }
            bar.set_message(text);
            bar.tick();
            over = self
                .wake
                .wait_timeout(over, FRAME)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }
}

/// The tree as text; colours are dropped by the stream where they are not wanted.
fn render(view: &View, elapsed_ms: u64) -> String {
    if view.process.is_empty() {
        return String::new();
    }
    let done = view.steps.iter().filter(|step| over(step.status)).count();
    let mut text = format!(
        "{} {}  {done}/{} steps, {}",
        view.process.bold(),
        view.run.dimmed(),
        view.steps.len(),
        duration(elapsed_ms)
    );
    if view.cost.0 > 0 {
        let _ = write!(text, ", {}", view.cost);
    }
    for at in shown(view) {
        let step = &view.steps[at];
        let depth = step.step.matches('.').count();
        let name = step.step.rsplit('.').next().unwrap_or_default();
        let mark = match step.status {
            StepStatus::Pending => "·".dimmed().to_string(),
            StepStatus::Running => frame(elapsed_ms).cyan().to_string(),
            StepStatus::Waiting => "?".yellow().to_string(),
            StepStatus::Done => "✓".green().to_string(),
            StepStatus::Skipped => "-".dimmed().to_string(),
            StepStatus::Failed => "✗".red().to_string(),
        };
        let _ = write!(
            text,
            "\n  {}{mark} {name:<16} {}",
            "  ".repeat(depth),
            view.notes(step).dimmed()
        );
        if let Some(said) = view.said(step) {
            let gap = if view.notes(step).is_empty() {
                ""
            } else {
                "  "
            };
            let _ = write!(text, "{gap}{}", said.italic());
        }
    }
    if view.steps.len() > LINES_MAX {
        let _ = write!(text, "\n  … {} more", view.steps.len() - LINES_MAX);
    }
    text
}

/// Places of the steps that are shown: all, or those around what is going on.
fn shown(view: &View) -> std::ops::Range<usize> {
    let count = view.steps.len();
    if count <= LINES_MAX {
        return 0..count;
    }
    let first_open = view.steps.iter().position(|step| !over(step.status));
    let from = first_open
        .unwrap_or(count)
        .saturating_sub(LINES_MAX / 3)
        .min(count - LINES_MAX);
    from..from + LINES_MAX
}

fn over(status: StepStatus) -> bool {
    matches!(
        status,
        StepStatus::Done | StepStatus::Skipped | StepStatus::Failed
    )
}

fn frame(elapsed_ms: u64) -> &'static str {
    const FRAMES: [&str; 8] = ["⠋", "⠙", "⠹", "⠸", "⠴", "⠦", "⠧", "⠇"];
    FRAMES[(elapsed_ms / 100 % 8) as usize]
}

#[cfg(test)]
mod tests {
    use super::*;
    use daedal_core::Digest;
    use daedal_core::run::{Moment, RunId, StepView, TaskName};

    fn step(name: &str, status: StepStatus, done: usize, tasks: usize) -> StepView {
        StepView {
            step: name.into(),
            status,
            round: 0,
            tasks,
            done,
            failed: 0,
        }
    }

    #[test]
    fn the_tree_shows_counts_reuse_and_time() {
        let mut view = View::default();
        view.update(&Update::Run {
            run: RunId(Digest([7; 32])),
            process: "almanac".into(),
            resumed: false,
            created: Moment(0),
            steps: vec![
                step("concept", StepStatus::Done, 1, 1),
                step("draft", StepStatus::Running, 2, 6),
                step("polish", StepStatus::Pending, 0, 0),
                step("polish.revise", StepStatus::Pending, 0, 0),
            ],
        });
        view.update(&Update::Done {
            task: TaskName {
                step: "draft".into(),
                round: 0,
                index: 0,
            },
            reused_from: Some(RunId(Digest([1; 32]))),
            cost: daedal_core::UsdMicros(20_000),
            elapsed_ms: 1_500,
        });
        view.update(&Update::Said {
            task: TaskName {
                step: "draft".into(),
                round: 0,
                index: 4,
            },
            line: format!("\u{1b}[2J{} and then the tide", "waves, ".repeat(9)),
        });
        let plain = anstream::adapter::strip_str(&render(&view, 2_000)).to_string();
        insta::assert_snapshot!(plain, @r"
        almanac 070707070707  1/4 steps, 2.0 s, 0.02 USD
          ✓ concept          
          ⠴ draft            2/6, 1 reused, 1.5 s, 0.02 USD  …, waves, waves, waves, waves,  and then the tide
          · polish           
            · revise           
        ");
    }
}
