//! When decisions of a run were made, by its log.

use daedal_core::run::Event;
use serde_json::Value;

/// When the run began or was last decided on, in seconds since 1970: no later decision is from before, even where a clock
/// was put back.
pub(crate) fn latest(events: &[Event]) -> u64 {
    let at = |signed: &Value| signed["intent"]["at"].as_u64();
    let times = events.iter().filter_map(|event| match event {
        Event::Created { spec, at: began } => {
            let set = spec
                .intents
                .iter()
                .filter(|signed| signed["intent"]["kind"] == "set");
            set.filter_map(at).chain([began.0 / 1_000]).max()
        }
        Event::Decided { decision, .. } => decision.intent.as_ref().and_then(at),
        Event::Edited { intent, .. } => at(intent),
        _ => None,
    });
    times.max().unwrap_or_default()
}
