use super::*;

/// A path that writes down what is done to it.
const RECORDER: &str = "const recorder = () => ({ log: [],
    moveTo(x, y) { this.log.push(`M${x},${y}`); }, lineTo(x, y) { this.log.push(`L${x},${y}`); },
    closePath() { this.log.push('Z'); } });";

#[test]
fn flow_lines_take_fields_functions_and_vectors() {
    yes(
        "const l = flowLines(field({ cell: 20 }, 0), { separation: 20 }); l.length > 10 && l.every((m) => m instanceof Float64Array && Math.abs(m[1] - m.at(-1)) < 1e-9)",
    );
    yes(
        "const l = flowLines(() => Math.PI / 2, { separation: 20, cell: 20 }); l.length > 8 && l.every((m) => Math.abs(m[0] - m.at(-2)) < 1e-9)",
    );
    yes(
        "const l = flowLines([field({ cell: 20 }, 0), field({ cell: 20 }, 1)], { separation: 20 }); l.every((m) => Math.abs(m[0] - m.at(-2)) < 1e-9)",
    );
    yes(
        "const f = noiseField({ cell: 5 }); flowLines(f, { follow: 'level', separation: 20 }).length !== flowLines(f, { follow: 'slope', separation: 20 }).length",
    );
    yes(
        "flowLines(() => 0, { cell: 20, separation: 10, within: { field: linearField({ cell: 20 }), above: 0.5 } }).every((l) => l[1] >= 200)",
    );
    yes(
        "const s = linearField({ cell: 20 }).multiply(20).add(5); flowLines(() => 0, { cell: 20, separation: s }).length > 20",
    );
    yes(
        "hachures(noiseField({ cell: 5 }), { levels: [0.3, 0.4, 0.5, 0.6], spacing: 6 }).length > 20",
    );
}

#[test]
fn poisson_points_are_pairs_and_follow_their_label() {
    yes(
        "const p = poisson({ radius: 20 }); p.length > 100 && p.every(([x, y]) => x >= 0 && x < 300 && y >= 0 && y < 400)",
    );
    yes(
        "const key = (seed) => poisson({ radius: 40, seed }).join(); key('a') === key('a') && key('a') !== key('b')",
    );
    yes("random() !== 2 && poisson({ radius: 40 }).join() === poisson({ radius: 40 }).join()");
    yes(
        "const ring = [[0, 0], [100, 0], [0, 100]]; poisson({ radius: 5, within: ring }).every(([x, y]) => x + y <= 100)",
    );
    yes(
        "const f = linearField({ cell: 10 }); poisson({ radius: f.multiply(20).add(4) }).length > 100",
    );
}

#[test]
fn voronoi_cells_have_site_ring_and_neighbours() {
    yes(
        "const c = voronoi([[100, 200], [200, 200]]); c.length === 2 && c[0].site[0] === 100 && c[1].neighbours.join() === '0'",
    );
    yes(
        "const c = voronoi(poisson({ radius: 30 })); Math.abs(c.reduce((sum, cell) => sum + polyline.area(cell.ring), 0) - 120000) < 1e-6",
    );
    yes("relax([[1, 1], [2, 2]], { rounds: 30 }).every(([x, y]) => x > 50 && y > 50)");
}

