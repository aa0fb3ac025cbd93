//! An answer that is heard as it is written.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use futures_core::Stream as _;
use genai::chat::{ChatOptions, ChatRequest, ChatStreamEvent, StreamEnd};
use genai::{Client, Error, ServiceTarget};
use serde_json::Value;

/// Is told the end of what has been written so far.
pub(super) type Tell<'t> = dyn Fn(&str) + 't;

/// So much of the end is told, in bytes.
const TOLD_MAX: usize = 160;

/// An answer to its end.
pub(super) struct Heard {
    pub(super) end: StreamEnd,
    /// The model, as the server calls it.
    pub(super) model: Option<String>,
}

/// Why there is no whole answer.
pub(super) enum Unheard {
    Failed(Box<Error>),
    /// The connection ended, and the answer had not.
    Ended {
        has_begun: bool,
    },
}

/// Asks, and listens to the end.
pub(super) async fn listen(
    client: &Client,
    target: ServiceTarget,
    request: ChatRequest,
    options: &ChatOptions,
    tell: &Tell<'_>,
) -> Result<Heard, Unheard> {
    let failed = |error| Unheard::Failed(Box::new(error));
    let model = Arc::new(Mutex::new(None));
    let noted = Arc::clone(&model);
    let options = options
        .clone()
        .with_capture_content(true)
        .with_capture_tool_calls(true)
        .with_capture_usage(true)
        .with_raw_frame_fn(move |_, frame| {
            let mut noted = noted.lock().unwrap_or_else(PoisonError::into_inner);
            if noted.is_none() {
                *noted = frame.json().as_ref().and_then(named);
            }
        });
    let answer = client.exec_chat_stream(target, request, Some(&options));
    let mut answer = answer.await.map_err(failed)?;
    let mut written = String::new();
    let mut has_begun = false;
    loop {
        let event = poll_fn(|context| Pin::new(&mut answer.stream).poll_next(context)).await;
        match event {
            None => return Err(Unheard::Ended { has_begun }),
            Some(Err(error)) => return Err(failed(error)),
            Some(Ok(ChatStreamEvent::End(end))) => {
                let model = model.lock().unwrap_or_else(PoisonError::into_inner).take();
                return Ok(Heard { end, model });
            }
            Some(Ok(ChatStreamEvent::Chunk(chunk) | ChatStreamEvent::ReasoningChunk(chunk))) => {
                has_begun = true;
                add(&mut written, &chunk.content);
                tell(&written);
            }
            Some(Ok(ChatStreamEvent::ToolCallChunk(_))) => has_begun = true,
            Some(Ok(_)) => {}
        }
    }
}

/// Adds to what was written, on one line of which only the end is kept.
fn add(written: &mut String, more: &str) {
    for c in more.chars() {
        match c.is_whitespace() || c.is_control() {
            true if written.ends_with(' ') => {}
            true => written.push(' '),
            false => written.push(c),
        }
    }
    if let Some(from) = written.len().checked_sub(TOLD_MAX) {
        written.drain(..written.ceil_char_boundary(from));
    }
}

/// The model in a message of any of the protocols.
fn named(message: &Value) -> Option<String> {
    let places = ["/model", "/message/model", "/modelVersion"];
    let mut found = places.iter().filter_map(|place| message.pointer(place));
    found.find_map(Value::as_str).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_what_is_written_is_one_short_line() {
        let mut written = String::new();
        add(&mut written, "The sea\n\n\tis ");
        add(&mut written, " wide");
        assert_eq!(written, "The sea is wide");
        add(&mut written, &"é".repeat(200));
        assert_eq!(written, "é".repeat(TOLD_MAX / 2));
    }
}
