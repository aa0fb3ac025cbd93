//! Evenly spaced lines that follow a direction.
//!
//! Source: B. Jobard and W. Lefer, "Creating evenly-spaced streamlines of arbitrary density" (1997):
//! a line grows both ways from a seed until it comes near another, and the next seeds lie beside the
//! lines that there are.

use std::rc::Rc;

use super::buckets::Buckets;
use super::field::Field;
use super::poisson::Spacing;
use super::polyline::{Line, between};
use super::region::Region;
use super::work::{Meter, Trouble, bound, foresee};

/// Which way the lines go at a point.
pub(super) enum Direction {
    /// The field is an angle in radians, clockwise as one sees it.
    Angle(Rc<Field>),
    /// The fields are the parts of a vector.
    Vector(Rc<Field>, Rc<Field>),
    /// Down the field, seen as a height.
    Slope(Rc<Field>),
    /// Along the levels of the field.
    Level(Rc<Field>),
}

impl Direction {
    /// A unit vector; none where there is no direction.
    pub(super) fn at(&self, [x, y]: [f64; 2]) -> Option<[f64; 2]> {
        let [dx, dy] = match self {
            Self::Angle(field) => {
                let turn = field.sample(x, y);
                return Some([libm::cos(turn), libm::sin(turn)]);
            }
            Self::Vector(across, down) => [across.sample(x, y), down.sample(x, y)],
            Self::Slope(field) => field.gradient(x, y).map(|part| -part),
            Self::Level(field) => {
                let [across, down] = field.gradient(x, y);
                [-down, across]
            }
        };
        let length = libm::sqrt(dx * dx + dy * dy);
        (length > 1e-12).then(|| [dx / length, dy / length])
    }

    /// One step, by the midpoint rule, forwards or backwards.
    pub(super) fn step(&self, from: [f64; 2], step: f64) -> Option<[f64; 2]> {
        let [dx, dy] = self.at(from)?;
        let middle = [from[0] + dx * step / 2.0, from[1] + dy * step / 2.0];
        let [dx, dy] = self.at(middle)?;
        Some([from[0] + dx * step, from[1] + dy * step])
    }
}

/// What the lines look like.
pub(super) struct FlowLook {
    /// x, y, width, height.
    pub(super) rectangle: [f64; 4],
    pub(super) direction: Direction,
    /// Distance between lines where they start.
    pub(super) separation: Spacing,
    /// Part of the separation that they may come near to each other.
    pub(super) nearest: f64,
    /// Distance between the points of a line.
    pub(super) step: f64,
    /// Least and greatest length.
    pub(super) lengths: [f64; 2],
    /// Where the first lines pass.
    pub(super) seeds: Line,
    pub(super) within: Option<Region>,
}

/// Lays lines until there is no room for another.
pub(super) fn flow_lines(look: &FlowLook, meter: &Meter) -> Result<Vec<Line>, Trouble> {
    let [x, y, width, height] = look.rectangle;
    foresee(
        "flowLines",
        width * height / (look.separation.least() * look.step),
    )?;
    let mut loom = Loom {
        look,
        meter,
        taken: Buckets::new(look.rectangle, look.separation.least()),
        lines: Vec::new(),
        points: 0,
    };
    for seed in &look.seeds {
        loom.grow(*seed)?;
    }
    loom.spread(0)?;
    // Parts that no line came by.
    let side = loom.taken.side();
    let (columns, rows) = (
        (width / side).ceil() as usize,
        (height / side).ceil() as usize,
    );
    for i in 0..columns * rows {
        meter.tick(4)?;
        let (column, row) = ((i % columns) as f64, (i / columns) as f64);
        let known = loom.lines.len();
        if loom.grow([x + (column + 0.5) * side, y + (row + 0.5) * side])? {
            loom.spread(known)?;
        }
    }
    Ok(loom.lines)
}

/// A point of a line: which line, and which step from its seed.
type Knot = (usize, i64);

struct Loom<'a> {
    look: &'a FlowLook,
    meter: &'a Meter,
    taken: Buckets<Knot>,
    lines: Vec<Line>,
    points: usize,
}

