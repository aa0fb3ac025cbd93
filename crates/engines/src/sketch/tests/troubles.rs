//! What goes wrong, and how it is told.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use daedal_core::engine::{Engine, EngineError, Limits, TaskContext};
use serde_json::json;

use super::super::Sketch;
use super::{Shelf, limits, photo, run, run_on, task};

#[test]
fn mistakes_show_their_line() {
    let scripts = [
        "let a = 1;\nlet b = a.c.d;",
        "let a = 1;\nlet b = = 2;",
        "const g = (x) => {\n  ctx.arc(0, 0, -x, 0, 1);\n};\ng(5);",
        "ctx.drawImage(5, 0, 0);",
        "Math.random();",
        "new Date();",
        "eval('1');",
        "new Function('return 1')();",
        "(() => {}).constructor('return 1')();",
        "setTimeout(draw, 5);",
        "document.createElement('canvas');",
        "let x = 3;\nx **= 2;",
        "let x = -3 ** 2;",
        "let y = 2 ** 3 + nowhere;",
        "throw 'plain';",
        "throw new Error('my own');",
        "console.log('one');\nconsole.log({ two: 2 });\nnull.three;",
        "async function draw() {\n  await 0;\n  late();\n}",
        "features([1]);",
        "attach('nothing');",
        "canvas.width = 7;",
        "import x from 'fs';",
    ];
    let told: Vec<String> = scripts
        .iter()
        .map(|script| match run(script) {
            Err(error @ EngineError::Invalid { .. }) => error.to_string(),
            other => format!("{script} gave {other:?}"),
        })
        .collect();
    insta::assert_snapshot!(told.join("\n\n"));
}

#[test]
fn memory_that_is_gone_to_the_last_byte_is_told_as_well() {
    for item in [
        "new Array(1000).fill(1.5)",
        "{}",
        "[all.length]",
        "`${all.length}`",
    ] {
        let told = run(&format!("const all = [];\nfor (;;) all.push({item});"));
        let told = told.unwrap_err();
        assert!(matches!(told, EngineError::Limit { .. }), "{item}: {told}");
        assert!(told.to_string().contains("more memory"), "{item}: {told}");
    }
    let thrown = run("throw null;").unwrap_err().to_string();
    assert!(thrown.contains("thrown: null"), "{thrown}");
}

#[test]
fn limits_are_told_with_their_value() {
    let scripts = [
        "const all = [];\nfor (;;) all.push(new Float64Array(100000));",
        "let s = 'x';\nfor (;;) s += s;",
        "function deep(n) {\n  return deep(n + 1) + 1;\n}\ndeep(0);",
        "const one = 1;\nnew OffscreenCanvas(20000, 10);",
        "const all = [];\nfor (;;) all.push(new OffscreenCanvas(4000, 4000));",
        "for (;;) ctx.save();",
        "const c = new OffscreenCanvas(8000, 8000).getContext('2d');\nfor (;;) { c.save(); c.beginPath(); c.rect(0, 0, 9, 9); c.clip(); }",
        "features({ text: 'x'.repeat(70000) });",
        "for (let i = 0; ; i++) attach(`${i}.txt`, 'x');",
        "attach('big.bin', new Uint8Array(17 << 20));",
        "new ImageData(20000, 20000);",
        "const c = new OffscreenCanvas(9000, 9000).getContext('2d');\nc.filter = 'blur(1000px)';\nc.fillRect(0, 0, 9000, 9000);",
    ];
    let told: Vec<String> = scripts
        .iter()
        .map(|script| {
            let shelf = Shelf::default();
            let with = json!({ "width": 60, "height": 40 });
            match run_on(&shelf, &task(&shelf, script, &with, limits())) {
                Err(error @ EngineError::Limit { .. }) => error.to_string(),
                other => format!("{script} gave {other:?}"),
            }
        })
        .collect();
    insta::assert_snapshot!(told.join("\n\n"));
}

#[test]
fn extreme_numbers_draw_nothing_worse_than_nothing() {
    run(include_str!("../cases/extremes.js")).unwrap();
}

#[test]
fn stop_signal_ends_a_script() {
    let shelf = Shelf::default();
    let with = json!({ "width": 60, "height": 40 });
    let task = task(&shelf, "for (;;) {}", &with, limits());
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(50));
            stop.store(true, Ordering::Relaxed);
        });
        let context = TaskContext::new(&shelf, &stop);
        let stopped = Sketch::new().run(&task, &context);
        assert_eq!(stopped, Err(EngineError::Stopped));
    });
}

