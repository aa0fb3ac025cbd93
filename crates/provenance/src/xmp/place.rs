//! Where each format keeps a packet of XMP (XMP specification, part 3), and how it is taken out again.

use std::ops::Range;

use memchr::memmem;

/// A signature and the header chunk of a PNG, which comes first.
const PNG_START: usize = 8 + 25;
/// Keyword of a chunk with XMP in a PNG, no compression, no language, no translation (1.1.5).
const PNG_HEAD: &[u8] = b"XML:com.adobe.xmp\0\0\0\0\0";
/// Head of a segment with XMP in a JPEG (1.1.3).
const JPEG_HEAD: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
/// Flag of a WebP's VP8X chunk: a chunk with XMP follows (WebP container specification).
const WEBP_XMP: u8 = 0x04;
/// The same: some pixels are not opaque.
const WEBP_ALPHA: u8 = 0x10;
/// Name of a WAV file's chunk with XMP (1.1.8).
const WAV_XMP: &[u8; 4] = b"_PMX";
/// Kind of a film's box with XMP, which may stand anywhere between the others (1.1.7).
const FILM_XMP: &[u8] = b"uuid\xbe\x7a\xcf\xcb\x97\xa9\x42\xe8\x9c\x71\x99\x94\x91\xe3\xaf\xac";
/// A film's index of its fragments, which comes last.
const FILM_INDEX: &[u8] = b"mfra";
/// An element of SVG for what is not drawn.
const SVG_METADATA: &str = "metadata";

/// `asset` with a packet; none where the format has no place for it, or where it is taken.
pub(super) fn put(media_type: &str, asset: &[u8], packet: &str) -> Option<Vec<u8>> {
    let packet = packet.as_bytes();
    match media_type {
        "image/png" if !holds(asset, &PNG_HEAD[..18]) => {
            let body = [b"iTXt", PNG_HEAD, packet].concat();
            let length = u32::try_from(body.len() - 4).ok()?.to_be_bytes();
            let sum = crc32fast::hash(&body).to_be_bytes();
            inserted(asset, PNG_START, &[&length[..], &body, &sum].concat())
        }
        "image/jpeg" if !holds(asset, JPEG_HEAD) => {
            let length = u16::try_from(2 + JPEG_HEAD.len() + packet.len()).ok()?;
            let head = [&[0xff, 0xe1][..], &length.to_be_bytes(), JPEG_HEAD].concat();
            inserted(asset, jpeg_start(asset)?, &[&head, packet].concat())
        }
        "image/webp" => webp_with(asset, packet),
        "audio/wav" => {
            let mut chunks = riff_chunks(b"WAVE", asset)?;
            let is_free = !chunks.iter().any(|(name, _)| *name == WAV_XMP);
            chunks.push((WAV_XMP, packet));
            is_free.then(|| riff_of(b"WAVE", &chunks))?
        }
        // At the end, where it moves nothing that the film's tables point to.
        "video/mp4" => {
            let boxes = film_boxes(asset)?;
            let is_taken = |boxed: &&[u8]| {
                [FILM_XMP, FILM_INDEX]
                    .iter()
                    .any(|kind| boxed[4..].starts_with(kind))
            };
            let length = u32::try_from(4 + FILM_XMP.len() + packet.len()).ok()?;
            let boxed = [&length.to_be_bytes()[..], FILM_XMP, packet].concat();
            (!boxes.iter().any(is_taken)).then(|| [asset, &boxed].concat())
        }
        "image/svg+xml" if !holds(asset, SVG_METADATA.as_bytes()) => {
            let element = format!(
                "<{SVG_METADATA}>{}</{SVG_METADATA}>",
                String::from_utf8_lossy(packet)
            );
            inserted(asset, svg_start(asset)?, element.as_bytes())
        }
        _ => None,
    }
}

