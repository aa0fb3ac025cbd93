//! What is told of tokens: the metadata that marketplaces read, and how pages say to check them.

use std::collections::BTreeMap;

use daedal_core::Digest;
use serde_json::{Value, json};

use super::fixture::{broken, object, release};
use super::tests::Studio;
use super::{Site, collection_uri, token_base, work_uri};
use crate::{Release, WorkVersion};

const URL: &str = "https://example.org/a/";

fn metadata(files: &BTreeMap<String, Vec<u8>>) -> BTreeMap<&str, Value> {
    let is_metadata = |name: &str| name.starts_with("tokens/") && name.ends_with(".json");
    let tokens = files.iter().filter(|(name, _)| is_metadata(name));
    tokens
        .map(|(name, bytes)| (name.as_str(), serde_json::from_slice(bytes).unwrap()))
        .collect()
}

/// Where the addresses of a piece of metadata lead, as paths of the site.
fn led_to(name: &str, metadata: &Value) -> Vec<String> {
    ["image", "animation_url", "external_url", "external_link"]
        .iter()
        .filter_map(|field| metadata[field].as_str())
        .map(|address| {
            let up = "../".repeat(name.matches('/').count());
            let path = address.strip_prefix(URL).or(address.strip_prefix(&up));
            path.unwrap_or_else(|| panic!("{name} leads to {address}"))
                .to_owned()
        })
        .collect()
}

#[test]
fn metadata_is_what_marketplaces_read() {
    let studio = Studio::new();
    let release = release(&studio.blobs, "almanac", 1);
    studio.publish_with(&release, json!({ "url": URL }));
    let files = studio.tree();
    let told: Vec<_> = metadata(&files)
        .into_iter()
        .map(|(name, metadata)| format!("{name}\n{metadata:#}\n"))
        .collect();
    insta::assert_snapshot!("metadata", told.join("\n"));
}

#[test]
fn metadata_lies_where_it_is_said_to_before_minting_and_leads_to_files() {
    for settings in [json!({}), json!({ "url": "https://example.org/a" })] {
        let studio = Studio::new();
        let site = Site::new(studio.directory());
        let url = site.url(&object(settings.clone())).unwrap();
        assert_eq!(url.is_some(), settings.get("url").is_some());
        let release = release(&studio.blobs, "almanac", 1);
        studio.publish_with(&release, settings);
        // Afterwards the settings need not say it again.
        assert_eq!(site.url(&object(json!({}))).unwrap(), url);
        let url = url.as_deref();
        let mut expected = vec![collection_uri(url, "almanac"), work_uri(url, "almanac", 2)];
        for edition in release
            .items
            .iter()
            .filter_map(|item| item.edition.as_ref())
        {
            let base = token_base(url, &release.run);
            expected.push(format!("{base}{}.json", edition.index));
        }
        expected.sort();
        let files = studio.tree();
        let metadata = metadata(&files);
        let mut found: Vec<_> = metadata
            .keys()
            .map(|name| format!("{}{name}", url.unwrap_or_default()))
            .collect();
        found.sort();
        assert_eq!(found, expected);
        for (name, metadata) in &metadata {
            let led_to = led_to(name, metadata);
            assert!(!led_to.is_empty(), "{name}");
            for path in led_to {
                assert!(files.contains_key(&path), "{name} -> {path}");
            }
        }
    }
}

#[test]
fn a_base_address_may_lack_its_slash() {
    let run = daedal_core::Digest::of(b"run");
    for url in [URL, URL.trim_end_matches('/')] {
        assert_eq!(token_base(Some(url), &run), format!("{URL}tokens/{run}/"));
    }
    assert_eq!(token_base(None, &run), format!("tokens/{run}/"));
}

