//! How far runs were from the references, over time, as a picture.

use std::fmt::Write as _;

use daedal_core::run::Moment;
use daedal_engines::signature::{Aspect, NEAR, Verdict};

use crate::plot::escaped;
use crate::text;

/// Size of the picture, in its own units.
pub(crate) const WIDTH: f64 = 1200.0;
const MARGIN: f64 = 80.0;
const INNER: f64 = WIDTH - 2.0 * MARGIN;
const TOP: f64 = 150.0;
const HIGH: f64 = 340.0;
const SMALL: f64 = 110.0;
const GUTTER: f64 = 60.0;
const HEIGHT: f64 = TOP + HIGH + 2.0 * (SMALL + 90.0) + 60.0;

const PAPER: &str = "#f6f2e9";
const INK: &str = "#23201c";
const QUIET: &str = "#8a8378";
const RULE: &str = "#d9d2c3";
const LINE: &str = "#2f6f8f";
const ACCENT: &str = "#c2412d";
const SERIF: &str = "font-family=\"EB Garamond, Georgia, serif\"";
const SANS: &str = "font-family=\"IBM Plex Sans, system-ui, sans-serif\"";

/// One run.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Point {
    /// When it began.
    pub(crate) at: Moment,
    /// The mean distance of its pictures, the nearest and the farthest.
    pub(crate) mean: f64,
    pub(crate) least: f64,
    pub(crate) most: f64,
    /// The means of the aspects, in the order of [`Aspect::ALL`].
    pub(crate) aspects: [f64; 4],
}

/// Runs in the order in which they began; never empty.
pub(crate) struct Course<'c> {
    pub(crate) title: &'c str,
    pub(crate) tolerance: f64,
    pub(crate) points: &'c [Point],
}

impl Course<'_> {
    /// Where a run stands, from left to right: runs are often bunched in time, so each has the same room.
    fn x(&self, index: usize, left: f64, wide: f64) -> f64 {
        match self.points.len() {
            1 => left + wide / 2.0,
            count => left + wide * index as f64 / (count - 1) as f64,
        }
    }

    fn line(&self, place: [f64; 4], most: f64, value: impl Fn(&Point) -> f64) -> String {
        let [left, top, wide, high] = place;
        let mut path = String::new();
        for (index, point) in self.points.iter().enumerate() {
            let (x, y) = (
                self.x(index, left, wide),
                top + high * (1.0 - (value(point) / most).min(1.0)),
            );
            // Writing into a String can't fail.
            let _ = write!(path, "{}{x:.1} {y:.1}", if index == 0 { 'M' } else { 'L' });
        }
        path
    }
}

/// Draws the course of a process: all of it above, its aspects below.
pub(crate) fn course(course: &Course<'_>) -> String {
    let tolerance = course.tolerance;
    let mut drawn = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" role=\"img\">\n\
         <title>Distance of {0} from its signature</title>\n<rect width=\"100%\" height=\"100%\" fill=\"{PAPER}\"/>\n\
         <text x=\"{MARGIN}\" y=\"78\" {SERIF} font-size=\"40\" fill=\"{INK}\">{0}</text>\n\
         <text x=\"{MARGIN}\" y=\"110\" {SERIF} font-size=\"21\" font-style=\"italic\" fill=\"{QUIET}\">distance from the signature, run by run</text>\n",
        escaped(course.title)
    );
    let most = course.points.iter().map(|point| point.most);
    let most = most.fold(NEAR * tolerance, f64::max) * 1.04;
    let place = [MARGIN + 20.0, TOP, INNER - 40.0, HIGH];
    let y = |value: f64| TOP + HIGH * (1.0 - value / most);
    for (low, high, opacity) in [(0.0, tolerance, 0.13), (tolerance, NEAR * tolerance, 0.06)] {
        let _ = writeln!(
            drawn,
            "<rect x=\"{MARGIN}\" y=\"{:.1}\" width=\"{INNER}\" height=\"{:.1}\" fill=\"{LINE}\" fill-opacity=\"{opacity}\"/>",
            y(high),
            y(low) - y(high)
        );
    }
    let label = |y: f64, text: &str| {
        format!(
            "<text x=\"{:.1}\" y=\"{y:.1}\" {SANS} font-size=\"13\" text-anchor=\"end\" fill=\"{QUIET}\">{text}</text>\n",
            MARGIN - 10.0
        )
    };
    for (value, name) in [
        (0.0, "0".to_owned()),
        (tolerance, format!("{tolerance}")),
        (NEAR * tolerance, format!("{}", NEAR * tolerance)),
    ] {
        drawn.push_str(&label(y(value) + 4.0, &name));
        let _ = writeln!(
            drawn,
            "<path d=\"M{MARGIN} {:.1}h{INNER}\" stroke=\"{RULE}\"/>",
            y(value)
        );
    }
    let inside = [("inside", y(tolerance)), ("near", y(NEAR * tolerance))];
    for (name, at) in inside {
        let _ = writeln!(
            drawn,
            "<text x=\"{:.1}\" y=\"{:.1}\" {SERIF} font-size=\"18\" font-style=\"italic\" text-anchor=\"end\" fill=\"{QUIET}\">{name}</text>",
            WIDTH - MARGIN - 10.0,
            at + 22.0
        );
    }
    let _ = writeln!(
        drawn,
        "<path d=\"{}\" fill=\"none\" stroke=\"{LINE}\" stroke-width=\"2\" stroke-opacity=\"0.6\"/>",
        course.line(place, most, |point| point.mean)
    );
    for (index, point) in course.points.iter().enumerate() {
        let x = course.x(index, place[0], place[2]);
        let outside = point.most > tolerance;
        let ink = if outside { ACCENT } else { LINE };
        if point.most - point.least > 1e-6 {
            let _ = writeln!(
                drawn,
                "<path d=\"M{x:.1} {:.1}V{:.1}\" stroke=\"{ink}\" stroke-opacity=\"0.5\" stroke-width=\"2\"/>",
                y(point.least),
                y(point.most)
            );
        }
        let _ = writeln!(
            drawn,
            "<circle cx=\"{x:.1}\" cy=\"{:.1}\" r=\"5.5\" fill=\"{ink}\"/>",
            y(point.mean)
        );
    }
    ends(&mut drawn, course, TOP + HIGH + 26.0);
    for (index, aspect) in Aspect::ALL.into_iter().enumerate() {
        let wide = (INNER - GUTTER) / 2.0;
        let left = MARGIN + (wide + GUTTER) * (index % 2) as f64;
        let top = TOP + HIGH + 100.0 + (SMALL + 80.0) * (index / 2) as f64;
        aspect_panel(&mut drawn, course, aspect, [left, top, wide, SMALL]);
    }
    drawn.push_str("</svg>\n");
    drawn
}

