//! The order of a graph, and its cycles. Nothing here recurses: chains may be long.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, VecDeque};

/// Cycles that are named; further ones show once these are gone.
const CYCLES_MAX: usize = 50;

/// Orders nodes so that each stands after those that it needs; among those that could stand next,
/// the first of the given order does. `needs[node]` lists what a node needs, each once.
///
/// When there are cycles, they are given instead: each as the nodes along it, the first not
/// repeated. Every need that is part of any cycle is part of one of them.
pub(super) fn order(needs: &[Vec<usize>]) -> Result<Vec<usize>, Vec<Vec<usize>>> {
    let mut needed_by = vec![Vec::new(); needs.len()];
    for (node, needed) in needs.iter().enumerate() {
        for &other in needed {
            needed_by[other].push(node);
        }
    }
    let mut missing: Vec<usize> = needs.iter().map(Vec::len).collect();
    let mut ready: BinaryHeap<Reverse<usize>> = (0..needs.len())
        .filter(|&node| missing[node] == 0)
        .map(Reverse)
        .collect();
    let mut ordered = Vec::with_capacity(needs.len());
    while let Some(Reverse(node)) = ready.pop() {
        ordered.push(node);
        for &other in &needed_by[node] {
            missing[other] -= 1;
            if missing[other] == 0 {
                ready.push(Reverse(other));
            }
        }
    }
    if ordered.len() == needs.len() {
        return Ok(ordered);
    }
    // What is left stands on a cycle, behind one, or between two.
    let mut left: BTreeSet<usize> = (0..needs.len()).filter(|&node| missing[node] > 0).collect();
    drop_unneeded(needs, &needed_by, &mut left);
    Err(cycles(needs, &left))
}

/// Takes away what nothing else among the rest needs, again and again.
fn drop_unneeded(needs: &[Vec<usize>], needed_by: &[Vec<usize>], left: &mut BTreeSet<usize>) {
    let mut users: Vec<usize> = needed_by
        .iter()
        .map(|users| users.iter().filter(|user| left.contains(user)).count())
        .collect();
    let mut free: Vec<usize> = left
        .iter()
        .copied()
        .filter(|&node| users[node] == 0)
        .collect();
    while let Some(node) = free.pop() {
        left.remove(&node);
        for &other in &needs[node] {
            users[other] -= 1;
            if users[other] == 0 && left.contains(&other) {
                free.push(other);
            }
        }
    }
}

fn cycles(needs: &[Vec<usize>], left: &BTreeSet<usize>) -> Vec<Vec<usize>> {
    let mut named = Vec::new();
    let mut covered = BTreeSet::new();
    for &node in left {
        for &needed in needs[node].iter().filter(|needed| left.contains(needed)) {
            if named.len() == CYCLES_MAX {
                return named;
            }
            if covered.contains(&(node, needed)) {
                continue;
            }
            let Some(back) = shortest(needs, left, needed, node) else {
                continue;
            };
            for (position, &from) in back.iter().enumerate() {
                covered.insert((from, back[(position + 1) % back.len()]));
            }
            named.push(from_first(back));
        }
    }
    named
}

/// The shortest way along needs from one node to another, both included.
fn shortest(
    needs: &[Vec<usize>],
    within: &BTreeSet<usize>,
    from: usize,
    to: usize,
) -> Option<Vec<usize>> {
    let mut came_from = vec![usize::MAX; needs.len()];
    came_from[from] = from;
    let mut pending = VecDeque::from([from]);
    while let Some(node) = pending.pop_front() {
        if node == to {
            let mut way = vec![to];
            let mut at = to;
            while at != from {
                at = came_from[at];
                way.push(at);
            }
            way.reverse();
            return Some(way);
        }
        for &next in &needs[node] {
            if within.contains(&next) && came_from[next] == usize::MAX {
                came_from[next] = node;
                pending.push_back(next);
            }
        }
    }
    None
}

/// The same cycle, beginning with its first node.
fn from_first(mut cycle: Vec<usize>) -> Vec<usize> {
    let first = cycle
        .iter()
        .enumerate()
        .min_by_key(|(_, node)| **node)
        .map_or(0, |(position, _)| position);
    cycle.rotate_left(first);
    cycle
}
