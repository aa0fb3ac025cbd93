//! Notices to somebody outside: JSON by POST, signed as <https://www.standardwebhooks.com> says.
//!
//! Who receives one computes HMAC-SHA256 of `id.timestamp.body` with the secret that both know, and compares it with
//! the header `webhook-signature`. Addresses in private networks are refused as those of steps are.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use daedal_core::engine::EngineError;
use hmac::{Hmac, Mac};
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use sha2::Sha256;
use url::Url;

use crate::http::{Request, Web, parse};
use crate::secrets::{Reader, Secrets};
use crate::{Settings, SettingsError};

/// Longest answer that is read; nobody looks at it.
const ANSWER_BYTES_MAX: u64 = 64 << 10;
/// What secrets of this kind begin with; base64 follows.
const SECRET_PREFIX: &str = "whsec_";

/// Sends notices to one address.
pub struct Notices {
    web: Web,
    url: Url,
    secrets: Secrets,
    /// Name of the secret that signs them.
    secret: Option<String>,
}

impl Notices {
    /// Notices to `url`, signed with the secret of this name.
    pub fn new(
        settings: &Settings,
        url: &str,
        secret: Option<&str>,
        read: Reader,
    ) -> Result<Self, SettingsError> {
        let secrets = Secrets::new(&settings.secrets, read)?;
        let url = parse(url).map_err(|told| {
            SettingsError::new(format!("`webhook` under [tend]: {told}"), "name an address")
        })?;
        if let Some(name) = secret {
            secrets.expect("tend", "webhook_secret", name)?;
        }
        Ok(Self {
            web: Web::new(&settings.http)?,
            url,
            secrets,
            secret: secret.map(str::to_owned),
        })
    }

    /// Sends one notice, once. `id` tells it apart from others, also when it is sent again; `at` is the time in
    /// seconds since 1970. What may pass is [`EngineError::Transient`].
    pub async fn send(&self, id: &str, at: u64, notice: &Value) -> Result<(), EngineError> {
        let body = notice.to_string();
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let mut fields = vec![
            ("webhook-id", id.to_owned()),
            ("webhook-timestamp", at.to_string()),
        ];
        if let Some(name) = &self.secret {
            let secret = self.secrets.get(name).map_err(EngineError::invalid)?;
            fields.push(("webhook-signature", sign(secret.expose(), id, at, &body)));
        }
        for (name, value) in fields {
            let value = HeaderValue::from_str(&value);
            let value =
                value.map_err(|_| EngineError::invalid("the id of a notice is no header"))?;
            headers.insert(HeaderName::from_static(name), value);
        }
        let request = Request {
            method: Method::POST,
            url: self.url.clone(),
            headers,
            body: Some(body.into_bytes()),
            secrets: Vec::new(),
        };
        let answer = self.web.ask(request, ANSWER_BYTES_MAX).await?;
        let status = answer.status;
        let message = format!("{} answered {status}", answer.from);
        match status.as_u16() {
            200..300 => Ok(()),
            408 | 425 | 429 | 500.. => Err(EngineError::transient(message)),
            _ => Err(EngineError::invalid(message)),
        }
    }
}

/// The signature of a notice.
fn sign(secret: &str, id: &str, at: u64, body: &str) -> String {
    let key = secret
        .strip_prefix(SECRET_PREFIX)
        .and_then(|encoded| STANDARD.decode(encoded).ok())
        .unwrap_or_else(|| secret.as_bytes().to_vec());
    // A key may have any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&key) else {
        return String::new();
    };
    mac.update(format!("{id}.{at}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's own libraries
    /// (<https://github.com/standard-webhooks/standard-webhooks>).
    #[test]
    fn a_signature_is_what_the_specification_says() {
        let signed = sign(
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            "{\"test\": 2432232314}",
        );
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }
}
