//! Cells of what is nearest to each of some points, and hulls.
//!
//! Each cell starts as the whole rectangle and is cut by the bisectors to its neighbours, nearest
//! first, until no farther point can reach it (as in C. Rycroft, "Voro++", 2009). S. Lloyd, "Least
//! squares quantization in PCM" (1982), for relaxation; A. Andrew (1979) for the hull.

use super::buckets::Buckets;
use super::polyline::{Line, distance};
use super::work::{Meter, Trouble, bound};

/// What is nearest to one site.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cell {
    /// The outline, closed, clockwise as one sees it; empty where another site is at the same place
    /// or the cell lies outside.
    pub(super) ring: Line,
    /// The sites on the other side of the edges, rising.
    pub(super) neighbours: Vec<usize>,
}

/// A corner, and the site across the edge that starts there.
type Corner = ([f64; 2], Option<usize>);

/// The cells of `sites` in a rectangle (x, y, width, height), in the order of the sites.
pub(super) fn voronoi(
    sites: &[[f64; 2]],
    rectangle: [f64; 4],
    meter: &Meter,
) -> Result<Vec<Cell>, Trouble> {
    bound("voronoi", sites.len())?;
    let around = around(sites, rectangle);
    let side = libm::sqrt(around[2] * around[3] / sites.len().max(1) as f64);
    let mut buckets = Buckets::new(around, side);
    for (i, site) in sites.iter().enumerate() {
        buckets.push(*site, i);
    }
    (0..sites.len())
        .map(|i| cell(sites, i, rectangle, &buckets, meter))
        .collect()
}

/// The least rectangle that holds all sites and the given rectangle.
fn around(sites: &[[f64; 2]], [x, y, width, height]: [f64; 4]) -> [f64; 4] {
    let (mut low, mut high) = ([x, y], [x + width, y + height]);
    for site in sites {
        for n in 0..2 {
            low[n] = low[n].min(site[n]);
            high[n] = high[n].max(site[n]);
        }
    }
    [low[0], low[1], high[0] - low[0], high[1] - low[1]]
}

fn cell(
    sites: &[[f64; 2]],
    own: usize,
    [x, y, width, height]: [f64; 4],
    buckets: &Buckets<usize>,
    meter: &Meter,
) -> Result<Cell, Trouble> {
    let site = sites[own];
    let mut corners: Vec<Corner> = [
        [x, y],
        [x + width, y],
        [x + width, y + height],
        [x, y + height],
    ]
    .map(|corner| (corner, None))
    .to_vec();
    for ring in 0.. {
        let Some(mut near) = buckets.ring(site, ring) else {
            break;
        };
        meter.tick(8 + near.len() * 8)?;
        near.sort_by(|(a, i), (b, j)| {
            distance(*a, site)
                .total_cmp(&distance(*b, site))
                .then(i.cmp(j))
        });
        for (other, index) in near {
            if *other != site {
                corners = cut(&corners, site, *other, *index);
            } else if *index < own {
                corners.clear();
            }
        }
        let reach = corners
            .iter()
            .map(|(corner, _)| distance(*corner, site))
            .fold(0.0, f64::max);
        if ring as f64 * buckets.side() >= 2.0 * reach {
            break;
        }
    }
    let mut neighbours: Vec<usize> = corners.iter().filter_map(|(_, across)| *across).collect();
    neighbours.sort_unstable();
    neighbours.dedup();
    let mut ring: Line = corners.iter().map(|(corner, _)| *corner).collect();
    ring.extend(corners.first().map(|(corner, _)| *corner));
    Ok(Cell { ring, neighbours })
}

/// Keeps of a convex cell what is nearer to `site` than to `other`.
fn cut(corners: &[Corner], site: [f64; 2], other: [f64; 2], index: usize) -> Vec<Corner> {
    let normal = [other[0] - site[0], other[1] - site[1]];
    let middle = [(other[0] + site[0]) / 2.0, (other[1] + site[1]) / 2.0];
    let beyond = |corner: [f64; 2]| {
        (corner[0] - middle[0]) * normal[0] + (corner[1] - middle[1]) * normal[1]
    };
    let mut kept = Vec::with_capacity(corners.len() + 1);
    for (i, (from, across)) in corners.iter().enumerate() {
        let (to, _) = corners[(i + 1) % corners.len()];
        let (out, next_out) = (beyond(*from), beyond(to));
        if out <= 0.0 {
            kept.push((*from, *across));
        }
        if (out <= 0.0) != (next_out <= 0.0) {
            let t = out / (out - next_out);
            let crossing = [
                from[0] + (to[0] - from[0]) * t,
                from[1] + (to[1] - from[1]) * t,
            ];
            // Leaving, the new edge starts here; coming back, the old one goes on.
            kept.push((crossing, if out <= 0.0 { Some(index) } else { *across }));
        }
    }
    kept
}

/// Moves each site to the middle of its cell, `rounds` times.
pub(super) fn relax(
    mut sites: Line,
    rectangle: [f64; 4],
    rounds: usize,
    meter: &Meter,
) -> Result<Line, Trouble> {
    for _ in 0..rounds {
        let cells = voronoi(&sites, rectangle, meter)?;
        for (site, cell) in sites.iter_mut().zip(&cells) {
            *site = centroid(&cell.ring).unwrap_or(*site);
        }
    }
    Ok(sites)
}

