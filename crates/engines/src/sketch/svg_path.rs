//! SVG path data (`M0 0 L10 10 Z`), read into a recording.
//!
//! Source: SVG 2, section 9.3; arcs by its implementation notes, appendix B.2.4.

use std::f64::consts::TAU;

const MOVE: f64 = 0.0;
const LINE: f64 = 1.0;
const QUAD: f64 = 2.0;
const CUBIC: f64 = 3.0;
const CLOSE: f64 = 4.0;
const ELLIPSE: f64 = 5.0;

/// Reads path data up to its first error, which is what browsers draw.
pub(crate) fn record(data: &str) -> Vec<f64> {
    let mut reader = Reader {
        bytes: data.as_bytes(),
        at: 0,
    };
    let mut pen = Pen::default();
    let mut command = 0;
    loop {
        reader.skip_separators();
        match reader.peek() {
            Some(byte) if byte.is_ascii_alphabetic() => {
                command = byte;
                reader.at += 1;
            }
            Some(_) if command != 0 && !matches!(command, b'Z' | b'z') => {}
            _ => break,
        }
        if pen.out.is_empty() && !matches!(command, b'M' | b'm') {
            break;
        }
        if pen.segment(command, &mut reader).is_none() {
            break;
        }
        // Further pairs after a move are lines.
        command = match command {
            b'M' => b'L',
            b'm' => b'l',
            other => other,
        };
    }
    pen.out
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_separators(&mut self) {
        while self
            .peek()
            .is_some_and(|byte| byte.is_ascii_whitespace() || byte == b',')
        {
            self.at += 1;
        }
    }

    fn number(&mut self) -> Option<f64> {
        self.skip_separators();
        let start = self.at;
        if matches!(self.peek(), Some(b'+' | b'-')) {
            self.at += 1;
        }
        self.digits();
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits();
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            let before = self.at;
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            if !self.digits() {
                self.at = before;
            }
        }
        let text = std::str::from_utf8(self.bytes.get(start..self.at)?).ok()?;
        text.parse().ok().filter(|value: &f64| value.is_finite())
    }

    fn digits(&mut self) -> bool {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        self.at > start
    }

    /// A flag of an arc: one digit, perhaps without a separator after it.
    fn flag(&mut self) -> Option<bool> {
        self.skip_separators();
        let flag = match self.peek()? {
            b'0' => false,
            b'1' => true,
            _ => return None,
        };
        self.at += 1;
        Some(flag)
    }
}

/// Where the path is, and the handle that a smooth curve mirrors.
#[derive(Default)]
struct Pen {
    out: Vec<f64>,
    at: (f64, f64),
    start: (f64, f64),
    handle: Option<(u8, f64, f64)>,
}

impl Pen {
    fn segment(&mut self, command: u8, reader: &mut Reader<'_>) -> Option<()> {
        let relative = command.is_ascii_lowercase();
        let (ox, oy) = if relative { self.at } else { (0.0, 0.0) };
        let mut pair = || Some((reader.number()? + ox, reader.number()? + oy));
        let kind = command.to_ascii_uppercase();
        let mut handle = None;
        match kind {
            b'M' => {
                self.at = pair()?;
                self.start = self.at;
                self.out.extend([MOVE, self.at.0, self.at.1]);
            }
            b'L' => self.line(pair()?),
            b'H' => {
                let x = reader.number()? + ox;
                self.line((x, self.at.1));
            }
            b'V' => {
                let y = reader.number()? + oy;
                self.line((self.at.0, y));
            }
            b'C' | b'S' => {
                let (ax, ay) = if kind == b'C' {
                    pair()?
                } else {
                    self.mirrored(b'C')
                };
                let ((bx, by), (x, y)) = (pair()?, pair()?);
                self.out.extend([CUBIC, ax, ay, bx, by, x, y]);
                self.at = (x, y);
                handle = Some((b'C', bx, by));
            }
            b'Q' | b'T' => {
                let (cx, cy) = if kind == b'Q' {
                    pair()?
                } else {
                    self.mirrored(b'Q')
                };
                let (x, y) = pair()?;
                self.out.extend([QUAD, cx, cy, x, y]);
                self.at = (x, y);
                handle = Some((b'Q', cx, cy));
            }
            b'A' => {
                let (rx, ry, turn) = (reader.number()?, reader.number()?, reader.number()?);
                let (large, sweep) = (reader.flag()?, reader.flag()?);
                let end = (reader.number()? + ox, reader.number()? + oy);
                self.arc([rx, ry, turn], large, sweep, end);
            }
            b'Z' => {
                self.out.push(CLOSE);
                self.at = self.start;
            }
            _ => return None,
        }
        self.handle = handle;
        Some(())
    }

