//! Carrying out the run of a firing, and what came of it.

use daedal_core::UsdMicros;
use daedal_core::plan::Planned;
use daedal_core::run::RunId;
use daedal_exec::RunReport;
use daedal_exec::RunStatus;
use daedal_exec::tend::{Ending, Open};
use daedal_store::Studio;
use serde_json::Value;

use super::{News, Tender};
use crate::failure::Failure;
use crate::home::remembered;
use crate::process::Loaded;
use crate::runs::{self, Begun, Carrier, Dials};
use crate::text;

/// What the program is called that holds the studio.
const COMMAND: &str = "daedal tend";

impl Tender<'_> {
    /// Begins the run of an open firing, or goes on with it.
    pub(super) async fn carry(&mut self, loaded: &Loaded, open: &Open) -> Result<(), Failure> {
        let name = &loaded.planned.process.name;
        // Where somebody else holds the studio, this is tried again.
        let studio = self.home.open_to_write(COMMAND).await?;
        let cap = self
            .memory
            .carry(name, self.day_max, self.failures_max, text::now());
        self.keep.write(&self.memory)?;
        let carried = match cap {
            Some(cap) => self.carry_out(&studio, loaded, open, cap).await,
            None => Err(Failure::new(format!(
                "the program ended {} times in the midst of it",
                self.failures_max
            ))),
        };
        let ending = match &carried {
            Ok((report, written)) => ending(&report.status, written.is_ok()),
            Err(_) => Ending::Failed,
        };
        // It counts for the day whatever became of it.
        let cost = self.cost(&studio, name).await?;
        let now = text::now();
        let failures_max = self.failures_max;
        let stops = self.memory.ended(name, ending, cost, failures_max, now);
        self.keep.write(&self.memory)?;
        studio.close().await.map_err(|error| remembered(&error))?;
        match carried {
            Ok((report, written)) => {
                self.teller
                    .tell(ended(name, &report, written, cap.flatten()));
            }
            Err(failure) => {
                let text = format!("{name} could not be carried out: {}", failure.message());
                let news = News::new("ended", now, text).with("process", name.clone());
                let news = news.with("status", "failed");
                self.teller.tell(news.with("error", failure.to_json()));
            }
        }
        if stops {
            let text = format!(
                "{name} has failed {failures_max} times in a row and is stopped: mend it, then say `daedal tend \
                 --resume`"
            );
            let news = News::new("stopped", now, text).with("process", name.clone());
            self.teller.tell(news.with("failures", failures_max));
        }
        Ok(())
    }

    async fn carry_out(
        &mut self,
        studio: &Studio,
        loaded: &Loaded,
        open: &Open,
        cap: Option<UsdMicros>,
    ) -> Result<Carried, Failure> {
        let name = &loaded.planned.process.name;
        let known = self.begun_before(studio, open.run).await?;
        let (begun, mut planned) = match known {
            Some(known) => known,
            None => {
                let dials = Dials::seeded(open.firing.seed(name));
                let (planned, engines) = (&loaded.planned, &self.engines);
                let begun = runs::begin(self.home, studio, planned, engines, &dials, None, self.ui);
                let mut begun = begun.await?;
                // One firing, one run, whoever begins it again.
                begun.spec.nonce = open.firing.nonce(name);
                (begun, planned.clone())
            }
        };
        let run = begun.spec.id();
        self.memory.begun(name, run);
        self.keep.write(&self.memory)?;
        if let Some(cap) = cap {
            let own = planned.plan.budget.cost;
            planned.plan.budget.cost = Some(own.map_or(cap, |own| own.min(cap)));
        }
        let text = format!("{name} {} begins", run.0.short());
        let news = News::new("began", text::now(), text).with("process", name.clone());
        self.teller.tell(news.with("run", run.to_string()));
        self.execute(studio, &planned, begun).await
    }

    /// The run of a firing that was begun before.
    async fn begun_before(
        &self,
        studio: &Studio,
        run: Option<RunId>,
    ) -> Result<Option<(Begun, Planned)>, Failure> {
        let Some(run) = run else { return Ok(None) };
        let all = runs::all(studio).await?;
        let Some(known) = all.iter().find(|known| known.run == run) else {
            return Ok(None);
        };
        let (spec, planned) = runs::plan_of(studio, known, &self.engines).await?;
        Ok(Some((Begun::known(spec, all), planned)))
    }

    async fn execute(
        &self,
        studio: &Studio,
        planned: &Planned,
        begun: Begun,
    ) -> Result<Carried, Failure> {
        let run = begun.spec.id().0.short();
        self.home.note_command(&format!("{COMMAND} (run {run})"))?;
        let settings = &self.home.settings.run;
        let jobs = self.home.jobs(None);
        let carrier = Carrier::start(studio, self.engines.clone(), jobs, settings.rate()?);
        let how = (&self.stop, self.show());
        let carried = carrier.carry_within(self.home, &planned.plan, begun, how, self.ui);
        let report = carried.await?;
        let written = runs::write_out(self.home, studio, &planned.plan, &report);
        Ok((report, written.map(|shown| shown.value)))
    }

    /// The most that the run of the open firing has cost so far.
    async fn cost(&self, studio: &Studio, process: &str) -> Result<UsdMicros, Failure> {
        let open = self.memory.of(process).and_then(|tended| tended.open());
        let Some(run) = open.and_then(|open| open.run) else {
            return Ok(UsdMicros::default());
        };
        let events = studio.log.read(run).await;
        let events = events.map_err(|error| remembered(&error))?;
        Ok(runs::cost_max(&events))
    }

    /// Goes on with a run that is nobody's here, and whose time has come.
    pub(super) async fn wake(&mut self, run: RunId) -> Result<(), Failure> {
        let studio = self.home.open_to_write(COMMAND).await?;
        let woken = match self.begun_before(&studio, Some(run)).await? {
            Some((begun, planned)) => {
                let name = planned.process.name.clone();
                let text = format!("{name} {} goes on: its time has come", run.0.short());
                let news = News::new("woken", text::now(), text).with("process", name.clone());
                self.teller.tell(news.with("run", run.to_string()));
                let carried = self.execute(&studio, &planned, begun).await;
                Some((name, carried))
            }
            None => None,
        };
        studio.close().await.map_err(|error| remembered(&error))?;
        if let Some((name, carried)) = woken {
            let (report, written) = carried?;
            self.teller.tell(ended(&name, &report, written, None));
        }
        Ok(())
    }
}