#[test]
fn check_tells_what_does_not_parse() {
    let check = |script: &'static str| {
        let files = move |path: &str| (path == "art.js").then(|| Arc::from(script.as_bytes()));
        Sketch::new()
            .check(&json!({ "script": "art.js" }), &files)
            .join("\n")
    };
    assert_eq!(check("ctx.fillRect(0, 0, undefinedThing, 1);"), "");
    insta::assert_snapshot!(check("let a = 1;\nlet a = 2;\n"));
    insta::assert_snapshot!(check("function f() {\n  return (1 + ;\n}"));
    insta::assert_snapshot!(check("x **= 2;"));
}

#[test]
fn sizes_that_cannot_be_are_refused() {
    let told: Vec<String> = [
        json!({ "width": 0, "height": 10 }),
        json!({ "width": 12_000, "height": 10, "density": 2 }),
        json!({ "width": 10, "height": 10, "colour": "red" }),
        json!({ "width": 12_000, "height": 12_000 }),
    ]
    .iter()
    .map(|with| {
        let shelf = Shelf::default();
        run_on(&shelf, &task(&shelf, "", with, limits()))
            .unwrap_err()
            .to_string()
    })
    .collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn pictures_that_are_too_large_are_refused_before_they_are_decoded() {
    let mut header = photo();
    header[16..24].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
    let crc = crc(&header[12..29]);
    header[29..33].copy_from_slice(&crc.to_be_bytes());
    let shelf = Shelf::default();
    let data = json!({ "photo": shelf.keep("image/png", &header) });
    let with = json!({ "width": 10, "height": 10, "data": data });
    let error = run_on(&shelf, &task(&shelf, "", &with, limits())).unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("is 60000 x 60000 pixels; the limit is 16384 a side"),
        "{error}"
    );
}

/// CRC-32 of a PNG chunk.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

#[test]
fn what_is_absent_can_be_asked_for() {
    let names = [
        "Date",
        "performance",
        "eval",
        "Function",
        "WebAssembly",
        "setTimeout",
        "setInterval",
        "requestAnimationFrame",
        "fetch",
        "document",
    ];
    for name in names {
        let asked = format!("if (typeof {name} !== 'undefined') throw 'there';\nlet own = 1;");
        run(&asked).unwrap_or_else(|error| panic!("{name}: {error}"));
        let used = run(&format!("let own = 1;\nown += {name}(own);")).unwrap_err();
        let told = format!("art.js:2:8: ReferenceError: {name} is not available in a sketch: ");
        assert!(used.to_string().starts_with(&told), "{used}");
    }
    run("const Date = (x) => x;\nDate(1);").unwrap();
}

#[test]
fn endless_scripts_are_stopped_when_their_time_is_over() {
    let scripts = [
        ("let n = 0;\nwhile (true) n += Math.sin(n);", "art.js:2:"),
        (
            "while (true) { try { while (true) ctx.fillRect(0, 0, 1, 1); } catch {} }",
            "art.js:1:",
        ),
        ("for (;;) {}", "art.js:1:1: "),
        ("let a = 1;\n\nwhile (true);", "art.js:3:1: "),
        ("let n = 0;\nn++;\nfor (;;) { n += 1 }", "art.js:3:"),
        (
            "let n = 0;\nfunction draw() {\n  n++;\n  do { n = n + 2; } while (n);\n}",
            "art.js:4:",
        ),
        ("(async () => {\n  for (;;) await 0;\n})();", "art.js:2:3: "),
        (
            "const tick = () => {\n  for (;;) {\n  }\n};\ntick();",
            "art.js:2:3: ",
        ),
        (
            "class A {\n  go() {\n    let i = 0;\n    while (true) { i++; }\n  }\n}\nnew A().go();",
            "art.js:4:5: ",
        ),
        ("function draw(){\n for(;;){}\n}\ndraw();", "art.js:2:2: "),
        ("[3, 2, 1].sort(() => {\n  for (;;); });", "art.js:2:3: "),
        (
            "Promise.resolve().then(() => {\n  while (true) {}\n});",
            "art.js:2:3: ",
        ),
        (
            "const f = [() => { while (1); },\n  () => { while (1); }];\nf[0](f[1]);",
            "art.js:",
        ),
        (
            "function fib(n) {\n  return n < 2 ? n : fib(n - 1) + fib(n - 2);\n}\nfib(99);",
            "art.js:2:",
        ),
        (
            "let n = 1;\nfor (;;) console.log('x'.repeat(100000));",
            "art.js:2:",
        ),
        (
            "let n = 1;\nfor (;;) new Array(30000).fill(n);",
            "art.js:2:",
        ),
        (
            "Promise.resolve().then(function f() { return Promise.resolve().then(f) });",
            "art.js:",
        ),
    ];
    for (script, place) in scripts {
        let shelf = Shelf::default();
        let with = json!({ "width": 60, "height": 40 });
        let limits = Limits {
            timeout_ms_max: 200,
            ..limits()
        };
        let error = run_on(&shelf, &task(&shelf, script, &with, limits)).unwrap_err();
        assert!(matches!(error, EngineError::Limit { .. }), "{error}");
        let told = error.to_string();
        let advice = "the script ran longer than 0.2 s, which is its limit: look for a loop, or a chain of promises, that does not end";
        assert!(
            told.starts_with(place) && told.contains(advice),
            "{script}\n{told}"
        );
    }
}

