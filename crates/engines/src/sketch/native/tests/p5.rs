use super::*;

/// A canvas whose context writes down what is done to it.
const CANVAS: &str = r"
    globalThis.calls = [];
    const shown = (n) => (typeof n === 'number' ? Math.round(n * 100) / 100 : n);
    const context = new Proxy({ measureText: (text) => ({ width: text.length * 10 }) }, {
        get(target, name) {
            if (name in target) return target[name];
            return (...args) => { calls.push(`${String(name)}(${args.map(shown).join(' ')})`); };
        },
        set(target, name, value) { target[name] = value; calls.push(`${String(name)}=${value}`); return true; },
    });
    globalThis.canvas = { width: 300, height: 400, getContext: () => context };";

/// What a script does to its context, after p5's initial style.
fn drawn(script: &str) -> String {
    realm_after(CANVAS, |ctx| {
        let traced = format!("noLoop(); textSize(12); calls.length = 0; {script}; calls.join(' ')");
        ctx.eval::<String, _>(traced)
            .catch(&ctx)
            .map_err(|error| error.to_string())
    })
    .unwrap_or_else(|error| panic!("{script}: {error}"))
}

#[test]
fn drawing_calls_become_canvas_calls() {
    let cases = [
        "rect(1, 2, 3, 4)",
        "rectMode(CENTER); rect(10, 10, 4, 6); square(10, 10, 4)",
        "noStroke(); circle(10, 20, 8)",
        "noFill(); ellipse(10, 20, 8, 4)",
        "line(0, 0, 5, 5); point(3, 4)",
        "triangle(0, 0, 5, 0, 5, 5); quad(0, 0, 1, 0, 1, 1, 0, 1)",
        "arc(0, 0, 10, 10, 0, HALF_PI)",
        "arc(0, 0, 10, 10, 0, HALF_PI, CHORD)",
        "bezier(0, 0, 1, 2, 3, 4, 5, 6)",
        "curve(0, 0, 1, 0, 2, 0, 3, 0)",
        "beginShape(); vertex(0, 0); vertex(5, 0); bezierVertex(6, 1, 6, 4, 5, 5); endShape(CLOSE)",
        "beginShape(); vertex(0, 0); vertex(9, 0); vertex(9, 9); beginContour(); vertex(2, 2); vertex(3, 3); vertex(3, 2); endContour(); endShape(CLOSE)",
        "noStroke(); beginShape(); curveVertex(0, 0); curveVertex(0, 0); curveVertex(6, 6); curveVertex(6, 6); endShape()",
        "noStroke(); beginShape(TRIANGLES); for (const x of [0, 1, 2, 5, 6, 7]) vertex(x, x * x); endShape()",
        "noStroke(); beginShape(QUAD_STRIP); for (const x of [0, 1, 2, 3, 4, 5]) vertex(x, 0); endShape()",
        "push(); noFill(); strokeWeight(3); translate(5, 6); rotate(1); scale(2); pop(); rect(0, 0, 1, 1)",
        "angleMode(DEGREES); rotate(90)",
        "fill(128); fill(255, 0, 0); fill('teal'); fill('#fff', 127.5); stroke(0, 51); background(10, 20, 30)",
        "colorMode(HSB); fill(120, 100, 100); fill(0, 0, 50, 0.5); colorMode(RGB, 1); fill(1, 0.5, 0)",
        "blendMode(MULTIPLY); strokeCap(SQUARE); strokeJoin(BEVEL)",
        "textSize(20); textFont('EB Garamond'); textStyle(ITALIC); textAlign(CENTER, CENTER); text('hello', 3, 4)",
        "text('one two three', 0, 0, 80); text('a\\nb', 0, 0)",
        "stroke(0); text('x', 1, 2)",
        "createCanvas(600, 600); calls.push(width, height)",
    ];
    let report: Vec<String> = cases
        .iter()
        .map(|case| format!("{case}\n    {}", drawn(case)))
        .collect();
    insta::assert_snapshot!(report.join("\n"));
}

#[test]
fn arithmetic_is_that_of_p5() {
    yes(
        "map(5, 0, 10, 0, 100) === 50 && map(20, 0, 10, 0, 100, true) === 100 && map(20, 0, 10, 100, 0, true) === 0",
    );
    yes(
        "lerp(2, 4, 0.5) === 3 && constrain(7, 0, 5) === 5 && norm(5, 0, 10) === 0.5 && dist(0, 0, 3, 4) === 5 && dist(0, 0, 0, 2, 3, 6) === 7",
    );
    yes(
        "max([1, 5, 2]) === 5 && min(3, 1) === 1 && sq(3) === 9 && fract(1.25) === 0.25 && round(1.256, 2) === 1.26",
    );
    yes("degrees(PI) === 180 && radians(180) === PI && TWO_PI === TAU && sin(HALF_PI) === 1");
    yes("angleMode(DEGREES); Math.abs(sin(90) - 1) < 1e-15 && atan2(1, 0) === 90");
    yes("nf(3.14159, 3, 2) === '003.14' && int('7.9') === 7 && str(5) === '5'");
    yes("bezierPoint(0, 0, 1, 1, 0.5) === 0.5 && curvePoint(0, 1, 2, 3, 0.5) === 1.5");
    yes(
        "const c = color(255, 128, 0); red(c) === 255 && Math.round(green(c)) === 128 && alpha(c) === 255",
    );
    yes("lerpColor('black', 'white', 0.5) === '#808080'");
}

#[test]
fn vectors_are_those_of_p5() {
    yes(
        "const v = createVector(3, 4); v.mag() === 5 && v.copy().normalize().mag() === 1 && v.x === 3",
    );
    yes(
        "const v = p5.Vector.add(createVector(1, 2), createVector(3, 4)); v.array().join() === '4,6,0'",
    );
    yes("createVector(1, 0).add(2, 3).sub([1, 1]).mult(2).div(4).array().join() === '1,1,0'");
    yes(
        "Math.abs(p5.Vector.fromAngle(HALF_PI).heading() - HALF_PI) < 1e-12 && Math.abs(p5.Vector.random2D().mag() - 1) < 1e-12",
    );
    yes(
        "createVector(9, 0).limit(2).x === 2 && createVector(1, 0).setMag(7).x === 7 && p5.Vector.dist(createVector(0, 0), createVector(3, 4)) === 5",
    );
    yes(
        "createVector(1, 0).rotate(HALF_PI).y === 1 && createVector(0, 0).lerp(createVector(2, 4), 0.5).y === 2",
    );
    yes(
        "createVector(1, 0).cross(createVector(0, 1)).z === 1 && createVector(1, 2).dot(3, 4) === 11",
    );
}

#[test]
fn wrong_calls_are_named() {
    assert_eq!(
        fails("vertex(1, 2)"),
        "TypeError: vertex: call beginShape() first"
    );
    assert_eq!(
        fails("color(1, undefined)"),
        "TypeError: color: expected numbers or a colour, got 1, "
    );
}
