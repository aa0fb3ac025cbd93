//! A [`Process`] back to a file: JSON in the file's own shape, and YAML.

use serde_json::{Map, Value, json};

use super::disclosure::Disclosure;
use super::model::*;
use super::signature;
use super::units::print_duration;

/// The process as the JSON of its file: what is absent stays absent, defaults are left out.
/// Its canonical form (RFC 8785) is what a bundle's digest covers.
#[must_use]
pub fn to_value(process: &Process) -> Value {
    let mut file = Map::new();
    file.insert("daedal".into(), json!("v1"));
    file.insert("name".into(), json!(process.name));
    put(
        &mut file,
        "title",
        process.title.as_ref().map(|text| json!(text)),
    );
    put(
        &mut file,
        "description",
        process.description.as_ref().map(|text| json!(text)),
    );
    put(&mut file, "license", process.license.as_ref().map(license));
    if process.disclosure != Disclosure::default() {
        let mut disclosure = json!({
            "label": process.disclosure.label.as_deref().unwrap_or("none"),
            "training": process.disclosure.training,
            "texts": process.disclosure.texts,
        });
        // Left out where there is none, so that processes from before captions keep their digests.
        if let Some(caption) = &process.disclosure.caption {
            disclosure["caption"] = json!(caption);
        }
        file.insert("disclosure".into(), disclosure);
    }
    put(&mut file, "token", process.token.as_ref().map(token));
    if !process.upstream.is_empty() {
        file.insert("upstream".into(), json!(process.upstream));
    }
    put(
        &mut file,
        "signature",
        process.signature.as_ref().map(signature::print),
    );
    put(&mut file, "inputs", named(&process.inputs, dial));
    put(&mut file, "parameters", named(&process.parameters, dial));
    if process.budget != Budget::default() {
        let mut budget = Map::new();
        put(
            &mut budget,
            "cost",
            process.budget.cost.map(|cost| json!(cost.to_string())),
        );
        put(
            &mut budget,
            "time",
            process.budget.time_ms.map(|ms| json!(print_duration(ms))),
        );
        file.insert("budget".into(), Value::Object(budget));
    }
    file.insert("steps".into(), steps(&process.steps));
    put(&mut file, "outputs", named(&process.outputs, Value::clone));
    put(&mut file, "release", process.release.as_ref().map(release));
    put(
        &mut file,
        "schedule",
        process.schedule.as_ref().map(|text| json!(text)),
    );
    Value::Object(file)
}

/// The process as YAML; parsing it gives the same process.
#[must_use]
pub fn print(process: &Process) -> String {
    // Serialising plain JSON values to a string can't fail.
    serde_saphyr::to_string(&to_value(process)).unwrap_or_default()
}

fn put(fields: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    if let Some(value) = value {
        fields.insert(name.to_owned(), value);
    }
}

fn named<T>(entries: &[(String, T)], print: impl Fn(&T) -> Value) -> Option<Value> {
    (!entries.is_empty()).then(|| {
        entries
            .iter()
            .map(|(name, entry)| (name.clone(), print(entry)))
            .collect::<Map<_, _>>()
            .into()
    })
}

fn license(license: &License) -> Value {
    let mut fields = Map::new();
    put(&mut fields, "id", license.id.as_ref().map(|id| json!(id)));
    put(
        &mut fields,
        "file",
        license.file.as_ref().map(|file| json!(file)),
    );
    put(
        &mut fields,
        "commercial",
        license.commercial.map(Value::from),
    );
    put(
        &mut fields,
        "derivatives",
        license.derivatives.map(|terms| json!(terms)),
    );
    put(
        &mut fields,
        "attribution",
        license.attribution.map(Value::from),
    );
    Value::Object(fields)
}

fn token(token: &Token) -> Value {
    let shares: Map<String, Value> = token
        .shares
        .iter()
        .map(|(holder, share)| (holder.clone(), json!(share.to_string())))
        .collect();
    json!({
        "shares": shares,
        "royalty": token.royalty.to_string(),
        "derivatives": token.derivatives,
    })
}

