use super::*;
use crate::assemble;
use daedal_core::bundle::MemoryFiles;
use daedal_core::engine::Outcome;
use daedal_core::plan;
use daedal_core::run::{Finish, Moment, RunSpec, TaskName};
use serde_json::json;

const PROCESS: &str = "daedal: v1\nname: words\nsteps:\n  say: { uses: template, with: { text: \"sea\" } }\noutputs: { say: \"{{ steps.say }}\" }\n";

fn log(spec: &RunSpec, reused_from: Option<RunId>, tool: Option<Tool>) -> Vec<Event> {
    let task = TaskName {
        step: "say".into(),
        round: 0,
        index: 0,
    };
    let at = Moment(5);
    let mut events = vec![Event::Created {
        spec: spec.clone(),
        at,
    }];
    events.extend(tool.map(|tool| Event::CarriedBy { tool, at }));
    let (key, outcome) = (Digest([1; 32]), Outcome::free(json!("sea")));
    events.push(Event::TaskDone {
        task,
        key,
        outcome,
        reused_from,
        at,
    });
    let status = Finish::Succeeded;
    events.push(Event::Finished {
        status,
        at: Moment(9),
    });
    events
}

#[tokio::test]
async fn receipts_are_closed_once_by_whoever_ran_the_tasks_and_name_their_origin() {
    let engines = assemble::engines();
    let files = MemoryFiles::default();
    let planned = plan::build("process.yaml", PROCESS.as_bytes(), &files, &engines).unwrap();
    let plan = planned.plan;
    let studio = Studio::in_memory();
    let spec = |nonce| RunSpec {
        process: plan.process.clone(),
        bundle: plan.bundle,
        inputs: json!({}),
        parameters: json!({}),
        seed: RunSpec::default_seed(&plan.bundle, &json!({}), &json!({})),
        nonce,
        fresh: false,
        earlier: Vec::new(),
        governed: None,
        intents: Vec::new(),
        private: Vec::new(),
    };
    let old = Tool {
        name: "daedal 0.0.9".into(),
        target: "toaster".into(),
    };
    let (first, second) = (spec(1), spec(2));
    let mut records = Vec::new();
    for (spec, from, tool) in [(&first, None, Some(old)), (&second, Some(first.id()), None)] {
        let run = spec.id();
        let mut events = log(spec, from, tool);
        let whole = events.clone();
        studio.log.create(run, events.remove(0)).await.unwrap();
        studio.log.append(run, events).await.unwrap();
        let report = RunReport {
            run,
            status: RunStatus::Succeeded,
            outputs: json!({ "say": "sea" }),
            tasks: 1,
            hits: usize::from(from.is_some()),
            mended: Vec::new(),
            cost: daedal_core::UsdMicros::default(),
            worked_ms: 0,
            elapsed_ms: 0,
            skipped: Vec::new(),
            questions: Vec::new(),
            cut_short: Vec::new(),
            lost: Vec::new(),
            cost_lost: daedal_core::UsdMicros::default(),
            events: whole,
        };
        close(&studio, &engines, &plan, &report).await.unwrap();
        let noted = kept::get(&studio, "outputs", &run.to_string()).await;
        assert_eq!(noted.unwrap(), Some(json!({ "say": "sea" })));
        let known = kept::get(&studio, "record", &run.to_string())
            .await
            .unwrap();
        let record: RunRecord = serde_json::from_value(known.unwrap()).unwrap();
        assert_eq!(record.faults(), []);
        records.push(record);
    }
    assert_eq!(records[0].header.tool, "daedal 0.0.9");
    assert_eq!(records[0].header.target, "toaster");
    assert_eq!(
        records[1].header.tool,
        tool().name,
        "of a log that names nobody"
    );
    let receipt = records[0].receipts[0].hash();
    let run = first.id().0;
    assert_eq!(records[1].receipts[0].of, Some(Origin { run, receipt }));
}
