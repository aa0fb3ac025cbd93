use std::collections::{HashMap, VecDeque};
use std::path::Path;

use candle_core::{Device, Tensor, safetensors};
use daedal_local::{Error, Model, Noise, TorchNoise, Wish};
use image::RgbImage;

use crate::{made, rescheduled, source};

/// Farthest that a channel may be from diffusers' picture, of 1.
const FAR: f32 = 1e-3;

/// Noise as it was noted.
struct Noted(VecDeque<Vec<f32>>);

impl Noise for Noted {
    fn draw(&mut self, count: usize) -> Result<Vec<f32>, Error> {
        let drawn = self
            .0
            .pop_front()
            .expect("more noise is drawn than diffusers did");
        assert_eq!(drawn.len(), count);
        Ok(drawn)
    }
}

struct Reference(HashMap<String, Tensor>);

impl Reference {
    fn of(name: &str) -> Self {
        let path = made().join(name).join("reference.safetensors");
        Self(safetensors::load(path, &Device::Cpu).unwrap())
    }

    fn numbers(&self, name: &str) -> Vec<f32> {
        self.0[name].flatten_all().unwrap().to_vec1().unwrap()
    }

    fn noise(&self, case: &str) -> VecDeque<Vec<f32>> {
        let names = (0..).map(|at| format!("{case}.noise.{at}"));
        let names = names.take_while(|name| self.0.contains_key(name));
        names.map(|name| self.numbers(&name)).collect()
    }
}

fn wish() -> Wish<'static> {
    Wish {
        prompt: "A tide at Night, in ink",
        negative: Some("shore"),
        width: Some(40),
        height: Some(24),
        steps: Some(5),
        guidance: Some(4.0),
        image: None,
        strength: None,
    }
}

/// Makes the picture of a case with the noise that was noted, and with the seed, and compares both.
#[track_caller]
fn compare(path: &Path, name: &str, case: &str, seed: u64, wish: &Wish<'_>) {
    let reference = Reference::of(name);
    let model = Model::load(&source(path), &|| Ok(())).unwrap();
    let noise = reference.noise(case);
    assert!(!noise.is_empty(), "{case}");
    let mut seeded = TorchNoise::new(seed);
    for (at, noted) in noise.iter().enumerate() {
        let drawn = seeded.draw(noted.len()).unwrap();
        let far = farthest(&drawn, noted);
        assert!(far < 1e-4, "{case}: draw {at} is {far} away from PyTorch's");
    }
    let expected = reference.numbers(&format!("{case}.image"));
    let mut noted = Noted(noise);
    let mut steps = Vec::new();
    let mut told = |done: usize, all: usize| {
        steps.push((done, all));
        Ok(())
    };
    let picture = model
        .paint(wish, &mut noted, &mut told, &|| Ok(()))
        .unwrap();
    assert!(
        noted.0.is_empty(),
        "{case}: less noise is drawn than diffusers did"
    );
    let all = steps.len() - 1;
    assert_eq!(steps, (0..=all).map(|done| (done, all)).collect::<Vec<_>>());
    for (how, picture) in [
        ("noted noise", picture),
        (
            "seed",
            model
                .paint(
                    wish,
                    &mut TorchNoise::new(seed),
                    &mut |_, _| Ok(()),
                    &|| Ok(()),
                )
                .unwrap(),
        ),
    ] {
        let (_, height, width) = picture.dims3().unwrap();
        let size = reference.0[&format!("{case}.image")].dims3().unwrap();
        assert_eq!((height, width, 3), size, "{case}");
        let rows = picture.permute((1, 2, 0)).unwrap();
        let far = farthest(&rows.flatten_all().unwrap().to_vec1().unwrap(), &expected);
        eprintln!("{name} {case}, {how}: {far:e}");
        assert!(
            far < FAR,
            "{name} {case}, {how}: {far} away from diffusers' picture"
        );
    }
}