#[test]
fn polylines_are_taken_flat_as_pairs_and_as_objects() {
    for line in [
        "[0, 0, 30, 0, 30, 40]",
        "new Float64Array([0, 0, 30, 0, 30, 40])",
        "new Float32Array([0, 0, 30, 0, 30, 40])",
        "[[0, 0], [30, 0], [30, 40]]",
        "[{ x: 0, y: 0 }, { x: 30, y: 0 }, { x: 30, y: 40 }]",
    ] {
        yes(&format!("polyline.length({line}) === 70"));
        yes(&format!(
            "const p = polyline.at({line}, 50); p.x === 30 && p.y === 20 && p.angle === Math.PI / 2"
        ));
        yes(&format!("polyline.at({line}, [0, 70]).length === 2"));
        yes(&format!(
            "polyline.reverse({line}).join() === '30,40,30,0,0,0'"
        ));
        yes(&format!("polyline.resample({line}, 10).length === 16"));
        yes(&format!(
            "polyline.clip({line}, [[10, -9], [20, -9], [20, 9], [10, 9]])[0].join() === '10,0,20,0'"
        ));
        yes(&format!(
            "{RECORDER} polyline.trace(recorder(), {line}).log.join(' ') === 'M0,0 L30,0 L30,40'"
        ));
    }
    yes(
        "polyline.clip([[0, 0], [30, 0]], [[10, -9], [20, -9], [20, 9], [10, 9]], { inside: false }).length === 2",
    );
    yes(
        "polyline.smooth([0, 0, 30, 0, 30, 40]).length === 12 && polyline.simplify([0, 0, 5, 1, 10, 0], 2).length === 4",
    );
    yes("polyline.offset([0, 0, 10, 0], 2).join() === '0,2,10,2'");
    yes("polyline.hull([[0, 0], [4, 0], [2, 1], [4, 4], [0, 4]]).join() === '0,0,4,0,4,4,0,4,0,0'");
    yes(
        "polyline.contains([[0, 0], [9, 0], [0, 9]], [2, 2]) && !polyline.contains([[0, 0], [9, 0], [0, 9]], [7, 7])",
    );
    yes(
        "polyline.centroid([0, 0, 4, 0, 4, 4, 0, 4, 0, 0]).join() === '2,2' && polyline.points([1, 2, 3, 4]).join('|') === '1,2|3,4'",
    );
    yes(&format!(
        "{RECORDER} polyline.trace(recorder(), [new Float64Array([0, 0, 1, 0, 1, 1, 0, 0]), [[5, 5], [6, 6]]]).log.join(' ') === 'M0,0 L1,0 L1,1 Z M5,5 L6,6'"
    ));
}

#[test]
fn wrong_shapes_are_named() {
    let cases = [
        "flowLines()",
        "flowLines(field({ cell: 20 }, 0), { follow: 'wind' })",
        "flowLines(field({ cell: 20 }, 0), { separation: 1e-9 })",
        "flowLines(field({ cell: 20 }, 0), { separation: field({ cell: 20 }, 0) })",
        "flowLines([field({ cell: 20 }, 0)])",
        "hachures(noiseField({ cell: 20 }), { level: [1] })",
        "poisson()",
        "poisson({ radius: -1 })",
        "poisson({ radius: 0.05 })",
        "poisson({ radius: 5, within: noiseField() })",
        "poisson({ radius: 5, within: 'land' })",
        "voronoi([[0, 0], [1]])",
        "voronoi('sites')",
        "relax([[0, 0]], { rounds: -1 })",
        "polyline.length(5)",
        "polyline.length([0, 0, 'x', 1])",
        "polyline.at([0, 0], 1)",
        "polyline.resample([0, 0, 9, 9], 0)",
        "polyline.smooth([0, 0, 9, 9], 40)",
    ];
    let report: Vec<String> = cases
        .iter()
        .map(|case| format!("{case}\n    {}", fails(case)))
        .collect();
    insta::assert_snapshot!(report.join("\n"));
}

#[test]
fn paths_record_what_tracing_does() {
    let recorded = realm_after("globalThis.Path2D = class { _d = null; _n = 0; }", |ctx| {
        let script = "const path = polyline.path([[[1, 2], [3, 4]], [0, 0, 5, 0, 5, 5, 0, 0]]);
                      path._n + ': ' + path._d.join()";
        ctx.eval::<String, _>(script)
            .catch(&ctx)
            .map_err(|error| error.to_string())
    });
    let expected = "16: 0,1,2,1,3,4,0,0,0,1,5,0,1,5,5,4";
    assert_eq!(recorded.as_deref(), Ok(expected));
}
