use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use daedal_core::UsdMicros;
use daedal_core::engine::EngineError;
use image::ImageFormat;
use serde_json::{Value, json};

use super::tests::picture;
use super::{Brief, Kind, Painted, PainterSettings, Within};
use crate::testing::{Bench, engine, settings};

/// A model that draws the seed and tells what it was asked.
struct Seeds;

impl Within for Seeds {
    fn paint(
        &self,
        brief: &Brief<'_>,
        _: &AtomicBool,
        _: &dyn Fn(&str),
    ) -> Result<Painted, EngineError> {
        let seeds = (0..brief.count).map(|at| brief.seed + at);
        Ok(Painted {
            pictures: seeds
                .map(|seed| (picture(seed as u32, ImageFormat::Png).0, seed))
                .collect(),
            model: format!(
                "{} {:?} {:?} {:?}",
                brief.prompt, brief.negative, brief.steps, brief.image
            ),
        })
    }
}

#[test]
fn a_model_of_this_process_is_asked_for_nothing_but_pictures() {
    let mut settings = settings(&[]);
    let pond = PainterSettings {
        path: Some("models/pond".into()),
        ..PainterSettings::new(Kind::Local)
    };
    settings.diffusion.insert("pond".to_owned(), pond);
    settings.local = Some(|settings| {
        assert_eq!(settings.path, std::path::Path::new("models/pond"));
        assert_eq!((settings.memory_max, settings.on_cuda), (16 << 30, false));
        Arc::new(Seeds)
    });
    let engine = engine("diffusion", &settings);
    let with = json!({
        "model": "pond", "prompt": "a tide", "negative": "people", "steps": 3, "guidance": 4, "seed": 64, "count": 2,
    });
    assert_eq!(engine.check(&with, &|_| None), [""; 0]);
    // It costs nobody anything, and may be made again.
    let effect = |with: &Value| engine.effect(with.as_object().unwrap());
    assert!(!effect(&with));
    assert!(effect(&json!({ "model": "{{ inputs.model }}" })));
    let bench = Bench::default();
    let task = bench.task(&*engine, with.clone(), 1);
    assert_eq!(engine.cost_max(&task), UsdMicros::default());
    let outcome = bench.perform(&*engine, with, 1).unwrap();
    let told = outcome.value.as_array().unwrap().iter();
    let told: Vec<_> = told
        .map(|one| (one["seed"].clone(), one["width"].clone()))
        .collect();
    assert_eq!(told, [(json!(64), json!(64)), (json!(65), json!(65))]);
    let tool = outcome.usage.tool.unwrap();
    assert_eq!(tool, "local/a tide Some(\"people\") Some(3) None");
    // What another model made is made again.
    assert!(engine.behind(&task).is_some());
    let near = json!({ "model": "pon", "prompt": "a tide" });
    let told = engine.check(&near, &|_| None).join("\n");
    assert!(told.contains("`pond`"), "{told}");
}

#[test]
fn settings_of_a_model_of_this_process_say_what_to_write() {
    let told = |set: &dyn Fn(&mut PainterSettings)| {
        let mut settings = settings(&[]);
        let mut pond = PainterSettings {
            path: Some("pond".into()),
            ..PainterSettings::new(Kind::Local)
        };
        set(&mut pond);
        settings.diffusion.insert("pond".to_owned(), pond);
        settings.local = Some(|_| Arc::new(Seeds));
        let made = crate::all(&settings, Arc::new(|_| Err(String::new())));
        made.map_or_else(
            |error| format!("{error} ({})", error.help),
            |_| String::new(),
        )
    };
    assert_eq!(told(&|_| {}), "");
    assert!(told(&|pond| pond.path = None).contains("path = "));
    assert!(told(&|pond| pond.model = Some("sd".to_owned())).contains("`model` stands under"));
    assert!(told(&|pond| pond.fallback = vec!["ink".to_owned()]).contains("`fallback`"));
    assert!(told(&|pond| pond.device = Some("tpu".to_owned())).contains("is `tpu`"));
    let pin = |pond: &mut PainterSettings| {
        pond.sha256
            .insert("unet/config.json".to_owned(), "abc".to_owned());
    };
    assert!(told(&pin).contains("`unet/config.json`, which is no SHA-256"));
}

#[test]
fn a_server_has_no_folder_and_a_build_without_models_says_so() {
    let told = |entry: PainterSettings| {
        let mut settings = settings(&[]);
        settings.diffusion.insert("pond".to_owned(), entry);
        let made = crate::all(&settings, Arc::new(|_| Err(String::new())));
        let error = made.err().unwrap();
        format!("{error} ({})", error.help)
    };
    let own = PainterSettings {
        path: Some("pond".into()),
        ..PainterSettings::new(Kind::Local)
    };
    assert!(told(own).contains("features local-models"));
    let server = PainterSettings {
        path: Some("pond".into()),
        ..PainterSettings::new(Kind::A1111)
    };
    assert!(told(server).contains("`path` stands under"));
}
