//! What a credential says, once more in XMP: for image tools, screen readers and search engines, which read IPTC's fields and
//! no credentials. It is put into the asset before it is sealed, so that it is under the seal, and taken out with it.

use std::ops::Range;

use daedal_core::process::Training;

use crate::manifest::{Content, Source};

/// The name by which a packet is known as one of ours: one that an asset brought along stays.
const TOOL: &str = "Daedal";
/// Characters of a text.
const TEXT_LENGTH_MAX: usize = 1_000;
/// Head of a segment with XMP in a JPEG (XMP part 3, 1.1.3).
const JPEG_HEAD: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
/// Keyword of a chunk with XMP in a PNG, no compression, no language, no translation (XMP part 3, 1.1.5).
const PNG_HEAD: &[u8] = b"XML:com.adobe.xmp\0\0\0\0\0";
/// A signature and the header chunk, which comes first.
const PNG_START: usize = 8 + 25;

/// `asset` with a packet that says what `content` does; unchanged where the format has no place for it, or where it has a
/// packet already.
pub(crate) fn put(asset: &[u8], content: &Content<'_>) -> Vec<u8> {
    let place = match content.media_type {
        "image/png" if asset.len() > PNG_START => PNG_START,
        "image/jpeg" => match jpeg_start(asset) {
            Some(place) => place,
            None => return asset.to_vec(),
        },
        _ => return asset.to_vec(),
    };
    let has_own = |head: &[u8]| asset.windows(head.len()).any(|bytes| bytes == head);
    if has_own(JPEG_HEAD) || has_own(&PNG_HEAD[..18]) {
        return asset.to_vec();
    }
    let packet = packet(content);
    let part = match content.media_type {
        "image/png" => png_chunk(packet.as_bytes()),
        _ => match jpeg_segment(packet.as_bytes()) {
            Some(segment) => segment,
            None => return asset.to_vec(),
        },
    };
    [&asset[..place], &part, &asset[place..]].concat()
}

/// Where our packet is in an asset; nowhere if it has none.
pub(crate) fn place(media_type: &str, asset: &[u8]) -> Option<Range<usize>> {
    let (start, end) = match media_type {
        "image/png" => {
            let head = asset.get(PNG_START..PNG_START + 8)?;
            let length = u32::from_be_bytes(head[..4].try_into().ok()?) as usize;
            let body = asset.get(PNG_START + 8..PNG_START + 8 + length)?;
            let is_ours = &head[4..] == b"iTXt" && body.starts_with(PNG_HEAD) && is_packet(body);
            is_ours.then_some((PNG_START, PNG_START + 12 + length))?
        }
        "image/jpeg" => {
            let start = jpeg_start(asset)?;
            let head = asset.get(start..start + 4)?;
            let end = start + 2 + usize::from(u16::from_be_bytes([head[2], head[3]]));
            let body = asset.get(start + 4..end)?;
            let is_ours =
                head[..2] == [0xff, 0xe1] && body.starts_with(JPEG_HEAD) && is_packet(body);
            is_ours.then_some((start, end))?
        }
        _ => return None,
    };
    Some(start..end)
}

fn is_packet(body: &[u8]) -> bool {
    let mark = format!("x:xmptk=\"{TOOL}\"");
    body.windows(mark.len())
        .any(|bytes| bytes == mark.as_bytes())
}

/// Behind the start and, where there is one, the segment of JFIF, which has to come first.
fn jpeg_start(asset: &[u8]) -> Option<usize> {
    let head = asset.get(2..6)?;
    match head[..2] == [0xff, 0xe0] {
        true => Some(4 + usize::from(u16::from_be_bytes([head[2], head[3]]))),
        false => Some(2),
    }
}

fn png_chunk(packet: &[u8]) -> Vec<u8> {
    let body = [b"iTXt", PNG_HEAD, packet].concat();
    let length = u32::try_from(body.len() - 4).unwrap_or_default();
    let sum = crc(&body);
    [&length.to_be_bytes()[..], &body, &sum.to_be_bytes()].concat()
}

