//! Disks that are full or read-only, as copies of this test binary meet them.

use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;

use daedal_core::Digest;
use daedal_core::blob::BlobError;

use super::*;
use crate::conformance::{created, done, run};

const NOBODY: u32 = 65_534;

/// Runs `command` and expects that it played its part to the end.
fn expect_played(command: &mut Command) {
    let output = command.output().unwrap();
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(
        output.status.success() && out.contains("1 passed"),
        "{out}\n{err}"
    );
}

#[test]
fn a_full_disk_is_said_to_be_full_and_loses_nothing() {
    let in_namespace = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--mount", "sh", "-c", script]);
        command
    };
    let place = Place::new();
    let mount = "mount -t tmpfs -o size=4m tmpfs \"$0\"";
    let may_mount = in_namespace(mount).arg(place.path()).output();
    if may_mount.is_ok_and(|output| output.status.success()) {
        let script = format!("{mount} && head -c 1m /dev/zero >\"$0/filler\" && exec \"$@\"");
        let mut command = in_namespace(&script);
        command
            .arg(place.path())
            .arg(std::env::current_exe().unwrap());
        expect_played(play(&mut command, "disk::fills_the_disk", place.path()));
    } else {
        // The limit on the size of files, below, gives the same course with another error number.
        warn("a full disk was not tested: this machine lets no one mount a tmpfs in a namespace");
    }
}

#[test]
fn a_limit_on_the_size_of_files_loses_nothing() {
    let place = Place::new();
    let mut command = Command::new("sh");
    // 1,000 blocks of 512 bytes; a file that grows further gives an error, not a signal.
    command.args(["-c", "trap '' XFSZ && ulimit -f 1000 && exec \"$@\"", "sh"]);
    command.arg(std::env::current_exe().unwrap());
    expect_played(play(&mut command, "disk::fills_the_disk", place.path()));
}

#[tokio::test]
#[ignore = "a part of the tests above"]
async fn fills_the_disk() {
    let Some(path) = part() else { return };
    let filler = path.join("filler");
    Studio::create(&path).unwrap();
    let studio = Studio::open(&path, OpenMode::write("a test"))
        .await
        .unwrap();
    let blob = studio.blobs.write(b"sea").unwrap();
    studio.log.create(run(1), created(1)).await.unwrap();
    let mut expected = vec![created(1)];
    let batch: Vec<_> = (0..200).map(|i| done("draft", i, 0)).collect();
    let error = loop {
        match studio.log.append(run(1), batch.clone()).await {
            Ok(()) => expected.extend(batch.iter().cloned()),
            Err(error) => break error,
        }
        assert!(expected.len() < 1_000_000, "the disk never gets full");
    };
    assert!(matches!(error, StoreError::Io { .. }), "{error:?}");
    let why = if filler.exists() {
        "full (SQLite 13); free some space"
    } else {
        "(`ulimit -f`)"
    };
    assert!(error.to_string().contains(why), "{error}");
    assert!(
        studio.log.read(run(1)).await == Ok(expected.clone()),
        "reading goes on"
    );

    let large = vec![7; 8 << 20];
    let refused = studio.blobs.write(&large).unwrap_err().to_string();
    let why = if filler.exists() {
        "No space left on device"
    } else {
        "File too large"
    };
    assert!(
        refused.contains("could not keep the blob") && refused.contains(why),
        "{refused}"
    );
    let missing = studio.blobs.read(&Digest::of(&large)).unwrap_err();
    assert!(matches!(missing, BlobError::Missing { .. }), "{missing:?}");
    let partial = path.join(FOLDER).join("blobs/.partial");
    assert_eq!(
        fs::read_dir(partial).unwrap().count(),
        0,
        "half a blob was left"
    );

    let mode = if filler.exists() {
        fs::remove_file(&filler).unwrap();
        studio
            .log
            .append(run(1), batch.clone())
            .await
            .expect("there is space again");
        expected.extend(batch);
        OpenMode::write("a test")
    } else {
        OpenMode::Read
    };
    studio.close().await.ok();
    let studio = Studio::open(&path, mode).await.unwrap();
    assert!(
        studio.log.read(run(1)).await == Ok(expected),
        "something was lost"
    );
    assert_eq!(&*studio.blobs.read(&blob).unwrap(), b"sea");
}

