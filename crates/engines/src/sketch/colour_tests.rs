use proptest::prelude::*;

use super::*;

fn css(text: &str) -> String {
    parse(text).map_or_else(|| "not a colour".to_owned(), Rgba::to_css)
}

#[test]
fn every_notation_is_read() {
    let texts = [
        "rebeccapurple",
        "  RED ",
        "transparent",
        "#fa3",
        "#fa38",
        "#12345678",
        "#ff8000",
        "rgb(255, 128, 0)",
        "rgb(100% 50% 0% / 50%)",
        "rgba(1,2,3,.25)",
        "hsl(120, 100%, 25%)",
        "hsl(0.5turn 50% 50%)",
        "hwb(90 10% 20%)",
        "oklch(0.7 0.1 180)",
        "oklch(70% 25% 40deg / 0.5)",
        "oklab(0.6 0.1 -0.1)",
        "oklch(0.7 0.4 140)",
    ];
    let read: Vec<String> = texts
        .iter()
        .map(|text| format!("{text} = {}", css(text)))
        .collect();
    insta::assert_snapshot!(read.join("\n"));
}

#[test]
fn what_is_not_a_colour_is_refused() {
    for text in [
        "",
        "#",
        "#12",
        "#ggg",
        "rgb(1,2)",
        "rgb(1,2,3,4,5)",
        "rgb(a,b,c)",
        "blurple",
        "rgb(1,2,3",
        "hsl(inf,1%,1%)",
    ] {
        assert_eq!(css(text), "not a colour", "{text}");
    }
}

proptest! {
    #[test]
    fn bytes_survive_writing_and_reading(r: u8, g: u8, b: u8) {
        let colour = Rgba::from_bytes([r, g, b, 255]);
        prop_assert_eq!(parse(&colour.to_css()).unwrap().to_bytes(), [r, g, b, 255]);
    }

    #[test]
    fn oklab_round_trips(r: u8, g: u8, b: u8) {
        let colour = Rgba::from_bytes([r, g, b, 255]);
        prop_assert_eq!(Rgba::from_oklab(colour.to_oklab(), 1.0).to_bytes(), colour.to_bytes());
    }

    #[test]
    fn mixing_starts_and_ends_at_its_colours(from: [u8; 3], to: [u8; 3]) {
        let from = Rgba::from_bytes([from[0], from[1], from[2], 255]);
        let to = Rgba::from_bytes([to[0], to[1], to[2], 255]);
        prop_assert_eq!(from.mix_oklab(to, 0.0).to_bytes(), from.to_bytes());
        prop_assert_eq!(from.mix_oklab(to, 1.0).to_bytes(), to.to_bytes());
    }

    #[test]
    fn any_oklch_lies_within_srgb(l in -1.0..2.0_f64, c in 0.0..1.0_f64, h in -720.0..720.0_f64) {
        let Rgba { r, g, b, .. } = Rgba::from_oklch(l, c, h, 1.0);
        for part in [r, g, b] {
            prop_assert!((0.0..=1.0).contains(&part));
        }
    }

    #[test]
    fn reading_never_panics(text in "\\PC{0,24}") {
        let _ = parse(&text);
        let _ = parse(&format!("rgb({text})"));
        let _ = parse(&format!("#{text}"));
    }
}
