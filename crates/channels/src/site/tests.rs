use serde_json::{Map, Value, json};
use tempfile::TempDir;

use super::fixture::{Blobs, broken, object, release, tree};
use super::*;

pub(super) struct Studio {
    directory: TempDir,
    site: Site,
    pub(super) blobs: Blobs,
}

impl Studio {
    pub(super) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let site = Site::new(directory.path().join("site"));
        Self {
            site,
            directory,
            blobs: Blobs::default(),
        }
    }

    pub(super) fn publish(&self, release: &Release) -> Published {
        self.publish_with(release, json!({}))
    }

    pub(super) fn publish_with(&self, release: &Release, settings: Value) -> Published {
        self.site
            .publish(release, &object(settings), &self.blobs)
            .unwrap()
    }

    pub(super) fn refuse(&self, release: &Release) -> String {
        let error = self
            .site
            .publish(release, &Map::new(), &self.blobs)
            .unwrap_err();
        error
            .to_string()
            .replace(&self.directory.path().display().to_string(), "")
    }

    pub(super) fn directory(&self) -> PathBuf {
        self.directory.path().join("site")
    }

    pub(super) fn tree(&self) -> std::collections::BTreeMap<String, Vec<u8>> {
        tree(&self.directory())
    }

    pub(super) fn page(&self, start: &str) -> String {
        let files = self.tree();
        let (_, bytes) = files
            .iter()
            .find(|(name, _)| name.starts_with(start))
            .unwrap();
        String::from_utf8(bytes.clone()).unwrap()
    }
}

#[test]
fn a_release_becomes_these_files() {
    let studio = Studio::new();
    let published = studio.publish(&release(&studio.blobs, "almanac", 1));
    let files = studio.tree();
    assert_eq!(
        published.changed + 1,
        files.len(),
        "all but the lock were written"
    );
    assert!(
        published
            .items
            .iter()
            .all(|page| std::path::Path::new(page).is_file())
    );
    insta::assert_snapshot!(files.keys().cloned().collect::<Vec<_>>().join("\n"));
}

#[test]
fn the_page_of_a_piece_tells_how_it_was_made() {
    let studio = Studio::new();
    studio.publish(&release(&studio.blobs, "almanac", 1));
    insta::assert_snapshot!("piece", studio.page("p/almanac/skerry"));
    insta::assert_snapshot!("text", studio.page("p/almanac/three"));
}

#[test]
fn the_front_page_and_the_page_of_a_process() {
    let studio = Studio::new();
    studio.publish(&release(&studio.blobs, "almanac", 1));
    insta::assert_snapshot!("front_single", studio.page("index.html"));
    studio.publish(&release(&studio.blobs, "loom", 2));
    insta::assert_snapshot!("front", studio.page("index.html"));
    insta::assert_snapshot!("process", studio.page("p/almanac/index.html"));
}

#[test]
fn feeds_are_read_by_machines() {
    let studio = Studio::new();
    studio.publish(&release(&studio.blobs, "almanac", 1));
    insta::assert_snapshot!("atom", studio.page("atom.xml"));
    insta::assert_snapshot!("feed", studio.page("feed.json"));
    insta::assert_snapshot!("robots", studio.page("robots.txt"));
    assert!(
        !studio.tree().contains_key("sitemap.xml"),
        "a site map needs addresses"
    );
}

#[test]
fn a_site_that_knows_its_address_uses_it() {
    let studio = Studio::new();
    let settings = json!({ "url": "https://example.org/a", "title": "Press", "author": "Ada" });
    studio.publish_with(&release(&studio.blobs, "almanac", 1), settings);
    check_xml(&studio.page("sitemap.xml"));
    check_xml(&studio.page("atom.xml"));
    let base = "https://example.org/a/";
    let page = studio.page("p/almanac/fen");
    assert!(page.contains(&format!(
        "<link rel=\"canonical\" href=\"{base}p/almanac/fen-hallow-"
    )));
    assert!(page.contains(&format!(
        "property=\"og:image\" content=\"{base}media/almanac/fen-hallow-"
    )));
    assert!(
        studio
            .page("sitemap.xml")
            .contains(&format!("<loc>{base}p/almanac/index.html</loc>"))
    );
    assert!(
        studio
            .page("robots.txt")
            .contains("Disallow: /a/media/almanac/")
    );
    assert!(
        studio
            .page("404.html")
            .contains("href=\"/a/assets/site.css\"")
    );
    let feed: Value = serde_json::from_str(&studio.page("feed.json")).unwrap();
    assert_eq!(feed["home_page_url"], format!("{base}index.html"));
    // What one release said holds for the next, which says nothing.
    studio.publish(&release(&studio.blobs, "loom", 2));
    assert!(studio.page("index.html").contains("<h1>Press</h1>"));
}

