//! What goes wrong in a workflow, told at its place.

use daedal_core::engine::EngineError;
use serde_json::Value;

use super::workflow::Workflow;
use crate::task::excerpt;

/// Mistakes that are told at once.
const TOLD_MAX: usize = 12;

/// Why a server did not take a workflow: what it says of each node.
pub(super) fn refusal(workflow: &Workflow, from: &str, answer: &Value) -> EngineError {
    let mut told = Vec::new();
    for (id, node) in answer["node_errors"].as_object().into_iter().flatten() {
        for error in node["errors"].as_array().into_iter().flatten() {
            told.push(mistake(workflow, id, error));
        }
    }
    let count = told.len();
    told.truncate(TOLD_MAX);
    if count > TOLD_MAX {
        told.push(format!("and {} more", count - TOLD_MAX));
    }
    if told.is_empty() {
        let error = &answer["error"];
        told.push(match error.as_str() {
            Some(text) => excerpt(text),
            None => with_details(error),
        });
    }
    EngineError::invalid(format!(
        "{from} did not take the workflow:\n{}\nSet such fields under `inputs:`, or change the workflow in ComfyUI and \
         export it again; a node or model that is missing has to be installed on the server",
        told.join("\n")
    ))
}

/// One thing that is wrong with a node.
fn mistake(workflow: &Workflow, id: &str, error: &Value) -> String {
    let input = error["extra_info"]["input_name"].as_str();
    let name = workflow.name(id);
    match input {
        // The details of most mistakes are the name of the input.
        Some(input) if error["details"].as_str() == Some(input) => format!(
            "{name}, `{}`: {}",
            excerpt(input),
            excerpt(error["message"].as_str().unwrap_or_default())
        ),
        Some(input) => format!("{name}, `{}`: {}", excerpt(input), with_details(error)),
        None => format!("{name}: {}", with_details(error)),
    }
}

fn with_details(error: &Value) -> String {
    let message = error["message"].as_str().unwrap_or("it does not say why");
    match error["details"].as_str() {
        Some(details) if !details.is_empty() => {
            format!("{} ({})", excerpt(message), excerpt(details))
        }
        _ => excerpt(message),
    }
}

/// Why a workflow that was begun did not end well; nothing if it did.
pub(super) fn failure(workflow: &Workflow, from: &str, entry: &Value) -> Option<EngineError> {
    let status = &entry["status"];
    if status["status_str"].as_str() != Some("error") {
        return None;
    }
    let messages = status["messages"].as_array();
    let told = |kind: &str| {
        let messages = messages.into_iter().flatten();
        let mut found = messages.filter(|message| message[0].as_str() == Some(kind));
        found.next().map(|message| &message[1])
    };
    if let Some(error) = told("execution_error") {
        let kind = error["exception_type"].as_str().unwrap_or("an error");
        let said = error["exception_message"].as_str().unwrap_or_default();
        return Some(EngineError::invalid(format!(
            "{from}: {} failed with {}: {}. The log of the server tells more",
            workflow.name(error["node_id"].as_str().unwrap_or("?")),
            excerpt(kind),
            excerpt(said)
        )));
    }
    if told("execution_interrupted").is_some() {
        return Some(EngineError::transient(format!(
            "somebody interrupted the workflow at {from}; `retry:` asks again by itself"
        )));
    }
    Some(EngineError::invalid(format!(
        "the workflow failed at {from}, which does not say why: look at the log of the server"
    )))
}
