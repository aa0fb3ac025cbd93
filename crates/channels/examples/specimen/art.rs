//! Pictures and a sound to fill a gallery with.

use std::fmt::Write as _;

/// Numbers that look random and are the same every time.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, below: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }

    pub(crate) fn pick<'p>(&mut self, of: &[&'p str]) -> &'p str {
        of[usize::try_from(self.roll(of.len() as u64)).unwrap_or(0)]
    }
}

const PALETTES: [[&str; 6]; 4] = [
    [
        "#e9e4d6", "#1d3b4a", "#3f6f7d", "#8fb3ad", "#c9d3c0", "#c4552d",
    ],
    [
        "#f2ede4", "#22252b", "#5b6470", "#a9a59a", "#d8cfc0", "#d99a2b",
    ],
    [
        "#10242e", "#e7dfcb", "#5f93a0", "#2f5f6d", "#1b3f4c", "#e2734a",
    ],
    [
        "#efe6da", "#3a2226", "#8c3b3a", "#c98b6b", "#e0bfa0", "#2d5d62",
    ],
];

pub(crate) fn isobaths(dice: &mut Dice, width: u64, height: u64) -> String {
    let palette = PALETTES[usize::try_from(dice.roll(4)).unwrap_or(0)];
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 1200 1600\" width=\"{width}\" height=\"{height}\"><rect width=\"1200\" height=\"1600\" fill=\"{}\"/>",
        palette[0]
    );
    let (x, y) = (420 + dice.roll(360), 520 + dice.roll(420));
    let lobes: Vec<f64> = (0..9).map(|_| dice.roll(100) as f64 / 100.0).collect();
    for band in (1..=11_u32).rev() {
        let mut path = String::new();
        for step in 0..120 {
            let angle = f64::from(step) / 120.0 * std::f64::consts::TAU;
            let mut radius = f64::from(band) * 46.0;
            for (n, lobe) in lobes.iter().enumerate() {
                let n = n as f64;
                radius += (angle * (n + 1.0) + lobe * 6.0 + f64::from(band) * 0.06 * n).sin()
                    * 110.0
                    * lobe
                    / (n + 1.2);
            }
            let radius = radius.max(8.0);
            let command = if step == 0 { 'M' } else { 'L' };
            let _ = write!(
                path,
                "{command}{:.0} {:.0}",
                x as f64 + radius * angle.cos(),
                y as f64 + radius * 1.25 * angle.sin()
            );
        }
        let fill = match band {
            1..=3 => palette[1],
            4..=6 => palette[2],
            7..=8 => palette[3],
            _ => palette[4],
        };
        let _ = write!(
            svg,
            "<path d=\"{path}Z\" fill=\"{fill}\" stroke=\"{}\" stroke-width=\"2.5\"/>",
            palette[0]
        );
    }
    let _ = write!(
        svg,
        "<circle cx=\"{}\" cy=\"{}\" r=\"26\" fill=\"{}\"/><rect x=\"60\" y=\"60\" width=\"1080\" height=\"1480\" fill=\"none\" stroke=\"{}\" stroke-width=\"3\"/><rect x=\"60\" y=\"1380\" width=\"1080\" height=\"160\" fill=\"{}\" stroke=\"{}\" stroke-width=\"3\"/></svg>",
        160 + dice.roll(880),
        160 + dice.roll(500),
        palette[5],
        palette[1],
        palette[0],
        palette[1]
    );
    svg
}

pub(crate) fn weave(dice: &mut Dice, width: u64, height: u64) -> String {
    let palette = PALETTES[usize::try_from(dice.roll(4)).unwrap_or(0)];
    let (repeat, shift) = (6 + dice.roll(10), 1 + dice.roll(3));
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\"><rect width=\"{width}\" height=\"{height}\" fill=\"{}\"/>",
        palette[0]
    );
    for row in 0..height / 25 {
        for column in 0..width / 25 {
            let fold = (column + row * shift) % (repeat * 2);
            if fold < repeat && (row / repeat + column / repeat).is_multiple_of(2)
                || (column + row) % 4 < 2
            {
                let fill = palette[usize::try_from(1 + (column / repeat) % 4).unwrap_or(1)];
                let _ = write!(
                    svg,
                    "<rect x=\"{}\" y=\"{}\" width=\"23\" height=\"22\" fill=\"{fill}\"/>",
                    column * 25 + 1,
                    row * 25 + 1
                );
            }
        }
    }
    svg.push_str("</svg>");
    svg
}

/// A second of a low tone: mono, 8 bits, 8 kHz.
pub(crate) fn tone() -> Vec<u8> {
    let samples: Vec<u8> = (0..8000_u32)
        .map(|at| {
            if (at / 36).is_multiple_of(2) {
                118
            } else {
                138
            }
        })
        .collect();
    let mut wav = b"RIFF".to_vec();
    wav.extend((36 + 8000_u32).to_le_bytes());
    wav.extend(b"WAVEfmt ");
    wav.extend(16_u32.to_le_bytes());
    wav.extend([1, 0, 1, 0]);
    wav.extend(8000_u32.to_le_bytes());
    wav.extend(8000_u32.to_le_bytes());
    wav.extend([1, 0, 8, 0]);
    wav.extend(b"data");
    wav.extend(8000_u32.to_le_bytes());
    wav.extend(samples);
    wav
}
