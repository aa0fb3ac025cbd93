//! Runs that begin by themselves: on the schedules of their processes, one after another, within what a day may cost.
//!
//! What is decided is `daedal_exec::tend`'s; here it is written down, carried out and told. The studio is held only
//! while a run goes on, so that people can decide, look and run beside it.

mod carry;
mod keep;
mod notices;
mod outbox;
mod rest;
mod status;
mod watch;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use daedal_core::UsdMicros;
use daedal_core::engine::Engines;
use daedal_core::run::{Moment, RunId};
use daedal_exec::Stop;
use daedal_exec::tend::{Cause, Memory, Open, Schedule, Tended};
use daedal_store::Studio;
use serde_json::json;

use self::rest::Rest;
use crate::assemble;
use crate::failure::Failure;
use crate::home::{Home, remembered};
use crate::process::Loaded;
use crate::progress::Show;
use crate::text;
use crate::ui::Ui;

pub(crate) use keep::Keep;
use notices::{News, Teller};
pub(crate) use status::status;

/// Longest time between two rounds.
const ROUND: Duration = Duration::from_secs(2);
/// Shortest time between them.
const ROUND_MIN: Duration = Duration::from_millis(50);
/// How often runs are looked at that the clock alone brings further, in milliseconds.
const LOOK_MS: u64 = 10_000;
/// Failures in a row after which a process is stopped, unless the studio says otherwise.
const FAILURES_MAX: u32 = 3;

/// Tends the processes of a studio.
pub(crate) struct Tender<'a> {
    home: &'a Home,
    engines: Engines,
    keep: Keep,
    memory: Memory,
    places: Vec<PathBuf>,
    teller: Teller,
    stop: Stop,
    ui: Ui,
    day_max: Option<UsdMicros>,
    failures_max: u32,
    /// What was told of a process that can't be tended.
    wrong: BTreeMap<PathBuf, String>,
    is_paused: bool,
    /// When runs were last looked at that the clock brings further.
    looked: Option<Moment>,
    /// When the next run begins.
    next: Option<Moment>,
}

/// The schedule of a process; one that has none can't be tended.
pub(crate) fn schedule_of(home: &Home, loaded: &Loaded) -> Result<Schedule, Failure> {
    let process = &loaded.planned.process;
    let Some(text) = &process.schedule else {
        let name = &process.name;
        return Err(
            Failure::new(format!("{name} does not say when it runs by itself"))
                .help("add `schedule: \"0 9 * * 1-5\"` to it, or `schedule: every 6h`"),
        );
    };
    Schedule::parse(text, home.settings.tend.zone())
        .map_err(|error| Failure::new(error.message).help(error.help))
}

impl<'a> Tender<'a> {
    /// A tender of these processes, all of which can be read and say when they run.
    pub(crate) fn new(
        home: &'a Home,
        places: Vec<PathBuf>,
        stop: Stop,
        ui: Ui,
    ) -> Result<Self, Failure> {
        let engines = assemble::engines_of(home)?;
        let mut names: BTreeMap<String, PathBuf> = BTreeMap::new();
        for place in &places {
            let loaded = Loaded::open(place, &engines)?;
            schedule_of(home, &loaded)?;
            let name = loaded.planned.process.name.clone();
            if let Some(other) = names.insert(name.clone(), place.clone()) {
                return Err(Failure::new(format!(
                    "{} and {} are both called `{name}`",
                    other.display(),
                    place.display()
                ))
                .help("tend one of them, or give the other another `name:`"));
            }
        }
        let tend = &home.settings.tend;
        let keep = Keep::of(&home.root);
        Ok(Self {
            memory: keep.read()?,
            teller: Teller::new(ui, assemble::notices_of(home)?, keep.notices()),
            day_max: tend.day_max()?,
            failures_max: tend.failures_max.map_or(FAILURES_MAX, |max| max.get()),
            home,
            engines,
            keep,
            places,
            stop,
            ui,
            wrong: BTreeMap::new(),
            is_paused: false,
            looked: None,
            next: None,
        })
    }

