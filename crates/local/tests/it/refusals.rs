use std::cell::Cell;
use std::collections::BTreeMap;

use daedal_core::Digest;
use daedal_local::{Error, Model, TorchNoise, Wish};
use daedal_providers::diffusion::ModelSettings;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{copy, made, pins, source};

fn refused(source: &ModelSettings) -> String {
    match Model::load(source, &|| Ok(())) {
        Ok(_) => panic!("it is taken"),
        Err(error) => error.to_string(),
    }
}

/// A copy in which a field of a file says something else.
fn changed(name: &str, path: &str, field: &str, value: Value) -> TempDir {
    let dir = copy(name);
    let file = dir.path().join(path);
    let mut said: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    said[field] = value;
    std::fs::write(&file, said.to_string()).unwrap();
    dir
}

#[test]
fn a_file_that_is_not_the_pinned_one_is_refused() {
    let dir = copy("sd1");
    let source = source(dir.path());
    let path = "unet/diffusion_pytorch_model.safetensors";
    let mut bytes = std::fs::read(dir.path().join(path)).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(dir.path().join(path), &bytes).unwrap();
    let told = refused(&source);
    let (found, pinned) = (Digest::of(&bytes), source.sha256[path]);
    assert!(
        told.contains(path) && told.contains("not the file that is pinned"),
        "{told}"
    );
    assert!(
        told.contains(&found.to_string()) && told.contains(&pinned.to_string()),
        "{told}"
    );
}

#[test]
fn what_is_not_pinned_is_told_to_be_copied() {
    let mut source = source(&made().join("xl"));
    let all = std::mem::take(&mut source.sha256);
    let told = refused(&source);
    let lines: BTreeMap<String, Digest> = told
        .lines()
        .filter_map(|line| line.split_once(" = "))
        .map(|(path, digest)| {
            (
                path.trim_matches('"').to_owned(),
                digest.trim_matches('"').parse().unwrap(),
            )
        })
        .collect();
    // All but the picture, and nothing besides.
    let mut expected = all;
    expected.remove("reference.safetensors");
    assert_eq!(lines, expected);
    source.sha256 = lines;
    Model::load(&source, &|| Ok(())).unwrap();
}

#[test]
fn the_digest_of_a_model_is_that_of_what_it_reads() {
    let digest = |dir: &TempDir| {
        Model::load(&source(dir.path()), &|| Ok(()))
            .unwrap()
            .digest()
    };
    let (one, other) = (copy("sd1"), copy("sd1"));
    std::fs::write(other.path().join("README.md"), "not read").unwrap();
    assert_eq!(digest(&one), digest(&other));
    let other = changed(
        "sd1",
        "scheduler/scheduler_config.json",
        "steps_offset",
        json!(0),
    );
    assert_ne!(digest(&one), digest(&other));
}

#[test]
fn what_cant_be_computed_is_refused() {
    for (name, path, field, value) in [
        (
            "sd1",
            "model_index.json",
            "_class_name",
            json!("FluxPipeline"),
        ),
        (
            "xl",
            "model_index.json",
            "requires_aesthetics_score",
            json!(true),
        ),
        (
            "xl",
            "model_index.json",
            "_class_name",
            json!("StableDiffusionPipeline"),
        ),
        (
            "sd1",
            "scheduler/scheduler_config.json",
            "_class_name",
            json!("LCMScheduler"),
        ),
        ("sd1", "unet/config.json", "time_cond_proj_dim", json!(256)),
        ("sd1", "unet/config.json", "in_channels", json!(9)),
        ("sd1", "unet/config.json", "attention_head_dim", json!(3)),
        (
            "sd1",
            "unet/config.json",
            "attention_head_dim",
            json!([1, 2]),
        ),
        (
            "sd1",
            "unet/config.json",
            "down_block_types",
            json!(vec!["AttnDownBlock2D"; 3]),
        ),
        (
            "sd1",
            "unet/config.json",
            "up_block_types",
            json!(vec!["UpBlock2D"; 3]),
        ),
        ("sd1", "unet/config.json", "layers_per_block", json!(0)),
        ("sd1", "unet/config.json", "block_out_channels", json!([])),
        ("sd1", "vae/config.json", "shift_factor", json!(0.1)),
        ("sd1", "vae/config.json", "down_block_types", json!([])),
        (
            "sd1",
            "vae/config.json",
            "_class_name",
            json!("AsymmetricAutoencoderKL"),
        ),
        (
            "sd1",
            "text_encoder/config.json",
            "hidden_act",
            json!("relu"),
        ),
        (
            "sd1",
            "tokenizer/tokenizer_config.json",
            "tokenizer_class",
            json!("T5Tokenizer"),
        ),
    ] {
        let dir = changed(name, path, field, value);
        let told = refused(&source(dir.path()));
        assert!(
            told.contains(path) || told.contains(field),
            "{path} {field}: {told}"
        );
    }
}

#[test]
fn weights_that_do_not_fit_their_configuration_are_refused() {
    let dir = changed("sd1", "unet/config.json", "cross_attention_dim", json!(16));
    assert!(refused(&source(dir.path())).contains("belong together"));
    let dir = copy("sd1");
    let path = "vae/diffusion_pytorch_model.safetensors";
    for broken in [
        "",
        "12345678",
        "\u{1}\0\0\0\0\0\0\0{",
        "\u{7f}\u{7f}\u{7f}\u{7f}\u{7f}\u{7f}\u{7f}\u{7f}",
    ] {
        std::fs::write(dir.path().join(path), broken).unwrap();
        let told = refused(&source(dir.path()));
        assert!(told.contains(path), "{told}");
    }
    std::fs::remove_file(dir.path().join(path)).unwrap();
    std::fs::write(
        dir.path().join("vae/diffusion_pytorch_model.bin"),
        "pickled",
    )
    .unwrap();
    assert!(refused(&source(dir.path())).contains("only safetensors are read"));
}