impl Loom<'_> {
    /// Grows lines beside those from `first` on, and beside these in turn.
    fn spread(&mut self, first: usize) -> Result<(), Trouble> {
        let mut line = first;
        while line < self.lines.len() {
            let mut since = f64::INFINITY;
            for i in 0..self.lines[line].len() {
                let point = self.lines[line][i];
                let aside = self.look.separation.at(point);
                since += self.look.step;
                if since < aside / 2.0 {
                    continue;
                }
                since = 0.0;
                if let Some([dx, dy]) = self.look.direction.at(point) {
                    self.grow([point[0] - dy * aside, point[1] + dx * aside])?;
                    self.grow([point[0] + dy * aside, point[1] - dx * aside])?;
                }
            }
            line += 1;
        }
        Ok(())
    }

    /// Lays a line through `seed` if there is room, and says whether it did.
    fn grow(&mut self, seed: [f64; 2]) -> Result<bool, Trouble> {
        self.meter.tick(8)?;
        let radius = self.look.separation.at(seed) * 0.999;
        if !self.is_inside(seed) || self.taken.any_near(seed, radius, |_| true) {
            return Ok(false);
        }
        let own = self.lines.len();
        self.taken.push(seed, (own, 0));
        let ahead = self.walk(seed, 1)?;
        let behind = self.walk(seed, -1)?;
        let steps = ahead.len() + behind.len();
        if (steps as f64) * self.look.step < self.look.lengths[0] || steps == 0 {
            for point in behind.iter().rev().chain(ahead.iter().rev()).chain([&seed]) {
                self.taken.pop(*point);
            }
            return Ok(false);
        }
        let mut line: Line = behind.into_iter().rev().collect();
        line.push(seed);
        line.extend(ahead);
        self.points += line.len();
        bound("flowLines", self.points)?;
        self.lines.push(line);
        Ok(true)
    }

    /// The points from a seed to one side.
    fn walk(&mut self, seed: [f64; 2], way: i64) -> Result<Line, Trouble> {
        let look = self.look;
        let most = (look.lengths[1] / 2.0 / look.step) as usize;
        let own = self.lines.len();
        let mut at = seed;
        let mut line = Line::new();
        while line.len() < most {
            self.meter.tick(24)?;
            let index = (line.len() as i64 + 1) * way;
            let Some(next) = look.direction.step(at, look.step * way as f64) else {
                break;
            };
            let radius = look.separation.at(next) * look.nearest;
            // Its own points count once the line has had the length to come back.
            let back = (2.0 * radius / look.step) as i64 + 2;
            let meets = |knot: &Knot| knot.0 != own || (knot.1 - index).abs() > back;
            if !self.is_inside(next) || self.taken.any_near(next, radius, meets) {
                break;
            }
            bound("flowLines", self.points + line.len())?;
            self.taken.push(next, (own, index));
            line.push(next);
            at = next;
        }
        Ok(line)
    }

    fn is_inside(&self, point: [f64; 2]) -> bool {
        let [x, y, width, height] = self.look.rectangle;
        (x..=x + width).contains(&point[0])
            && (y..=y + height).contains(&point[1])
            && self
                .look
                .within
                .as_ref()
                .is_none_or(|region| region.contains(point))
    }
}

/// What hachures look like.
pub(super) struct HachureLook {
    /// Where strokes start and end, rising.
    pub(super) levels: Vec<f64>,
    /// Distance between strokes along a level.
    pub(super) spacing: f64,
    /// Part of the spacing that strokes may come near to each other.
    pub(super) nearest: f64,
    pub(super) step: f64,
    pub(super) length_max: f64,
    pub(super) within: Option<Region>,
}

/// Strokes straight down the slope, from each level to the one below (J. G. Lehmann 1799).
pub(super) fn hachures(
    field: &Rc<Field>,
    look: &HachureLook,
    meter: &Meter,
) -> Result<Vec<Line>, Trouble> {
    let grid = &field.grid;
    let rectangle = [grid.x, grid.y, grid.width, grid.height];
    foresee(
        "hachures",
        grid.width * grid.height / (look.spacing * look.step),
    )?;
    let slope = Direction::Slope(Rc::clone(field));
    let mut tracer = super::contour::Tracer::lines(field);
    let mut strokes: Vec<Line> = Vec::new();
    let mut points = 0;
    for pair in look.levels.windows(2) {
        let mut taken = Buckets::new(rectangle, look.spacing);
        for line in tracer.trace(pair[1], meter)? {
            for start in super::polyline::resample(&line, look.spacing)? {
                let own = strokes.len();
                let mut stroke = vec![start];
                let mut at = start;
                while (stroke.len() as f64) * look.step < look.length_max {
                    meter.tick(24)?;
                    let near = |to| taken.any_near(to, look.spacing * look.nearest, |n| *n != own);
                    let Some(next) = slope.step(at, look.step).filter(|to| !near(*to)) else {
                        break;
                    };
                    if !grid.contains(next)
                        || look.within.as_ref().is_some_and(|r| !r.contains(next))
                    {
                        break;
                    }
                    let (from, to) = (field.sample(at[0], at[1]), field.sample(next[0], next[1]));
                    if to <= pair[0] {
                        stroke.push(between(at, next, (from - pair[0]) / (from - to)));
                        break;
                    }
                    if to >= from {
                        break;
                    }
                    stroke.push(next);
                    at = next;
                }
                if stroke.len() > 1 {
                    points += stroke.len();
                    bound("hachures", points)?;
                    stroke.iter().for_each(|point| taken.push(*point, own));
                    strokes.push(stroke);
                }
            }
        }
    }
    Ok(strokes)
}

#[cfg(test)]
#[path = "flow_tests.rs"]
mod tests;