/// Where `asset` has a packet, with what goes with it, if that is where [`put`] puts one.
fn place_of(media_type: &str, asset: &[u8]) -> Option<Range<usize>> {
    let (place, is_packet) = match media_type {
        "image/png" => {
            let head = asset.get(PNG_START..PNG_START + 8)?;
            let length = u32::from_be_bytes(head[..4].try_into().ok()?) as usize;
            let body = asset.get(PNG_START + 8..)?;
            let is_packet = &head[4..] == b"iTXt" && body.starts_with(PNG_HEAD);
            (PNG_START..PNG_START + 12 + length, is_packet)
        }
        "image/jpeg" => {
            let start = jpeg_start(asset)?;
            let head = asset.get(start..start + 4)?;
            let end = start + 2 + usize::from(u16::from_be_bytes([head[2], head[3]]));
            let body = asset.get(start + 4..)?;
            (
                start..end,
                head[..2] == [0xff, 0xe1] && body.starts_with(JPEG_HEAD),
            )
        }
        "image/webp" | "audio/wav" => {
            let (form, name) = match media_type {
                "image/webp" => (b"WEBP", b"XMP "),
                _ => (b"WAVE", WAV_XMP),
            };
            let last = riff_chunks(form, asset)?.pop()?;
            let length = 8 + last.1.len() + last.1.len() % 2;
            (
                asset.len().checked_sub(length)?..asset.len(),
                last.0 == name,
            )
        }
        "video/mp4" => {
            let last = film_boxes(asset)?.pop()?;
            let start = asset.len() - last.len();
            (start..asset.len(), last[4..].starts_with(FILM_XMP))
        }
        "image/svg+xml" => {
            let start = svg_start(asset)?;
            let open = format!("<{SVG_METADATA}>");
            let is_packet = asset[start..].starts_with(open.as_bytes());
            (start..asset.len(), is_packet)
        }
        _ => return None,
    };
    (is_packet && place.end <= asset.len()).then_some(place)
}

/// The packet of `asset` and what goes with it.
pub(super) fn packet<'a>(media_type: &str, asset: &'a [u8]) -> Option<&'a [u8]> {
    place_of(media_type, asset).map(|place| &asset[place])
}

/// `asset` without its packet; none if it has none, or where that is not undone: SVG.
pub(super) fn taken_out(media_type: &str, asset: &[u8]) -> Option<Vec<u8>> {
    let place = place_of(media_type, asset)?;
    match media_type {
        "image/svg+xml" => None,
        "image/webp" => webp_without(asset),
        "audio/wav" => {
            let mut chunks = riff_chunks(b"WAVE", asset)?;
            chunks.pop();
            riff_of(b"WAVE", &chunks)
        }
        _ => {
            let mut rest = asset.to_vec();
            rest.drain(place);
            Some(rest)
        }
    }
}

fn holds(asset: &[u8], mark: &[u8]) -> bool {
    memmem::find(asset, mark).is_some()
}

fn inserted(asset: &[u8], place: usize, part: &[u8]) -> Option<Vec<u8>> {
    let (before, after) = asset.split_at_checked(place)?;
    Some([before, part, after].concat())
}

/// Behind the start and, where there is one, the segment of JFIF, which has to come first.
fn jpeg_start(asset: &[u8]) -> Option<usize> {
    let head = asset.get(2..6)?;
    match head[..2] == [0xff, 0xe0] {
        true => Some(4 + usize::from(u16::from_be_bytes([head[2], head[3]]))),
        false => Some(2),
    }
}

/// Its name and what it holds.
type Chunk<'a> = (&'a [u8; 4], &'a [u8]);

fn riff_chunks<'a>(form: &[u8; 4], asset: &'a [u8]) -> Option<Vec<Chunk<'a>>> {
    let mut rest = asset.strip_prefix(b"RIFF")?.get(4..)?.strip_prefix(form)?;
    let mut chunks = Vec::new();
    while !rest.is_empty() {
        let (name, behind) = rest.split_first_chunk::<4>()?;
        let (length, behind) = behind.split_first_chunk::<4>()?;
        let length = u32::from_le_bytes(*length) as usize;
        chunks.push((name, behind.get(..length)?));
        rest = behind.get(length.checked_add(length % 2)?..)?;
    }
    Some(chunks)
}

