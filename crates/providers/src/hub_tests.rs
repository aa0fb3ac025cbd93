use serde_json::json;

use super::*;
use crate::testing::{Got, Reply, Server as Answering, answer, bytes, json as of_json};

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

fn repository(paths: &[&str]) -> Repository {
    let files = paths.iter().map(|path| json!({ "rfilename": path }));
    let list = json!({ "sha": COMMIT, "siblings": files.collect::<Vec<_>>() });
    serde_json::from_value(list).unwrap()
}

fn chosen(paths: &[&str], half: bool) -> Result<Vec<String>, String> {
    let found = repository(paths);
    let files = found.of_diffusers(half)?;
    Ok(files.iter().map(|file| file.path.clone()).collect())
}

#[test]
fn of_a_model_what_is_read_is_fetched_once() {
    let paths = [
        ".gitattributes",
        "README.md",
        "model_index.json",
        "sd_turbo.safetensors",
        "safety_checker/model.safetensors",
        "scheduler/scheduler_config.json",
        "text_encoder/config.json",
        "text_encoder/model.safetensors",
        "text_encoder/model.fp16.safetensors",
        "text_encoder/pytorch_model.bin",
        "tokenizer/merges.txt",
        "tokenizer/vocab.json",
        "unet/config.json",
        "unet/diffusion_pytorch_model-00001-of-00002.safetensors",
        "unet/diffusion_pytorch_model-00002-of-00002.safetensors",
        "unet/diffusion_pytorch_model.safetensors.index.json",
        "unet/diffusion_pytorch_model.fp16.safetensors",
        "vae/config.json",
        "vae/diffusion_pytorch_model.safetensors",
    ];
    let rest = |weights: &[&str]| -> Vec<String> {
        let mut all: Vec<String> = weights.iter().map(|path| (*path).to_owned()).collect();
        all.extend(
            [
                "model_index.json",
                "scheduler/scheduler_config.json",
                "text_encoder/config.json",
                "tokenizer/merges.txt",
                "tokenizer/vocab.json",
                "unet/config.json",
                "vae/config.json",
                "vae/diffusion_pytorch_model.safetensors",
            ]
            .map(str::to_owned),
        );
        all.sort();
        all
    };
    let sorted = |half| {
        let mut found = chosen(&paths, half).unwrap();
        found.sort();
        found
    };
    assert_eq!(
        sorted(false),
        rest(&[
            "text_encoder/model.safetensors",
            "unet/diffusion_pytorch_model-00001-of-00002.safetensors",
            "unet/diffusion_pytorch_model-00002-of-00002.safetensors",
            "unet/diffusion_pytorch_model.safetensors.index.json",
        ])
    );
    assert_eq!(
        sorted(true),
        rest(&[
            "text_encoder/model.fp16.safetensors",
            "unet/diffusion_pytorch_model.fp16.safetensors",
        ])
    );
    assert!(
        chosen(&["a.safetensors"], false)
            .unwrap_err()
            .contains("model_index.json")
    );
    let pickled = [
        "model_index.json",
        "unet/config.json",
        "unet/diffusion_pytorch_model.bin",
    ];
    assert!(chosen(&pickled, false).unwrap_err().contains("`unet/`"));
}

#[test]
fn repositories_have_names() {
    for name in ["stabilityai/sd-turbo", "gpt2", "a/b.c_d"] {
        assert!(is_repository(name), "{name}");
    }
    for name in [
        "",
        "a/",
        "a/b/c",
        "../x",
        "a/..",
        "a b",
        "a/b?c",
        "https://x",
    ] {
        assert!(!is_repository(name), "{name}");
    }
}

