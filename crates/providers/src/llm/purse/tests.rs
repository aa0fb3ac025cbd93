use super::*;

fn purse(dir: &tempfile::TempDir, day: u64) -> Purse {
    let caps = Caps {
        day: Some(UsdMicros(day)),
        studio: None,
    };
    Purse::new(Some(dir.path()), caps)
}

impl Purse {
    /// Holds on a day, without patience.
    fn on(&self, day: u64, most: u64) -> Result<Held<'_>, EngineError> {
        self.hold_on(|| day, UsdMicros(most), &mut || Err(EngineError::Stopped))
    }
}

fn metered(cost: u64) -> Meter {
    let meter = Meter::default();
    meter.begin();
    meter.end(UsdMicros(cost), (0, 0));
    meter
}

fn told(held: Result<Held<'_>, EngineError>) -> String {
    held.map(|_| ()).unwrap_err().to_string()
}

#[test]
fn a_day_has_its_cap_whoever_asks_and_the_next_one_begins_anew() {
    let dir = tempfile::tempdir().unwrap();
    let first = purse(&dir, 100);
    first.on(1, 70).unwrap().settle(&metered(70)).unwrap();
    assert!(told(first.on(1, 31)).contains("day_max"));
    first.on(1, 30).unwrap().settle(&metered(5)).unwrap();
    // Another program of the same studio.
    let second = purse(&dir, 100);
    assert!(second.on(1, 26).is_err());
    second.on(1, 25).unwrap().settle(&metered(25)).unwrap();
    assert!(second.on(2, 100).is_ok());
}

#[test]
fn a_call_that_fits_once_others_are_over_waits_for_them() {
    let dir = tempfile::tempdir().unwrap();
    let purse = purse(&dir, 800);
    let first = purse.on(1, 422).unwrap();
    assert_eq!(purse.on(1, 422).err(), Some(EngineError::Stopped));
    // What would not fit even then is told at once.
    assert!(told(purse.on(1, 801)).contains("day_max"));
    std::thread::scope(|scope| {
        let second = scope.spawn(|| {
            let held = purse.hold_on(|| 1, UsdMicros(422), &mut || Ok(()));
            held.unwrap().settle(&metered(11)).unwrap();
        });
        first.settle(&metered(20)).unwrap();
        second.join().unwrap();
    });
    let book = std::fs::read_to_string(dir.path().join(FILE)).unwrap();
    assert_eq!(book, r#"{"day":1,"spent":31,"total":31}"#);
}

#[test]
fn a_studio_has_its_cap_over_all_days() {
    let dir = tempfile::tempdir().unwrap();
    // A book of before there was one.
    std::fs::write(dir.path().join(FILE), r#"{"day":1,"spent":40}"#).unwrap();
    let caps = Caps {
        day: None,
        studio: Some(UsdMicros(100)),
    };
    let purse = Purse::new(Some(dir.path()), caps);
    purse.on(2, 50).unwrap().settle(&metered(30)).unwrap();
    assert!(told(purse.on(3, 31)).contains("studio_max"));
    purse.on(3, 30).unwrap().settle(&metered(30)).unwrap();
    // Without caps it is written all the same, for the day when there is one.
    let free = Purse::new(Some(dir.path()), Caps::default());
    free.on(4, 50).unwrap().settle(&metered(50)).unwrap();
    let book = std::fs::read_to_string(dir.path().join(FILE)).unwrap();
    assert_eq!(book, r#"{"day":4,"spent":50,"total":150}"#);
}

#[test]
fn what_nobody_knows_stays_held() {
    let dir = tempfile::tempdir().unwrap();
    let purse = purse(&dir, 100);
    let lost = Meter::default();
    lost.begin();
    purse.on(1, 60).unwrap().settle(&lost).unwrap();
    assert!(told(purse.on(1, 41)).contains("day_max"));
    // One that was never asked costs nothing.
    let held = purse.on(1, 40).unwrap();
    held.settle(&Meter::default()).unwrap();
    assert!(purse.on(1, 40).is_ok());
}

#[test]
fn a_call_that_ends_on_the_next_day_leaves_that_day_alone() {
    let dir = tempfile::tempdir().unwrap();
    let purse = purse(&dir, 100);
    let yesterday = purse.on(1, 60).unwrap();
    let today = purse.on(2, 60).unwrap();
    yesterday.settle(&metered(1)).unwrap();
    today.settle(&metered(60)).unwrap();
    assert!(told(purse.on(2, 41)).contains("day_max"));
    let book = std::fs::read_to_string(dir.path().join(FILE)).unwrap();
    assert_eq!(book, r#"{"day":2,"spent":60,"total":61}"#);
}

#[test]
fn a_damaged_book_is_told_and_not_written_over() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join(FILE), "{").unwrap();
    assert!(told(purse(&dir, 100).on(1, 1)).contains(FILE));
    assert_eq!(std::fs::read(dir.path().join(FILE)).unwrap(), b"{");
    let free = Purse::new(Some(dir.path()), Caps::default());
    free.on(1, 1).unwrap().settle(&metered(1)).unwrap();
    assert_eq!(std::fs::read(dir.path().join(FILE)).unwrap(), b"{");
}
