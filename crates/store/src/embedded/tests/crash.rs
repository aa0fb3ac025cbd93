//! A process that is killed while it writes.
//!
//! A copy of this test binary works on a studio and says on its standard output what was
//! acknowledged; it is killed at a random moment, again and again, always on the same studio.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use daedal_core::Digest;
use daedal_core::run::Event;

use super::*;
use crate::conformance::{created, digest, done, entry, run};
use crate::ports::Document;

const KILLS: u64 = 60;
const WORKERS: u64 = 4;
const BATCH: u32 = 3;

/// What the studio acknowledged, over all lives of the process.
#[derive(Default)]
struct Acknowledged {
    /// Events by worker.
    events: BTreeMap<u64, u32>,
    memo: Vec<u64>,
    documents: Vec<u64>,
    numbers: Vec<u64>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_kill_9() {
    let place = Place::new();
    let mut acknowledged = Acknowledged::default();
    let mut abandoned = 0;
    for round in 0..KILLS {
        let random = digest(round).0;
        // Three in four die after so many acknowledgements, the others soon after the start.
        let lines = (!round.is_multiple_of(4)).then_some(usize::from(random[0] / 4));
        let micros = u64::from(u16::from_be_bytes([random[1], random[2]])) / 2;
        kill_one(&place, lines, micros, &mut acknowledged);
        let note = std::fs::read_to_string(place.file("lock")).unwrap_or_default();
        abandoned += u64::from(!note.is_empty());

        let studio = place.open().await;
        assert_kept(&studio, &acknowledged).await;
        let left = std::fs::read_dir(place.file("blobs/.partial")).unwrap();
        assert_eq!(left.count(), 0, "half-written blobs were not swept");
        studio.close().await.unwrap();
    }
    assert!(
        abandoned > KILLS / 2,
        "only {abandoned} of {KILLS} were killed at work"
    );
    assert!(
        acknowledged.numbers.len() as u64 > KILLS,
        "next to nothing was acknowledged"
    );
}

/// Lets a process work on the studio, kills it, and notes what it had acknowledged.
fn kill_one(place: &Place, lines: Option<usize>, micros: u64, acknowledged: &mut Acknowledged) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    play(
        &mut command,
        "crash::works_until_it_is_killed",
        place.path(),
    );
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut said = Vec::new();
    for _ in 0..lines.unwrap_or(0) {
        let mut line = String::new();
        assert_ne!(
            output.read_line(&mut line).unwrap(),
            0,
            "the process ended by itself"
        );
        said.push(line);
    }
    std::thread::sleep(Duration::from_micros(micros));
    child.kill().unwrap();
    child.wait().unwrap();
    let mut line = String::new();
    while output.read_line(&mut line).unwrap() > 0 {
        said.push(std::mem::take(&mut line));
    }
    // What was said without the end of its line was cut off by the kill.
    for line in said.iter().filter_map(|line| line.strip_suffix('\n')) {
        let mut words = line.split(' ');
        let (what, numbers): (_, Vec<u64>) = (
            words.next(),
            words.filter_map(|word| word.parse().ok()).collect(),
        );
        match (what, &numbers[..]) {
            (Some("events"), [worker, count]) => {
                acknowledged.events.insert(*worker, *count as u32);
            }
            (Some("memo"), [number]) => acknowledged.memo.push(*number),
            (Some("document"), [number]) => acknowledged.documents.push(*number),
            (Some("number"), [number]) => {
                let last = acknowledged.numbers.iter().max().copied().unwrap_or(0);
                assert!(
                    !acknowledged.numbers.contains(number),
                    "{number} was given twice"
                );
                assert!(*number + WORKERS > last, "{number} came after {last}");
                acknowledged.numbers.push(*number);
            }
            _ => {} // what the test harness says
        }
    }
}

async fn assert_kept(studio: &Studio, acknowledged: &Acknowledged) {
    let events = studio.log.read(run(1)).await.unwrap();
    let counts = counts(&events);
    for (worker, count) in &counts {
        let expected = acknowledged.events.get(worker).copied().unwrap_or(0);
        assert!(
            *count >= expected,
            "worker {worker}: {count} of {expected} events are left"
        );
        assert_eq!(count % BATCH, 0, "worker {worker}: a batch is torn");
    }
    assert!(
        acknowledged
            .events
            .keys()
            .all(|worker| counts.contains_key(worker))
    );
    let summary = studio.log.runs().await.unwrap();
    assert_eq!(
        summary.first().map_or(0, |run| run.events),
        events.len() as u64
    );

    let keys = acknowledged
        .memo
        .iter()
        .map(|number| digest(*number))
        .collect();
    let expected: Vec<_> = acknowledged
        .memo
        .iter()
        .map(|number| Some(entry(*number)))
        .collect();
    assert_eq!(studio.memo.get(keys).await.unwrap(), expected);

    let kept = studio.records.list("blob").await.unwrap();
    for number in &acknowledged.documents {
        assert!(
            kept.iter().any(|(key, _)| *key == number.to_string()),
            "document {number}"
        );
    }
    for (key, value) in kept {
        let blob: Digest = value.as_str().unwrap().parse().unwrap();
        let bytes = studio
            .blobs
            .read(&blob)
            .expect("a record names a blob that is not there");
        assert_eq!(*bytes, blob_of(key.parse().unwrap()));
    }
}

/// Events by worker, checking that none is missing in between.
fn counts(events: &[Event]) -> BTreeMap<u64, u32> {
    let mut counts = BTreeMap::new();
    for event in events {
        if let Event::TaskDone { task, .. } = event {
            let count = counts.entry(task.step[4..].parse().unwrap()).or_insert(0);
            assert_eq!(task.index, *count, "an event of {} is missing", task.step);
            *count += 1;
        }
    }
    counts
}

fn blob_of(number: u64) -> Vec<u8> {
    number.to_be_bytes().repeat(500)
}

fn say(words: std::fmt::Arguments<'_>) {
    // One call, one line: the pipe takes it whole or not at all.
    let line = format!("{words}\n");
    std::io::stdout().lock().write_all(line.as_bytes()).unwrap();
    std::io::stdout().flush().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a part of what_was_acknowledged_survives_kill_9"]
async fn works_until_it_is_killed() {
    let Some(path) = part() else { return };
    let studio = Studio::open(&path, OpenMode::write("a life"))
        .await
        .unwrap();
    studio.log.create(run(1), created(1)).await.unwrap();
    let before = counts(&studio.log.read(run(1)).await.unwrap());
    let workers = (0..WORKERS).map(|worker| {
        let count = before.get(&worker).copied().unwrap_or(0);
        tokio::spawn(work(studio.clone(), worker, count))
    });
    for worker in workers.collect::<Vec<_>>() {
        worker.await.unwrap();
    }
}

async fn work(studio: Studio, worker: u64, mut count: u32) {
    let step = format!("step{worker}");
    loop {
        let events = (0..BATCH).map(|i| done(&step, count + i, 0)).collect();
        studio.log.append(run(1), events).await.unwrap();
        count += BATCH;
        say(format_args!("events {worker} {count}"));

        let number = u64::from(count) * WORKERS + worker;
        studio
            .memo
            .put(vec![(digest(number), entry(number))])
            .await
            .unwrap();
        say(format_args!("memo {number}"));

        let blob = studio.blobs.write(&blob_of(number)).unwrap();
        let document = Document::of("blob", number.to_string(), &blob);
        studio.records.put(vec![document]).await.unwrap();
        say(format_args!("document {number}"));

        let given = studio.records.next("life").await.unwrap();
        say(format_args!("number {given}"));
    }
}
