use std::io::Cursor;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use daedal_core::Digest;
use daedal_core::engine::EngineError;
use daedal_local::{Model, TorchNoise, Wish};
use daedal_providers::diffusion::{Brief, ModelSettings, Painted, Within};
use image::{ImageFormat, Rgb, RgbImage};

use crate::{made, source};

/// The model of a studio's entry `pond`.
fn pond(path: &Path, set: impl FnOnce(&mut ModelSettings)) -> Arc<dyn Within> {
    let mut settings = ModelSettings {
        pixels_max: 1 << 20,
        ..source(path)
    };
    set(&mut settings);
    daedal_local::open(settings)
}

fn brief() -> Brief<'static> {
    Brief {
        prompt: "A tide at Night, in ink",
        negative: Some("shore"),
        width: Some(40),
        height: Some(24),
        steps: Some(3),
        guidance: Some(4.0),
        seed: 7,
        image: None,
        strength: None,
        count: 1,
    }
}

fn paint(model: &dyn Within, brief: &Brief<'_>) -> Result<Painted, EngineError> {
    model.paint(brief, &AtomicBool::new(false), &|_| {})
}

fn pixels(bytes: &[u8]) -> RgbImage {
    let image = image::load_from_memory_with_format(bytes, ImageFormat::Png);
    image.unwrap().into_rgb8()
}

#[test]
fn each_picture_has_its_seed_and_the_model_its_digest() {
    let pond = pond(&made().join("sd1"), |_| {});
    let lines = Mutex::new(Vec::new());
    let tell = |line: &str| lines.lock().unwrap().push(line.to_owned());
    let two = Brief {
        count: 2,
        ..brief()
    };
    let painted = pond.paint(&two, &AtomicBool::new(false), &tell).unwrap();
    let seeds: Vec<u64> = painted.pictures.iter().map(|(_, seed)| *seed).collect();
    assert_eq!(seeds, [7, 8]);
    let told = lines.lock().unwrap();
    assert_eq!(told[0], "loading the model");
    assert_eq!(
        told[1..3],
        ["picture 1 of 2, step 0 of 3", "picture 1 of 2, step 1 of 3"]
    );
    assert_eq!(told.last().unwrap(), "picture 2 of 2, step 3 of 3");
    // The second is what its own seed makes.
    let second = paint(&*pond, &Brief { seed: 8, ..brief() }).unwrap();
    assert_eq!(second.pictures[0], painted.pictures[1]);
    assert_ne!(painted.pictures[0].0, painted.pictures[1].0);
    // And it is the model's picture, to the nearest of 255.
    let model = Model::load(&source(&made().join("sd1")), &|| Ok(())).unwrap();
    assert_eq!(painted.model, format!("sha256:{}", model.digest()));
    let wish = Wish {
        prompt: "A tide at Night, in ink",
        negative: Some("shore"),
        width: Some(40),
        height: Some(24),
        steps: Some(3),
        guidance: Some(4.0),
        image: None,
        strength: None,
    };
    let picture = model.paint(&wish, &mut TorchNoise::new(7), &mut |_, _| Ok(()), &|| {
        Ok(())
    });
    let picture = picture.unwrap().to_vec3::<f32>().unwrap();
    let png = pixels(&painted.pictures[0].0);
    assert_eq!(png.dimensions(), (40, 24));
    for (x, y, pixel) in png.enumerate_pixels() {
        for (plane, shown) in picture.iter().zip(pixel.0) {
            let exact = plane[y as usize][x as usize] * 255.0;
            assert!((exact - f32::from(shown)).abs() < 0.51, "{x} {y}");
        }
    }
}

#[test]
fn a_picture_to_begin_with_is_fitted() {
    let pond = pond(&made().join("xl"), |_| {});
    let mut png = Cursor::new(Vec::new());
    let draft = RgbImage::from_fn(50, 33, |x, y| Rgb([x as u8 * 5, y as u8 * 7, 90]));
    draft.write_to(&mut png, ImageFormat::Png).unwrap();
    let from = |image: &[u8], size: Option<u32>| {
        let brief = Brief {
            image: Some(image),
            strength: Some(0.5),
            steps: Some(4),
            width: size,
            height: size,
            ..brief()
        };
        paint(&*pond, &brief)
    };
    let size = |painted: Painted| pixels(&painted.pictures[0].0).dimensions();
    // To the next size below that it can make.
    assert_eq!(size(from(png.get_ref(), None).unwrap()), (48, 32));
    assert_eq!(size(from(png.get_ref(), Some(64)).unwrap()), (64, 64));
    let told = from(b"no picture", None).unwrap_err().to_string();
    assert!(
        told.contains("[diffusion.pond]") && told.contains("PNG, JPEG or WebP"),
        "{told}"
    );
}

#[test]
fn limits_and_pins_hold() {
    let small = pond(&made().join("sd1"), |pond| pond.pixels_max = 900);
    // Of the size that is asked for, and of the model's own.
    for side in [Some(40), None] {
        let brief = Brief {
            width: side,
            height: side,
            ..brief()
        };
        let error = paint(&*small, &brief).unwrap_err();
        let is_told =
            matches!(&error, EngineError::Limit { message } if message.contains("pixels_max"));
        assert!(is_told, "{error}");
    }
    let mistaken = pond(&made().join("sd1"), |pond| {
        pond.sha256
            .insert("unet/config.json".to_owned(), Digest::of(b"another"));
    });
    let told = paint(&*mistaken, &brief()).unwrap_err().to_string();
    assert!(told.contains("not the file that is pinned"), "{told}");
}

#[test]
fn it_stops_when_it_is_told_and_goes_on_after() {
    let pond = pond(&made().join("sd1"), |_| {});
    let stop = AtomicBool::new(true);
    let error = pond.paint(&brief(), &stop, &|_| {}).unwrap_err();
    assert!(matches!(error, EngineError::Stopped));
    let stop = AtomicBool::new(false);
    let tell = |line: &str| {
        if line.starts_with("step 1") {
            stop.store(true, std::sync::atomic::Ordering::Relaxed);
        }
    };
    let error = pond.paint(&brief(), &stop, &tell).unwrap_err();
    assert!(matches!(error, EngineError::Stopped));
    assert_eq!(paint(&*pond, &brief()).unwrap().pictures.len(), 1);
}

#[test]
fn a_build_without_cards_says_so() {
    let on_card = pond(&made().join("sd1"), |pond| pond.on_cuda = true);
    if !cfg!(feature = "cuda") {
        let told = paint(&*on_card, &brief()).unwrap_err().to_string();
        assert!(told.contains("local-models-cuda"), "{told}");
    }
}
