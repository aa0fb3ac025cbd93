//! Grading: exposure, temperature, contrast, curves, saturation.

use daedal_core::engine::EngineError;
use serde::Deserialize;

use crate::picture::{Picture, linear_to_srgb, srgb_to_linear};

/// Changes of tone and colour, applied in the order of the fields; 0 changes nothing.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Grade {
    /// In stops, on linear light.
    exposure: f32,
    /// -1 cool to 1 warm.
    temperature: f32,
    /// -1 green to 1 magenta.
    tint: f32,
    /// -1 to 1, added.
    brightness: f32,
    /// -1 flat to 1 hard, about the middle.
    contrast: f32,
    gamma: Option<f32>,
    curves: Curves,
    /// -1 grey, 1 twice as strong.
    saturation: f32,
}

/// Points (from, to) of 0 to 255 that a curve goes through.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Curves {
    rgb: Vec<[f32; 2]>,
    red: Vec<[f32; 2]>,
    green: Vec<[f32; 2]>,
    blue: Vec<[f32; 2]>,
}

/// Luma of Rec. 709.
pub(super) const LUMA: [f32; 3] = [0.2126, 0.7152, 0.0722];

impl Grade {
    pub(super) fn apply(&self, picture: &mut Picture) -> Result<(), EngineError> {
        let tables = self.tables()?;
        let strength = 1.0 + self.saturation.clamp(-1.0, 4.0);
        for pixel in picture.rgba_mut() {
            let channels: [f32; 3] = std::array::from_fn(|i| tables[i][usize::from(pixel[i])]);
            let grey: f32 = channels
                .iter()
                .zip(LUMA)
                .map(|(value, share)| value * share)
                .sum();
            for (level, value) in pixel.iter_mut().zip(channels) {
                *level = to_level(grey + (value - grey) * strength);
            }
        }
        Ok(())
    }

    /// What each level of each channel becomes, 0 to 1, before saturation.
    fn tables(&self) -> Result<[Box<[f32; 256]>; 3], EngineError> {
        let gains = self.gains();
        let all = Curve::new("rgb", &self.curves.rgb)?;
        let own = [
            Curve::new("red", &self.curves.red)?,
            Curve::new("green", &self.curves.green)?,
            Curve::new("blue", &self.curves.blue)?,
        ];
        let gamma = self.gamma.unwrap_or(1.0);
        if !(0.05..=20.0).contains(&gamma) {
            return Err(EngineError::invalid(format!(
                "`gamma: {gamma}` is out of its range of 0.05 to 20"
            )));
        }
        let contrast = self.contrast.clamp(-1.0, 0.99);
        let slope = if contrast <= 0.0 {
            1.0 + contrast
        } else {
            1.0 / (1.0 - contrast)
        };
        Ok(std::array::from_fn(|channel| {
            Box::new(std::array::from_fn(|level| {
                let mut value = linear_to_srgb(srgb_to_linear(level as u8) * gains[channel]);
                value = (value + self.brightness - 0.5) * slope + 0.5;
                value = libm::powf(value.clamp(0.0, 1.0), 1.0 / gamma);
                own[channel].at(all.at(value)).clamp(0.0, 1.0)
            }))
        }))
    }

    /// Factors on linear red, green and blue, which keep the luminance of grey.
    fn gains(&self) -> [f32; 3] {
        let power = |exponent: f32| libm::exp2f(exponent);
        let warm = self.temperature.clamp(-1.0, 1.0) * 0.35;
        let green = -self.tint.clamp(-1.0, 1.0) * 0.25;
        let gains = [power(warm), power(green), power(-warm)];
        let luminance: f32 = gains
            .iter()
            .zip(LUMA)
            .map(|(gain, share)| gain * share)
            .sum();
        let exposure = power(self.exposure.clamp(-10.0, 10.0));
        gains.map(|gain| gain / luminance * exposure)
    }
}

/// A value of 0 to 1 as a level.
pub(super) fn to_level(value: f32) -> u8 {
    (value * 255.0).round().clamp(0.0, 255.0) as u8
}

/// A smooth curve through points that never overshoots them: Fritsch & Carlson 1980, "Monotone
/// Piecewise Cubic Interpolation".
struct Curve {
    points: Vec<[f32; 2]>,
    slopes: Vec<f32>,
}

