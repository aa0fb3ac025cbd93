//! What a credential says, once more in XMP: for image tools, screen readers and search engines, which read IPTC's fields and
//! no credentials. It is put into the asset before it is sealed, so that it is under the seal, and taken out with it.

mod place;
mod said;

use daedal_core::process::Training;

use crate::manifest::{Content, Source, actions};
use crate::marked::kind_told;

pub(crate) use said::{Said, brought_otherwise};

/// The name by which a packet is known as one of ours: one that an asset brought along stays.
const TOOL: &str = "Daedal";
/// How a packet begins, and how it ends.
const BEGIN: &str = "<?xpacket begin=";
const END: &str = "<?xpacket end=\"r\"?>";
/// In front of a text in one language.
const ALTERNATIVE: &str = "<rdf:Alt><rdf:li xml:lang=\"x-default\">";
/// Characters of a text.
const TEXT_LENGTH_MAX: usize = 1_000;

/// `asset` with a packet that says what `content` does; unchanged where the format has no place for it, or where it has a
/// packet already.
pub(crate) fn put(asset: &[u8], content: &Content<'_>) -> Vec<u8> {
    let media_type = content.media_type;
    let with = place::put(media_type, asset, &packet(content));
    // Odd files that would not come out as they went in stay as they are.
    let is_undone = |with: &Vec<u8>| {
        media_type == "image/svg+xml" || taken_out(media_type, with).as_deref() == Some(asset)
    };
    with.filter(is_undone).unwrap_or_else(|| asset.to_vec())
}

/// `asset` without our packet; none if it has none, or where that is not undone: SVG.
pub(crate) fn taken_out(media_type: &str, asset: &[u8]) -> Option<Vec<u8>> {
    place::packet(media_type, asset).filter(|body| is_ours(body))?;
    place::taken_out(media_type, asset)
}

fn is_ours(body: &[u8]) -> bool {
    let mark = format!("x:xmptk=\"{TOOL}\"");
    memchr::memmem::find(body, mark.as_bytes()).is_some()
}

/// What a packet says.
struct Fields<'a> {
    title: &'a str,
    creator: Option<&'a str>,
    /// As it stands in the packet.
    alt: Option<String>,
    rights: Option<&'a str>,
    source: Option<Source>,
    /// As it stands there.
    systems: Option<String>,
    training: Training,
}

fn packet(content: &Content<'_>) -> String {
    let license = content.license;
    Fields {
        title: content.title,
        creator: content.creator,
        alt: content.alt.map(escaped),
        rights: license.and_then(|license| license.id.as_deref().or(license.file.as_deref())),
        source: kind_told(&actions(content)),
        systems: said::systems(content.record, &content.digest),
        training: content.training,
    }
    .drawn()
}

impl Fields<'_> {
    /// IPTC's fields (Photo Metadata 2025.1) and Dublin Core's.
    fn drawn(&self) -> String {
        let mut fields = format!(
            "<dc:title>{}</dc:title>",
            alternatives(&escaped(self.title))
        );
        let mut add =
            |name: &str, value: &str| fields.push_str(&format!("<{name}>{value}</{name}>"));
        let creator = self.creator.map(escaped);
        if let Some(creator) = &creator {
            let list = format!("<rdf:Seq><rdf:li>{creator}</rdf:li></rdf:Seq>");
            add("dc:creator", &list);
        }
        if let Some(alt) = &self.alt {
            add(said::ALT, &alternatives(alt));
        }
        if let Some(terms) = self.rights {
            add("dc:rights", &alternatives(&escaped(terms)));
        }
        if let Some(source) = self.source {
            add(said::SOURCE, &source.uri());
        }
        if let Some(systems) = &self.systems {
            add(said::SYSTEMS, systems);
            if let Some(creator) = &creator {
                add(said::WRITER, creator);
            }
        }
        let mining = match self.training {
            Training::Allowed => "DMI-ALLOWED",
            Training::NotAllowed => "DMI-PROHIBITED-AIMLTRAINING",
            Training::Constrained => "DMI-PROHIBITED-SEECONSTRAINT",
        };
        let mining = format!("http://ns.useplus.org/ldf/vocab/{mining}");
        add("plus:DataMining", &mining);
        format!(
            "{BEGIN}\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?><x:xmpmeta xmlns:x=\"adobe:ns:meta/\" \
             x:xmptk=\"{TOOL}\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"><rdf:Description \
             rdf:about=\"\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
             xmlns:Iptc4xmpCore=\"http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/\" \
             xmlns:Iptc4xmpExt=\"http://iptc.org/std/Iptc4xmpExt/2008-02-29/\" \
             xmlns:plus=\"http://ns.useplus.org/ldf/xmp/1.0/\">{fields}</rdf:Description></rdf:RDF></x:xmpmeta>{END}"
        )
    }
}

