//! When each shot is on the screen, in frames: cuts, cuts on the beat, and what overlaps in a transition.

use daedal_core::engine::EngineError;

use super::shots::{SECONDS_MAX, Shot, Transition};

/// How long a transition takes, where nothing else is said, in seconds.
const TRANSITION: f64 = 0.6;
/// A shot that is moved to a beat stays at least so long, in seconds.
const SHORTEST: f64 = 0.3;

/// The place of one shot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slot {
    /// Its first frame, and the frame after its last, transitions aside.
    pub(super) start: usize,
    pub(super) end: usize,
    /// The same with what it shares with its neighbours.
    pub(super) seen_from: usize,
    pub(super) seen_to: usize,
    transition: Transition,
}

/// What a frame shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Showing {
    One(usize),
    /// From a shot to the next, so far (above 0, below 1).
    Between(usize, Transition, f64),
}

/// The whole film.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cutting {
    pub(super) slots: Vec<Slot>,
    pub(super) fps: u32,
}

impl Cutting {
    /// Lays the shots one after another; with `beats`, each cut goes to the nearest of them. The length stays the same.
    pub(super) fn of(shots: &[Shot], fps: u32, beats: Option<&[f64]>) -> Result<Self, EngineError> {
        let mut ends = Vec::with_capacity(shots.len());
        let mut seconds = 0.0;
        for (index, shot) in shots.iter().enumerate() {
            if !(shot.seconds > 0.0 && shot.seconds <= SECONDS_MAX) {
                return Err(EngineError::invalid(format!(
                    "shot {} has {} seconds: expected more than 0, and {SECONDS_MAX} at most",
                    index + 1,
                    shot.seconds
                )));
            }
            seconds += shot.seconds;
            ends.push(seconds);
        }
        if seconds > SECONDS_MAX {
            return Err(EngineError::limit(format!(
                "the film has {seconds:.1} seconds, more than the limit of {SECONDS_MAX}: make it in parts"
            )));
        }
        if let Some(beats) = beats {
            snap(&mut ends, beats);
        }
        let frame = |seconds: f64| (seconds * f64::from(fps)).round() as usize;
        let mut slots: Vec<Slot> = Vec::with_capacity(shots.len());
        let mut start = 0;
        for (index, (shot, end)) in shots.iter().zip(&ends).enumerate() {
            // A shot is a frame at least.
            let end = frame(*end).max(start + 1);
            slots.push(Slot {
                start,
                end,
                seen_from: start,
                seen_to: end,
                transition: if index == 0 {
                    Transition::Cut
                } else {
                    shot.transition
                },
            });
            start = end;
        }
        for index in 1..slots.len() {
            let [before, after] = [slots[index - 1], slots[index]];
            if after.transition == Transition::Cut {
                continue;
            }
            let wanted = frame(shots[index].transition_seconds.unwrap_or(TRANSITION));
            // Half of it on either side, and no further than the middle of a shot.
            let length = wanted
                .min(before.end - before.start)
                .min(after.end - after.start);
            slots[index].seen_from -= length / 2;
            slots[index - 1].seen_to += length - length / 2;
        }
        Ok(Self { slots, fps })
    }

    pub(super) fn frames(&self) -> usize {
        self.slots.last().map_or(0, |slot| slot.end)
    }

    pub(super) fn seconds(&self) -> f64 {
        self.seconds_at(self.frames())
    }

    /// When a frame begins.
    pub(super) fn seconds_at(&self, frame: usize) -> f64 {
        frame as f64 / f64::from(self.fps)
    }

    /// What the frame shows.
    pub(super) fn at(&self, frame: usize) -> Showing {
        let later = self.slots.partition_point(|slot| slot.end <= frame);
        let index = later.min(self.slots.len().saturating_sub(1));
        let between = |before: usize| {
            let (from, to) = (self.slots[before + 1].seen_from, self.slots[before].seen_to);
            let share = (frame - from) as f64 + 0.5;
            Showing::Between(
                before,
                self.slots[before + 1].transition,
                share / (to - from) as f64,
            )
        };
        if index > 0 && frame < self.slots[index - 1].seen_to {
            return between(index - 1);
        }
        match self.slots.get(index + 1) {
            Some(next) if frame >= next.seen_from => between(index),
            _ => Showing::One(index),
        }
    }
}

