use daedal_core::Digest;
use daedal_core::engine::{Engine, Limits};
use serde_json::{Value, json};

use super::ImageEngine;
use crate::picture::{Colour, Encoding, Picture, decode, encode};
use crate::testing::Bench;

/// A small picture with soft tones, hard edges and a hole.
fn subject() -> Picture {
    let mut picture = Picture::filled(48, 36, Colour::WHITE);
    for (index, pixel) in picture.rgba_mut().enumerate() {
        let (x, y) = (index % 48, index / 48);
        *pixel = [(x * 5) as u8, (y * 7) as u8, ((x * y) % 256) as u8, 255];
        if (x as i32 - 24).pow(2) + (y as i32 - 18).pow(2) < 100 {
            *pixel = [230, 60, 40, 255];
        }
        if x > 40 && y > 30 {
            *pixel = [0, 0, 0, 0];
        }
    }
    picture
}

fn bench() -> (Bench, Value) {
    let bench = Bench::default();
    let image = bench.file("in.png", encode(&subject(), Encoding::Png).unwrap());
    (bench, image)
}

fn picture_of(bench: &Bench, value: &Value) -> Picture {
    decode("out", &bench.bytes(value), None, &Limits::default()).unwrap()
}

fn apply(operations: Value) -> Picture {
    let (bench, image) = bench();
    let with = json!({ "image": image, "operations": operations });
    picture_of(&bench, &bench.value(&ImageEngine::default(), with, 5))
}

/// Pixels at four places, and the digest of all of them.
fn shown(picture: &Picture) -> String {
    let at = |x: u32, y: u32| {
        let [r, g, b, a] = *picture.row(y).as_chunks::<4>().0.get(x as usize).unwrap();
        format!("{r:02x}{g:02x}{b:02x}{a:02x}")
    };
    let (w, h) = (picture.width, picture.height);
    format!(
        "{w}x{h} {} {} {} {}",
        at(0, 0),
        at(w / 2, h / 2),
        at(w - 1, h - 1),
        Digest::of(&picture.pixels).short()
    )
}