#[test]
fn what_moves_is_played_and_has_its_preview_as_picture() {
    for (media_type, preview, is_pictured, is_played) in [
        ("image/png", None, true, false),
        ("image/svg+xml", Some("image/webp"), true, false),
        ("video/mp4", Some("image/jpeg"), true, true),
        ("video/mp4", None, false, true),
        ("audio/wav", None, false, true),
        ("text/html", Some("image/webp"), true, true),
        ("text/html; charset=utf-8", None, false, true),
        ("text/plain", Some("text/plain"), false, false),
        ("application/json", None, false, false),
    ] {
        let studio = Studio::new();
        let mut release = release(&studio.blobs, "almanac", 1);
        release.items.truncate(1);
        let item = &mut release.items[0];
        item.asset = studio.blobs.keep(media_type, b"the asset");
        item.preview = preview.map(|media_type| studio.blobs.keep(media_type, b"its preview"));
        studio.publish(&release);
        let files = studio.tree();
        let metadata = metadata(&files);
        let name = format!("tokens/{}/0.json", release.run);
        let edition = &metadata[name.as_str()];
        let bytes = |field: &str| {
            let path = edition[field].as_str()?.strip_prefix("../../").unwrap();
            Some(files[path].as_slice())
        };
        let pictured: Option<&[u8]> = match media_type.starts_with("image/") {
            true => Some(b"the asset"),
            false if is_pictured => Some(b"its preview"),
            // What has no picture gets a card.
            false => files
                .get(&format!("tokens/{}/0.svg", release.run))
                .map(Vec::as_slice),
        };
        assert!(pictured.is_some(), "{media_type} {preview:?}");
        assert_eq!(bytes("image"), pictured, "{media_type} {preview:?}");
        assert_eq!(
            bytes("animation_url"),
            is_played.then_some(b"the asset".as_slice()),
            "{media_type}"
        );
    }
}

#[test]
fn a_text_without_a_preview_has_a_card_for_a_picture() {
    let studio = Studio::new();
    let mut release = release(&studio.blobs, "almanac", 1);
    let text = &mut release.items[2];
    text.preview = None;
    text.title = "Low <tide> & \u{1}moon".into();
    studio.publish(&release);
    let files = studio.tree();
    let card = format!("tokens/{}/2.svg", release.run);
    let card = String::from_utf8(files[&card].clone()).unwrap();
    let mut reader = quick_xml::Reader::from_str(&card);
    while reader.read_event().unwrap() != quick_xml::events::Event::Eof {}
    insta::assert_snapshot!("card", card);
    studio.publish(&release);
    assert_eq!(studio.tree(), files, "the same card");
    // It goes once there is a picture.
    release.items[2].preview = Some(studio.blobs.keep("image/webp", b"its preview"));
    studio.publish(&release);
    assert!(studio.tree().keys().all(|name| !name.ends_with("/2.svg")));
}

#[test]
fn a_version_is_told_before_anything_of_it_is_released() {
    let studio = Studio::new();
    let site = Site::new(studio.directory());
    let release = release(&studio.blobs, "almanac", 1);
    let mut version = WorkVersion {
        process: release.process.clone(),
        bundle: Digest::of(b"next"),
        work: release.work.clone().unwrap(),
    };
    version.work.version = 7;
    let none = object(json!({}));
    assert!(!site.add_version(&version, &none).unwrap());
    assert!(!studio.directory().exists());
    studio.publish(&release);
    let before = studio.tree();
    assert!(site.add_version(&version, &none).unwrap());
    let files = studio.tree();
    let told = &metadata(&files)["tokens/work-almanac-v7.json"];
    assert_eq!(told["properties"]["version"], 7);
    assert_eq!(told["properties"]["bundle"], json!(version.bundle));
    assert!(files.contains_key(&led_to("tokens/x", told)[0]), "{told}");
    assert_eq!(files.len(), before.len() + 2, "its metadata and its record");
    // Another release leaves it, and one of that version takes its place.
    studio.publish(&super::fixture::release(&studio.blobs, "almanac", 2));
    assert!(studio.tree().contains_key("tokens/work-almanac-v7.json"));
    assert!(
        site.add_version(&version, &object(json!({ "url": URL })))
            .unwrap()
    );
    let files = studio.tree();
    let told = &metadata(&files)["tokens/work-almanac-v7.json"];
    assert!(told["external_url"].as_str().unwrap().starts_with(URL));
}

#[test]
fn metadata_goes_with_what_it_was_about() {
    let studio = Studio::new();
    let mut release = release(&studio.blobs, "almanac", 1);
    studio.publish(&release);
    assert_eq!(metadata(&studio.tree()).len(), 5);
    release.items[1].edition = None;
    if let Some(work) = &mut release.work {
        work.version = 3;
    }
    studio.publish(&release);
    let files = studio.tree();
    let names: Vec<_> = metadata(&files).into_keys().map(str::to_owned).collect();
    let run = release.run;
    assert_eq!(
        names,
        [
            format!("tokens/{run}/0.json"),
            format!("tokens/{run}/2.json"),
            "tokens/collection-almanac.json".into(),
            "tokens/work-almanac-v3.json".into(),
        ]
    );
    assert_eq!(broken(&files), [""; 0]);
    release.work = None;
    studio.publish(&release);
    assert_eq!(metadata(&studio.tree()).len(), 0);
}

