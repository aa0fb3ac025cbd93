//! What holds for every run, by generated processes, schedules and logs.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::testing::{Played, plan};
use super::*;
use crate::engine::DecisionRequest;
use crate::plan::Plan;

/// What one step is made of: a kind, and which earlier steps it refers to.
type Recipe = (u8, Vec<prop::sample::Index>);

/// A process as JSON, which is YAML.
fn process(recipes: &[Recipe]) -> Plan {
    let mut steps = serde_json::Map::new();
    let mut lists: Vec<usize> = Vec::new();
    for (number, (kind, refers)) in recipes.iter().enumerate() {
        let mut with = serde_json::Map::new();
        with.insert("n".into(), json!(number));
        if number > 0 {
            for (place, other) in refers.iter().enumerate() {
                let other = other.index(number);
                with.insert(
                    format!("r{place}"),
                    json!(format!("{{{{ steps.s{other} }}}}")),
                );
            }
        }
        let list = refers.first().filter(|_| !lists.is_empty());
        let list = list.map(|refers| lists[refers.index(lists.len())]);
        let mut step = match (kind % 8, list) {
            (0, _) => json!({ "uses": "dice", "count": 3 }),
            (1, Some(list)) => {
                json!({ "uses": "echo", "foreach": format!("{{{{ steps.s{list} }}}}") })
            }
            (2, _) => json!({ "uses": "echo", "when": format!("{{{{ {} }}}}", number % 2 == 0) }),
            (3, _) => json!({ "uses": "busy", "retry": { "attempts": 3, "backoff": "1s" } }),
            (4, Some(list)) => {
                with.insert("from".into(), json!(format!("{{{{ steps.s{list} }}}}")));
                json!({ "uses": "ask" })
            }
            (5, _) => json!({ "uses": "broken", "count": 2, "on_failure": "skip" }),
            _ => json!({ "uses": "echo" }),
        };
        match step["uses"].as_str() {
            Some("busy") => with.insert("fails".into(), json!(2)),
            Some("broken") => with.insert("broken".into(), json!("{{ index == 0 }}")),
            _ => None,
        };
        if step.get("count").is_some() || step.get("foreach").is_some() {
            lists.push(number);
        }
        step["with"] = Value::Object(with);
        steps.insert(format!("s{number}"), step);
    }
    let outputs: serde_json::Map<_, _> = (0..recipes.len())
        .map(|number| {
            (
                format!("s{number}"),
                json!(format!("{{{{ steps.s{number} }}}}")),
            )
        })
        .collect();
    plan(&format!(
        "steps: {}\noutputs: {}\n",
        Value::Object(steps),
        Value::Object(outputs)
    ))
}

fn recipes() -> impl Strategy<Value = Vec<Recipe>> {
    let refers = prop::collection::vec(any::<prop::sample::Index>(), 0..3);
    prop::collection::vec((any::<u8>(), refers), 1..9)
}

/// A schedule: which of the pending events comes next.
fn schedule() -> impl Strategy<Value = Vec<prop::sample::Index>> {
    prop::collection::vec(any::<prop::sample::Index>(), 60)
}

fn play(plan: &Plan, schedule: &[prop::sample::Index]) -> Played {
    let mut turns = schedule.iter().cycle();
    Played::new(plan, json!({})).play(plan, |pending| turns.next().unwrap().index(pending))
}

/// All that a state says, the order in which things became possible aside.
fn said(state: &State, plan: &Plan) -> String {
    format!(
        "{:?}\n{:?}\n{:?}\n{:?}\n{:?}",
        state.steps(plan).collect::<Vec<_>>(),
        state.questions().collect::<Vec<_>>(),
        state.finished(),
        state.task_count(),
        state.spent(),
    )
}

fn replay(plan: &Plan, events: &[Event]) -> State {
    let mut state = State::new(plan);
    for event in events {
        fold(&mut state, plan, event);
    }
    state
}

/// Records without their times.
fn timeless(plan: &Plan, events: &[Event]) -> Vec<TaskRecord> {
    let mut records = records(plan, events);
    records.iter_mut().for_each(|record| record.at = Moment(0));
    records
}

/// Plays on from a log, as a studio does that opened it again: what is asked is answered, and `given` stands for what
/// one task gives.
fn play_on(plan: &Plan, events: &[Event], given: Option<(&TaskName, &Value)>) -> Played {
    let mut played = Played::new(plan, json!({}));
    played.state = replay(plan, events);
    played.events = events.to_vec();
    let answer = |question: &DecisionRequest, task: &TaskName| Event::Decided {
        task: task.clone(),
        decision: Decision {
            kept: question.suggested.clone(),
            by: Decider::Person("0xabc".into()),
            intent: None,
        },
        at: Moment(1),
    };
    let asked = played.state.questions();
    played.pending = asked
        .map(|question| answer(&question.request, &question.task))
        .collect();
    loop {
        played.decide(plan);
        if played.pending.is_empty() || played.state.finished().is_some() {
            return played;
        }
        let mut event = played.pending.remove(0);
        if let Event::DecisionRequested { task, request, .. } = &event {
            played.pending.push(answer(request, task));
        }
        if let Event::TaskDone { task, outcome, .. } = &mut event
            && let Some((_, value)) = given.filter(|(name, _)| *name == task)
        {
            outcome.value = value.clone();
        }
        played.record(plan, event);
    }
}