/// Moves every end but the last to the beat that is nearest to it.
fn snap(ends: &mut [f64], beats: &[f64]) {
    let Some((last, inner)) = ends.split_last_mut() else {
        return;
    };
    let mut before = 0.0;
    for end in inner {
        let free = beats
            .iter()
            .filter(|beat| **beat >= before + SHORTEST && **beat <= *last - SHORTEST);
        let nearest =
            free.min_by(|one, other| (*one - *end).abs().total_cmp(&(*other - *end).abs()));
        *end = nearest.copied().unwrap_or(*end).max(before);
        before = *end;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn shot(seconds: f64, transition: &str, length: f64) -> Shot {
        serde_json::from_value(json!({
            "image": "x", "seconds": seconds, "transition": transition, "transition_seconds": length
        }))
        .unwrap()
    }

    #[test]
    fn a_transition_lies_across_its_cut_and_the_film_keeps_its_length() {
        let shots = [
            shot(2.0, "cut", 0.0),
            shot(2.0, "crossfade", 1.0),
            shot(1.0, "wipe", 9.0),
        ];
        let cutting = Cutting::of(&shots, 10, None).unwrap();
        assert_eq!((cutting.frames(), cutting.seconds()), (50, 5.0));
        assert_eq!(cutting.at(14), Showing::One(0));
        assert_eq!(
            cutting.at(15),
            Showing::Between(0, Transition::Crossfade, 0.05)
        );
        assert_eq!(
            cutting.at(24),
            Showing::Between(0, Transition::Crossfade, 0.95)
        );
        assert_eq!(cutting.at(25), Showing::One(1));
        assert!(
            matches!(cutting.at(36), Showing::Between(1, Transition::Wipe, _)),
            "as long as its shot"
        );
        assert_eq!(cutting.at(45), Showing::One(2));
    }

    #[test]
    fn cuts_go_to_beats() {
        let shots = [
            shot(2.1, "cut", 0.0),
            shot(1.8, "cut", 0.0),
            shot(2.1, "cut", 0.0),
        ];
        let beats: Vec<f64> = (0..20).map(|at| f64::from(at) * 0.8).collect();
        let cutting = Cutting::of(&shots, 10, Some(&beats)).unwrap();
        let cuts: Vec<usize> = cutting.slots.iter().map(|slot| slot.end).collect();
        assert_eq!(cuts, [24, 40, 60]);
    }

    #[test]
    fn a_film_that_is_too_long_is_refused() {
        let error = Cutting::of(
            &[shot(600.0, "cut", 0.0), shot(600.0, "cut", 0.0)],
            25,
            None,
        );
        insta::assert_snapshot!(error.unwrap_err(), @"the film has 1200.0 seconds, more than the limit of 900: make it in parts");
    }

    proptest! {
        #[test]
        fn every_frame_shows_shots_that_are_seen_then(
            lengths in prop::collection::vec((0.1..4.0_f64, 0_usize..3, 0.0..5.0_f64), 1..12),
            fps in 1_u32..60, beat in prop::option::of(0.2..1.5_f64),
        ) {
            let shots: Vec<Shot> = lengths.iter().map(|(s, t, l)| shot(*s, Transition::NAMES[*t], *l)).collect();
            let beats = beat.map(|beat| (0..80).map(|at| f64::from(at) * beat).collect::<Vec<_>>());
            let cutting = Cutting::of(&shots, fps, beats.as_deref()).unwrap();
            let mut last = 0;
            for frame in 0..cutting.frames() {
                let shown = match cutting.at(frame) {
                    Showing::One(index) => vec![index],
                    Showing::Between(before, _, share) => {
                        prop_assert!(share > 0.0 && share < 1.0);
                        vec![before, before + 1]
                    }
                };
                for index in &shown {
                    let slot = cutting.slots[*index];
                    prop_assert!((slot.seen_from..slot.seen_to).contains(&frame), "{:?} at {}", slot, frame);
                }
                prop_assert!(shown[0] >= last);
                last = shown[0];
            }
            prop_assert_eq!(last.max(cutting.slots.len() - 1), cutting.slots.len() - 1);
        }
    }
}