/// A run that was carried on, and what is to be seen of it where that could be written.
type Carried = (RunReport, Result<Value, Failure>);

/// How a firing stands; what nobody can see is not done.
fn ending(status: &RunStatus, is_written: bool) -> Ending {
    match status {
        RunStatus::Succeeded if is_written => Ending::Succeeded,
        RunStatus::Succeeded | RunStatus::Failed { .. } => Ending::Failed,
        RunStatus::Cancelled => Ending::Cancelled,
        RunStatus::Waiting | RunStatus::Interrupted => Ending::Open,
    }
}

/// How a run stands after it was carried on; `cap` is what the day left it.
fn ended(
    process: &str,
    report: &RunReport,
    written: Result<Value, Failure>,
    cap: Option<UsdMicros>,
) -> News {
    let (event, mut status, mut what) = match &report.status {
        RunStatus::Succeeded => ("ended", "succeeded", "is done".to_owned()),
        RunStatus::Failed { message, .. } => {
            let left = cap.map_or(String::new(), |cap| {
                format!(" (`day_max` under [tend] left it {cap})")
            });
            ("ended", "failed", format!("failed: {message}{left}"))
        }
        RunStatus::Cancelled => ("ended", "cancelled", "is cancelled".to_owned()),
        RunStatus::Waiting => ("waiting", "waiting", "waits for a person".to_owned()),
        RunStatus::Interrupted => (
            "interrupted",
            "interrupted",
            "is stopped, and goes on next time".to_owned(),
        ),
    };
    let (value, error) = match written {
        Ok(value) => (value, None),
        Err(failure) => (Value::Null, Some(failure)),
    };
    if let Some(failure) = &error {
        what.push_str(&format!(
            ", and what it gave can't be written: {}",
            failure.message()
        ));
        if report.status == RunStatus::Succeeded {
            status = "failed";
        }
    }
    let cost = report.cost.saturating_add(report.cost_lost);
    let text = format!("{process} {} {what}, {cost}", report.run.0.short());
    let news = News::new(event, text::now(), text)
        .with("process", process)
        .with("run", report.run.to_string())
        .with("status", status)
        .with("report", value);
    match error {
        Some(failure) => news.with("error", failure.to_json()),
        None => news,
    }
}
