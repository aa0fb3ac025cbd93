//! What a step may say to `http`, and what it has in common with `feed`.

use serde_json::{Map, Value, json};

use super::METHODS;

/// JSON Schema of `with:`.
pub(super) fn schema() -> Value {
    let mut properties = target_properties();
    let methods = METHODS.map(|(name, _)| name);
    let own = json!({
        "method": { "enum": methods, "default": "GET", "description": "GET and HEAD only look; everything else is never repeated by itself." },
        "json": { "description": "A body of JSON." },
        "text": { "type": "string", "description": "A body of text." },
        "form": { "type": "object", "additionalProperties": true, "description": "A body as forms send it." },
        "file": { "type": "object", "format": "asset", "description": "A body that is an asset." },
        "status": {
            "anyOf": [
                { "type": "integer", "minimum": 100, "maximum": 599 },
                { "type": "array", "items": { "type": "integer", "minimum": 100, "maximum": 599 }, "minItems": 1 }
            ],
            "description": "What counts as success; 200 to 299 when absent."
        }
    });
    if let Value::Object(own) = own {
        properties.extend(own);
    }
    json!({
        "type": "object",
        "properties": properties,
        "required": ["url"],
        "additionalProperties": false
    })
}

/// Where a step asks, and as whom.
pub(crate) fn target_properties() -> Map<String, Value> {
    let field = json!({
        "anyOf": [
            { "type": ["string", "number", "boolean"] },
            {
                "type": "object",
                "properties": {
                    "secret": { "type": "string", "description": "Name of a secret of the studio." },
                    "before": { "type": "string", "description": "What stands before it." }
                },
                "required": ["secret"],
                "additionalProperties": false
            }
        ]
    });
    let properties = json!({
        "url": { "type": "string", "description": "The address, of http or https." },
        "headers": { "type": "object", "additionalProperties": field, "description": "Header fields by name; `{ secret: NAME }` in the place of a value." },
        "query": { "type": "object", "additionalProperties": field, "description": "What follows the `?` of the address, by name." },
        "bearer": { "type": "string", "description": "Name of the secret that is sent as a bearer token." },
        "basic": {
            "type": "object",
            "properties": {
                "user": { "type": "string" },
                "password": { "type": "string", "description": "Name of a secret of the studio." }
            },
            "required": ["user", "password"],
            "additionalProperties": false,
            "description": "A user, and the name of the secret that is the password."
        },
        "as_of": { "type": "string", "description": "Runs that say the same here share one answer; each run asks anew when it is left out." },
        "bytes_max": { "type": "integer", "minimum": 1, "maximum": 1_073_741_824, "default": super::BYTES_MAX, "description": "Largest answer that is taken, in bytes." }
    });
    match properties {
        Value::Object(properties) => properties,
        _ => Map::new(),
    }
}

/// Where an author wrote a secret itself into the process.
pub(crate) fn check_secrets(with: &Value) -> Vec<String> {
    let headers = with.get("headers").and_then(Value::as_object);
    let telling = ["authorization", "x-api-key", "api-key", "cookie"];
    headers
        .into_iter()
        .flatten()
        .filter(|(name, value)| {
            telling.contains(&name.to_ascii_lowercase().as_str()) && value.is_string()
        })
        .map(|(name, _)| {
            format!(
                "the header `{name}` stands in the process, which others read: keep it as a secret of the studio \
                 and write `{name}: {{ secret: NAME }}`"
            )
        })
        .collect()
}