fn riff_of(form: &[u8; 4], chunks: &[Chunk<'_>]) -> Option<Vec<u8>> {
    let mut body = form.to_vec();
    for (name, content) in chunks {
        body.extend(*name);
        body.extend(u32::try_from(content.len()).ok()?.to_le_bytes());
        body.extend(*content);
        body.extend(&[0][..content.len() % 2]);
    }
    let size = u32::try_from(body.len()).ok()?.to_le_bytes();
    Some([&b"RIFF"[..], &size, &body].concat())
}

/// Pictures of the simple form, one chunk, get a header; those of the extended form a flag in theirs.
fn webp_with(asset: &[u8], packet: &[u8]) -> Option<Vec<u8>> {
    let mut chunks = riff_chunks(b"WEBP", asset)?;
    let header = match chunks[..] {
        [(name, picture)] => webp_header(name, picture)?,
        [(b"VP8X", header), ..] if !is_own_header(&chunks) => {
            let mut header: [u8; 10] = header.try_into().ok()?;
            let is_free = header[0] & WEBP_XMP == 0;
            header[0] |= WEBP_XMP;
            chunks.remove(0);
            is_free.then_some(header)?
        }
        _ => return None,
    };
    chunks.insert(0, (b"VP8X", &header));
    chunks.push((b"XMP ", packet));
    riff_of(b"WEBP", &chunks)
}

fn webp_without(asset: &[u8]) -> Option<Vec<u8>> {
    let mut chunks = riff_chunks(b"WEBP", asset)?;
    chunks.pop();
    let (_, header) = chunks.first().filter(|(name, _)| *name == b"VP8X")?;
    let mut header: [u8; 10] = (*header).try_into().ok()?;
    header[0] &= !WEBP_XMP;
    match is_own_header(&chunks) {
        true => drop(chunks.remove(0)),
        false => chunks[0].1 = &header,
    }
    riff_of(b"WEBP", &chunks)
}

/// Whether these are a header that says no more than its one picture does: one that was put there for a packet.
fn is_own_header(chunks: &[Chunk<'_>]) -> bool {
    let [(b"VP8X", header), (name, picture)] = chunks else {
        return false;
    };
    let plain = webp_header(name, picture);
    plain.is_some_and(|plain| {
        header.get(1..) == Some(&plain[1..]) && header[0] | WEBP_XMP == plain[0]
    })
}

/// The header for a picture of the simple form: flags, three bytes for later, width and height less one.
fn webp_header(name: &[u8; 4], picture: &[u8]) -> Option<[u8; 10]> {
    let (width, height, has_alpha) = match name {
        // Lossless: a signature, 14 bits of width less one, as many of height, one for alpha.
        b"VP8L" => {
            let bits = u32::from_le_bytes(picture.get(1..5)?.try_into().ok()?);
            (bits & 0x3fff, bits >> 14 & 0x3fff, bits >> 28 & 1 == 1)
        }
        // Lossy: a frame tag, a start code, 14 bits each of width and height.
        b"VP8 " => {
            let side = |at: usize| {
                let bytes = picture.get(at..at + 2)?.try_into().ok()?;
                (u32::from(u16::from_le_bytes(bytes)) & 0x3fff).checked_sub(1)
            };
            (side(6)?, side(8)?, false)
        }
        _ => return None,
    };
    let flags = WEBP_XMP | if has_alpha { WEBP_ALPHA } else { 0 };
    let [w0, w1, w2, _] = width.to_le_bytes();
    let [h0, h1, h2, _] = height.to_le_bytes();
    Some([flags, 0, 0, 0, w0, w1, w2, h0, h1, h2])
}

/// The boxes of a film, where each tells its length (ISO/IEC 14496-12, 4.2).
fn film_boxes(mut asset: &[u8]) -> Option<Vec<&[u8]>> {
    let mut boxes = Vec::new();
    while !asset.is_empty() {
        let (length, behind) = asset.split_first_chunk::<4>()?;
        let length = match u32::from_be_bytes(*length) {
            1 => u64::from_be_bytes(behind.get(4..12)?.try_into().ok()?),
            length => u64::from(length),
        };
        let length = usize::try_from(length).ok().filter(|length| *length >= 8)?;
        let (boxed, rest) = asset.split_at_checked(length)?;
        boxes.push(boxed);
        asset = rest;
    }
    Some(boxes)
}

/// Behind the start tag of the root, unless nothing is inside of it.
fn svg_start(asset: &[u8]) -> Option<usize> {
    let text = std::str::from_utf8(asset).ok()?;
    let mut at = 0;
    loop {
        at += text[at..].find('<')?;
        let rest = &text[at..];
        let skipped = [("<?", "?>"), ("<!--", "-->")];
        match skipped.iter().find(|(open, _)| rest.starts_with(open)) {
            Some((_, close)) => at += rest.find(close)? + close.len(),
            // A document type may hold declarations, which end as tags do: such a file is left alone.
            None if rest.starts_with("<!") => match rest.find(['[', '>'])? {
                end if rest.as_bytes()[end] == b'>' => at += end + 1,
                _ => return None,
            },
            None => break,
        }
    }
    let tag = text[at..].strip_prefix("<svg")?;
    let mut quote = None;
    let end = tag.char_indices().find(|(_, character)| match quote {
        Some(open) => {
            quote = (*character != open).then_some(open);
            false
        }
        None => {
            quote = matches!(character, '"' | '\'').then_some(*character);
            *character == '>'
        }
    });
    let end = end?.0;
    (!tag[..end].ends_with('/')).then_some(at + "<svg".len() + end + 1)
}