#[test]
fn every_link_leads_somewhere() {
    let studio = Studio::new();
    for day in 1..4 {
        studio.publish(&release(&studio.blobs, "almanac", day));
        studio.publish(&release(&studio.blobs, "loom", day));
        assert_eq!(broken(&studio.tree()), [""; 0]);
    }
}

#[test]
fn publishing_again_changes_nothing() {
    let studio = Studio::new();
    let mut release = release(&studio.blobs, "almanac", 1);
    assert!(studio.publish(&release).changed > 0);
    let before = studio.tree();
    assert_eq!(studio.publish(&release).changed, 0);
    release.released_at = "2026-04-01T00:00:00Z".into();
    assert_eq!(
        studio.publish(&release).changed,
        0,
        "the day of a release stays"
    );
    assert_eq!(studio.tree(), before);
}

#[test]
fn the_pages_are_a_function_of_the_records() {
    let studio = Studio::new();
    let last = release(&studio.blobs, "almanac", 2);
    studio.publish(&release(&studio.blobs, "almanac", 1));
    studio.publish(&last);
    let before = studio.tree();
    for name in before
        .keys()
        .filter(|name| !name.starts_with("data/") && !name.starts_with("media/"))
    {
        std::fs::remove_file(studio.directory.path().join("site").join(name)).unwrap();
    }
    studio.publish(&last);
    assert_eq!(studio.tree(), before);
    // The order in which runs are released does not matter either, but for the name of the feed.
    let other = Studio::new();
    other.publish(&release(&other.blobs, "almanac", 2));
    other.publish(&release(&other.blobs, "almanac", 1));
    assert_eq!(other.page("index.html"), studio.page("index.html"));
}

#[test]
fn a_release_replaces_what_was_there_of_its_run() {
    let studio = Studio::new();
    let mut release = release(&studio.blobs, "almanac", 1);
    studio.publish(&release);
    release.items[0].title = "Another name".into();
    release.items.truncate(1);
    studio.publish(&release);
    let files = studio.tree();
    let pages: Vec<_> = files.keys().filter(|name| name.starts_with("p/")).collect();
    assert_eq!(pages.len(), 2, "{pages:?}");
    assert!(
        !files
            .keys()
            .any(|name| name.contains("skerry") || name.contains(".part"))
    );
    assert_eq!(broken(&files), [""; 0]);
}

/// Whatever was written when the power went, readers find whole pages and no dead link, and the
/// next release of anything completes the site.
#[test]
fn a_crash_between_two_files_leaves_a_site() {
    let studio = Studio::new();
    studio.publish(&release(&studio.blobs, "almanac", 1));
    let front = studio.page("index.html");
    let second = release(&studio.blobs, "almanac", 2);
    let directory = &studio.site.directory;
    let mut changes = directory.change();
    for (name, asset) in records::assets(&second) {
        changes
            .write(&name, &studio.blobs.read(&asset.digest).unwrap())
            .unwrap();
    }
    let records = Records::with(directory, &second, Settings::default()).unwrap();
    changes.write_all(&records.files(&second).unwrap()).unwrap();
    let pages = pages_of(&Gallery::new(&records), &[]).unwrap();
    let order = directory.in_order(&pages);
    assert_eq!(order.last().unwrap().0, "index.html");
    for (name, bytes) in order {
        assert_eq!(broken(&studio.tree()), [""; 0], "before {name}");
        assert_eq!(studio.page("index.html"), front, "before {name}");
        changes.write(name, bytes).unwrap();
    }
    assert_eq!(studio.publish(&second).changed, 0, "nothing was left to do");
}

#[test]
fn a_release_whose_bytes_are_lost_leaves_the_site_as_it_was() {
    let studio = Studio::new();
    studio.publish(&release(&studio.blobs, "almanac", 1));
    let (front, record_count) = (studio.page("index.html"), studio.tree().len());
    let second = release(&studio.blobs, "almanac", 2);
    studio.blobs.lose(&second.items[0].asset);
    assert_eq!(studio.refuse(&second), "an asset of the release is missing");
    assert_eq!(studio.page("index.html"), front);
    assert_eq!(studio.tree().len(), record_count);
}

