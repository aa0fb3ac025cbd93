use super::*;

const REST: Duration = Duration::from_millis(REST_MS);

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_700_000_000 + seconds)
}

fn gate(gates: &Gates, url: &str, rate: Option<&str>) -> Arc<Gate> {
    let url = Url::parse(url).unwrap();
    gates.of("llm.a", &url, Some("k"), Some(2), rate).unwrap()
}

/// A gate of a studio that a program has just begun to use.
fn anew(folder: &Path, rate: Option<&str>) -> Arc<Gate> {
    lock(&COMMON).retain(|(own, _, _), _| own.as_deref() != Some(folder));
    gate(&Gates::new(Some(folder)), "http://127.0.0.1:1/v1/", rate)
}

#[test]
fn a_server_that_fails_is_left_alone_and_then_tried_once() {
    let gate = gate(&Gates::default(), "http://127.0.0.1:11/", None);
    let now = at(0);
    for _ in 1..FAILURES_MAX {
        gate.failed(now);
    }
    assert_eq!(gate.shut_for(now), None);
    gate.failed(now);
    assert_eq!(gate.shut_for(now), Some(REST));
    let later = now + REST;
    assert_eq!(gate.shut_for(later), None);
    assert_eq!(gate.shut_for(later), Some(REST));
    gate.failed(later);
    assert_eq!(gate.shut_for(later), Some(REST));
    gate.answered();
    assert_eq!(gate.shut_for(later), None);
}

#[test]
fn calls_keep_their_distance() {
    let gate = gate(&Gates::default(), "http://127.0.0.1:12/", Some("1/s"));
    assert_eq!(gate.turn(at(0)), None);
    assert_eq!(gate.turn(at(0)), Some(Duration::from_secs(1)));
    assert_eq!(gate.turn(at(1)), None);
    // A clock that was put back does not stop everything.
    assert_eq!(
        gate.turn(at(0) - Duration::from_secs(9_999)),
        Some(Duration::from_secs(1))
    );
}

#[test]
fn a_server_has_one_gate_whichever_entries_name_it() {
    let gates = Gates::default();
    let url = Url::parse("http://127.0.0.1:13/").unwrap();
    let first = gates.of("llm.a", &url, Some("k"), Some(3), None).unwrap();
    let second = gates
        .of("llm.b", &url, Some("k"), Some(1), Some("1/m"))
        .unwrap();
    assert!(Arc::ptr_eq(&first, &second));
    let limits = *lock(&first.limits);
    assert_eq!(
        (limits.concurrency, limits.spacing_ms),
        (Some(1), 60_000),
        "{limits:?}"
    );
    let other = gates.of("llm.c", &url, Some("l"), None, None).unwrap();
    assert!(!Arc::ptr_eq(&first, &other));
    let place = first.place().unwrap();
    assert!(first.place().is_none() && other.place().is_some());
    drop(place);
    assert!(first.place().is_some());
}

#[test]
fn the_next_program_keeps_the_distance_and_leaves_alone_what_failed() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(anew(dir.path(), Some("1/m")).turn(at(0)), None);
    let next = anew(dir.path(), Some("1/m"));
    assert_eq!(next.turn(at(20)), Some(Duration::from_secs(40)));
    assert_eq!(next.turn(at(60)), None);
    for _ in 0..FAILURES_MAX {
        anew(dir.path(), None).failed(at(70));
    }
    assert_eq!(anew(dir.path(), None).shut_for(at(70)), Some(REST));
    // What can't be read is as if it was not there.
    let folder = std::fs::read_dir(dir.path().join(FOLDER)).unwrap();
    for file in folder {
        std::fs::write(file.unwrap().path(), "{").unwrap();
    }
    assert_eq!(anew(dir.path(), Some("1/m")).turn(at(71)), None);
}

#[test]
fn a_rate_spaces_calls_out() {
    assert_eq!(spacing("60/m"), Some(1_000));
    assert_eq!(spacing("3/s"), Some(334));
    assert_eq!(spacing("1/h"), Some(3_600_000));
    for text in ["0/m", "60", "60/d", "-1/m", "x/m"] {
        assert_eq!(spacing(text), None, "{text}");
    }
}
