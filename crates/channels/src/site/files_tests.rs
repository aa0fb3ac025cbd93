use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Map;

use super::super::Site;
use super::super::fixture::{Blobs, release};
use crate::Channel as _;

type Steps = Vec<(&'static str, PathBuf)>;

thread_local! {
    /// What was asked of the disk, in order.
    pub(super) static STEPS: RefCell<Steps> = const { RefCell::new(Vec::new()) };
}

/// Directories that got names which the disk may not have at the end of `steps`.
fn unsettled<'s>(steps: &'s [(&'static str, PathBuf)]) -> BTreeSet<&'s Path> {
    let mut open = BTreeSet::new();
    for (what, path) in steps {
        match *what {
            "name" => open.extend(path.parent()),
            "directory" => {
                open.remove(path.as_path());
            }
            _ => {}
        }
    }
    open
}

/// Publishes days `1..=last` and gives back what the last one asked of the disk.
fn steps_of_day(root: &Path, last: u8) -> Steps {
    let (site, blobs) = (Site::new(root), Blobs::default());
    for day in 1..=last {
        STEPS.take();
        let release = release(&blobs, "almanac", day);
        site.publish(&release, &Map::new(), &blobs).unwrap();
    }
    STEPS.take()
}

#[test]
fn the_disk_has_everything_before_the_front_page_leads_to_it() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("new/site");
    for day in [1, 2] {
        let steps = steps_of_day(&root, day);
        let mut named = 0;
        for (at, (what, path)) in steps.iter().enumerate() {
            if *what != "name" {
                continue;
            }
            named += 1;
            assert_eq!(
                steps[..at].last(),
                Some(&("bytes", path.clone())),
                "the bytes come before the name"
            );
            if path.starts_with(root.join("data/releases")) {
                let media = root.join("media");
                let open = unsettled(&steps[..at]);
                assert!(
                    !open.iter().any(|open| open.starts_with(&media)),
                    "{open:?}"
                );
            }
        }
        assert!(named > 10, "{steps:?}");
        let front = steps
            .iter()
            .position(|step| *step == ("name", root.join("index.html")));
        let front = front.unwrap();
        assert_eq!(unsettled(&steps[..front]), BTreeSet::new());
        assert_eq!(
            unsettled(&steps),
            BTreeSet::new(),
            "and the front page stays"
        );
    }
}

#[test]
fn new_directories_are_settled_in_those_above_them() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("new/site");
    let steps = steps_of_day(&root, 1);
    for above in [
        directory.path().to_owned(),
        directory.path().join("new"),
        root.join("media"),
        root.join("media/almanac"),
    ] {
        assert!(steps.contains(&("directory", above.clone())), "{above:?}");
    }
}

#[test]
fn an_interrupted_release_is_settled_by_the_next_though_nothing_is_written() {
    let directory = tempfile::tempdir().unwrap();
    let (site, blobs) = (Site::new(directory.path()), Blobs::default());
    let release = release(&blobs, "almanac", 1);
    site.publish(&release, &Map::new(), &blobs).unwrap();
    STEPS.take();
    site.publish(&release, &Map::new(), &blobs).unwrap();
    let steps = STEPS.take();
    assert!(steps.iter().all(|(what, _)| *what == "directory"));
    let media = directory.path().join("media/almanac");
    assert!(steps.contains(&("directory", media)));
}