fn dial(dial: &Dial) -> Value {
    let mut fields = Map::new();
    let kind = match &dial.kind {
        DialKind::Text { .. } => "text",
        DialKind::Integer { .. } => "integer",
        DialKind::Number { .. } => "number",
        DialKind::Boolean => "boolean",
        DialKind::Choice { .. } => "choice",
        DialKind::Asset { .. } => "asset",
    };
    fields.insert("type".into(), json!(kind));
    match &dial.kind {
        DialKind::Text { max_length } => {
            fields.insert("max_length".into(), json!(max_length));
        }
        DialKind::Integer { min, max } => {
            put(&mut fields, "min", (*min != i64::MIN).then(|| json!(min)));
            put(&mut fields, "max", (*max != i64::MAX).then(|| json!(max)));
        }
        DialKind::Number { min, max } => {
            put(&mut fields, "min", (*min != f64::MIN).then(|| json!(min)));
            put(&mut fields, "max", (*max != f64::MAX).then(|| json!(max)));
        }
        DialKind::Boolean => {}
        DialKind::Choice { of } => {
            fields.insert("of".into(), json!(of));
        }
        DialKind::Asset { media_types } if media_types.is_empty() => {}
        DialKind::Asset { media_types } => {
            fields.insert("media_types".into(), json!(media_types));
        }
    }
    put(&mut fields, "default", dial.default.clone());
    put(
        &mut fields,
        "description",
        dial.description.as_ref().map(|text| json!(text)),
    );
    put(
        &mut fields,
        "governed",
        dial.governed.then_some(Value::Bool(true)),
    );
    put(
        &mut fields,
        "tuned",
        dial.tuned.then_some(Value::Bool(true)),
    );
    put(
        &mut fields,
        "max_step",
        dial.max_step.map(|step| json!(step)),
    );
    put(
        &mut fields,
        "cooldown",
        dial.cooldown_ms.map(|ms| json!(print_duration(ms))),
    );
    Value::Object(fields)
}

fn steps(steps: &[Step]) -> Value {
    let steps: Map<String, Value> = steps
        .iter()
        .map(|step| (step.name.clone(), self::step(step)))
        .collect();
    Value::Object(steps)
}

fn step(step: &Step) -> Value {
    let mut fields = Map::new();
    put(&mut fields, "role", step.role.map(|role| json!(role)));
    put(
        &mut fields,
        "when",
        step.when.as_ref().map(|when| json!(when)),
    );
    if step.on_failure != OnFailure::default() {
        fields.insert("on_failure".into(), json!(step.on_failure));
    }
    match &step.action {
        Action::Perform(perform) => self::perform(&mut fields, perform),
        Action::Repeat(repeat) => {
            let mut inner = Map::new();
            put(
                &mut inner,
                "until",
                repeat.until.as_ref().map(|until| json!(until)),
            );
            put(
                &mut inner,
                "best_by",
                repeat.best_by.as_ref().map(|by| json!(by)),
            );
            inner.insert("at_most".into(), json!(repeat.at_most));
            inner.insert("steps".into(), steps(&repeat.steps));
            fields.insert("repeat".into(), Value::Object(inner));
        }
    }
    Value::Object(fields)
}

fn perform(fields: &mut Map<String, Value>, perform: &Perform) {
    fields.insert("uses".into(), json!(perform.uses));
    match &perform.fan_out {
        FanOut::One => {}
        FanOut::Count(count) => {
            fields.insert("count".into(), count.clone());
        }
        FanOut::Foreach(items) => {
            fields.insert("foreach".into(), json!(items));
        }
    }
    if !perform.with.is_empty() {
        fields.insert("with".into(), Value::Object(perform.with.clone()));
    }
    if perform.retry != Retry::default() {
        fields.insert(
            "retry".into(),
            json!({
                "attempts": perform.retry.attempts,
                "backoff": print_duration(perform.retry.backoff_ms),
            }),
        );
    }
    put(
        fields,
        "timeout",
        perform.timeout_ms.map(|ms| json!(print_duration(ms))),
    );
    if perform.reuse != Reuse::default() {
        fields.insert("reuse".into(), json!(perform.reuse));
    }
    if perform.on_interrupt != OnInterrupt::default() {
        fields.insert("on_interrupt".into(), json!(perform.on_interrupt));
    }
}

fn release(release: &Release) -> Value {
    let mut fields = Map::new();
    put(
        &mut fields,
        "editions",
        release.editions.as_ref().map(|editions| {
            let mut fields = Map::new();
            fields.insert("of".into(), json!(editions.of));
            put(
                &mut fields,
                "price",
                editions.price.as_ref().map(|price| json!(price)),
            );
            Value::Object(fields)
        }),
    );
    if !release.channels.is_empty() {
        let channels: Vec<Value> = release.channels.iter().map(channel).collect();
        fields.insert("channels".into(), Value::Array(channels));
    }
    Value::Object(fields)
}

fn channel(channel: &Channel) -> Value {
    let mut fields = Map::new();
    fields.insert("uses".into(), json!(channel.uses));
    if !channel.of.is_empty() {
        fields.insert("of".into(), json!(channel.of));
    }
    fields.extend(channel.settings.clone());
    Value::Object(fields)
}