/// A hub with one large file, which is given by another server that breaks off once.
fn hub(content: &'static [u8], digest: Digest) -> (Answering, Answering) {
    let mut breaks = true;
    let store = Answering::answering(move |got: &Got| {
        let from = got.headers.get("range").map(|range| {
            let from = range.trim_start_matches("bytes=").trim_end_matches('-');
            from.parse::<usize>().unwrap()
        });
        if std::mem::take(&mut breaks) {
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n",
                content.len()
            );
            return Reply::Raw([head.as_bytes(), &content[..5]].concat());
        }
        match from {
            Some(from) => answer(
                "206 Partial Content",
                "",
                std::str::from_utf8(&content[from..]).unwrap(),
            ),
            None => bytes("application/octet-stream", content),
        }
    });
    let elsewhere = store.url("/blob");
    let list = json!({ "sha": COMMIT, "siblings": [
        { "rfilename": "vae/a b.safetensors", "size": content.len(), "lfs": { "sha256": digest } },
    ] });
    let front = Answering::answering(move |got: &Got| match got.line.contains("/api/") {
        true => of_json(&list),
        false => answer("302 Found", &format!("location: {elsewhere}\r\n"), ""),
    });
    (front, store)
}

fn settings(store: &Answering) -> (Settings, Reader) {
    let mut settings = crate::testing::settings(&[store.port]);
    let secret = json!({ "env": "HF_TOKEN" });
    let secret = serde_json::from_value(secret).unwrap();
    settings.secrets.insert("hub".into(), secret);
    (
        settings,
        std::sync::Arc::new(|_| Ok("hf_0123456789".to_owned())),
    )
}

fn wait<T>(what: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(what)
}

#[test]
fn a_file_is_brought_checked_and_gone_on_with_and_its_key_stays_with_the_hub() {
    let content = b"all the numbers of a model";
    let (front, store) = hub(content, Digest::of(content));
    let (settings, read) = settings(&store);
    let hub = Hub::new(&settings, &front.url(""), Some("hub"), read).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("vae/a b.safetensors");
    wait(async {
        let found = hub.find("ada/tide", "main").await.unwrap();
        let file = &found.files[0];
        let broken = hub.fetch("ada/tide", &found, file, &place, &|_| {}).await;
        let told = broken.unwrap_err().to_string();
        assert!(told.contains("broke off after 5 bytes"), "{told}");
        assert!(!place.exists());
        let digest = hub.fetch("ada/tide", &found, file, &place, &|_| {}).await;
        assert_eq!(digest.unwrap(), Digest::of(content));
        // It is there, and asked for no more.
        let asked = store.got().len();
        hub.fetch("ada/tide", &found, file, &place, &|_| {})
            .await
            .unwrap();
        assert_eq!(store.got().len(), asked);
    });
    assert_eq!(fs::read(&place).unwrap(), content);
    assert_eq!(fs::read_dir(folder.path().join("vae")).unwrap().count(), 1);
    let at_front = front.got();
    assert!(
        at_front[0]
            .line
            .contains("/api/models/ada/tide/revision/main?blobs=true")
    );
    assert!(
        at_front[1]
            .line
            .contains(&format!("/ada/tide/resolve/{COMMIT}/vae/a%20b.safetensors"))
    );
    for got in &at_front {
        assert_eq!(got.headers["authorization"], "Bearer hf_0123456789");
    }
    for got in store.got() {
        assert!(!got.headers.contains_key("authorization"));
    }
    assert_eq!(store.got()[1].headers["range"], "bytes=5-");
}

#[test]
fn another_file_than_the_hub_says_is_not_kept() {
    let (front, store) = hub(b"something else that came", Digest::of(b"what was meant"));
    let (settings, read) = settings(&store);
    let hub = Hub::new(&settings, &front.url(""), None, read).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("a");
    wait(async {
        let found = hub.find("ada/tide", "main").await.unwrap();
        let file = &found.files[0];
        hub.fetch("ada/tide", &found, file, &place, &|_| {})
            .await
            .unwrap_err();
        let told = hub.fetch("ada/tide", &found, file, &place, &|_| {}).await;
        assert!(told.unwrap_err().to_string().contains("the hub says"));
    });
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn what_is_not_there_says_what_to_do() {
    let front = Answering::start([answer("401 Unauthorized", "", "{}")]);
    let (settings, read) = settings(&front);
    let hub = Hub::new(&settings, &front.url(""), None, read).unwrap();
    let told = wait(hub.find("ada/none", "main")).unwrap_err().to_string();
    assert!(
        told.contains("`ada/none`") && told.contains("--key"),
        "{told}"
    );
}
