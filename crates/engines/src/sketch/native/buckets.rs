//! Points in square buckets, to find neighbours quickly.

use super::polyline::distance;

/// Most buckets; with more, they are made larger.
const BUCKETS_MAX: f64 = 4_000_000.0;

/// Points with something attached, by where they are.
pub(super) struct Buckets<T> {
    x: f64,
    y: f64,
    side: f64,
    columns: usize,
    rows: usize,
    lists: Vec<Vec<([f64; 2], T)>>,
}

impl<T> Buckets<T> {
    /// Empty buckets on a rectangle (x, y, width, height), about `side` wide. Points outside belong
    /// to the nearest bucket.
    pub(super) fn new([x, y, width, height]: [f64; 4], side: f64) -> Self {
        let least = libm::sqrt(width * height / BUCKETS_MAX).max(width.max(height) / BUCKETS_MAX);
        let side = side.max(least).max(f64::MIN_POSITIVE);
        let (columns, rows) = ((width / side) as usize + 1, (height / side) as usize + 1);
        Self {
            x,
            y,
            side,
            columns,
            rows,
            lists: (0..columns * rows).map(|_| Vec::new()).collect(),
        }
    }

    pub(super) fn side(&self) -> f64 {
        self.side
    }

    pub(super) fn push(&mut self, point: [f64; 2], tag: T) {
        let at = self.place(point);
        self.lists[at].push((point, tag));
    }

    /// Takes back the last point that was put where `point` is.
    pub(super) fn pop(&mut self, point: [f64; 2]) {
        let at = self.place(point);
        self.lists[at].pop();
    }

    /// Whether a point nearer than `radius` passes the test.
    pub(super) fn any_near(&self, point: [f64; 2], radius: f64, test: impl Fn(&T) -> bool) -> bool {
        let [left, right] = [-radius, radius].map(|reach| self.column(point[0] + reach));
        let [top, bottom] = [-radius, radius].map(|reach| self.row(point[1] + reach));
        (top..=bottom).any(|row| {
            let from = row * self.columns;
            self.lists[from + left..=from + right]
                .iter()
                .flatten()
                .any(|(other, tag)| distance(point, *other) < radius && test(tag))
        })
    }

    /// The points of the buckets that are `ring` buckets away from that of `point`; none where the
    /// ring lies outside the rectangle altogether.
    pub(super) fn ring(&self, point: [f64; 2], ring: usize) -> Option<Vec<&([f64; 2], T)>> {
        let (column, row) = (self.column(point[0]) as isize, self.row(point[1]) as isize);
        let ring = ring as isize;
        let (columns, rows) = (self.columns as isize, self.rows as isize);
        let outside =
            column - ring < 0 && row - ring < 0 && column + ring >= columns && row + ring >= rows;
        if outside {
            return None;
        }
        let mut found = Vec::new();
        for r in (row - ring).max(0)..=(row + ring).min(rows - 1) {
            let whole = (r - row).abs() == ring;
            for c in (column - ring).max(0)..=(column + ring).min(columns - 1) {
                if whole || (c - column).abs() == ring {
                    found.extend(&self.lists[(r * columns + c) as usize]);
                }
            }
        }
        Some(found)
    }

    fn column(&self, x: f64) -> usize {
        (((x - self.x) / self.side).max(0.0) as usize).min(self.columns - 1)
    }

    fn row(&self, y: f64) -> usize {
        (((y - self.y) / self.side).max(0.0) as usize).min(self.rows - 1)
    }

    fn place(&self, [x, y]: [f64; 2]) -> usize {
        self.row(y) * self.columns + self.column(x)
    }
}