#[test]
fn patterns_that_never_match_are_told_with_their_line() {
    let shelf = Shelf::default();
    let with = json!({ "width": 60, "height": 40 });
    let limits = Limits {
        timeout_ms_max: 200,
        ..limits()
    };
    let script = "let a = 1;\n/^(a+)+$/.test('a'.repeat(40) + 'b');";
    let told = run_on(&shelf, &task(&shelf, script, &with, limits)).unwrap_err();
    let told = told.to_string();
    assert!(told.starts_with("art.js:2:"), "{told}");
    assert!(
        told.contains("a regular expression that can match in too many ways"),
        "{told}"
    );
}

#[test]
fn large_arrays_are_filled_as_everywhere() {
    let value = run(
        "const a = new Array(200000).fill(1);\n\
         const b = new Array(200000).fill(7, -3);\n\
         const c = new Array(200000).fill(7, 1, -199990).fill(2, 4, undefined).fill(3, 'x', 2.9);\n\
         const sum = (of) => of.reduce((all, one) => all + one, 0);\n\
         features({ a: sum(a), b: [sum(b), Object.keys(b).length, b.fill(0) === b], c: c.slice(0, 6),\n\
           like: Array.prototype.fill.call({ length: 2 }, 5), name: [].fill.name, length: [].fill.length });",
    )
    .unwrap();
    let expected = json!({
        "a": 200_000, "b": [21, 3, true], "c": [3, 3, 7, 7, 2, 2],
        "like": { "0": 5, "1": 5, "length": 2 }, "name": "fill", "length": 1,
    });
    assert_eq!(value["features"], expected);
}

#[test]
fn what_fails_while_it_is_awaited_is_no_picture() {
    let cases = [
        (
            "queueMicrotask(() => { throw new Error('boom') });",
            "Error: boom",
        ),
        (
            "Promise.reject(new Error('lost')); const p = Promise.reject(new Error('x')); p.catch(() => {});",
            "Error: lost",
        ),
        (
            "(async () => { await 0; undefinedFunction(); })();\n(async () => { try { await Promise.reject(1) } catch {} })();",
            "undefinedFunction is not defined",
        ),
    ];
    for (script, words) in cases {
        let shelf = Shelf::default();
        let with = json!({ "width": 60, "height": 40 });
        let told = run_on(&shelf, &task(&shelf, script, &with, limits()))
            .unwrap_err()
            .to_string();
        assert!(told.contains(words), "{script}\n{told}");
    }
    let handled = "const p = Promise.reject(new Error('x')); setLater(); function setLater() { p.catch(() => {}) }";
    let shelf = Shelf::default();
    let with = json!({ "width": 60, "height": 40 });
    assert!(run_on(&shelf, &task(&shelf, handled, &with, limits())).is_ok());
}

#[test]
fn memory_that_runs_out_is_told_wherever_it_does() {
    let scripts = [
        "function f() { return Promise.resolve().then(f) } f();",
        "(async function f() { await null; return f() })();",
        "const m = new Map(); for (let i = 0; ; i++) m.set(i, { i });",
    ];
    for script in scripts {
        let shelf = Shelf::default();
        let with = json!({ "width": 60, "height": 40 });
        let limits = Limits {
            memory_bytes_max: 24 << 20,
            ..limits()
        };
        let error = run_on(&shelf, &task(&shelf, script, &with, limits)).unwrap_err();
        let told = error.to_string();
        assert!(
            matches!(error, EngineError::Limit { .. }),
            "{script}\n{told}"
        );
        assert!(
            told.contains("needs more memory than its limit of 24 MiB"),
            "{script}\n{told}"
        );
    }
}