/// Sets the permissions of a folder and what is in it.
fn permit(path: &Path, folders: u32, files: u32) {
    let is_folder = path.is_dir();
    if is_folder {
        fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
        for entry in fs::read_dir(path).unwrap() {
            permit(&entry.unwrap().path(), folders, files);
        }
    }
    let mode = if is_folder { folders } else { files };
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[tokio::test]
async fn a_read_only_studio_can_be_read() {
    let place = Place::new();
    let studio = place.open().await;
    studio.blobs.write(b"sea").unwrap();
    studio.log.create(run(1), created(1)).await.unwrap();
    // The same as somebody copied it while it was open, and as it is left after it was also read.
    let (copied, read) = (Place::new(), Place::new());
    for name in ["studio.db", "studio.db-wal"] {
        fs::copy(place.file(name), copied.file(name)).unwrap();
    }
    studio.close().await.unwrap();
    assert!(!place.file("studio.db-wal").exists());
    let studio = read.open().await;
    studio.blobs.write(b"sea").unwrap();
    studio.log.create(run(1), created(1)).await.unwrap();
    studio.log.runs().await.unwrap();
    studio.close().await.unwrap();
    assert!(read.file("studio.db-wal").exists());

    // Whoever may do everything is not stopped by permissions, so nobody has to try.
    let test = place.path().join("test");
    fs::copy(std::env::current_exe().unwrap(), &test).unwrap();
    let places = [
        (&place, "reads_only"),
        (&copied, "can_not_read_half_a_copy"),
        (&read, "reads_only"),
    ];
    for (place, _) in places {
        permit(place.path(), 0o555, 0o444);
    }
    fs::set_permissions(&test, Permissions::from_mode(0o555)).unwrap();
    let is_almighty = fs::write(place.path().join("probe"), "").is_ok();
    for (place, part) in places {
        let mut command = Command::new(&test);
        if is_almighty {
            command.uid(NOBODY).gid(NOBODY);
        }
        expect_played(play(&mut command, &format!("disk::{part}"), place.path()));
    }
    for (place, _) in places {
        permit(place.path(), 0o755, 0o644);
    }
}

async fn refused(path: &Path, mode: OpenMode) -> String {
    match Studio::open(path, mode).await {
        Ok(_) => panic!("the studio opened"),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
#[ignore = "a part of a_read_only_studio_can_be_read"]
async fn reads_only() {
    let Some(path) = part() else { return };
    let error = refused(&path, OpenMode::write("a test")).await;
    assert!(
        error.contains("could not lock") && error.contains("Permission denied"),
        "{error}"
    );
    assert!(
        error.contains("; check who may write there, or copy the studio"),
        "{error}"
    );
    let studio = Studio::open(&path, OpenMode::Read).await.unwrap();
    assert_eq!(studio.log.read(run(1)).await, Ok(vec![created(1)]));
    assert_eq!(&*studio.blobs.read(&Digest::of(b"sea")).unwrap(), b"sea");
}

#[tokio::test]
#[ignore = "a part of a_read_only_studio_can_be_read"]
async fn can_not_read_half_a_copy() {
    let Some(path) = part() else { return };
    let error = refused(&path, OpenMode::Read).await;
    assert!(
        error.contains("check that the folder is there and who may write to it"),
        "{error}"
    );
}

/// Says what was not tested, past the harness, which keeps what passing tests print to itself.
fn warn(message: &str) {
    writeln!(std::io::stderr(), "WARNING: {message}").unwrap();
}
