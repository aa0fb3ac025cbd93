//! Plans from text, and a pretended world that performs their tasks at once.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    Action, Decider, Decision, Dispatch, Event, Finish, Moment, RunSpec, State, Timer, decide, fold,
};
use crate::UsdMicros;
use crate::bundle::MemoryFiles;
use crate::engine::{
    DecisionOption, DecisionRequest, Determinism, Engine, EngineError, EngineSpec, Engines,
    Otherwise, Outcome, Performed, Task, TaskContext, Usage,
};
use crate::plan::{self, Plan};

struct Named(EngineSpec);

impl Engine for Named {
    fn spec(&self) -> &EngineSpec {
        &self.0
    }

    fn run(&self, _: &Task, _: &TaskContext<'_>) -> Result<Performed, EngineError> {
        Err(EngineError::invalid(
            "engines of these tests perform nothing",
        ))
    }
}

fn engines() -> Engines {
    let names = ["echo", "dice", "busy", "broken", "ask", "post", "process"];
    Engines::new(names.map(|name| {
        let open = json!({ "type": "object", "additionalProperties": true });
        Arc::new(Named(EngineSpec {
            name,
            version: "1",
            summary: "For tests.",
            determinism: Determinism::Exact,
            seeded: name == "dice",
            main_input: None,
            schema: open.clone(),
            output: match name {
                "ask" => json!({ "type": "array", "items": open }),
                "process" => {
                    json!({ "type": "object", "additionalProperties": true, "$asset": false })
                }
                _ => open,
            },
            effect: name == "post",
        })) as Arc<dyn Engine>
    }))
}

/// The plan of a process with these lines after its name.
pub(super) fn plan(text: &str) -> Plan {
    plan_among(text, &MemoryFiles::default())
}

/// The same beside these files.
pub(super) fn plan_among(text: &str, files: &MemoryFiles) -> Plan {
    let text = format!("daedal: v1\nname: test\n{text}");
    match plan::build("process.yaml", text.as_bytes(), files, &engines()) {
        Ok(planned) => planned.plan,
        Err(mistakes) => panic!("{mistakes:?}\n{text}"),
    }
}

pub(super) fn spec(plan: &Plan, inputs: Value) -> RunSpec {
    RunSpec::of(plan, inputs, json!({}))
}

/// A run of which everything that comes to pass is journaled.
#[derive(Clone)]
pub(super) struct Played {
    pub(super) state: State,
    pub(super) events: Vec<Event>,
    pub(super) dispatched: Vec<Dispatch>,
    now: u64,
    /// What has to happen yet.
    pub(super) pending: Vec<Event>,
}

impl Played {
    pub(super) fn new(plan: &Plan, inputs: Value) -> Self {
        let mut played = Self {
            state: State::new(plan),
            events: Vec::new(),
            dispatched: Vec::new(),
            now: 0,
            pending: Vec::new(),
        };
        let created = Event::Created {
            spec: spec(plan, inputs),
            at: Moment(0),
        };
        played.record(plan, created);
        played
    }

    pub(super) fn record(&mut self, plan: &Plan, event: Event) {
        if fold(&mut self.state, plan, &event) {
            self.events.push(event);
        }
    }

    /// Does what was decided; what comes of it is pending.
    pub(super) fn decide(&mut self, plan: &Plan) {
        loop {
            let actions = decide(plan, &mut self.state, Moment(self.now), 7);
            if actions.is_empty() {
                return;
            }
            for action in actions {
                match action {
                    Action::Record(event) => self.record(plan, event),
                    Action::Dispatch(dispatch) => {
                        self.pending.push(perform(&dispatch, Moment(self.now)));
                        self.dispatched.push(dispatch);
                    }
                    Action::StartTimer { timer, at } => {
                        self.pending.push(Event::TimerFired { timer, at });
                    }
                }
            }
        }
    }