impl Curve {
    fn new(name: &str, points: &[[f32; 2]]) -> Result<Self, EngineError> {
        let rising = points.windows(2).all(|pair| pair[0][0] < pair[1][0]);
        let inside = points
            .iter()
            .flatten()
            .all(|value| (0.0..=255.0).contains(value));
        if points.len() == 1 || !rising || !inside {
            return Err(EngineError::invalid(format!(
                "`curves: {name}` needs two or more points [from, to] of 0 to 255, rising in the first"
            )));
        }
        let points: Vec<[f32; 2]> = points
            .iter()
            .map(|point| point.map(|v| v / 255.0))
            .collect();
        let secants: Vec<f32> = points
            .windows(2)
            .map(|pair| (pair[1][1] - pair[0][1]) / (pair[1][0] - pair[0][0]))
            .collect();
        let slopes = (0..points.len())
            .map(|i| {
                match (
                    i.checked_sub(1).map(|before| secants[before]),
                    secants.get(i),
                ) {
                    (Some(before), Some(after)) if before * after > 0.0 => {
                        // The harmonic mean keeps within the region that is monotone.
                        2.0 * before * after / (before + after)
                    }
                    (Some(_), Some(_)) | (None, None) => 0.0,
                    (Some(only), None) => only,
                    (None, Some(only)) => *only,
                }
            })
            .collect();
        Ok(Self { points, slopes })
    }

    fn at(&self, x: f32) -> f32 {
        let (Some(first), Some(last)) = (self.points.first(), self.points.last()) else {
            return x;
        };
        if x <= first[0] {
            return first[1];
        }
        if x >= last[0] {
            return last[1];
        }
        let after = self.points.partition_point(|point| point[0] <= x);
        let (low, high) = (self.points[after - 1], self.points[after]);
        let width = high[0] - low[0];
        let t = (x - low[0]) / width;
        let (t2, t3) = (t * t, t * t * t);
        low[1] * (2.0 * t3 - 3.0 * t2 + 1.0)
            + high[1] * (3.0 * t2 - 2.0 * t3)
            + width * self.slopes[after - 1] * (t3 - 2.0 * t2 + t)
            + width * self.slopes[after] * (t3 - t2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::Colour;
    use proptest::prelude::*;

    fn graded(grade: serde_json::Value, colour: [u8; 3]) -> [u8; 3] {
        let mut picture = Picture::filled(1, 1, Colour([colour[0], colour[1], colour[2], 255]));
        let grade: Grade = serde_json::from_value(grade).unwrap();
        grade.apply(&mut picture).unwrap();
        [picture.pixels[0], picture.pixels[1], picture.pixels[2]]
    }

    #[test]
    fn each_dial_does_what_it_says() {
        use serde_json::json;
        let grey = [128, 128, 128];
        assert_eq!(
            graded(json!({ "saturation": -1 }), [255, 0, 0]),
            [54, 54, 54]
        );
        let [r, g, b] = graded(json!({ "temperature": 0.5 }), grey);
        assert!(r > 128 && b < 128 && g.abs_diff(128) < 12, "{r} {g} {b}");
        let [r, g, b] = graded(json!({ "tint": 0.5 }), grey);
        assert!(r > g && b > g, "{r} {g} {b}");
        assert_eq!(graded(json!({ "exposure": 20 }), grey), [255, 255, 255]);
        assert_eq!(graded(json!({ "contrast": -1 }), [0, 200, 255]), grey);
        assert!(graded(json!({ "gamma": 2.0 }), grey)[0] > 170);
        let curve =
            json!({ "curves": { "rgb": [[0, 255], [255, 0]], "red": [[0, 10], [255, 10]] } });
        assert_eq!(graded(curve, [1, 55, 255]), [10, 200, 0]);
    }

    proptest! {
        #[test]
        fn nothing_changes_nothing(colour in any::<[u8; 3]>()) {
            prop_assert_eq!(graded(serde_json::json!({}), colour), colour);
        }

        #[test]
        fn curves_stay_between_their_points(
            mut xs in prop::collection::btree_set(0..=255_u8, 2..8), ys in prop::collection::vec(0..=255_u8, 8), x in 0.0..1.0_f32,
        ) {
            xs.insert(0);
            let points: Vec<[f32; 2]> = xs.iter().zip(&ys).map(|(x, y)| [f32::from(*x), f32::from(*y)]).collect();
            prop_assume!(points.len() > 1);
            let curve = Curve::new("rgb", &points).unwrap();
            let after = curve.points.partition_point(|point| point[0] <= x).clamp(1, points.len() - 1);
            let (a, b) = (curve.points[after - 1][1], curve.points[after][1]);
            let y = curve.at(x);
            prop_assert!(y >= a.min(b) - 1e-5 && y <= a.max(b) + 1e-5, "{} not in {}..{}", y, a, b);
        }
    }
}