/// When the first and the last run began.
fn ends(drawn: &mut String, course: &Course<'_>, y: f64) {
    let day = |point: &Point| {
        text::moment(point.at)
            .chars()
            .take(16)
            .collect::<String>()
            .replace('T', " ")
    };
    let (Some(first), Some(last)) = (course.points.first(), course.points.last()) else {
        return;
    };
    for (x, anchor, point) in [(MARGIN, "start", first), (WIDTH - MARGIN, "end", last)] {
        if anchor == "end" && course.points.len() == 1 {
            continue;
        }
        let _ = writeln!(
            drawn,
            "<text x=\"{x}\" y=\"{y}\" {SANS} font-size=\"13\" text-anchor=\"{anchor}\" fill=\"{QUIET}\">{}</text>",
            day(point)
        );
    }
}

fn aspect_panel(drawn: &mut String, course: &Course<'_>, aspect: Aspect, place: [f64; 4]) {
    let [left, top, wide, high] = place;
    let of = |point: &Point| point.aspects[aspect as usize];
    let most = course
        .points
        .iter()
        .map(of)
        .fold(course.tolerance, f64::max)
        * 1.08;
    let y = |value: f64| top + high * (1.0 - value / most);
    let last = course.points.last().map_or(0.0, of);
    let _ = writeln!(
        drawn,
        "<text x=\"{left}\" y=\"{:.1}\" {SERIF} font-size=\"21\" fill=\"{INK}\">{}<tspan dx=\"10\" {SANS} font-size=\"13\" fill=\"{QUIET}\">{last:.2} last</tspan></text>\n\
         <rect x=\"{left}\" y=\"{:.1}\" width=\"{wide}\" height=\"{:.1}\" fill=\"{LINE}\" fill-opacity=\"0.1\"/>\n\
         <path d=\"M{left} {:.1}h{wide}\" stroke=\"{RULE}\"/>\n\
         <path d=\"{}\" fill=\"none\" stroke=\"{LINE}\" stroke-width=\"2\"/>",
        top - 12.0,
        aspect.name(),
        y(course.tolerance),
        y(0.0) - y(course.tolerance),
        y(0.0),
        course.line(place, most, of),
    );
    for (index, point) in course.points.iter().enumerate() {
        let ink = if of(point) > course.tolerance {
            ACCENT
        } else {
            LINE
        };
        let _ = writeln!(
            drawn,
            "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\" fill=\"{ink}\"/>",
            course.x(index, left, wide),
            y(of(point))
        );
    }
}

/// The verdict of a run: that of its farthest picture.
pub(crate) fn verdict_of(point: &Point, tolerance: f64) -> Verdict {
    match point.most {
        most if most <= tolerance => Verdict::Inside,
        most if most <= NEAR * tolerance => Verdict::Near,
        _ => Verdict::Outside,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(at: u64, mean: f64, most: f64) -> Point {
        Point {
            at: Moment(1_790_000_000_000 + at * 3_600_000),
            mean,
            least: mean,
            most,
            aspects: [mean, mean / 2.0, most, 0.0],
        }
    }

    #[test]
    fn runs_are_drawn_from_the_first_to_the_last() {
        let points = [point(0, 1.0, 1.0), point(2, 1.5, 2.5), point(90, 6.0, 6.5)];
        let drawn = course(&Course {
            title: "Tide & Co",
            tolerance: 2.0,
            points: &points,
        });
        assert!(
            drawn.contains("Tide &amp; Co") && drawn.contains("2026-09-21"),
            "{drawn}"
        );
        // A dot for each run above, and one in each of the four panels.
        assert_eq!(drawn.matches("<circle").count(), 15, "{drawn}");
        let verdicts = points.iter().map(|point| verdict_of(point, 2.0).word());
        assert!(verdicts.eq(["inside", "near", "outside"]));
        let alone = course(&Course {
            title: "One",
            tolerance: 2.0,
            points: &points[..1],
        });
        assert!(!alone.contains("NaN") && !alone.contains("inf"), "{alone}");
    }
}