    /// Plays to the end; `choose` picks which pending event comes next.
    pub(super) fn play(mut self, plan: &Plan, mut choose: impl FnMut(usize) -> usize) -> Self {
        loop {
            self.decide(plan);
            if self.pending.is_empty() || self.state.finished().is_some() {
                return self;
            }
            let event = self.pending.remove(choose(self.pending.len()));
            self.now = self.now.max(event.at().0) + 1;
            if let Event::DecisionRequested { task, request, .. } = &event
                && request.timeout_ms.is_none()
            {
                self.pending.push(Event::Decided {
                    task: task.clone(),
                    decision: Decision {
                        kept: request.suggested.clone(),
                        by: Decider::Person("0xabc".into()),
                        intent: None,
                    },
                    at: Moment(self.now),
                });
            }
            self.record(plan, event);
        }
    }

    pub(super) fn outputs(&self, plan: &Plan) -> Value {
        match self.state.finished() {
            Some(Finish::Succeeded) => self.state.outputs(plan).unwrap(),
            other => panic!("ended as {other:?}"),
        }
    }

    /// The step and message of the failure.
    pub(super) fn failure(&self) -> (Option<&str>, &str) {
        match self.state.finished() {
            Some(Finish::Failed { step, message }) => (step.as_deref(), message),
            other => panic!("ended as {other:?}"),
        }
    }
}

/// Plays a process to its end, first come first served.
pub(super) fn play(plan: &Plan, inputs: Value) -> Played {
    Played::new(plan, inputs).play(plan, |_| 0)
}

fn perform(dispatch: &Dispatch, at: Moment) -> Event {
    let task = dispatch.name.clone();
    let params = &dispatch.task.params;
    let fails = params.get("fails").and_then(Value::as_u64).unwrap_or(0);
    let error = match dispatch.task.engine.as_str() {
        "broken" if params["broken"] == true => Some(EngineError::invalid("is broken")),
        "busy" if u64::from(dispatch.attempt) <= fails => {
            Some(EngineError::transient("the line is busy"))
        }
        _ => None,
    };
    if let Some(error) = error {
        return Event::TaskFailed {
            task,
            attempt: dispatch.attempt,
            error,
            spent: Usage {
                cost: UsdMicros(params.get("price").and_then(Value::as_u64).unwrap_or(0)),
                ..Usage::default()
            },
            at,
        };
    }
    if dispatch.task.engine == "ask" {
        return Event::DecisionRequested {
            task,
            key: dispatch.key,
            request: ask(params),
            at,
        };
    }
    let value = match dispatch.task.seed {
        Some(seed) => json!({ "number": seed.as_u64() % 1_000 }),
        // What a process gives.
        None if params.get("outputs").is_some() => params["outputs"].clone(),
        None => params.clone(),
    };
    Event::TaskDone {
        task,
        key: dispatch.key,
        outcome: Outcome::free(value),
        reused_from: None,
        at,
    }
}

fn ask(params: &Value) -> DecisionRequest {
    let options: Vec<_> = params["from"]
        .as_array()
        .unwrap()
        .iter()
        .map(|value| DecisionOption {
            value: value.clone(),
            score: None,
        })
        .collect();
    DecisionRequest {
        suggested: (0..options.len()).rev().take(2).collect(),
        options,
        keep: 2,
        contact_sheet: None,
        timeout_ms: params["timeout_ms"].as_u64(),
        otherwise: match params["otherwise"].as_str() {
            Some("best") => Otherwise::Best,
            _ => Otherwise::Fail,
        },
    }
}

/// The timers that an event fires.
pub(super) fn timer_of(event: &Event) -> Option<&Timer> {
    match event {
        Event::TimerFired { timer, .. } => Some(timer),
        _ => None,
    }
}

/// A question with these options and no end.
pub(super) fn ask_for(options: &[u64]) -> DecisionRequest {
    ask(&json!({ "from": options }))
}