    /// Goes its rounds until it is asked to stop; one round if `once`.
    pub(crate) async fn tend(mut self, once: bool) -> Result<(), Failure> {
        if !once {
            let processes = self.places.len();
            let text = match processes {
                1 => "tends 1 process".to_owned(),
                several => format!("tends {several} processes"),
            };
            let news = News::new("tending", text::now(), text);
            self.teller.tell(news.with("processes", processes));
        }
        let tended = loop {
            if let Err(failure) = self.round().await {
                break Err(failure);
            }
            if once || self.stop.is_requested() {
                break Ok(());
            }
            let left = self.next.map(|next| next.ms_since(text::now()));
            let pause = left.map_or(ROUND, |left| Duration::from_millis(left).min(ROUND));
            tokio::select! {
                () = self.stop.requested() => {}
                () = tokio::time::sleep(pause.max(ROUND_MIN)) => {}
            }
        };
        if !once {
            self.teller
                .tell(News::new("ended_tending", text::now(), "tends no more"));
        }
        self.teller.close().await;
        tended
    }

    async fn round(&mut self) -> Result<(), Failure> {
        let now = text::now();
        self.next = None;
        if self.keep.is_to_release() {
            for process in self.memory.release(now) {
                let text = format!("{process} is followed again");
                self.teller
                    .tell(News::new("released", now, text).with("process", process));
            }
            self.keep.write(&self.memory)?;
            self.keep.forget_release();
        }
        if let Some(since) = self.keep.paused() {
            if !self.is_paused {
                let text = format!("paused since {}: nothing begins", text::moment(since));
                self.teller.tell(News::new("paused", now, text));
                self.is_paused = true;
            }
            return Ok(());
        }
        if let Some(at) = self.keep.resumed() {
            self.memory.pass(at);
            self.keep.write(&self.memory)?;
            self.keep.forget_resumed();
        }
        if std::mem::take(&mut self.is_paused) {
            self.teller
                .tell(News::new("resumed", now, "goes on after a pause"));
        }
        for place in self.places.clone() {
            if self.stop.is_requested() {
                return Ok(());
            }
            match self.follow(&place).await {
                Ok(()) => {
                    self.wrong.remove(&place);
                }
                Err(failure) => self.tell_wrong(place, &failure),
            }
        }
        self.wake_sleepers().await
    }

    /// What keeps a process from being tended is told when it changes, not every round.
    fn tell_wrong(&mut self, place: PathBuf, failure: &Failure) {
        let told = failure.message();
        if self.wrong.get(&place) == Some(&told) {
            return;
        }
        let text = format!("{}: {told}; it is tried again", place.display());
        let news = News::new("failed", text::now(), text);
        let news = news.with("place", place.display().to_string());
        self.teller.tell(news.with("error", failure.to_json()));
        self.wrong.insert(place, told);
    }

    /// Begins a run of a process, or goes on with it, where that is due.
    async fn follow(&mut self, place: &Path) -> Result<(), Failure> {
        let loaded = Loaded::open(place, &self.engines)?;
        let schedule = schedule_of(self.home, &loaded)?;
        let name = loaded.planned.process.name.clone();
        let now = text::now();
        let is_free = |memory: &Memory| {
            let tended = memory.of(&name);
            tended.is_none_or(|tended| tended.open().is_none() && tended.stopped().is_none())
        };
        let is_blind = |memory: &Memory| memory.of(&name).is_some_and(Tended::is_blind);
        if is_free(&self.memory) || is_blind(&self.memory) {
            let before = self.memory.clone();
            let memory = &mut self.memory;
            let (watched, wrong) =
                watch::watched(&loaded, &schedule, &self.engines, memory, now).await;
            for told in wrong {
                let text = format!("{name}: {told}");
                let news = News::new("unseen", now, text).with("process", name.clone());
                self.teller.tell(news.with("error", told));
            }
            let fired = match is_free(&self.memory) {
                true => self.memory.fire(&name, &schedule, &watched, now).cloned(),
                // What changes while a run is not over begins one after it.
                false => {
                    self.memory.see(&name, &watched);
                    None
                }
            };
            if self.memory != before {
                self.keep.write(&self.memory)?;
            }
            if let Some(open) = &fired {
                self.teller.tell(due(&name, open, now));
            }
        }
        let tended = self.memory.of(&name).cloned().unwrap_or_default();
        if let Some(open) = tended.open()
            && self.can_go_on(open.run).await?
        {
            self.carry(&loaded, open).await?;
        }
        let tended = self.memory.of(&name);
        let is_followed = tended.is_some_and(|tended| tended.stopped().is_none());
        let next = tended.and_then(|tended| tended.next(&schedule));
        if let Some(next) = next.filter(|_| is_followed && is_free(&self.memory)) {
            self.next = Some(self.next.map_or(next, |known| known.min(next)));
        }
        Ok(())
    }