const HOSTILE: &str =
    "</script><script>alert(1)</script>\" onload='alert(2)' ]]> &amp; \u{0}\u{8}../../..";

#[test]
fn what_people_write_stays_text() {
    let studio = Studio::new();
    let mut release = release(&studio.blobs, "almanac", 1);
    for item in &mut release.items {
        item.title = HOSTILE.into();
        item.alt = HOSTILE.into();
        item.text = item.text.as_ref().map(|_| HOSTILE.into());
        item.fields
            .insert("features".into(), json!({ (HOSTILE): HOSTILE }));
        for step in &mut item.lineage {
            step.note = Some(HOSTILE.into());
            step.engine = HOSTILE.into();
            for decision in &mut step.decisions {
                decision.reason = Some(HOSTILE.into());
                decision.act = HOSTILE.into();
            }
        }
    }
    for edition in release
        .items
        .iter_mut()
        .filter_map(|item| item.edition.as_mut())
    {
        edition.price = Some(HOSTILE.into());
        edition.owner = Some(HOSTILE.into());
    }
    if let Some(anchor) = &mut release.anchor {
        anchor.chain = HOSTILE.into();
        anchor.root = HOSTILE.into();
    }
    release.process.title = HOSTILE.into();
    release.process.description = Some(HOSTILE.into());
    release.process.disclosure = Some(HOSTILE.into());
    release.inputs.insert(HOSTILE.into(), HOSTILE.into());
    if let Some(licence) = &mut release.process.licence {
        licence.name = HOSTILE.into();
    }
    studio.publish_with(
        &release,
        json!({ "title": HOSTILE, "description": HOSTILE, "author": HOSTILE }),
    );
    let files = studio.tree();
    for (name, bytes) in &files {
        assert!(
            name.bytes().all(|byte| byte.is_ascii_lowercase()
                || byte.is_ascii_digit()
                || b"-./".contains(&byte))
                || name.starts_with("assets/fonts/"),
            "{name}"
        );
        let text = String::from_utf8_lossy(bytes);
        if name.ends_with(".html") {
            assert!(!text.contains("<script>"), "{name}");
            let markup = text.replace("\\\"", "(a quote in JSON)");
            assert!(!markup.contains("\" onload="), "{name}");
            let scripts = text.matches("</script>").count();
            assert_eq!(scripts, text.matches("<script ").count(), "{name}");
            for data in text.split("application/ld+json\">").skip(1) {
                let data = data.split("</script>").next().unwrap();
                serde_json::from_str::<Value>(data).unwrap();
            }
        }
    }
    check_xml(&studio.page("atom.xml"));
    let feed: Value = serde_json::from_str(&studio.page("feed.json")).unwrap();
    assert!(
        !feed["items"][0]["content_html"]
            .as_str()
            .unwrap()
            .contains("<script")
    );
    assert_eq!(broken(&files), [""; 0]);
}

/// Reads `text` to its end as XML and unescapes all of it.
fn check_xml(text: &str) {
    use quick_xml::events::Event;
    let mut reader = quick_xml::Reader::from_str(text);
    reader.config_mut().check_end_names = true;
    let mut depth = 0_i32;
    loop {
        match reader.read_event().unwrap() {
            Event::Start(tag) => {
                depth += 1;
                tag.attributes()
                    .for_each(|attribute| drop(attribute.unwrap()));
            }
            Event::End(_) => depth -= 1,
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(depth, 0);
    let illegal = |letter: char| letter.is_control() && !matches!(letter, '\n' | '\t' | '\r');
    assert!(!text.contains(illegal));
}

#[test]
fn what_cannot_be_shown_is_refused() {
    let studio = Studio::new();
    let good = release(&studio.blobs, "almanac", 1);
    let mut told = Vec::new();
    let mut refuse = |change: &dyn Fn(&mut Release)| {
        let mut release = good.clone();
        change(&mut release);
        told.push(studio.refuse(&release));
    };
    refuse(&|release| release.process.name = "../up".into());
    refuse(&|release| release.released_at = "yesterday".into());
    refuse(&|release| release.items[1].title = "  ".into());
    refuse(&|release| release.items[1].index = 0);
    assert!(!studio.directory.path().join("site/index.html").exists());
    studio.publish(&good);
    let record = studio
        .directory
        .path()
        .join("site/data/releases/broken.json");
    std::fs::write(record, "{").unwrap();
    told.push(studio.refuse(&good));
    insta::assert_snapshot!(told.join("\n"));
}