#[test]
fn a_later_run_of_the_same_bytes_has_editions_that_lead_to_the_page_where_they_hang() {
    let studio = Studio::new();
    let first = release(&studio.blobs, "almanac", 1);
    let published = studio.publish(&first);
    let mut second = release(&studio.blobs, "almanac", 2);
    second.items[0].unsigned = first.items[0].unsigned;
    let token = format!("eip155:8453/erc721:0x{:040x}/77", 0xee);
    if let Some(edition) = &mut second.items[0].edition {
        edition.token.clone_from(&token);
    }
    studio.publish(&second);
    let files = studio.tree();
    let metadata = metadata(&files);
    let name = format!("tokens/{}/0.json", second.run);
    let page = led_to(&name, &metadata[name.as_str()]).pop().unwrap();
    assert!(published.items[0].ends_with(&page), "{page}");
    assert!(String::from_utf8_lossy(&files[&page]).contains(&token));
}

/// What was published before there were tokens is still read, and shown as far as it goes.
#[test]
fn records_from_before_tokens_are_read() {
    let studio = Studio::new();
    let first = release(&studio.blobs, "almanac", 1);
    studio.publish(&first);
    let path = studio.directory().join(super::names::record(&first.run));
    let mut record: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let remove = |value: &mut Value, names: &[&str]| {
        for name in names {
            assert!(
                value.as_object_mut().unwrap().remove(*name).is_some(),
                "{name}"
            );
        }
    };
    remove(&mut record, &["work"]);
    remove(&mut record["anchor"], &["root", "by", "block"]);
    for item in record["items"].as_array_mut().unwrap() {
        remove(&mut item["edition"], &["index", "owner"]);
    }
    std::fs::write(&path, record.to_string()).unwrap();
    std::fs::remove_dir_all(studio.directory().join("tokens")).unwrap();
    studio.publish(&release(&studio.blobs, "almanac", 2));
    let files = studio.tree();
    let page = files.iter().find(|(name, bytes)| {
        let bytes = String::from_utf8_lossy(bytes);
        name.starts_with("p/almanac/skerry") && bytes.contains(&first.run.to_string())
    });
    let page = String::from_utf8(page.unwrap().1.clone()).unwrap();
    assert!(
        page.contains("<dt>Anchored on</dt><dd><code>eip155:8453</code></dd>"),
        "{page}"
    );
    assert!(!page.contains("anchorOf"), "a question needs the root");
    assert!(!page.contains("<code></code>"), "{page}");
    let of_first = format!("tokens/{}", first.run);
    assert!(!files.keys().any(|name| name.starts_with(&of_first)));
    assert_eq!(broken(&files), [""; 0]);
}

/// Commands are made to be copied: nothing but digits and addresses gets into them.
#[test]
fn names_of_tokens_that_are_none_are_refused() {
    let studio = Studio::new();
    let good = release(&studio.blobs, "almanac", 1);
    let mut told = Vec::new();
    let mut refuse = |change: &dyn Fn(&mut Release)| {
        let mut release = good.clone();
        change(&mut release);
        told.push(studio.refuse(&release));
    };
    let address = format!("0x{:040x}", 1);
    for token in [
        "12".to_owned(),
        format!("eip155:8453/erc20:{address}/1"),
        format!("eip155:1;reboot/erc721:{address}/1"),
        format!("eip155:1/erc721:{address}$(reboot)/1"),
        format!("eip155:1/erc721:{address}/1 && reboot"),
        format!("eip155:1/erc721:{address}/"),
    ] {
        refuse(&|release| release.work.as_mut().unwrap().token.clone_from(&token));
        refuse(&|release| {
            let edition = release.items[0].edition.as_mut().unwrap();
            edition.token.clone_from(&token);
        });
    }
    refuse(&|release| release.work.as_mut().unwrap().shares = "0xshares".into());
    refuse(&|release| release.items[1].edition.as_mut().unwrap().index = 0);
    insta::assert_snapshot!("refused", told.join("\n"));
    // An anchor that no command can be made of is told without one.
    let mut release = good.clone();
    release.anchor.as_mut().unwrap().by = "`reboot`".into();
    studio.publish(&release);
    let page = studio.page("p/almanac/skerry");
    assert!(page.contains("<code>`reboot`</code>"));
    assert!(!page.contains("anchorOf"));
}
