use daedal_core::engine::{EngineError, Limits};
use proptest::prelude::*;

use super::*;

fn striped(width: u32, height: u32) -> Picture {
    let mut picture = Picture::filled(width, height, Colour([20, 60, 120, 255]));
    for (index, pixel) in picture.rgba_mut().enumerate() {
        if index % 3 == 0 {
            *pixel = [
                240,
                (index % 256) as u8,
                10,
                if index % 2 == 0 { 255 } else { 90 },
            ];
        }
    }
    picture
}

/// A PNG header that claims a size, with a right checksum.
fn claiming(width: u32, height: u32) -> Vec<u8> {
    let mut png = encode(&Picture::filled(1, 1, Colour::WHITE), Encoding::Png).unwrap();
    png[16..20].copy_from_slice(&width.to_be_bytes());
    png[20..24].copy_from_slice(&height.to_be_bytes());
    let sum = crc(&png[12..29]).to_be_bytes();
    png[29..33].copy_from_slice(&sum);
    png
}

fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 * (crc & 1))
        })
    })
}

fn refusal(bytes: &[u8]) -> String {
    decode("in.png", bytes, None, &Limits::default())
        .unwrap_err()
        .to_string()
}

#[test]
fn bombs_are_refused_by_their_header() {
    let small = Limits {
        memory_bytes_max: 1 << 20,
        ..Limits::default()
    };
    let told = [
        refusal(&claiming(60_000, 60_000)),
        refusal(&claiming(16_000, 16_000)),
        decode("in.png", &claiming(1_000, 1_000), None, &small)
            .unwrap_err()
            .to_string(),
        refusal(b"<svg xmlns='http://www.w3.org/2000/svg' width='90000' height='10'/>"),
    ];
    insta::assert_snapshot!(told.join("\n"), @"
    `in.png` is 60000 × 60000 pixels, more than the limit of 16384 a side and 100000000 in all; make it smaller first
    `in.png` is 16000 × 16000 pixels, more than the limit of 16384 a side and 100000000 in all; make it smaller first
    `in.png` is 1000 × 1000 pixels, which takes 9 MiB to work on, more than the 1 MiB that the task may use
    `in.png` is 90000 × 10 pixels, more than the limit of 16384 a side and 100000000 in all; make it smaller first
    ");
}

#[test]
fn a_colour_profile_that_unpacks_to_a_bomb_stays_packed() -> Result<(), Box<dyn std::error::Error>>
{
    use image::{ExtendedColorType, ImageEncoder as _, codecs::png::PngEncoder};
    let with_profile = |length: usize| -> Result<Vec<u8>, Box<dyn std::error::Error>> {
        let mut png = Vec::new();
        let mut encoder = PngEncoder::new(&mut png);
        encoder.set_icc_profile(vec![0; length])?;
        encoder.write_image(&[1, 2, 3, 255], 1, 1, ExtendedColorType::Rgba8)?;
        Ok(png)
    };
    let profile = |png: &[u8]| match open("in.png", png, &Limits::default()) {
        Ok(Opened::Pixels(_, mut decoder)) => decoder.icc_profile().ok().flatten(),
        _ => panic!("it is a picture"),
    };
    assert_eq!(
        profile(&with_profile(1_000)?).map(|bytes| bytes.len()),
        Some(1_000)
    );
    let bomb = with_profile(PNG_ASIDE_BYTES_MAX as usize + 1)?;
    assert_eq!(profile(&bomb), None);
    assert_eq!(
        decode("in.png", &bomb, None, &Limits::default())?.pixels,
        [1, 2, 3, 255]
    );
    Ok(())
}

#[test]
fn what_is_no_picture_is_told_plainly() {
    let mut png = encode(&striped(20, 20), Encoding::Png).unwrap();
    let cut = png[..png.len() / 2].to_vec();
    png[60] ^= 0xff;
    let deep = format!(
        "<svg xmlns='http://www.w3.org/2000/svg'>{}",
        "<g>".repeat(5_000)
    );
    let nested = format!("{deep}{}</svg>", "</g>".repeat(5_000));
    let entities: String = (1..12)
        .map(|n| format!("<!ENTITY e{n} '{}'>", format!("&e{};", n - 1).repeat(10)))
        .collect();
    let laughs = format!(
        "<!DOCTYPE svg [<!ENTITY e0 'ha'>{entities}]><svg xmlns='http://www.w3.org/2000/svg'>&e11;</svg>"
    );
    let told = [
        refusal(&cut),
        refusal(&png),
        refusal(b"once upon a time"),
        refusal(b""),
        refusal(b"GIF89a\x01\x00\x01\x00"),
        refusal(&claiming(0, 5)),
        refusal(b"<svg xmlns='http://www.w3.org/2000/svg'><rect</svg>"),
        refusal(nested.as_bytes()),
        refusal(laughs.as_bytes()),
    ];
    insta::assert_snapshot!(told.join("\n"), @"
    `in.png` is damaged, or no PNG file: unexpected end of file
    `in.png` is damaged, or no PNG file: Format error decoding Png: Corrupt deflate stream. InvalidCodeLengthRepeat
    `in.png` is not a picture: expected PNG, JPEG, WebP or SVG
    `in.png` is not a picture: expected PNG, JPEG, WebP or SVG
    `in.png` is a gif file, which is not read here: convert it to PNG, JPEG or WebP
    `in.png` is damaged, or no PNG file: Format error decoding Png: Invalid image dimensions
    `in.png` is not an SVG that can be drawn: expected a whitespace not '<' at 1:46
    `in.png` is not an SVG that can be drawn: elements are nested more than 200 deep
    `in.png` is not an SVG that can be drawn: a possible entity reference loop is detected at 1:105
    ");
}

#[test]
fn lossless_formats_keep_every_pixel() -> Result<(), EngineError> {
    for picture in [
        striped(31, 17),
        Picture::filled(5, 9, Colour([1, 2, 3, 255])),
    ] {
        for encoding in [Encoding::Png, Encoding::WebP] {
            let bytes = encode(&picture, encoding)?;
            assert_eq!(bytes, encode(&picture, encoding)?);
            assert_eq!(
                decode("x", &bytes, None, &Limits::default())?,
                picture,
                "{encoding:?}"
            );
        }
    }
    Ok(())
}

#[test]
fn jpeg_is_near_and_has_white_paper() -> Result<(), EngineError> {
    let clear = Picture::filled(16, 16, Colour([0, 0, 0, 0]));
    let bytes = encode(&clear, Encoding::Jpeg(90))?;
    let back = decode("x", &bytes, None, &Limits::default())?;
    assert!(
        back.rgba()
            .all(|pixel| pixel.iter().all(|channel| *channel > 250))
    );
    Ok(())
}

#[test]
fn svg_is_drawn_at_the_width_that_is_asked() -> Result<(), EngineError> {
    let text = b"<svg xmlns='http://www.w3.org/2000/svg' width='40' height='20'>\
                 <rect width='20' height='20' fill='#f00'/></svg>";
    let picture = decode("x", text, Some(80.0), &Limits::default())?;
    assert_eq!((picture.width, picture.height), (80, 40));
    assert_eq!(picture.rgba().next(), Some([255, 0, 0, 255]));
    assert_eq!(picture.rgba().nth(79), Some([0, 0, 0, 0]));
    Ok(())
}

proptest! {
    #[test]
    fn bytes_of_any_kind_never_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..400), kind in 0..4_usize) {
        let magic: &[u8] = [b"".as_slice(), b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF....WEBPVP8L"][kind];
        bytes.splice(0..0, magic.iter().copied());
        let _ = decode("x", &bytes, None, &Limits::default());
    }

    #[test]
    fn one_colour_stays_in_every_size(
        width in 1..60_u32, height in 1..60_u32, colour in any::<[u8; 3]>(),
    ) {
        let colour = Colour([colour[0], colour[1], colour[2], 255]);
        let resized = Picture::filled(13, 7, colour).resized(width, height, Filter::Lanczos3);
        prop_assert_eq!(resized, Picture::filled(width, height, colour));
    }
}
