//! The note by which other commands find a server.

use daedal_studio::{Options, Serving, announce, find};
use tokio::net::TcpListener;

use crate::support::{Served, start};

fn of(served: &Served) -> Serving {
    Serving {
        url: served.server.url(),
        pid: std::process::id(),
        chain_id: served.chain.chain_id(),
        clock_key: Some("secret".to_owned()),
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_note_is_read_by_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let served = start(Options::default()).await;
    let path = served.folder.path().join("serving.json");
    // Also over what another version has left open.
    std::fs::write(&path, "{}").unwrap();
    std::fs::write(path.with_extension("json.new"), "{}").unwrap();
    let _announced = announce(&path, &of(&served)).unwrap();
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_server_is_found_by_its_note_until_it_ends() {
    let served = start(Options::default()).await;
    let path = served.folder.path().join("serving.json");
    assert_eq!(find(&path).await, None);
    let announcement = announce(&path, &of(&served)).unwrap();
    assert_eq!(find(&path).await, Some(of(&served)));
    drop(announcement);
    assert!(!path.exists());
    assert_eq!(find(&path).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_note_that_was_left_behind_leads_nowhere() {
    let served = start(Options::default()).await;
    let path = served.folder.path().join("serving.json");
    // Nobody is there.
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let gone = Serving { url, ..of(&served) };
    let _left = announce(&path, &gone).unwrap();
    assert_eq!(find(&path).await, None);
    // Another chain has got the port.
    let other = Serving {
        chain_id: served.chain.chain_id() + 1,
        ..of(&served)
    };
    let _left = announce(&path, &other).unwrap();
    assert_eq!(find(&path).await, None);
    // It isn't a note at all.
    for text in ["", "{", "{\"url\":\"http://127.0.0.1\"}"] {
        std::fs::write(&path, text).unwrap();
        assert_eq!(find(&path).await, None, "{text}");
    }
}

#[tokio::test]
async fn a_server_removes_no_note_but_its_own() {
    let served = start(Options::default()).await;
    let path = served.folder.path().join("serving.json");
    let first = announce(&path, &of(&served)).unwrap();
    let later = Serving {
        pid: 1,
        ..of(&served)
    };
    let second = announce(&path, &later).unwrap();
    drop(first);
    let kept: Serving = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    assert_eq!(kept, later);
    drop(second);
    assert!(!path.exists());
}

#[test]
fn a_note_that_cannot_be_written_is_told_by_its_path() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("absent/serving.json");
    let serving = Serving {
        url: "http://127.0.0.1:1".to_owned(),
        pid: 1,
        chain_id: 1,
        clock_key: None,
    };
    let message = announce(&path, &serving).unwrap_err().to_string();
    assert!(
        message.starts_with(&format!("can't write {}", path.display())),
        "{message}"
    );
}
