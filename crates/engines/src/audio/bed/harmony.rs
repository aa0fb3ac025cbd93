//! Scales, moods, and the chords that a mood moves through.

use serde::Deserialize;

/// Names of keys, from C on.
pub(in crate::audio) const KEYS: [&str; 12] = [
    "C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B",
];

/// The seven notes that music is made of, as semitones above the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::audio) enum Scale {
    Major,
    Minor,
    Dorian,
    Phrygian,
    Lydian,
    Mixolydian,
}

impl Scale {
    pub(in crate::audio) const NAMES: [&str; 6] = [
        "major",
        "minor",
        "dorian",
        "phrygian",
        "lydian",
        "mixolydian",
    ];

    pub(super) fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    fn steps(self) -> [i32; 7] {
        match self {
            Self::Major => [0, 2, 4, 5, 7, 9, 11],
            Self::Minor => [0, 2, 3, 5, 7, 8, 10],
            Self::Dorian => [0, 2, 3, 5, 7, 9, 10],
            Self::Phrygian => [0, 1, 3, 5, 7, 8, 10],
            Self::Lydian => [0, 2, 4, 6, 7, 9, 11],
            Self::Mixolydian => [0, 2, 4, 5, 7, 9, 10],
        }
    }

    /// Semitones of the step `degree` of the scale, which may be beyond an octave.
    pub(super) fn semitones(self, degree: i32) -> i32 {
        degree.div_euclid(7) * 12 + self.steps()[degree.rem_euclid(7) as usize]
    }
}

/// What a bed is to feel like.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::audio) enum Mood {
    #[default]
    Calm,
    Hopeful,
    Wistful,
    Nocturne,
    Tense,
}

/// How the instruments of a mood sound.
#[derive(Debug, Clone, Copy)]
pub(super) struct Timbre {
    /// Above this, in Hz, the pads are dull.
    pub(super) bright: f32,
    /// Seconds that a pad takes to come.
    pub(super) attack: f32,
    /// How glassy the arpeggio is: the index of its frequency modulation.
    pub(super) glass: f32,
    /// Its levels against each other: pad, bass, arpeggio, swell.
    pub(super) pad: f32,
    pub(super) bass: f32,
    pub(super) arpeggio: f32,
    pub(super) swell: f32,
    /// The room, in metres, and how long it sounds on, in seconds.
    pub(super) room: f32,
    pub(super) tail: f32,
}

impl Mood {
    pub(in crate::audio) const NAMES: [&str; 5] =
        ["calm", "hopeful", "wistful", "nocturne", "tense"];

    pub(super) fn scale(self) -> Scale {
        match self {
            Self::Calm => Scale::Major,
            Self::Hopeful => Scale::Lydian,
            Self::Wistful => Scale::Minor,
            Self::Nocturne => Scale::Dorian,
            Self::Tense => Scale::Phrygian,
        }
    }

    /// Beats in a minute, from and to.
    pub(super) fn tempo(self) -> (u32, u32) {
        match self {
            Self::Calm => (62, 72),
            Self::Hopeful => (80, 92),
            Self::Wistful => (58, 68),
            Self::Nocturne => (54, 64),
            Self::Tense => (70, 84),
        }
    }

    /// Progressions as degrees of the scale, 0 the tonic.
    pub(super) fn progressions(self) -> &'static [[i32; 4]] {
        match self {
            Self::Calm => &[[0, 5, 3, 4], [0, 2, 3, 0], [3, 0, 5, 3], [0, 4, 5, 3]],
            Self::Hopeful => &[[0, 1, 4, 0], [0, 4, 1, 5], [5, 1, 0, 4], [0, 1, 5, 4]],
            Self::Wistful => &[[0, 5, 2, 6], [0, 3, 5, 6], [5, 6, 0, 2], [0, 6, 5, 3]],
            Self::Nocturne => &[[0, 3, 6, 3], [0, 2, 3, 6], [0, 6, 3, 4], [3, 0, 4, 0]],
            Self::Tense => &[[0, 1, 0, 6], [0, 5, 1, 0], [0, 1, 3, 1], [0, 6, 5, 1]],
        }
    }

    /// What is stacked on a degree: steps of the scale above it.
    pub(super) fn stack(self) -> &'static [i32] {
        match self {
            Self::Calm | Self::Hopeful => &[0, 2, 4, 8],
            Self::Wistful | Self::Nocturne => &[0, 2, 4, 6],
            Self::Tense => &[0, 4, 7],
        }
    }

    pub(super) fn timbre(self) -> Timbre {
        let soft = Timbre {
            bright: 1_300.0,
            attack: 1.6,
            glass: 1.1,
            pad: 0.5,
            bass: 0.42,
            arpeggio: 0.34,
            swell: 0.05,
            room: 22.0,
            tail: 4.5,
        };
        match self {
            Self::Calm => soft,
            Self::Hopeful => Timbre {
                bright: 2_100.0,
                attack: 1.1,
                glass: 1.7,
                arpeggio: 0.42,
                ..soft
            },
            Self::Wistful => Timbre {
                bright: 1_150.0,
                glass: 0.8,
                ..soft
            },
            Self::Nocturne => Timbre {
                bright: 950.0,
                attack: 2.0,
                glass: 1.3,
                swell: 0.07,
                room: 28.0,
                tail: 6.0,
                ..soft
            },
            Self::Tense => Timbre {
                bright: 800.0,
                attack: 0.9,
                glass: 2.4,
                bass: 0.6,
                arpeggio: 0.24,
                swell: 0.12,
                room: 26.0,
                ..soft
            },
        }
    }
}

/// A chord's usual name: what its third, fifth and seventh say.
pub(super) fn chord_name(root: i32, tones: &[i32]) -> String {
    let has = |semitones: i32| {
        tones
            .iter()
            .any(|tone| (tone - root).rem_euclid(12) == semitones)
    };
    let third = match (has(3), has(4), has(6)) {
        (true, _, true) if !has(7) => "dim",
        (true, ..) => "m",
        (_, false, _) => "5",
        _ => "",
    };
    let seventh = match (has(10), has(11), has(2)) {
        (true, ..) => "7",
        (_, true, _) => "maj7",
        (.., true) => "add9",
        _ => "",
    };
    format!("{}{third}{seventh}", KEYS[root.rem_euclid(12) as usize])
}