fn edit(task: &TaskName, value: &Value) -> Event {
    Event::Edited {
        task: task.clone(),
        value: value.clone(),
        intent: json!({ "by": "hand" }),
        at: Moment(2),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// Whatever the order in which tasks end, the run gives the same and its records are the same.
    #[test]
    fn the_order_does_not_matter(recipes in recipes(), one in schedule(), other in schedule()) {
        let plan = process(&recipes);
        let (one, other) = (play(&plan, &one), play(&plan, &other));
        prop_assert_eq!(one.outputs(&plan), other.outputs(&plan));
        prop_assert_eq!(timeless(&plan, &one.events), timeless(&plan, &other.events));
    }

    /// Events that come twice or late change nothing.
    #[test]
    fn duplicates_change_nothing(recipes in recipes(), schedule in schedule(), late in schedule()) {
        let plan = process(&recipes);
        let events = play(&plan, &schedule).events;
        let mut state = State::new(&plan);
        let mut late = late.iter().cycle();
        for (number, event) in events.iter().enumerate() {
            prop_assert!(fold(&mut state, &plan, event));
            let before = said(&state, &plan);
            for _ in 0..3 {
                let again = &events[late.next().unwrap().index(number + 1)];
                prop_assert!(!fold(&mut state, &plan, again), "{:?}", again);
            }
            prop_assert_eq!(&before, &said(&state, &plan));
        }
        prop_assert_eq!(said(&state, &plan), said(&replay(&plan, &events), &plan));
    }

    /// A run that is interrupted anywhere and resumed from its log decides what is left, no more.
    #[test]
    fn a_run_goes_on_from_any_prefix(recipes in recipes(), schedule in schedule(), cut in any::<prop::sample::Index>()) {
        let plan = process(&recipes);
        let whole = play(&plan, &schedule);
        let prefix = &whole.events[..=cut.index(whole.events.len())];
        let mut resumed = Played::new(&plan, json!({}));
        resumed.state = replay(&plan, prefix);
        resumed.events = prefix.to_vec();
        // Questions that were asked before are answered now.
        let asked: Vec<_> = resumed.state.questions().cloned().collect();
        resumed.pending = asked
            .into_iter()
            .map(|question| Event::Decided {
                decision: Decision {
                    kept: question.request.suggested.clone(),
                    by: Decider::Person("0xabc".into()),
                    intent: None,
                },
                task: question.task,
                at: Moment(1),
            })
            .collect();
        let resumed = resumed.play(&plan, |_| 0);
        prop_assert_eq!(resumed.outputs(&plan), whole.outputs(&plan));
        prop_assert_eq!(timeless(&plan, &resumed.events), timeless(&plan, &whole.events));
        for event in prefix {
            if let Event::TaskDone { task, .. } = event {
                prop_assert!(resumed.dispatched.iter().all(|dispatch| dispatch.name != *task));
            }
        }
    }

    /// Events of a run survive the log.
    #[test]
    fn events_are_read_as_they_were_written(recipes in recipes(), schedule in schedule()) {
        let plan = process(&recipes);
        for event in play(&plan, &schedule).events {
            let text = serde_json::to_string(&event).unwrap();
            prop_assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), event, "{}", text);
        }
    }

    /// Whenever a task's outcome is edited, everything comes out as if the task had given that; and what was undone
    /// never was.
    #[test]
    fn an_edit_is_as_if_the_task_had_given_it(
        recipes in recipes(),
        schedule in schedule(),
        cut in any::<prop::sample::Index>(),
        which in any::<prop::sample::Index>(),
    ) {
        let plan = process(&recipes);
        let whole = play(&plan, &schedule);
        let prefix = &whole.events[..=cut.index(whole.events.len())];
        let state = replay(&plan, prefix);
        let tasks: Vec<TaskRecord> = records(&plan, prefix)
            .into_iter()
            .filter(|record| state.editable(&plan, &record.name).is_ok())
            .collect();
        prop_assume!(!tasks.is_empty());
        let task = &tasks[which.index(tasks.len())];
        let (name, by_itself) = (&task.name, &task.outcome().unwrap().value);
        let value = json!({ "made": "by hand" });

        let edited = [prefix, &[edit(name, &value)]].concat();
        let edited = play_on(&plan, &edited, None);
        let other = play_on(&plan, &whole.events[..1], Some((name, &value)));
        prop_assert_eq!(edited.outputs(&plan), other.outputs(&plan));
        let others = |events: &[Event]| -> Vec<TaskRecord> {
            let mut records = timeless(&plan, events);
            records.retain(|record| record.name != *name);
            records
        };
        prop_assert_eq!(others(&edited.events), others(&other.events));
        let records = records(&plan, &edited.events);
        let own: Vec<_> = records.iter().filter(|record| record.name == *name).collect();
        prop_assert_eq!(own.len(), 2);
        prop_assert_eq!((own[0].edits.len(), own[1].edits.len()), (0, 1));
        prop_assert_eq!(&own[1].outcome().unwrap().value, &value);
        prop_assert_eq!(&own[1].task.params["from"], by_itself);
        prop_assert_eq!(said(&edited.state, &plan), said(&replay(&plan, &edited.events), &plan));
        // Twice is once.
        let mut state = edited.state.clone();
        prop_assert!(!fold(&mut state, &plan, &edit(name, &value)));

        let undone = [&edited.events[..], &[edit(name, by_itself)]].concat();
        let undone = play_on(&plan, &undone, None);
        prop_assert_eq!(undone.outputs(&plan), whole.outputs(&plan));
        prop_assert_eq!(timeless(&plan, &undone.events), timeless(&plan, &whole.events));
    }
}