fn farthest(one: &[f32], other: &[f32]) -> f32 {
    assert_eq!(one.len(), other.len());
    let far = one
        .iter()
        .zip(other)
        .map(|(one, other)| (one - other).abs());
    far.fold(0.0, f32::max)
}

fn drawing() -> RgbImage {
    let drawn = &Reference::of("sd1").0["image.from"];
    let (height, width, _) = drawn.dims3().unwrap();
    let pixels = drawn.flatten_all().unwrap().to_vec1().unwrap();
    RgbImage::from_raw(width as u32, height as u32, pixels).unwrap()
}

#[test]
fn stable_diffusion_1_by_ddim() {
    compare(&made().join("sd1"), "sd1", "ddim", 7, &wish());
}

#[test]
fn a_long_prompt_is_cut_and_the_size_is_the_models_own() {
    let prompt = "tide ".repeat(20);
    let wish = Wish {
        prompt: &prompt,
        negative: None,
        width: None,
        height: None,
        ..wish()
    };
    compare(&made().join("sd1"), "sd1", "long", 3, &wish);
}

#[test]
fn stable_diffusion_1_from_a_picture() {
    let image = drawing();
    let wish = Wish {
        width: None,
        height: None,
        image: Some(&image),
        strength: Some(0.6),
        ..wish()
    };
    compare(&made().join("sd1"), "sd1", "image", 5, &wish);
}

#[test]
fn stable_diffusion_1_by_pndm() {
    let model = rescheduled("sd1", "pndm");
    let wish = Wish {
        steps: Some(7),
        ..wish()
    };
    compare(model.path(), "pndm", "pndm", 7, &wish);
}

#[test]
fn stable_diffusion_2_by_euler_and_velocity() {
    compare(&made().join("sd2"), "sd2", "euler", 11, &wish());
}

#[test]
fn sdxl_with_a_negative_prompt() {
    compare(&made().join("xl"), "xl", "negative", 7, &wish());
}

#[test]
fn sdxl_without_one_is_guided_away_from_nothing() {
    let wish = Wish {
        negative: None,
        ..wish()
    };
    compare(&made().join("xl"), "xl", "plain", 8, &wish);
}

#[test]
fn sdxl_from_a_picture() {
    let image = drawing();
    let wish = Wish {
        width: None,
        height: None,
        image: Some(&image),
        strength: Some(0.5),
        ..wish()
    };
    compare(&made().join("xl"), "xl", "image", 5, &wish);
}

#[test]
fn turbo_in_one_step_and_in_three() {
    let model = rescheduled("xl", "turbo");
    for (case, seed, steps) in [("one", 7, 1), ("three", 9, 3)] {
        let wish = Wish {
            negative: None,
            steps: Some(steps),
            guidance: Some(0.0),
            ..wish()
        };
        compare(model.path(), "turbo", case, seed, &wish);
    }
}

#[test]
fn other_words_make_another_picture() {
    let model = Model::load(&source(&made().join("sd1")), &|| Ok(())).unwrap();
    let paint = |wish: &Wish<'_>| {
        let picture = model.paint(
            wish,
            &mut TorchNoise::new(1),
            &mut |_, _| Ok(()),
            &|| Ok(()),
        );
        picture
            .unwrap()
            .flatten_all()
            .unwrap()
            .to_vec1::<f32>()
            .unwrap()
    };
    let first = paint(&wish());
    assert_eq!(first, paint(&wish()));
    let others = [
        Wish {
            prompt: "A shore",
            ..wish()
        },
        Wish {
            negative: Some("tide"),
            ..wish()
        },
        Wish {
            guidance: Some(1.0),
            ..wish()
        },
        Wish {
            steps: Some(4),
            ..wish()
        },
    ];
    for other in others {
        let far = farthest(&first, &paint(&other));
        assert!(far > 10.0 * FAR, "{other:?}: {far}");
    }
}
