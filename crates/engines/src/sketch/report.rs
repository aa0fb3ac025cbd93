//! What a script tells beside its picture: features, attachments, a log.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use daedal_core::asset::media_type_of;
use rquickjs::{Class, Ctx, Exception, Function, Object, Result, TypedArray};
use serde_json::{Map, Value};

use super::bridge::{Handle, bytes};
use super::calls::{define, limit};
use super::limits::{
    ALT_LENGTH_MAX, ATTACHMENTS_MAX, Allowance, FEATURES_BYTES_MAX, LOG_BYTES_MAX, TITLE_LENGTH_MAX,
};
use super::png;

/// What has been reported so far.
#[derive(Default)]
pub(crate) struct Report {
    pub(crate) features: Map<String, Value>,
    /// Media type and bytes, by name.
    pub(crate) attachments: BTreeMap<String, (String, Vec<u8>)>,
    pub(crate) log: String,
    /// What the picture is called.
    pub(crate) title: Option<String>,
    /// What is to be seen, for those who can't.
    pub(crate) alt: Option<String>,
    attached_bytes: u64,
}

impl Report {
    fn add_features(&mut self, json: &str) -> std::result::Result<(), String> {
        let values: Map<String, Value> =
            serde_json::from_str(json).map_err(|error| format!("features: {error}"))?;
        self.features.extend(values);
        let size = serde_json::to_string(&self.features).map_or(0, |text| text.len());
        if size > FEATURES_BYTES_MAX {
            return Err(format!(
                "features: {size} bytes of JSON are more than the limit of {FEATURES_BYTES_MAX}; report what describes the picture, and attach the rest"
            ));
        }
        Ok(())
    }

    fn attach(
        &mut self,
        name: String,
        media_type: &str,
        bytes: Vec<u8>,
        bytes_max: u64,
    ) -> std::result::Result<(), String> {
        let known = self.attachments.contains_key(&name);
        if !known && self.attachments.len() >= ATTACHMENTS_MAX {
            return Err(format!(
                "attach: '{name}' would be one more than the limit of {ATTACHMENTS_MAX} attachments"
            ));
        }
        let size = bytes.len() as u64;
        if self.attached_bytes.saturating_add(size) > bytes_max {
            return Err(format!(
                "attach: with the {size} bytes of '{name}', the attachments have more than the limit of {bytes_max} bytes"
            ));
        }
        self.attached_bytes += size;
        let media_type = if media_type.is_empty() {
            media_type_of(&name)
        } else {
            media_type
        };
        self.attachments
            .insert(name, (media_type.to_owned(), bytes));
        Ok(())
    }

    fn call(&mut self, text: &str) -> std::result::Result<(), String> {
        self.title = told("title", text, TITLE_LENGTH_MAX)?;
        Ok(())
    }

    fn describe(&mut self, text: &str) -> std::result::Result<(), String> {
        self.alt = told("describe", text, ALT_LENGTH_MAX)?;
        Ok(())
    }

    fn add_line(&mut self, line: &str) {
        let room = LOG_BYTES_MAX.saturating_sub(self.log.len());
        if room == 0 {
            return;
        }
        if line.len() + 1 > room {
            self.log.push_str("… (more was logged than is kept)\n");
            let filler = LOG_BYTES_MAX.saturating_sub(self.log.len());
            self.log.extend(std::iter::repeat_n('\n', filler));
            return;
        }
        self.log.push_str(line);
        self.log.push('\n');
    }
}

/// A text for people, on one line; none if it is blank.
fn told(
    function: &str,
    text: &str,
    length_max: usize,
) -> std::result::Result<Option<String>, String> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let length = text.chars().count();
    if length > length_max {
        return Err(format!(
            "{function}: {length} characters are more than the limit of {length_max}"
        ));
    }
    Ok((length > 0).then_some(text))
}

/// Throws once the script has to stop: calls that take long may come too rarely for the interpreter to ask.
fn check_time(ctx: &Ctx<'_>, allowance: &Allowance) -> Result<()> {
    match allowance.is_over() {
        true => Err(limit(ctx, "the time is over")),
        false => Ok(()),
    }
}

/// Registers the functions that fill `report`.
pub(crate) fn install<'js>(
    ctx: &Ctx<'js>,
    native: &Object<'js>,
    report: &Rc<RefCell<Report>>,
    allowance: &Rc<Allowance>,
    bytes_max: u64,
) -> Result<()> {
    let to = Rc::clone(report);
    let log = move |line: String| to.borrow_mut().add_line(&line);
    let (of, time) = (Rc::clone(report), Rc::clone(allowance));
    let log_takes = move |ctx: Ctx<'js>| {
        check_time(&ctx, &time)?;
        Ok::<_, rquickjs::Error>(of.borrow().log.len() < LOG_BYTES_MAX)
    };
    let time = Rc::clone(allowance);
    let check = move |ctx: Ctx<'js>| check_time(&ctx, &time);
    let to = Rc::clone(report);
    let features = move |ctx: Ctx<'js>, json: String| {
        let added = to.borrow_mut().add_features(&json);
        added.map_err(|message| limit(&ctx, &message))
    };
    let to = Rc::clone(report);
    let title = move |ctx: Ctx<'js>, text: String| {
        let told = to.borrow_mut().call(&text);
        told.map_err(|message| limit(&ctx, &message))
    };
    let to = Rc::clone(report);
    let describe = move |ctx: Ctx<'js>, text: String| {
        let told = to.borrow_mut().describe(&text);
        told.map_err(|message| limit(&ctx, &message))
    };
    let to = Rc::clone(report);
    let attach_text = move |ctx: Ctx<'js>, name: String, media_type: String, text: String| {
        let attached = to
            .borrow_mut()
            .attach(name, &media_type, text.into_bytes(), bytes_max);
        attached.map_err(|message| limit(&ctx, &message))
    };
    let to = Rc::clone(report);
    let attach_bytes =
        move |ctx: Ctx<'js>, name: String, media_type: String, content: TypedArray<'js, u8>| {
            let attached = to
                .borrow_mut()
                .attach(name, &media_type, bytes(&content), bytes_max);
            attached.map_err(|message| limit(&ctx, &message))
        };
    let to = Rc::clone(report);
    let attach_canvas = move |ctx: Ctx<'js>, name: String, held: Class<'js, Handle>| {
        let Handle::Surface(surface) = &*held.borrow() else {
            return Err(Exception::throw_type(&ctx, "attach: expected a canvas"));
        };
        let encoded = png::encode(&surface.borrow().pixmap)
            .map_err(|error| Exception::throw_message(&ctx, &format!("attach: {error}")))?;
        let attached = to
            .borrow_mut()
            .attach(name, "image/png", encoded, bytes_max);
        attached.map_err(|message| limit(&ctx, &message))
    };
    define! { ctx, native,
        "log" = log;
        "logTakes" = log_takes;
        "checkTime" = check;
        "features" = features;
        "title" = title;
        "describe" = describe;
        "attachText" = attach_text;
        "attachBytes" = attach_bytes;
        "attachCanvas" = attach_canvas;
    }
    Ok(())
}
