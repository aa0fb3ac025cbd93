use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::*;
use crate::testing::Bench;

fn shell(bench: &Bench) -> Tool {
    let program = Program {
        name: "sh",
        version: &["-c", "echo sh, version 7.1: of a test"],
        install: "apt install dash",
    };
    Tools::default().find(&program, &bench.context()).unwrap()
}

fn args(script: &str) -> Vec<OsString> {
    vec!["-c".into(), script.into()]
}

#[test]
fn a_program_that_is_absent_is_told_with_what_installs_it() {
    let bench = Bench::default();
    let program = Program {
        name: "ffmpeg",
        version: &["-version"],
        install: "Debian and Ubuntu: apt install ffmpeg",
    };
    let tools = Tools::in_path("/nowhere:/nor/here");
    let error = tools.find(&program, &bench.context()).err().unwrap();
    insta::assert_snapshot!(error, @"there is no program `ffmpeg` in the folders of PATH: install it (Debian and Ubuntu: apt install ffmpeg) and run again");
}

#[test]
fn a_program_sees_its_folder_and_path_and_nothing_else() {
    let bench = Bench::default();
    let tool = shell(&bench);
    assert_eq!(tool.version, "sh 7.1");
    let place = folder().unwrap();
    let mut process = Process::start(&tool, args("cat; pwd; env"), place.path(), true).unwrap();
    process
        .give(Arc::new(b"tide\n".to_vec()), &bench.context())
        .unwrap();
    let first = process.everything(&bench.context()).unwrap();
    let first = String::from_utf8(first).unwrap();
    assert!(first.starts_with("tide\n"), "{first}");
    assert!(first.contains(&*place.path().to_string_lossy()));
    let names: Vec<&str> = first
        .lines()
        .filter_map(|line| Some(line.split_once('=')?.0))
        .filter(|name| !["PWD", "OLDPWD", "SHLVL", "_"].contains(name))
        .collect();
    assert_eq!(names, ["PATH"]);
}

#[test]
fn a_program_is_asked_once_for_its_version_until_it_is_another() {
    let place = folder().unwrap();
    let tools = Tools::in_path(format!("{}:/usr/bin:/bin", place.path().display()));
    let program = Program {
        name: "tidal",
        version: &["--version"],
        install: "apt install tidal",
    };
    assert_eq!(tools.version(&program), None);
    let file = place.path().join("tidal");
    let install = |version: &str, code: u8| {
        let asked = place.path().join("asked").display().to_string();
        let script = format!("#!/bin/sh\necho x >> {asked}\necho tidal {version}\nexit {code}\n");
        fs::write(&file, script).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    };
    let told = || {
        // Another thread's child may still hold the file that was just written.
        let told = (0..50).find_map(|_| {
            std::thread::sleep(std::time::Duration::from_millis(5));
            tools.version(&program)
        });
        (told.unwrap_or_default(), tools.version(&program))
    };
    install("1.2", 0);
    assert_eq!(told(), ("tidal 1.2".into(), Some("tidal 1.2".into())));
    install("1.2.1", 0);
    assert_eq!(told().0, "tidal 1.2.1");
    assert_eq!(
        fs::read_to_string(place.path().join("asked")).unwrap(),
        "x\nx\n"
    );
    // One that does not tell it is no reason to do without.
    install("failed", 3);
    assert_eq!(told(), (String::new(), None));
}

#[test]
fn what_a_program_complains_of_is_told() {
    let bench = Bench::default();
    let tool = shell(&bench);
    let place = folder().unwrap();
    let script = "i=0; while [ $i -lt 9000 ]; do echo line $i >&2; i=$((i+1)); done; echo no such codec >&2; exit 3";
    let process = Process::start(&tool, args(script), place.path(), false).unwrap();
    let error = process.finish(&bench.context()).unwrap_err();
    insta::assert_snapshot!(error, @"`sh` ended with code 3: line 8997; line 8998; line 8999; no such codec");
    let mut process = Process::start(&tool, args("exit 4"), place.path(), false).unwrap();
    let error = loop {
        if let Err(error) = process.give(Arc::new(vec![0; 1 << 20]), &bench.context()) {
            break error;
        }
    };
    insta::assert_snapshot!(error, @"`sh` ended with code 4");
}

#[test]
fn stopping_kills_a_program_that_does_not_read_nor_end() {
    let bench = Bench::default();
    let tool = shell(&bench);
    let place = folder().unwrap();
    let script = "echo $$ > pid; exec sleep 600";
    let mut process = Process::start(&tool, args(script), place.path(), true).unwrap();
    let file = place.path().join("pid");
    let pid = loop {
        match fs::read_to_string(&file) {
            Ok(pid) if pid.ends_with('\n') => break pid.trim().to_owned(),
            _ => std::thread::yield_now(),
        }
    };
    let entry = Path::new("/proc").join(&pid);
    assert!(entry.exists());
    bench.stop.store(true, Ordering::Relaxed);
    assert_eq!(process.take(&bench.context()), Err(EngineError::Stopped));
    assert_eq!(
        process.give(Arc::new(vec![0; 1 << 20]), &bench.context()),
        Err(EngineError::Stopped)
    );
    assert_eq!(process.finish(&bench.context()), Err(EngineError::Stopped));
    assert!(!entry.exists(), "{pid} is still there");
}

#[test]
fn more_than_an_asset_may_have_is_not_read() {
    let place = folder().unwrap();
    let file = place.path().join("out.mp4");
    fs::write(&file, [0; 100]).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(read_file(&file, 100).unwrap().len(), 100);
    insta::assert_snapshot!(read_file(&file, 99).unwrap_err(), @"what was made has 100 bytes, more than the 99 that an asset may have: make it shorter or smaller");
}