#[test]
fn a_folder_that_is_no_model_is_told() {
    let dir = tempfile::tempdir().unwrap();
    assert!(refused(&source(dir.path())).contains("model_index.json"));
    let mut gone = source(dir.path());
    gone.path = dir.path().join("gone");
    assert!(refused(&gone).contains("is no folder"));
}

#[test]
fn a_cache_of_the_hub_is_read_as_it_is() {
    let cache = tempfile::tempdir().unwrap();
    let repository = cache.path().join("models--tide--tiny");
    let snapshot = repository.join("snapshots/0123abcd");
    std::fs::create_dir_all(repository.join("refs")).unwrap();
    std::fs::create_dir_all(snapshot.parent().unwrap()).unwrap();
    std::fs::write(repository.join("refs/main"), "0123abcd").unwrap();
    let model = copy("sd1");
    std::fs::rename(model.path(), &snapshot).unwrap();
    let mut source = source(&snapshot);
    source.path = repository;
    let digest = Model::load(&source, &|| Ok(())).unwrap().digest();
    source.revision = Some("0123abcd".to_owned());
    assert_eq!(Model::load(&source, &|| Ok(())).unwrap().digest(), digest);
    for other in ["fp16", "../snapshots/0123abcd"] {
        source.revision = Some(other.to_owned());
        assert!(refused(&source).contains(other));
    }
}

#[test]
fn half_weights_in_several_files_are_found() {
    let dir = copy("sd1");
    let unet = dir.path().join("unet");
    std::fs::rename(
        unet.join("diffusion_pytorch_model.safetensors"),
        unet.join("part-1.safetensors"),
    )
    .unwrap();
    let index = |shard: &str| json!({ "weight_map": { "conv_in.weight": shard } }).to_string();
    let at = unet.join("diffusion_pytorch_model.safetensors.index.json");
    std::fs::write(&at, index("part-1.safetensors")).unwrap();
    Model::load(&source(dir.path()), &|| Ok(())).unwrap();
    std::fs::write(&at, index("../../part-1.safetensors")).unwrap();
    assert!(refused(&source(dir.path())).contains("names no files beside it"));
}

#[test]
fn memory_has_its_limit() {
    let mut small = source(&made().join("sd1"));
    small.memory_max = 100_000;
    let told = refused(&small);
    assert!(told.contains("memory_mib"), "{told}");
    let mut fits = source(&made().join("sd1"));
    fits.memory_max = 2 << 20;
    let model = Model::load(&fits, &|| Ok(())).unwrap();
    let paint = |side: usize| {
        let wish = Wish {
            width: Some(side),
            height: Some(side),
            ..bare()
        };
        model.paint(&wish, &mut TorchNoise::new(1), &mut |_, _| Ok(()), &|| {
            Ok(())
        })
    };
    paint(32).unwrap();
    let told = paint(4096).unwrap_err();
    assert!(
        matches!(&told, Error::Limit(told) if told.contains("memory_mib")),
        "{told}"
    );
}

fn bare() -> Wish<'static> {
    Wish {
        prompt: "tide",
        negative: None,
        width: None,
        height: None,
        steps: Some(3),
        guidance: Some(1.0),
        image: None,
        strength: None,
    }
}

#[test]
fn it_stops_between_steps_and_within_them() {
    let model = Model::load(&source(&made().join("sd1")), &|| Ok(())).unwrap();
    let mut seen = 0;
    let mut told = |done: usize, _: usize| {
        seen = done;
        if done == 1 {
            Err(Error::Stopped)
        } else {
            Ok(())
        }
    };
    let error = model
        .paint(&bare(), &mut TorchNoise::new(1), &mut told, &|| Ok(()))
        .unwrap_err();
    assert!(matches!(error, Error::Stopped));
    assert_eq!(seen, 1);
    let beats = Cell::new(0);
    let beat = || {
        beats.set(beats.get() + 1);
        if beats.get() == 5 {
            Err(Error::Stopped)
        } else {
            Ok(())
        }
    };
    let mut steps = 0;
    let mut told = |_: usize, _: usize| {
        steps += 1;
        Ok(())
    };
    let error = model
        .paint(&bare(), &mut TorchNoise::new(1), &mut told, &beat)
        .unwrap_err();
    assert!(matches!(error, Error::Stopped));
    assert_eq!((beats.get(), steps), (5, 1));
    assert!(matches!(
        Model::load(&source(&made().join("sd1")), &|| Err(Error::Stopped)),
        Err(Error::Stopped)
    ));
}

#[test]
fn wishes_that_cant_be_met_say_what_to_ask_for() {
    let model = Model::load(&source(&made().join("sd1")), &|| Ok(())).unwrap();
    let image = image::RgbImage::new(16, 16);
    let told = |wish: Wish<'_>| {
        let made = model.paint(&wish, &mut TorchNoise::new(1), &mut |_, _| Ok(()), &|| {
            Ok(())
        });
        made.unwrap_err().to_string()
    };
    let odd = told(Wish {
        width: Some(30),
        ..bare()
    });
    assert!(odd.contains("multiple of 4, such as 32"), "{odd}");
    let many = told(Wish {
        steps: Some(2_000),
        ..bare()
    });
    assert!(many.contains("too few for 2000 `steps`"), "{many}");
    let none = told(Wish {
        image: Some(&image),
        strength: Some(0.2),
        ..bare()
    });
    assert!(none.contains("raise one of them"), "{none}");
    assert!(pins(&made().join("sd1")).len() > 10);
}