    fn line(&mut self, (x, y): (f64, f64)) {
        self.out.extend([LINE, x, y]);
        self.at = (x, y);
    }

    fn mirrored(&self, kind: u8) -> (f64, f64) {
        match self.handle {
            Some((known, x, y)) if known == kind => (2.0 * self.at.0 - x, 2.0 * self.at.1 - y),
            _ => self.at,
        }
    }

    fn arc(&mut self, [rx, ry, turn]: [f64; 3], large: bool, sweep: bool, (x2, y2): (f64, f64)) {
        let (x1, y1) = self.at;
        let (mut rx, mut ry) = (rx.abs(), ry.abs());
        if rx == 0.0 || ry == 0.0 || (x1, y1) == (x2, y2) {
            return self.line((x2, y2));
        }
        let turn = turn.to_radians();
        let (sin, cos) = (libm::sin(turn), libm::cos(turn));
        let (dx, dy) = ((x1 - x2) / 2.0, (y1 - y2) / 2.0);
        let (u, v) = (cos * dx + sin * dy, -sin * dx + cos * dy);
        let reach = (u / rx) * (u / rx) + (v / ry) * (v / ry);
        if reach > 1.0 {
            rx *= reach.sqrt();
            ry *= reach.sqrt();
        }
        let (rx2, ry2, u2, v2) = (rx * rx, ry * ry, u * u, v * v);
        let below = rx2 * v2 + ry2 * u2;
        let root = ((rx2 * ry2 - below).max(0.0) / below).sqrt();
        let root = if large == sweep { -root } else { root };
        let (cu, cv) = (root * rx * v / ry, -root * ry * u / rx);
        let (cx, cy) = (
            cos * cu - sin * cv + (x1 + x2) / 2.0,
            sin * cu + cos * cv + (y1 + y2) / 2.0,
        );
        let start = libm::atan2((v - cv) / ry, (u - cu) / rx);
        let end = libm::atan2((-v - cv) / ry, (-u - cu) / rx);
        let ccw = !sweep;
        let end = match (ccw, end > start) {
            (false, false) => end + TAU,
            (true, true) => end - TAU,
            _ => end,
        };
        self.out.extend([
            ELLIPSE,
            cx,
            cy,
            rx,
            ry,
            turn,
            start,
            end,
            f64::from(u8::from(ccw)),
        ]);
        self.at = (x2, y2);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn all_commands_are_read() {
        assert_eq!(record("M1 2L3,4"), [MOVE, 1.0, 2.0, LINE, 3.0, 4.0]);
        assert_eq!(record("m1 2 3 4z"), [MOVE, 1.0, 2.0, LINE, 4.0, 6.0, CLOSE]);
        assert_eq!(
            record("M0 0h5v-2.5"),
            [MOVE, 0.0, 0.0, LINE, 5.0, 0.0, LINE, 5.0, -2.5]
        );
        assert_eq!(
            record("M0 0c1 1 2 2 3 3s1 1 2 2")[10..],
            [CUBIC, 4.0, 4.0, 4.0, 4.0, 5.0, 5.0]
        );
        assert_eq!(record("M0 0q1 1 2 0t2 0")[8..], [QUAD, 3.0, -1.0, 4.0, 0.0]);
        let arc = record("M0 0A5 5 0 01 10 0");
        assert_eq!(arc[3], ELLIPSE);
        assert_eq!(arc[4..6], [5.0, 0.0]);
    }

    #[test]
    fn reading_stops_at_the_first_error() {
        assert_eq!(record("L1 1"), [] as [f64; 0]);
        assert_eq!(record("M1 1 L2 2 L oops"), [MOVE, 1.0, 1.0, LINE, 2.0, 2.0]);
    }

    proptest! {
        #[test]
        fn reading_never_panics(data in "[MmLlHhVvCcSsQqTtAaZz0-9 ,.eE+-]{0,60}") {
            prop_assert!(record(&data).iter().all(|number| !number.is_nan()));
        }
    }
}
