use super::*;

#[test]
fn fields_cover_the_canvas_unless_told_otherwise() {
    yes(
        "const f = noiseField(); f.width === 300 && f.height === 400 && f.rows === 257 && f.columns === 193",
    );
    yes(
        "const f = noiseField({ x: 5, width: 10, height: 20, cell: 1 }); f.x === 5 && f.columns === 11 && f.rows === 21",
    );
    yes(
        "const f = noiseField({ cell: 10 }); f.values instanceof Float32Array && f.values.length === f.columns * f.rows",
    );
    yes("const f = noiseField({ cell: 10 }); f.sample(0, 0) === f.values[0]");
}

#[test]
fn noise_fields_follow_their_label_and_the_seed() {
    let value = |seed: &str, options: &str| -> f64 {
        run(
            seed,
            &format!("noiseField({{ cell: 5, {options} }}).sample(77, 33)"),
        )
        .unwrap()
    };
    assert_eq!(value("one", ""), value("one", "seed: ''"));
    assert_ne!(value("one", ""), value("one", "seed: 'hills'"));
    assert_ne!(value("one", ""), value("two", ""));
    assert_ne!(value("one", ""), value("one", "warp: { amount: 30 }"));
    assert_ne!(value("one", ""), value("one", "ridged: true"));
    assert_ne!(value("one", ""), value("one", "offset: [9, 0]"));
}

#[test]
fn the_same_drawing_at_another_size_has_the_same_noise() {
    let at = |scale: f64| -> f64 {
        let (width, height) = (300.0 * scale, 400.0 * scale);
        evaluate(&format!(
            "noiseField({{ width: {width}, height: {height}, scale: {scale} * 90, cell: {scale} * 5,
              warp: {{ amount: {scale} * 20 }} }}).sample({scale} * 100, {scale} * 50)"
        ))
    };
    assert!((at(1.0) - at(2.0)).abs() < 1e-6);
    assert!((at(1.0) - at(0.25)).abs() < 1e-6);
}

#[test]
fn arithmetic_is_that_of_numbers() {
    let prelude = "const f = field({ cell: 10 }, (x, y) => x / 300), g = field({ cell: 10 }, 0.5);
                   const near = (a, b) => Math.abs(a - b) < 1e-5; const at = (h) => h.sample(60, 10);";
    for check in [
        "near(at(f), 0.2) && near(at(f.add(g)), 0.7) && near(at(f.subtract(1)), -0.8)",
        "near(at(f.multiply(g)), 0.1) && near(at(f.divide(2)), 0.1) && at(f.divide(0)) === 0",
        "near(at(f.min(0.1)), 0.1) && near(at(f.max(g)), 0.5) && near(at(f.mix(g, 0.5)), 0.35)",
        "near(at(f.mix(1, f)), 0.36)",
        "near(at(f.subtract(1).abs()), 0.8) && near(at(f.power(2)), 0.04)",
        "near(at(f.smoothstep(0, 0.4)), 0.5) && near(at(f.clamp(0.3, 0.6)), 0.3)",
        "near(at(f.multiply(9).normalise()), 0.2) && near(at(f.normalise(-1, 1)), -0.6)",
        "near(at(f.curve([1, 0])), 0.8) && near(at(f.curve([[0, 0], [0.1, 4], [0.3, 2]])), 3)",
        "near(at(f.map((v, x, y) => v + x + y)), 70.2)",
        "near(f.gradient(60, 10)[0], 1 / 300) && f.range.join() === '0,1' && near(f.quantile(0.5), 0.5)",
        "near(at(f.distance(0.5)), -90) && near(at(f.blur(20)), 0.2)",
        "const h = field({ columns: 2, rows: 2 }, [0, 1, 2, 3]); h.sample(150, 200) === 1.5",
        "near(linearField({ from: [0, 0], to: [300, 0] }).sample(75, 9), 0.25)",
        "near(radialField({ radius: 50 }).sample(150, 250), 1)",
    ] {
        yes(&format!("{prelude} {check}"));
    }
}

#[test]
fn wrong_options_are_named() {
    let cases = [
        "noiseField({ octave: 3 })",
        "noiseField({ octaves: 40 })",
        "noiseField({ scale: 'big' })",
        "noiseField({ scale: 0 })",
        "noiseField({ cell: 0.01 })",
        "noiseField({ warp: 3 })",
        "noiseField({ warp: { fold: 2 } })",
        "noiseField(7)",
        "field({ cell: 10 }, (x, y) => x < 50 ? 1 : NaN)",
        "field({ cell: 10 }, [1, 2])",
        "field({ cell: 10 }, 'high')",
        "field({ cell: 10 }, (x) => { throw new Error('mine') })",
        "linearField({ from: [1, 1], to: [1, 1] })",
        "noiseField().add('x')",
        "noiseField().add({ _handle: () => {} })",
        "noiseField().smoothstep(0.2, undefined)",
        "noiseField().curve([[1, 0], [0, 1]])",
        "noiseField().blur(1e6)",
        "contours(3, [1])",
        "contours(noiseField(), 'high')",
        "contours(noiseField(), [1, NaN])",
        "contours(noiseField(), 0.5, { smooth: 99 })",
    ];
    let report: Vec<String> = cases
        .iter()
        .map(|case| format!("{case}\n    {}", fails(case)))
        .collect();
    insta::assert_snapshot!(report.join("\n"));
}

#[test]
fn contours_give_lines_by_level() {
    let cone = "const f = radialField({ cell: 2, radius: 100 });";
    yes(&format!(
        "{cone} const [a, b] = contours(f, [0.5, 1]); a.level === 0.5 && b.lines.length === 1 && b.lines[0] instanceof Float64Array"
    ));
    yes(&format!(
        "{cone} const [{{ lines: [l] }}] = contours(f, 1); l[0] === l.at(-2) && l[1] === l.at(-1)"
    ));
    yes(&format!(
        "{cone} const l = (o) => contours(f, 1, o)[0].lines[0].length; l({{ simplify: 1 }}) < l() && l({{ smooth: 1 }}) > l()"
    ));
    yes(&format!(
        "{cone} contours(f, 2.2)[0].lines.length === 4 && areas(f, 2.2)[0].lines.every((l) => l[0] === l.at(-2))"
    ));
}

#[test]
fn stop_signal_ends_long_work() {
    realm("a task", true, |ctx| {
        let error = ctx
            .eval::<(), _>("noiseField({ cell: 0.5 })")
            .catch(&ctx)
            .unwrap_err();
        assert!(error.to_string().contains("interrupted"), "{error}");
    });
}

#[test]
fn fields_that_are_let_go_make_room() {
    // Each has 4 million nodes: without freeing, the limit would be reached at the twelfth.
    yes("for (let i = 0; i < 13; i += 1) field({ width: 2000, height: 2000, cell: 1 }, i); true");
    let held = fails(
        "const kept = []; for (let i = 0; i < 13; i += 1) kept.push(field({ width: 2000, height: 2000, cell: 1 }, i))",
    );
    assert!(held.starts_with("RangeError: fields: "), "{held}");
}