    /// Whether there is something to do for the run of a firing: it has not begun, or waits for nobody.
    async fn can_go_on(&self, run: Option<RunId>) -> Result<bool, Failure> {
        let Some(run) = run.filter(|_| self.home.is_begun()) else {
            return Ok(true);
        };
        let studio = self.home.open_to_read().await?;
        let latest = rest::latest(&studio).await?;
        let rest = rest::rest(&studio, &latest, run, &self.engines).await?;
        studio.close().await.map_err(|error| remembered(&error))?;
        Ok(match rest {
            Some(Rest::Waits) => false,
            Some(Rest::Sleeps(at)) => at <= text::now(),
            Some(Rest::Ready | Rest::Over) | None => true,
        })
    }

    /// Goes on with runs of anybody that only the clock brings further, where it has.
    async fn wake_sleepers(&mut self) -> Result<(), Failure> {
        let now = text::now();
        let is_early = |looked: Moment| looked.plus_ms(LOOK_MS) > now && looked <= now;
        if self.looked.is_some_and(is_early)
            || !self.home.is_begun()
            || Studio::holder(&self.home.root).is_some()
        {
            return Ok(());
        }
        self.looked = Some(now);
        let own: Vec<RunId> = self
            .memory
            .processes()
            .filter_map(|(_, tended)| tended.open()?.run)
            .collect();
        let studio = self.home.open_to_read().await?;
        let latest = rest::latest(&studio).await?;
        let mut woken = Vec::new();
        for run in latest.iter().filter(|run| run.finished.is_none()) {
            if own.contains(&run.run) {
                continue;
            }
            // A run of engines that are here no more is somebody's to look at.
            let rest = rest::rest(&studio, &latest, run.run, &self.engines).await;
            if let Ok(Some(Rest::Sleeps(at))) = rest
                && at <= now
            {
                woken.push(run.run);
            }
        }
        studio.close().await.map_err(|error| remembered(&error))?;
        for run in woken {
            if self.stop.is_requested() {
                break;
            }
            self.wake(run).await?;
        }
        Ok(())
    }

    fn show(&self) -> Show {
        match self.ui.json {
            true => Show::Events,
            false => Show::People,
        }
    }
}

/// That a run is due.
fn due(process: &str, open: &Open, now: Moment) -> News {
    let firing = &open.firing;
    let missed = match firing.missed {
        0 => String::new(),
        missed => format!("; {missed} before it passed by"),
    };
    let (cause, why) = match &firing.cause {
        Cause::Schedule => ("schedule", "its time has come".to_owned()),
        Cause::Change(what) => ("change", format!("{what} changed")),
    };
    let text = format!(
        "{process} is due since {} ({why}{missed})",
        text::moment(firing.due)
    );
    let changed = match &firing.cause {
        Cause::Change(what) => json!(what),
        Cause::Schedule => json!(null),
    };
    News::new("due", now, text)
        .with("process", process)
        .with("due", text::moment(firing.due))
        .with("cause", cause)
        .with("changed", changed)
        .with("missed", firing.missed)
}
