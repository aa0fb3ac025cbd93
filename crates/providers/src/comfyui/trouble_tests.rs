use insta::assert_snapshot;
use serde_json::{Value, json};

use super::play::{WORKFLOW, comfy, lines, play, replies};
use crate::testing::{Bench, json as said};

#[test]
fn what_a_real_server_refuses_is_told_at_its_place() {
    let bench = Bench::default();
    let node = |class: &str, inputs: Value| json!({ "class_type": class, "inputs": inputs });
    let flow = json!({
        "1": node("EmptyImage", json!({ "width": 64, "height": 48, "batch_size": 1, "color": 0 })),
        "4": node("SaveImage", json!({ "images": ["1", 0], "filename_prefix": "x" })),
    });
    let mut told = Vec::new();
    // The first two went well.
    for reply in replies("POST", "/prompt").into_iter().skip(2) {
        let server = play([("POST /prompt", vec![reply])]);
        let workflow = bench.file("flow.json", flow.to_string());
        let error = bench.error(&*comfy(&server), json!({ "workflow": workflow }));
        assert!(!error.is_retryable());
        assert_eq!(
            lines(&server),
            [
                "GET /ws",
                "GET /queue",
                "GET /history?max_items=200",
                "POST /prompt"
            ],
            "nothing is to be called off"
        );
        told.push(error.to_string().replace(&server.url(""), "http://comfy"));
    }
    assert_eq!(told.len(), 4);
    assert_snapshot!(told.join("\n\n"));
}

/// What a history says of a failure, as ComfyUI's execution.py writes it.
fn failed(kind: &str, told: &Value) -> Value {
    json!({ "f34d0b3c-0cea-4bc3-a32d-098e48acbe76": {
        "outputs": {},
        "status": { "status_str": "error", "completed": false, "messages": [["execution_start", {}], [kind, told]] }
    } })
}

#[test]
fn a_node_that_fails_is_named_with_what_it_said() {
    let bench = Bench::default();
    let workflow = bench.file("flow.json", WORKFLOW);
    let fail = |history: Value| {
        let server = play([("GET /history", vec![said(&history)])]);
        let error = bench.error(&*comfy(&server), json!({ "workflow": workflow }));
        let told = error.to_string().replace(&server.url(""), "http://comfy");
        (error.is_retryable(), told)
    };
    let (again, told) = fail(failed(
        "execution_error",
        &json!({ "node_id": "3", "node_type": "ImageScale", "exception_type": "torch.OutOfMemoryError",
            "exception_message": "Allocation on device\n", "traceback": [] }),
    ));
    assert!(!again);
    assert_snapshot!(told, @"http://comfy/: node 3 (ImageScale) failed with torch.OutOfMemoryError: Allocation on device. The log of the server tells more");
    let (again, told) = fail(failed("execution_interrupted", &json!({ "node_id": "3" })));
    assert!(again);
    assert_snapshot!(told, @"somebody interrupted the workflow at http://comfy/; `retry:` asks again by itself");
    let done = json!({ "f34d0b3c-0cea-4bc3-a32d-098e48acbe76": { "outputs": {}, "status": { "status_str": "success" } } });
    let (again, told) = fail(done);
    assert!(!again);
    assert_snapshot!(told, @"the workflow saved no file: give it a node that does, such as SaveImage");
}
