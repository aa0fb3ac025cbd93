//! Where each format keeps a packet of XMP (XMP specification, part 3), and how it is taken out again.

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

/// `asset` without the packet that `is_ours`; none if it has none, or where that is not undone: SVG.
pub(super) fn taken_out(
    media_type: &str,
    asset: &[u8],
    is_ours: fn(&[u8]) -> bool,
) -> Option<Vec<u8>> {
    let (start, end) = match media_type {
        "image/png" => {
            let head = asset.get(PNG_START..PNG_START + 8)?;
            let length = u32::from_be_bytes(head[..4].try_into().ok()?) as usize;
            let body = asset.get(PNG_START + 8..PNG_START + 8 + length)?;
            let is_packet = &head[4..] == b"iTXt" && body.starts_with(PNG_HEAD) && is_ours(body);
            is_packet.then_some((PNG_START, PNG_START + 12 + length))?
        }
        "image/jpeg" => {
            let start = jpeg_start(asset)?;
            let head = asset.get(start..start + 4)?;
            let end = start + 2 + usize::from(u16::from_be_bytes([head[2], head[3]]));
            let body = asset.get(start + 4..end)?;
            let is_packet =
                head[..2] == [0xff, 0xe1] && body.starts_with(JPEG_HEAD) && is_ours(body);
            is_packet.then_some((start, end))?
        }
        "image/webp" => return webp_without(asset, is_ours),
        _ => return None,
    };
    let mut rest = asset.to_vec();
    rest.drain(start..end);
    Some(rest)
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

fn webp_chunks(asset: &[u8]) -> Option<Vec<Chunk<'_>>> {
    let mut rest = asset
        .strip_prefix(b"RIFF")?
        .get(4..)?
        .strip_prefix(b"WEBP")?;
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

fn webp_of(chunks: &[Chunk<'_>]) -> Option<Vec<u8>> {
    let mut body = b"WEBP".to_vec();
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
    let mut chunks = webp_chunks(asset)?;
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
    webp_of(&chunks)
}

fn webp_without(asset: &[u8], is_ours: fn(&[u8]) -> bool) -> Option<Vec<u8>> {
    let mut chunks = webp_chunks(asset)?;
    let (name, packet) = chunks.pop()?;
    let (_, header) = chunks.first().filter(|(name, _)| *name == b"VP8X")?;
    let mut header: [u8; 10] = (*header).try_into().ok()?;
    if name != b"XMP " || !is_ours(packet) {
        return None;
    }
    header[0] &= !WEBP_XMP;
    match is_own_header(&chunks) {
        true => drop(chunks.remove(0)),
        false => chunks[0].1 = &header,
    }
    webp_of(&chunks)
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