fn jpeg_segment(packet: &[u8]) -> Option<Vec<u8>> {
    let length = u16::try_from(2 + JPEG_HEAD.len() + packet.len()).ok()?;
    Some([&[0xff, 0xe1][..], &length.to_be_bytes(), JPEG_HEAD, packet].concat())
}

/// CRC-32 as PNG takes it (ISO 3309).
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 * (crc & 1))
        })
    })
}

/// IPTC's fields (Photo Metadata 2025.1) and Dublin Core's.
fn packet(content: &Content<'_>) -> String {
    let mut fields = format!("<dc:title>{}</dc:title>", alternatives(content.title));
    let mut add = |name: &str, value: String| fields.push_str(&format!("<{name}>{value}</{name}>"));
    if let Some(creator) = content.creator {
        add(
            "dc:creator",
            format!("<rdf:Seq><rdf:li>{}</rdf:li></rdf:Seq>", escaped(creator)),
        );
    }
    if let Some(alt) = content.alt {
        add("Iptc4xmpCore:AltTextAccessibility", alternatives(alt));
    }
    let terms = content
        .license
        .and_then(|license| license.id.as_ref().or(license.file.as_ref()));
    if let Some(terms) = terms {
        add("dc:rights", alternatives(terms));
    }
    add("Iptc4xmpExt:DigitalSourceType", content.source.uri());
    if content.source != Source::Algorithmic {
        let tools = content
            .record
            .receipts
            .iter()
            .filter_map(|receipt| receipt.usage.tool.as_deref());
        let tools: std::collections::BTreeSet<&str> = tools.collect();
        let tools: Vec<&str> = tools.into_iter().collect();
        if !tools.is_empty() {
            add("Iptc4xmpExt:AISystemUsed", escaped(&tools.join(", ")));
        }
        if let Some(creator) = content.creator {
            add("Iptc4xmpExt:AIPromptWriterName", escaped(creator));
        }
    }
    let mining = match content.training {
        Training::Allowed => "DMI-ALLOWED",
        Training::NotAllowed => "DMI-PROHIBITED-AIMLTRAINING",
        Training::Constrained => "DMI-PROHIBITED-SEECONSTRAINT",
    };
    add(
        "plus:DataMining",
        format!("http://ns.useplus.org/ldf/vocab/{mining}"),
    );
    format!(
        "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?><x:xmpmeta xmlns:x=\"adobe:ns:meta/\" \
         x:xmptk=\"{TOOL}\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"><rdf:Description \
         rdf:about=\"\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
         xmlns:Iptc4xmpCore=\"http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/\" \
         xmlns:Iptc4xmpExt=\"http://iptc.org/std/Iptc4xmpExt/2008-02-29/\" \
         xmlns:plus=\"http://ns.useplus.org/ldf/xmp/1.0/\">{fields}</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket \
         end=\"r\"?>"
    )
}

/// A text in one language, the default one.
fn alternatives(text: &str) -> String {
    format!(
        "<rdf:Alt><rdf:li xml:lang=\"x-default\">{}</rdf:li></rdf:Alt>",
        escaped(text)
    )
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
    use proptest::prelude::*;

    use super::*;
    use crate::fixtures::{content, license, picture, png, run_of};

    proptest! {
        #[test]
        fn what_is_put_in_is_taken_out_again(title in ".{0,60}", alt in "(?s).{0,1200}", jpeg: bool) {
            let (media_type, bytes) = match jpeg {
                true => ("image/jpeg", picture(image::ImageFormat::Jpeg)),
                false => ("image/png", png(9, 7, true)),
            };
            let record = run_of(&bytes, media_type, false);
            let license = license();
            let mut content = content(&record, &bytes, media_type, &license);
            (content.title, content.alt) = (&title, Some(alt.as_str()));
            let with = put(&bytes, &content);
            prop_assert!(image::load_from_memory(&with).is_ok());
            let place = place(media_type, &with).expect("it is there");
            let mut bare = with.clone();
            bare.drain(place);
            prop_assert_eq!(bare, bytes);
            prop_assert_eq!(put(&with, &content), with, "one packet is enough");
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
}
