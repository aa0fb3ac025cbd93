//! One call of a model, in the protocol of its provider.

use std::time::Duration;

use daedal_core::engine::EngineError;
use genai::adapter::AdapterKind;
use genai::chat::{
    ChatOptions, ChatRequest, ChatResponse, ChatResponseFormat, MessageContent, StopReason,
    ToolCall, Usage,
};
use genai::resolver::{AuthData, Endpoint};
use genai::{Client, Error, ModelIden, ServiceTarget, webc};
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde_json::Value;
use url::Url;

use super::models::Model;
use super::settings::Kind;
use super::stream::{self, Unheard};
use crate::net::choose_cryptography;
use crate::patience::{Trouble, passing};
use crate::secrets::Secret;
use crate::task::excerpt;

/// What a model answered.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) text: String,
    /// What it wants tools to do.
    pub(super) calls: Vec<ToolCall>,
    /// Tokens that were read and written, where the server counts them.
    pub(super) tokens: Option<(u64, u64)>,
    /// The model, as the server calls it.
    pub(super) model: String,
    /// Whether the limit of tokens ended it.
    pub(super) is_cut: bool,
}

/// A client for every provider.
pub(super) fn client() -> Option<Client> {
    choose_cryptography();
    let http = reqwest::Client::builder()
        .user_agent(concat!("daedal/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(20))
        .no_proxy()
        .build()
        .ok()?;
    Client::builder().with_reqwest(http).build().ok()
}

/// Asks once. Where somebody is told, the answer is heard as it is written.
pub(super) async fn ask(
    client: &Client,
    model: &Model,
    key: Option<&Secret>,
    request: ChatRequest,
    options: &ChatOptions,
    tell: Option<&stream::Tell<'_>>,
) -> Result<Reply, Trouble> {
    let keeps_to = matches!(
        &options.response_format,
        Some(ChatResponseFormat::JsonSpec(_))
    );
    let (adapter, url) = match model.kind {
        Kind::OpenAi => (AdapterKind::OpenAI, model.url.clone()),
        Kind::Anthropic => (AdapterKind::Anthropic, model.url.clone()),
        Kind::Gemini => (AdapterKind::Gemini, model.url.clone()),
        // By the protocol of its own, the client library sends no schema.
        Kind::Ollama if keeps_to => (AdapterKind::OpenAI, openai_of(&model.url)),
        Kind::Ollama => (AdapterKind::Ollama, model.url.clone()),
    };
    // A server without keys is sent something all the same: the protocol has no other way.
    let key_text = key.map_or("none", Secret::expose);
    let target = ServiceTarget {
        endpoint: Endpoint::from_owned(url.as_str()),
        auth: AuthData::from_single(key_text),
        model: ModelIden::new(adapter, model.model.as_str()),
    };
    let Some(tell) = tell.filter(|_| model.streams) else {
        return match client.exec_chat(target, request, Some(options)).await {
            Ok(response) => without(model, key, whole(response)),
            Err(error) => Err(trouble(model, key, &error)),
        };
    };
    let tell = |written: &str| match key {
        Some(key) => tell(&key.hide(written)),
        None => tell(written),
    };
    match stream::listen(client, target, request, options, &tell).await {
        Ok(heard) => {
            let reply = reply(
                heard.end.captured_content.unwrap_or_default(),
                &heard.end.captured_usage.unwrap_or_default(),
                heard.end.captured_stop_reason.as_ref(),
                heard.model.unwrap_or_else(|| model.model.clone()),
            );
            without(model, key, reply)
        }
        Err(Unheard::Failed(error)) => Err(trouble(model, key, &error)),
        Err(Unheard::Ended { has_begun: true }) => Err(Trouble::Lost {
            message: format!("the answer of {} broke off in the middle", place(model)),
        }),
        Err(Unheard::Ended { has_begun: false }) => Err(Trouble::Refused {
            message: format!(
                "{} answered with nothing that is written as it goes: see that `url` under [llm.{}] is the base of an \
                 API, such as http://127.0.0.1:8080/v1, or say `stream = false` there",
                place(model),
                model.alias
            ),
        }),
    }
}

/// Where Ollama speaks OpenAI's protocol
/// (<https://github.com/ollama/ollama/blob/main/docs/openai.md>).
fn openai_of(url: &Url) -> Url {
    url.join("v1/").unwrap_or_else(|_| url.clone())
}

/// What came at once.
fn whole(response: ChatResponse) -> Reply {
    let name = response.provider_model_iden.model_name.to_string();
    let stop = response.stop_reason.as_ref();
    reply(response.content, &response.usage, stop, name)
}

fn reply(
    content: MessageContent,
    usage: &Usage,
    stop: Option<&StopReason>,
    model: String,
) -> Reply {
    let count = |tokens: Option<i32>| tokens.and_then(|tokens| u64::try_from(tokens).ok());
    let tokens = count(usage.prompt_tokens).zip(count(usage.completion_tokens));
    Reply {
        tokens: tokens.filter(|tokens| *tokens != (0, 0)),
        model,
        is_cut: matches!(stop, Some(StopReason::MaxTokens(_))),
        calls: content.tool_calls().into_iter().cloned().collect(),
        text: content.into_texts().concat(),
    }
}

/// A reply that does not repeat the key. It is paid all the same.
fn without(model: &Model, key: Option<&Secret>, reply: Reply) -> Result<Reply, Trouble> {
    let Some(key) = key else {
        return Ok(reply);
    };
    let is_in_call = |call: &ToolCall| {
        let signatures = call.thought_signatures.iter().flatten();
        let mut names = [&call.call_id, &call.fn_name].into_iter().chain(signatures);
        names.any(|name| key.is_in(name.as_bytes()))
            || key.is_in(call.fn_arguments.to_string().as_bytes())
    };
    let is_in = key.is_in(reply.text.as_bytes())
        || key.is_in(reply.model.as_bytes())
        || reply.calls.iter().any(is_in_call);
    match is_in {
        true => Err(Trouble::Failed(EngineError::invalid(format!(
            "the answer of {} repeats the secret `{}`, and is not kept: see what `url` under [llm.{}] leads to",
            place(model),
            key.name,
            model.alias
        )))),
        false => Ok(reply),
    }
}

/// Where a model is, for people.
fn place(model: &Model) -> String {
    let host = model.url.host_str().unwrap_or_default();
    format!("{host} (`{}`)", model.alias)
}

/// What went wrong, without the key.
fn trouble(model: &Model, key: Option<&Secret>, error: &Error) -> Trouble {
    let hide = |text: &str| match key {
        Some(key) => key.hide(text),
        None => text.to_owned(),
    };
    let alias = &model.alias;
    let place = place(model);
    // What goes wrong under a stream lies inside of it.
    if let Error::WebStream { error: inner, .. } = error {
        if let Some(inner) = inner.downcast_ref::<Error>() {
            return trouble(model, key, inner);
        }
        if let Some(inner) = inner.downcast_ref::<reqwest::Error>() {
            return unreached(&place, inner, &hide(&causes(inner)));
        }
        return Trouble::Lost {
            message: format!(
                "the answer of {place} broke off: {}",
                excerpt(&hide(&inner.to_string()))
            ),
        };
    }
    if let Some(status) = error.status() {
        let said = excerpt(&hide(&said(error)));
        return answered(alias, &place, status, error.headers(), &said);
    }
    match error {
        Error::WebModelCall {
            webc_error: webc::Error::Reqwest(error),
            ..
        } => unreached(&place, error, &hide(&causes(error))),
        // It had begun to answer when it said so.
        Error::ChatResponse { body, .. } => Trouble::Lost {
            message: format!(
                "{place} gave up amid its answer: {}",
                excerpt(&hide(told(body).unwrap_or(&body.to_string())))
            ),
        },
        Error::WebModelCall {
            webc_error: webc::Error::ResponseFailedNotJson { content_type, .. },
            ..
        } => Trouble::Refused {
            message: format!(
                "{place} answered with {content_type} rather than JSON: see that `url` under [llm.{alias}] is the \
                 base of an API, such as http://127.0.0.1:8080/v1"
            ),
        },
        // They would repeat the whole request.
        Error::ChatResponseGeneration { cause, .. } => Trouble::Refused {
            message: format!(
                "what {place} answered can't be understood ({}): see that `kind` under [llm.{alias}] is its protocol",
                excerpt(&hide(cause))
            ),
        },
        other => Trouble::Refused {
            message: format!(
                "{place} could not be asked: {}",
                excerpt(&hide(&other.to_string()))
            ),
        },
    }
}

/// A connection that can't be made, or broke.
fn unreached(place: &str, error: &reqwest::Error, why: &str) -> Trouble {
    match error.is_connect() {
        true => Trouble::Busy {
            message: format!("{place} can't be reached: {why}"),
            after: None,
        },
        false => Trouble::Lost {
            message: format!("the answer of {place} broke off: {why}"),
        },
    }
}

/// A status that is no success.
fn answered(
    alias: &str,
    place: &str,
    status: StatusCode,
    headers: Option<&HeaderMap>,
    said: &str,
) -> Trouble {
    let said = match said {
        "" => String::new(),
        said => format!(": {said}"),
    };
    let message = format!("{place} answered {status}{said}");
    let none = HeaderMap::new();
    if let Some(trouble) = passing(status, message.clone(), headers.unwrap_or(&none)) {
        return trouble;
    }
    let advice = match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            format!("; see that `key` under [llm.{alias}] is a key for this server")
        }
        StatusCode::NOT_FOUND => {
            format!("; see that `url` and `model` under [llm.{alias}] are right")
        }
        StatusCode::PAYMENT_REQUIRED => "; the account with this provider has no money left".into(),
        status if status.is_redirection() => {
            format!("; write the address that it leads to as `url` under [llm.{alias}]")
        }
        _ => String::new(),
    };
    Trouble::Refused {
        message: format!("{message}{advice}"),
    }
}

/// What a server says of an error: its message, or the page.
fn said(error: &Error) -> String {
    let body = match error {
        Error::WebModelCall {
            webc_error: webc::Error::ResponseFailedStatus { body, .. },
            ..
        }
        | Error::HttpError { body, .. } => body,
        _ => return String::new(),
    };
    let read: Option<Value> = serde_json::from_str(body).ok();
    read.as_ref().and_then(told).unwrap_or(body).to_owned()
}

/// The message of an error in JSON.
fn told(body: &Value) -> Option<&str> {
    let error = body.get("error").unwrap_or(body);
    error.get("message").unwrap_or(error).as_str()
}

/// The causes of an error, without the address.
fn causes(error: &reqwest::Error) -> String {
    let mut causes = Vec::new();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        causes.push(error.to_string());
        cause = error.source();
    }
    causes.dedup();
    match causes.is_empty() {
        true => "it did not say why".to_owned(),
        false => causes.join(": "),
    }
}
