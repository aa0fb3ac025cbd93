//! Plane transforms as the Canvas knows them, in double precision.

use tiny_skia::Transform;

/// The affine transform `x' = a x + c y + e`, `y' = b x + d y + f`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Matrix {
    pub(crate) a: f64,
    pub(crate) b: f64,
    pub(crate) c: f64,
    pub(crate) d: f64,
    pub(crate) e: f64,
    pub(crate) f: f64,
}

impl Matrix {
    /// Changes nothing.
    pub(crate) const IDENTITY: Self = Self::new(1.0, 0.0, 0.0, 1.0, 0.0, 0.0);

    pub(crate) const fn new(a: f64, b: f64, c: f64, d: f64, e: f64, f: f64) -> Self {
        Self { a, b, c, d, e, f }
    }

    pub(crate) const fn translate(x: f64, y: f64) -> Self {
        Self::new(1.0, 0.0, 0.0, 1.0, x, y)
    }

    pub(crate) const fn scale(x: f64, y: f64) -> Self {
        Self::new(x, 0.0, 0.0, y, 0.0, 0.0)
    }

    /// Rotates by `angle` radians, clockwise on a screen whose y axis points down.
    pub(crate) fn rotate(angle: f64) -> Self {
        let (sin, cos) = (libm::sin(angle), libm::cos(angle));
        Self::new(cos, sin, -sin, cos, 0.0, 0.0)
    }

    /// The transform that applies `inner` first and `self` after it: `self · inner`.
    pub(crate) fn then_inner(&self, inner: &Self) -> Self {
        Self {
            a: self.a * inner.a + self.c * inner.b,
            b: self.b * inner.a + self.d * inner.b,
            c: self.a * inner.c + self.c * inner.d,
            d: self.b * inner.c + self.d * inner.d,
            e: self.a * inner.e + self.c * inner.f + self.e,
            f: self.b * inner.e + self.d * inner.f + self.f,
        }
    }

    pub(crate) fn apply(&self, x: f64, y: f64) -> (f64, f64) {
        (
            self.a * x + self.c * y + self.e,
            self.b * x + self.d * y + self.f,
        )
    }

    pub(crate) fn determinant(&self) -> f64 {
        self.a * self.d - self.b * self.c
    }

    /// How much lengths grow on average: the square root of how areas grow.
    pub(crate) fn mean_scale(&self) -> f64 {
        self.determinant().abs().sqrt()
    }

    pub(crate) fn is_finite(&self) -> bool {
        self.to_array().iter().all(|value| value.is_finite())
    }

    /// The transform that undoes this one; none if it flattens the plane.
    pub(crate) fn invert(&self) -> Option<Self> {
        let det = self.determinant();
        if !det.is_normal() || !self.is_finite() {
            return None;
        }
        let inverse = Self {
            a: self.d / det,
            b: -self.b / det,
            c: -self.c / det,
            d: self.a / det,
            e: (self.c * self.f - self.d * self.e) / det,
            f: (self.b * self.e - self.a * self.f) / det,
        };
        inverse.is_finite().then_some(inverse)
    }

    pub(crate) fn to_array(self) -> [f64; 6] {
        [self.a, self.b, self.c, self.d, self.e, self.f]
    }

    /// For tiny-skia, which works in single precision.
    pub(crate) fn to_skia(self) -> Transform {
        Transform::from_row(
            self.a as f32,
            self.b as f32,
            self.c as f32,
            self.d as f32,
            self.e as f32,
            self.f as f32,
        )
    }
}

impl From<[f64; 6]> for Matrix {
    fn from([a, b, c, d, e, f]: [f64; 6]) -> Self {
        Self::new(a, b, c, d, e, f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_matrix() -> impl Strategy<Value = Matrix> {
        proptest::array::uniform6(-50.0..50.0_f64).prop_map(Matrix::from)
    }

    fn close(left: (f64, f64), right: (f64, f64), tolerance: f64) -> bool {
        (left.0 - right.0).abs() < tolerance && (left.1 - right.1).abs() < tolerance
    }

    proptest! {
        #[test]
        fn inverse_undoes(m in any_matrix(), x in -100.0..100.0_f64, y in -100.0..100.0_f64) {
            prop_assume!(m.determinant().abs() > 0.1);
            let inverse = m.invert().unwrap();
            let (u, v) = m.apply(x, y);
            prop_assert!(close(inverse.apply(u, v), (x, y), 1e-6));
        }

        #[test]
        fn product_applies_inner_first(
            m in any_matrix(), n in any_matrix(), x in -9.0..9.0_f64, y in -9.0..9.0_f64,
        ) {
            let (u, v) = n.apply(x, y);
            prop_assert!(close(m.then_inner(&n).apply(x, y), m.apply(u, v), 1e-6));
        }

        #[test]
        fn product_is_associative(a in any_matrix(), b in any_matrix(), c in any_matrix()) {
            let left = a.then_inner(&b).then_inner(&c).to_array();
            let right = a.then_inner(&b.then_inner(&c)).to_array();
            for (l, r) in left.iter().zip(right) {
                prop_assert!((l - r).abs() < 1e-6);
            }
        }

        #[test]
        fn rotation_keeps_areas(angle in -10.0..10.0_f64) {
            prop_assert!((Matrix::rotate(angle).determinant() - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn flat_transform_has_no_inverse() {
        assert_eq!(Matrix::scale(0.0, 1.0).invert(), None);
        assert_eq!(Matrix::scale(f64::NAN, 1.0).invert(), None);
    }
}
