//! Streams of random numbers: sfc32, seeded by a label or by an fxhash.
//!
//! Source: C. Doty-Humphrey, PractRand, `sfc32` ("small fast counting"), which is also the
//! generator of fxhash's snippet.

use daedal_core::{Digest, Seed};

/// What fxhash writes its hashes with: base 58 without `0`, `O`, `I` and `l`.
const ALPHABET: &[u8; 58] = b"123456789abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ";

/// A stream of random numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sfc32 {
    state: [u32; 4],
}

impl Sfc32 {
    /// The stream of `label` under `seed`. Another label gives an independent stream, so that one
    /// call more in one part of a drawing shifts nothing in another.
    pub(super) fn labelled(seed: Seed, label: &str) -> Self {
        Self::of(Digest::of_parts(
            "daedal/sketch/stream/v1",
            &[&seed.0.0, label.as_bytes()],
        ))
    }

    /// The stream that `randomSeed(number)` starts: it doesn't depend on the task, as in p5.
    pub(super) fn numbered(kind: &str, number: f64) -> Self {
        Self::of(Digest::of_parts(
            "daedal/sketch/number/v1",
            &[kind.as_bytes(), &number.to_be_bytes()],
        ))
    }

    /// The stream that fxhash gives for `hash`: four words, each read in base 58 from a quarter of
    /// it and cut to 32 bits.
    pub(super) fn fxhash(hash: &str) -> Self {
        let digits: Vec<u32> = hash.bytes().skip(2).map(digit).collect();
        let mut state = [0; 4];
        let quarter = (digits.len() / 4).max(1);
        for (word, part) in state.iter_mut().zip(digits.chunks(quarter)) {
            *word = part.iter().fold(0, |sum: u32, digit| {
                sum.wrapping_mul(58).wrapping_add(*digit)
            });
        }
        Self { state }
    }

    fn of(digest: Digest) -> Self {
        let word = |i: usize| {
            let at = i * 4;
            let mut bytes = [0; 4];
            bytes.copy_from_slice(&digest.0[at..at + 4]);
            u32::from_be_bytes(bytes)
        };
        Self {
            state: [word(0), word(1), word(2), word(3)],
        }
    }

    pub(super) fn next_u32(&mut self) -> u32 {
        let [a, b, c, d] = self.state;
        let out = a.wrapping_add(b).wrapping_add(d);
        self.state = [
            b ^ (b >> 9),
            c.wrapping_add(c << 3),
            c.rotate_left(21).wrapping_add(out),
            d.wrapping_add(1),
        ];
        out
    }

    /// Uniform in 0..1, without 1.
    pub(super) fn unit(&mut self) -> f64 {
        f64::from(self.next_u32()) / 4_294_967_296.0
    }

    /// Uniform in `low..high`.
    pub(super) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + self.unit() * (high - low)
    }

    /// An index below `count`; 0 when there is none.
    pub(super) fn index(&mut self, count: usize) -> usize {
        // Multiply-shift: unbiased enough for counts far below 2^32, and never out of bounds.
        let count = count as u64;
        ((u64::from(self.next_u32()) * count) >> 32) as usize
    }

    /// Normally distributed: mean 0, standard deviation 1 (Box and Muller 1958). It takes two
    /// numbers from the stream and keeps none back.
    pub(super) fn gaussian(&mut self) -> f64 {
        let radius = libm::sqrt(-2.0 * libm::log(1.0 - self.unit()));
        radius * libm::cos(std::f64::consts::TAU * self.unit())
    }
}

/// The value of a base-58 digit; like `indexOf` in fxhash's snippet, -1 for anything else.
fn digit(byte: u8) -> u32 {
    ALPHABET
        .iter()
        .position(|letter| *letter == byte)
        .map_or(u32::MAX, |at| at as u32)
}

/// The fxhash of a task: `oo` and 49 base-58 digits.
pub(super) fn fxhash_of(seed: Seed) -> String {
    spell("oo", 49, &mut Sfc32::labelled(seed, "fxhash"))
}

/// A minter's address as fxhash shows it: `tz1` and 33 base-58 digits.
pub(super) fn minter_of(seed: Seed) -> String {
    spell("tz1", 33, &mut Sfc32::labelled(seed, "fxminter"))
}

fn spell(head: &str, count: usize, stream: &mut Sfc32) -> String {
    let tail = (0..count).map(|_| char::from(ALPHABET[stream.index(ALPHABET.len())]));
    head.chars().chain(tail).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seed() -> Seed {
        Seed(Digest::of(b"a task"))
    }

    #[test]
    fn labels_give_independent_streams_and_repeat() {
        let draw = |label: &str| -> Vec<u32> {
            let mut stream = Sfc32::labelled(seed(), label);
            (0..1000).map(|_| stream.next_u32()).collect()
        };
        let (one, other) = (draw("sky"), draw("sea"));
        assert_eq!(one, draw("sky"));
        assert!(one.iter().all(|number| !other.contains(number)));
        let agree: u32 = one
            .iter()
            .zip(&other)
            .map(|(a, b)| (!(a ^ b)).count_ones())
            .sum();
        assert!(
            (15_500..16_500).contains(&agree),
            "{agree} of 32000 bits agree"
        );
    }

    #[test]
    fn numbers_are_spread_as_they_say() {
        let mut stream = Sfc32::labelled(seed(), "");
        let count = 100_000;
        let mean = (0..count).map(|_| stream.unit()).sum::<f64>() / f64::from(count);
        assert!((mean - 0.5).abs() < 0.004, "{mean}");
        let normal: Vec<f64> = (0..count).map(|_| stream.gaussian()).collect();
        let mean = normal.iter().sum::<f64>() / f64::from(count);
        let spread = normal.iter().map(|x| x * x).sum::<f64>() / f64::from(count);
        assert!(
            mean.abs() < 0.015 && (spread - 1.0).abs() < 0.02,
            "{mean} {spread}"
        );
        assert!((0..count).all(|_| stream.index(7) < 7));
        assert_eq!(stream.index(0), 0);
    }

    #[test]
    fn names_look_as_fxhash_writes_them() {
        insta::assert_snapshot!(format!("{}\n{}", fxhash_of(seed()), minter_of(seed())));
    }
}