/// A text that is escaped, in one language, the default one.
fn alternatives(text: &str) -> String {
    format!("{ALTERNATIVE}{text}</rdf:li></rdf:Alt>")
}

/// A text between tags: without what XML can't have, and not endless.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    let allowed = |c: &char| {
        matches!(c, '\t' | '\n') || !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}')
    };
    for character in text.chars().filter(allowed).take(TEXT_LENGTH_MAX) {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use image::ImageFormat;
    use proptest::prelude::*;

    use daedal_core::Digest;
    use daedal_core::record::RunRecord;

    use super::*;
    use crate::fixtures::{content, license, mp4, picture, png, run_of, wav};

    fn bytes_of(kind: usize) -> (&'static str, Vec<u8>) {
        match kind {
            0 => ("image/jpeg", picture(ImageFormat::Jpeg)),
            1 => ("image/png", png(9, 7, true)),
            2 => ("image/webp", picture(ImageFormat::WebP)),
            3 => ("image/webp", webp_with_profile()),
            4 => ("image/webp", lossy_webp()),
            5 => ("audio/wav", wav()),
            _ => ("video/mp4", mp4()),
        }
    }

    /// Of the extended form, with a colour profile.
    fn webp_with_profile() -> Vec<u8> {
        let picture = picture(ImageFormat::WebP);
        let chunks = [
            &b"VP8X\x0a\0\0\0\x20\0\0\0\x27\0\0\x1d\0\0ICCP\x03\0\0\0abc\0"[..],
            &picture[12..],
        ]
        .concat();
        let size = u32::try_from(chunks.len() + 4).unwrap().to_le_bytes();
        [&b"RIFF"[..], &size, b"WEBP", &chunks].concat()
    }

    /// Four grey points, as ffmpeg 5.1 encodes them with libwebp.
    fn lossy_webp() -> Vec<u8> {
        let digits = "52494646240000005745425056503820180000005001009d012a0200020002003425a40004740000e4400000";
        const_hex::decode(digits).unwrap()
    }

    proptest! {
        #[test]
        fn what_is_put_in_is_taken_out_again(title in ".{0,60}", alt in "(?s).{0,1200}", kind in 0_usize..7) {
            let (media_type, bytes) = bytes_of(kind);
            let record = run_of(&bytes, media_type, false);
            let license = license();
            let mut content = content(&record, &bytes, media_type, &license);
            (content.title, content.alt) = (&title, Some(alt.as_str()));
            let with = put(&bytes, &content);
            prop_assert_ne!(&with, &bytes);
            prop_assert!(kind == 3 || kind > 4 || image::load_from_memory(&with).is_ok());
            prop_assert_eq!(taken_out(media_type, &with), Some(bytes));
            prop_assert_eq!(put(&with, &content), with, "one packet is enough");
        }
    }

    #[test]
    fn a_drawing_gets_the_packet_behind_its_first_tag() {
        let drawn = |svg: &str| {
            let record = run_of(svg.as_bytes(), "image/svg+xml", false);
            let license = license();
            let content = content(&record, svg.as_bytes(), "image/svg+xml", &license);
            let with = String::from_utf8(put(svg.as_bytes(), &content)).unwrap();
            let packet = format!("<metadata>{}</metadata>", packet(&content));
            with.replacen(&packet, "|", 1)
        };
        for (svg, expected) in [
            ("<svg><g/></svg>", "<svg>|<g/></svg>"),
            (
                "<?xml version='1.0'?><!-- <svg> --><!DOCTYPE svg>\n<svg a='>'\n>x</svg>",
                "<?xml version='1.0'?><!-- <svg> --><!DOCTYPE svg>\n<svg a='>'\n>|x</svg>",
            ),
        ] {
            assert_eq!(drawn(svg), expected);
        }
        for left_alone in [
            "<svg/>",
            "<svg><metadata/></svg>",
            "<!DOCTYPE svg [<!ENTITY a '>'>]><svg></svg>",
            "<p></p>",
            "<svg",
        ] {
            assert_eq!(drawn(left_alone), left_alone);
        }
    }

    #[test]
    fn the_packet_says_what_the_credential_does() {
        let bytes = png(9, 7, false);
        let record = run_of(&bytes, "image/png", false);
        let license = license();
        let mut content = content(&record, &bytes, "image/png", &license);
        content.alt = Some("A <tide> & a moon");
        let packet = packet(&content);
        for words in [
            "x:xmptk=\"Daedal\"",
            "<Iptc4xmpExt:DigitalSourceType>http://cv.iptc.org/newscodes/digitalsourcetype/",
            "A &lt;tide&gt; &amp; a moon",
            "<dc:creator><rdf:Seq><rdf:li>",
            "http://ns.useplus.org/ldf/vocab/DMI-",
        ] {
            assert!(packet.contains(words), "{words}: {packet}");
        }
        assert!(packet.len() < 1_500, "{}", packet.len());
    }

    #[test]
    fn it_names_the_models_behind_the_asset_and_nothing_else() {
        let bytes = png(9, 7, false);
        let mut record = run_of(&bytes, "image/png", false);
        for receipt in &mut record.receipts {
            receipt.usage.tool = Some(format!("{} 1", receipt.step));
        }
        let mut drafted = record.clone();
        for receipt in &mut drafted.receipts {
            receipt.usage.by_model = receipt.step == "draft";
        }
        let license = license();
        let said = |record: &RunRecord, source: Source| {
            let content = Content {
                source,
                ..content(record, &bytes, "image/png", &license)
            };
            Said::of("image/png", &put(&bytes, &content)).unwrap()
        };
        let digest = Digest::of(&bytes);
        let (plain, trained) = (
            said(&record, Source::Algorithmic),
            said(&drafted, Source::Trained),
        );
        // Of a model outside, nobody knows the name, or who wrote its prompt.
        let brought = said(&record, Source::Composite);
        for (own, source, record, other) in [
            (&plain, Source::Algorithmic, &record, &drafted),
            (&brought, Source::Composite, &record, &drafted),
            (&trained, Source::Trained, &drafted, &record),
        ] {
            assert_eq!(own.agrees(Some(source)), Ok(()));
            assert_eq!(own.fault(record, &digest), None);
            assert!(own.fault(other, &digest).unwrap().contains("draft 1"));
            assert!(own.agrees(None).is_err());
        }
        let content = content(&drafted, &bytes, "image/png", &license);
        let packet = packet(&content);
        assert!(
            packet.contains("<Iptc4xmpExt:AISystemUsed>draft 1</"),
            "{packet}"
        );
        assert!(
            packet.contains("<Iptc4xmpExt:AIPromptWriterName>Ada</"),
            "{packet}"
        );
    }

    #[test]
    fn sounds_and_films_of_odd_forms_are_left_alone() {
        let cut = |bytes: Vec<u8>| bytes[..bytes.len() - 1].to_vec();
        let mut endless = mp4();
        // Of a last box without a length, everything behind it is part.
        let at = endless.len() - 408;
        endless[at..at + 4].fill(0);
        let indexed = [mp4(), b"\0\0\0\x08mfra".to_vec()].concat();
        for (media_type, bytes) in [
            ("audio/wav", cut(wav())),
            ("audio/wav", [wav(), b"tail".to_vec()].concat()),
            ("video/mp4", cut(mp4())),
            ("video/mp4", endless),
            ("video/mp4", indexed),
        ] {
            let record = run_of(&bytes, media_type, false);
            let license = license();
            let content = content(&record, &bytes, media_type, &license);
            assert_eq!(put(&bytes, &content), bytes);
        }
    }
}