#[test]
fn every_operation_gives_its_reference() {
    let frame = "<svg xmlns='http://www.w3.org/2000/svg' width='{{ width }}' height='{{ height }}'>\
                 <text x='4' y='14' font-size='12' fill='#fff'>{{ t }}</text></svg>";
    let (bench, image) = bench();
    let other = bench.file(
        "dot.png",
        encode(
            &Picture::filled(8, 8, Colour([0, 80, 255, 200])),
            Encoding::Png,
        )
        .unwrap(),
    );
    let operations = json!([
        { "resize": { "width": 96 } },
        { "resize": { "width": 20, "height": 20, "filter": "mitchell" } },
        { "resize": { "width": 20, "height": 30, "fit": "contain", "background": "#123", "position": "top" } },
        { "resize": { "width": 20, "height": 30, "fit": "inside", "filter": "nearest" } },
        { "resize": { "width": "50%", "height": 30, "fit": "fill", "filter": "bilinear" } },
        { "crop": { "aspect": "1:1", "position": "right" } },
        { "crop": { "x": 4, "y": "25%", "width": 10, "height": "50%" } },
        { "rotate": 90 },
        { "flip": "horizontal" },
        { "border": { "width": "10%", "bottom": 9, "colour": "#f0ead6" } },
        { "blur": { "radius": 2.5 } },
        { "sharpen": { "amount": 1.2, "threshold": 4 } },
        { "grade": { "contrast": 0.2, "temperature": 0.3, "saturation": -0.4, "curves": { "rgb": [[0, 20], [128, 140], [255, 250]] } } },
        { "grain": { "amount": 0.2 } },
        { "grain": { "amount": 0.2, "size": 3, "monochrome": false } },
        { "palette": { "colours": ["#112", "#e63c28", "#f0ead6"] } },
        { "palette": { "colours": ["#112", "#e63c28", "#f0ead6"], "dither": "floyd-steinberg" } },
        { "palette": { "colours": ["#112", "#e63c28", "#f0ead6"], "dither": "ordered", "strength": 0.8 } },
        { "palette": { "colours": ["#112", "#e63c28", "#f0ead6"], "by": "tone", "amount": 0.5 } },
        { "overlay": { "text": frame, "data": { "t": "Ebb & Flow" }, "mode": "difference", "opacity": 0.9 } },
        { "composite": { "image": other, "position": "bottom-right", "width": "25%", "mode": "multiply" } },
        { "composite": { "image": other, "position": { "x": -4, "y": 2 } } },
        { "background": { "colour": "white" } }
    ]);
    let drawn_by_lot = |operation: &Value| {
        let with = json!({ "operations": [operation] });
        ImageEngine::default().seeded(with.as_object().unwrap())
    };
    let listed = operations.as_array().unwrap().iter();
    let listed: Vec<_> = listed.filter(|one| drawn_by_lot(one)).collect();
    assert!(listed.len() == 2 && listed.iter().all(|one| one.get("grain").is_some()));
    assert!(drawn_by_lot(&json!("{{ parameters.finish }}")));
    let mut references = String::new();
    for operation in operations.as_array().unwrap() {
        let with = json!({ "image": image, "operations": [operation] });
        let value = bench.value(&ImageEngine::default(), with.clone(), 5);
        assert_eq!(value, bench.value(&ImageEngine::default(), with, 5));
        let picture = picture_of(&bench, &value);
        assert_eq!(value["width"], picture.width);
        let name = operation.as_object().unwrap().keys().next().unwrap();
        references += &format!("{name}: {}\n", shown(&picture));
    }
    insta::assert_snapshot!(references, @"
    resize: 96x72 000000ff e63c28ff 00000000 b462ac725ec8
    resize: 20x20 210403ff e63c28ff c9f15e7f de69e3c231ea
    resize: 20x30 040500ff 112233ff 112233ff 896e9d9c07f5
    resize: 20x15 050701ff e63c28ff 00000000 cf970bd76bd9
    resize: 24x30 040200ff e63c28ff 00000000 a4e4bd4f90f5
    crop: 36x36 3c0000ff e63c28ff 00000000 2f02995c4ae4
    crop: 10x18 143f24ff 2d7ea2ff 41b652ff 73e2088f44af
    rotate: 36x48 00f500ff e63c28ff eb0000ff b74b83223e87
    flip: 48x36 eb0000ff e63c28ff 00f500ff 5f6ee66455fe
    border: 56x49 f0ead6ff e63c28ff f0ead6ff 9aeebebc3de0
    blur: 48x36 070902ff e63c28ff e3e37109 c86e56ccc568
    sharpen: 48x36 000000ff e63c28ff 00000000 13d602e71fe7
    grade: 48x36 141414ff be4c3cff 14141400 f2f5b732bca9
    grain: 48x36 010101ff e43a26ff 00000000 ec6eda487965
    grain: 48x36 010602ff cb5b3eff 05000000 007b41bef3de
    palette: 48x36 111122ff e63c28ff 11112200 60eae0edd037
    palette: 48x36 111122ff e63c28ff 11112200 d2ba54dfe92c
    palette: 48x36 111122ff e63c28ff 11112200 5eecfbac8a99
    palette: 48x36 090911ff ea543eff 09091100 2be29d886554
    overlay: 48x36 000000ff e63c28ff 00000000 d6a9e76dbc9e
    composite: 48x36 000000ff e63c28ff 0050ffc8 dd3875b6794e
    composite: 48x36 000000ff e63c28ff 00000000 831c1c076e44
    background: 48x36 000000ff e63c28ff ffffffff 2fe8f9683c42
    ");
}

#[test]
fn moving_pixels_and_back_is_the_same_picture() {
    let same = [
        json!([{ "rotate": 90 }, { "rotate": 270 }]),
        json!([{ "rotate": 180 }, { "flip": "horizontal" }, { "flip": "vertical" }]),
        json!([{ "border": { "width": 5, "colour": "#000" } }, { "crop": { "x": 5, "y": 5, "width": 48, "height": 36 } }]),
        json!([{ "grade": {} }, { "blur": { "radius": 0 } }, { "grain": { "amount": 0 } }, { "sharpen": { "amount": 0 } }]),
        json!([{ "resize": { "width": 48 } }, { "resize": { "width": 96, "filter": "nearest" } }, { "resize": { "width": 48, "filter": "nearest" } }]),
    ];
    for operations in same {
        assert_eq!(apply(operations.clone()), subject(), "{operations}");
    }
}

#[test]
fn a_palette_leaves_only_its_colours() {
    for dither in ["none", "floyd-steinberg", "ordered"] {
        let picture = apply(json!([
            { "background": { "colour": "white" } },
            { "palette": { "colours": ["#000", "#fff", "#e63c28"], "dither": dither } }
        ]));
        let allowed = [
            [0, 0, 0, 255],
            [255, 255, 255, 255],
            [0xe6, 0x3c, 0x28, 255],
        ];
        assert!(
            picture.rgba().all(|pixel| allowed.contains(&pixel)),
            "{dither}"
        );
    }
}

#[test]
fn grain_depends_on_the_seed_and_keeps_the_tone() {
    let (bench, image) = bench();
    let with = json!({ "image": image, "operations": [{ "grain": { "amount": 0.3 } }] });
    let grained = |seed| {
        picture_of(
            &bench,
            &bench.value(&ImageEngine::default(), with.clone(), seed),
        )
    };
    assert_ne!(grained(1), grained(2));
    let mean = |picture: &Picture| {
        let sum: u64 = picture.rgba().map(|[_, g, ..]| u64::from(g)).sum();
        sum as f64 / f64::from(picture.width * picture.height)
    };
    assert!((mean(&grained(1)) - mean(&subject())).abs() < 4.0);
}

#[test]
fn formats_differ_in_bytes_alone() {
    let (bench, image) = bench();
    for (format, media_type) in [
        ("png", "image/png"),
        ("jpeg", "image/jpeg"),
        ("webp", "image/webp"),
    ] {
        let with = json!({ "image": image, "format": format, "quality": 80.0 });
        let value = bench.value(&ImageEngine::default(), with, 1);
        assert_eq!(value["media_type"], media_type);
        assert_eq!(picture_of(&bench, &value).width, 48);
    }
}

#[test]
fn mistakes_name_their_operation() {
    let (bench, image) = bench();
    let engine = ImageEngine::default();
    let text = bench.file("note.txt", "a note");
    let mut told: Vec<String> = [
        json!({ "resize": {} }),
        json!({ "resize": { "width": 50_000 } }),
        json!({ "resize": { "width": "wide" } }),
        json!({ "resize": { "width": 0 } }),
        json!({ "crop": { "x": 40, "width": 20, "height": 5 } }),
        json!({ "crop": { "aspect": "wide" } }),
        json!({ "rotate": 45 }),
        json!({ "blur": { "radius": -3 } }),
        json!({ "grade": { "curves": { "red": [[10, 0], [5, 9]] } } }),
        json!({ "grade": { "saturatoin": 1 } }),
        json!({ "palette": { "colours": ["teal"] } }),
        json!({ "palette": { "colours": [] } }),
        json!({ "overlay": { "text": "<svg>{{ titel }}</svg>" } }),
        json!({ "overlay": {} }),
        json!({ "composite": { "image": text } }),
        json!({ "sharpne": {} }),
    ]
    .into_iter()
    .map(|operation| {
        bench.error(
            &engine,
            json!({ "image": image, "operations": [operation] }),
        )
    })
    .collect();
    told.push(bench.error(&engine, json!({ "image": text })));
    told.push(bench.error(&engine, json!({ "image": image, "quality": 200 })));
    told.push(bench.error(&engine, json!({ "image": "in.png" })));
    insta::assert_snapshot!(told.join("\n"), @r#"
    operation 1 (resize): give `width`, `height`, or both
    operation 1 (resize): the result is 50000 × 37500 pixels, more than the limit of 16384 a side and 100000000 in all; make it smaller first
    `operations[0].resize.width` is the text `wide`: expected text or a number: Pixels, or a share of the width: "5%".
    operation 1 (resize): the result would be 0 × 1 pixels: expected at least 1 × 1
    operation 1 (crop): 20 × 5 pixels from (40, 15) reach out of the picture of 48 × 36
    operation 1 (crop): `aspect: wide` is not like `3:4`
    operation 1 (rotate): `rotate: 45` is no quarter turn: expected 90, 180 or 270
    operation 1 (blur): `radius` is -3 pixels, out of its range of 0 to 1,000
    operation 1 (grade): `curves: red` needs two or more points [from, to] of 0 to 255, rising in the first
    `operations[0].grade` takes no `saturatoin`: did you mean `saturation`?
    `operations[0].palette.colours[0]` is the text `teal`: expected text: #rgb, #rrggbb, #rrggbbaa, black, white or transparent.
    operation 1 (palette): `colours` has 0 colours: expected 1 to 256
    operation 1 (overlay): template:1: `titel` is undefined: add it to `data:`, or use `| default(…)`
    operation 1 (overlay): a template is either `template:` (a file) or `text:`
    operation 1 (composite): `note.txt` is not a picture: expected PNG, JPEG, WebP or SVG
    `operations[0]` takes no `sharpne`: did you mean `sharpen`?
    `note.txt` is not a picture: expected PNG, JPEG, WebP or SVG
    `quality: 200` is out of its range of 1 to 100
    `image` is the text `in.png`: expected an asset of type image/png, image/jpeg, image/webp or image/svg+xml, or the path of a file
    "#);
}

#[test]
fn overlays_are_read_before_the_run() {
    let bytes: std::sync::Arc<[u8]> = b"<svg>{% if %}</svg>".as_slice().into();
    let with = json!({ "operations": [{ "overlay": { "template": "frame.svg" } }, { "flip": "vertical" }] });
    let told = ImageEngine::default().check(&with, &|_| Some(bytes.clone()));
    insta::assert_snapshot!(told.join("\n"), @"frame.svg:1: syntax error: unexpected end of block");
}

#[test]
fn a_task_that_should_stop_stops() {
    let (bench, image) = bench();
    bench.stop.store(true, std::sync::atomic::Ordering::Relaxed);
    let with = json!({ "image": image, "operations": [{ "blur": { "radius": 3 } }] });
    assert_eq!(bench.error(&ImageEngine::default(), with), "stopped");
}
