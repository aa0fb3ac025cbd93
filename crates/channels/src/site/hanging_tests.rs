use serde_json::Value;

use super::fixture::{broken, release};
use super::names;
use super::tests::Studio;

#[test]
fn what_two_runs_gave_hangs_once_with_both_on_its_page() {
    let studio = Studio::new();
    let first = release(&studio.blobs, "almanac", 1);
    let published = studio.publish(&first);
    // The same bytes from another run, sealed anew, and one piece that is its own.
    let mut second = release(&studio.blobs, "almanac", 2);
    for (item, same) in second.items.iter_mut().zip(&first.items).take(2) {
        item.unsigned = same.unsigned;
    }
    second.items[2].unsigned = daedal_core::Digest::of(b"its own");
    let own = second.items.len() - 2;
    let again = studio.publish(&second);
    assert_eq!(again.items[..2], published.items[..2]);
    assert_eq!(again.items.len(), second.items.len());
    let pages = |tree: &std::collections::BTreeMap<String, Vec<u8>>| {
        let pages = tree.keys().filter(|name| name.starts_with("p/almanac/"));
        pages.filter(|name| !name.ends_with("/index.html")).count()
    };
    assert_eq!(pages(&studio.tree()), first.items.len() + own);
    let page = studio.page(&format!("p/almanac/{}", names::slug(&first.items[0].title)));
    for run in [first.run.to_string(), second.run.short()] {
        assert!(page.contains(&run), "{run}");
    }
    let feed: Value = serde_json::from_str(&studio.page("feed.json")).unwrap();
    assert_eq!(
        feed["items"].as_array().unwrap().len(),
        first.items.len() + own
    );
    assert_eq!(broken(&studio.tree()), [""; 0]);
    // Repeating either changes nothing.
    assert_eq!(studio.publish(&first).changed, 0);
    assert_eq!(studio.publish(&second).changed, 0);
}

#[test]
fn pieces_of_one_title_are_told_apart() {
    let studio = Studio::new();
    let mut release = release(&studio.blobs, "almanac", 1);
    for item in &mut release.items {
        item.title = "Low tide".into();
    }
    studio.publish(&release);
    let front = studio.page("index.html");
    for name in [
        "Low tide (poster 1)",
        "Low tide (poster 2)",
        "Low tide (story)",
    ] {
        assert!(front.contains(&format!(">{name}<")), "{name}");
    }
}
