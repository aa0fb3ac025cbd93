//! What a memo key covers, and how a difference between two is told.

use serde_json::{Value, json};

use super::testing::{plan, play, spec};
use super::{TaskRecord, explain, records};

#[test]
fn keys_cover_what_decides_the_outcome_and_nothing_else() {
    let text = |with: &str| {
        format!(
            "steps: {{ a: {{ uses: dice, with: {with} }} }}\noutputs: {{ a: '{{{{ steps.a }}}}' }}"
        )
    };
    let dispatch = |text: &str, inputs: Value| {
        let plan = plan(text);
        play(&plan, inputs).dispatched.remove(0)
    };
    let plain = dispatch(&text("{ x: 1, y: 2 }"), json!({}));
    let mut same = plain.task.clone();
    same.params = json!({ "y": 2, "x": 1 });
    same.limits.timeout_ms_max += 1;
    assert_eq!(same.key(None), plain.key);
    let changes: [fn(&mut crate::engine::Task); 4] = [
        |task| task.engine.push('2'),
        |task| task.engine_version.push('2'),
        |task| task.params["x"] = json!("1"),
        |task| task.seed = None,
    ];
    for change in changes {
        let mut other = plain.task.clone();
        change(&mut other);
        assert_ne!(other.key(None), plain.key);
    }
    let run = spec(&plan(&text("{}")), json!({})).id();
    assert_ne!(plain.task.key(Some(run)), plain.key);
}

#[test]
fn what_changed_is_told() {
    let text = |step: &str| {
        format!(
            "inputs: {{ n: {{ type: integer, default: 1 }} }}\nsteps: {{ a: {step} }}\noutputs: {{ a: '{{{{ steps.a }}}}' }}"
        )
    };
    let record = |step: &str, n: u64| {
        let plan = plan(&text(step));
        let played = play(&plan, json!({ "n": n }));
        records(&plan, &played.events).remove(0)
    };
    let told = |was: &TaskRecord, is: &TaskRecord| {
        let changes = explain(was, is);
        changes.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let asset = |byte: u8| {
        let digest = crate::Digest([byte; 32]);
        format!(
            "{{ uses: echo, with: {{ image: {{ $asset: '{digest}', media_type: image/png, size: 1 }} }} }}"
        )
    };
    let step = "{ uses: echo, with: { list: [1, '{{ inputs.n }}'], 'a/b': x } }";
    assert_eq!(told(&record(step, 1), &record(step, 1)), [""; 0]);
    assert_eq!(
        told(&record(step, 1), &record(step, 2)),
        ["with/list/1: 1 → 2"]
    );
    let other = "{ uses: post, with: { list: [1], c: y } }";
    assert_eq!(
        told(&record(step, 1), &record(other, 1)),
        [
            "engine: echo → post",
            "with/list/1: 1 → nothing",
            "with/c: nothing → \"y\"",
            "with/a~1b: \"x\" → nothing"
        ]
    );
    assert_eq!(
        told(&record(&asset(1), 1), &record(&asset(2), 1)),
        ["with/image: asset 010101010101 → 020202020202"]
    );
}