/// The centre of mass of a ring; none if it has no area.
pub(super) fn centroid(ring: &[[f64; 2]]) -> Option<[f64; 2]> {
    let origin = *ring.first()?;
    let (mut doubled, mut sum) = (0.0, [0.0; 2]);
    for (a, b) in ring.iter().zip(ring.iter().cycle().skip(1)) {
        // Relative to a corner, to lose no digits far from the origin.
        let [ax, ay, bx, by] = [
            a[0] - origin[0],
            a[1] - origin[1],
            b[0] - origin[0],
            b[1] - origin[1],
        ];
        let cross = ax * by - bx * ay;
        doubled += cross;
        sum = [sum[0] + (ax + bx) * cross, sum[1] + (ay + by) * cross];
    }
    (doubled != 0.0).then(|| {
        [
            origin[0] + sum[0] / (3.0 * doubled),
            origin[1] + sum[1] / (3.0 * doubled),
        ]
    })
}

/// The least convex ring around points, closed, clockwise as one sees it.
pub(super) fn hull(points: &[[f64; 2]]) -> Line {
    let mut sorted = points.to_vec();
    sorted.sort_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
    sorted.dedup();
    if sorted.len() < 3 {
        return sorted;
    }
    let half = |points: &mut dyn Iterator<Item = [f64; 2]>| {
        let mut side = Line::new();
        for point in points {
            while let [.., a, b] = side[..] {
                let turn = (b[0] - a[0]) * (point[1] - a[1]) - (b[1] - a[1]) * (point[0] - a[0]);
                if turn > 0.0 {
                    break;
                }
                side.pop();
            }
            side.push(point);
        }
        side
    };
    let mut ring = half(&mut sorted.iter().copied());
    ring.pop();
    ring.extend(half(&mut sorted.iter().rev().copied()));
    ring
}

#[cfg(test)]
mod tests {
    use super::super::polyline::area;
    use super::*;
    use proptest::prelude::*;

    const RECTANGLE: [f64; 4] = [-5.0, 10.0, 60.0, 40.0];

    fn cells(sites: &[[f64; 2]]) -> Vec<Cell> {
        voronoi(sites, RECTANGLE, &Meter::free()).unwrap()
    }

    #[test]
    fn two_sites_share_the_rectangle() {
        let cells = cells(&[[10.0, 30.0], [40.0, 30.0]]);
        assert_eq!(area(&cells[0].ring), 1200.0);
        assert_eq!(area(&cells[1].ring), 1200.0);
        assert_eq!(
            (&cells[0].neighbours, &cells[1].neighbours),
            (&vec![1], &vec![0])
        );
    }

    #[test]
    fn sites_at_one_place_and_outside_are_no_trouble() {
        let cells = cells(&[[10.0, 30.0], [10.0, 30.0], [500.0, 30.0]]);
        assert_eq!(area(&cells[0].ring), 2400.0);
        assert!(cells[1].ring.is_empty() && cells[2].ring.is_empty());
        assert!(
            super::voronoi(&[], RECTANGLE, &Meter::free())
                .unwrap()
                .is_empty()
        );
    }

    #[test]
    fn hull_of_a_grid_is_its_corners() {
        let grid: Line = (0..25)
            .map(|i| [f64::from(i % 5), f64::from(i / 5)])
            .collect();
        let expected = vec![[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [0.0, 4.0], [0.0, 0.0]];
        assert_eq!(hull(&grid), expected);
    }

    fn sites() -> impl Strategy<Value = Line> {
        prop::collection::vec([-5.0..55.0, 10.0..50.0_f64], 1..80)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn cells_cover_the_rectangle_and_hold_what_is_nearest(sites in sites()) {
            let cells = cells(&sites);
            let whole: f64 = cells.iter().map(|cell| area(&cell.ring)).sum();
            prop_assert!((whole - 2400.0).abs() < 1e-6, "{}", whole);
            for (i, cell) in cells.iter().enumerate() {
                for corner in &cell.ring {
                    let own = distance(*corner, sites[i]);
                    prop_assert!(sites.iter().all(|other| distance(*corner, *other) > own - 1e-6));
                }
                for other in &cell.neighbours {
                    prop_assert!(*other != i);
                }
            }
        }

        #[test]
        fn relaxed_sites_are_more_even(sites in prop::collection::vec([-5.0..55.0, 10.0..50.0_f64], 12..60)) {
            let spread = |sites: &[[f64; 2]]| {
                let areas: Vec<f64> = cells(sites).iter().map(|cell| area(&cell.ring)).collect();
                let mean = 2400.0 / areas.len() as f64;
                areas.iter().map(|area| (area - mean) * (area - mean)).sum::<f64>()
            };
            let relaxed = relax(sites.clone(), RECTANGLE, 20, &Meter::free()).unwrap();
            prop_assert!(spread(&relaxed) < spread(&sites));
        }

        #[test]
        fn hull_holds_all_points(points in sites()) {
            let ring = hull(&points);
            for pair in ring.windows(2) {
                for point in &points {
                    let turn = (pair[1][0] - pair[0][0]) * (point[1] - pair[0][1])
                        - (pair[1][1] - pair[0][1]) * (point[0] - pair[0][0]);
                    prop_assert!(ring.len() < 4 || turn >= -1e-9);
                }
            }
        }
    }
}
