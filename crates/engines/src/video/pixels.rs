//! Frames as encoders take them.

/// Mixes `over` into `under`, so far of 256.
pub(super) fn mix(under: &mut [u8], over: &[u8], share: u32) {
    for (under, over) in under.iter_mut().zip(over) {
        let mixed = u32::from(*under) * (256 - share) + u32::from(*over) * share + 128;
        *under = (mixed >> 8) as u8;
    }
}

/// Wipes from `under` to `over`, from left to right behind a soft edge, so far from 0 to 1.
pub(super) fn wipe(under: &mut [u8], over: &[u8], width: usize, share: f64) {
    let soft = (width / 12).max(1) as f64;
    let edge = share * (width as f64 + soft);
    let shares: Vec<u32> = (0..width)
        .map(|x| (((edge - x as f64) / soft).clamp(0.0, 1.0) * 256.0).round() as u32)
        .collect();
    let rows = under
        .chunks_exact_mut(width * 4)
        .zip(over.chunks_exact(width * 4));
    for (under, over) in rows {
        let pixels = under
            .as_chunks_mut::<4>()
            .0
            .iter_mut()
            .zip(over.as_chunks::<4>().0);
        for ((under, over), share) in pixels.zip(&shares) {
            match share {
                0 => {}
                256 => *under = *over,
                share => mix(under, over, *share),
            }
        }
    }
}

/// Mixes a colour into all of a frame, so far of 256.
pub(super) fn dim(frame: &mut [u8], colour: [u8; 4], share: u32) {
    for pixel in frame.as_chunks_mut::<4>().0 {
        mix(&mut pixel[..3], &colour[..3], share);
    }
}

/// Red, green and blue without alpha.
pub(super) fn rgb(frame: &[u8], into: &mut Vec<u8>) {
    into.clear();
    into.reserve(frame.len() / 4 * 3);
    for [r, g, b, _] in frame.as_chunks::<4>().0 {
        into.extend_from_slice(&[*r, *g, *b]);
    }
}

/// Y'CbCr of 4:2:0 by BT.709 in its limited range, in whole numbers; width and height are even.
pub(super) fn yuv420(frame: &[u8], width: usize, into: &mut Vec<u8>) {
    let height = frame.len() / 4 / width;
    let luma_size = width * height;
    into.clear();
    into.resize(luma_size + luma_size / 2, 0);
    let (luma, chroma) = into.split_at_mut(luma_size);
    let (blue, red) = chroma.split_at_mut(luma_size / 4);
    for (pixel, luma) in frame.as_chunks::<4>().0.iter().zip(luma.iter_mut()) {
        let [r, g, b, _] = pixel.map(i32::from);
        *luma = ((11_966 * r + 40_254 * g + 4_064 * b + (16 << 16) + (1 << 15)) >> 16) as u8;
    }
    let pairs = frame.chunks_exact(width * 8);
    let half = width / 2;
    let rows = blue.chunks_exact_mut(half).zip(red.chunks_exact_mut(half));
    for (pair, (blue, red)) in pairs.zip(rows) {
        let (upper, lower) = pair.split_at(width * 4);
        let quads = upper
            .as_chunks::<8>()
            .0
            .iter()
            .zip(lower.as_chunks::<8>().0);
        for ((upper, lower), (blue, red)) in quads.zip(blue.iter_mut().zip(red)) {
            let sum = |at: usize| {
                i32::from(upper[at])
                    + i32::from(upper[at + 4])
                    + i32::from(lower[at])
                    + i32::from(lower[at + 4])
            };
            let (r, g, b) = (sum(0), sum(1), sum(2));
            let round = (128 << 18) + (1 << 17);
            *blue = ((-6_596 * r - 22_189 * g + 28_785 * b + round) >> 18) as u8;
            *red = ((28_785 * r - 26_146 * g - 2_639 * b + round) >> 18) as u8;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(colour: [u8; 3]) -> Vec<u8> {
        [colour[0], colour[1], colour[2], 255].repeat(4 * 2)
    }

    #[test]
    fn colours_are_those_of_bt_709() {
        let seen = |colour| {
            let mut out = Vec::new();
            yuv420(&plain(colour), 4, &mut out);
            [out[0], out[8], out[10]]
        };
        assert_eq!(seen([0, 0, 0]), [16, 128, 128]);
        assert_eq!(seen([255, 255, 255]), [235, 128, 128]);
        assert_eq!(seen([255, 0, 0]), [63, 102, 240]);
        assert_eq!(seen([0, 255, 0]), [173, 42, 26]);
        assert_eq!(seen([0, 0, 255]), [32, 240, 118]);
        let mut out = Vec::new();
        rgb(&plain([1, 2, 3]), &mut out);
        assert_eq!(out, [1, 2, 3].repeat(8));
    }

    #[test]
    fn a_wipe_begins_with_one_and_ends_with_the_other() {
        let (one, other) = (plain([10, 20, 30]), plain([200, 100, 50]));
        for (share, expected) in [(0.0, &one), (1.0, &other)] {
            let mut frame = one.clone();
            wipe(&mut frame, &other, 4, share);
            assert_eq!(&frame, expected);
        }
        let mut frame = one.clone();
        wipe(&mut frame, &other, 4, 0.5);
        assert_eq!((&frame[..4], &frame[12..16]), (&other[..4], &one[..4]));
        mix(&mut frame, &one, 256);
        assert_eq!(frame, one);
        dim(&mut frame, [0, 0, 0, 255], 256);
        assert_eq!(frame, plain([0, 0, 0]));
    }
}
