//! A secret as it may come back: as it is, or as it was written on its way. Servers repeat what they were sent in
//! answers and errors, and write it there as they like.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use zeroize::Zeroizing;

/// What stands in a text where a secret stood.
const HIDDEN: &[u8] = b"[secret]";

/// How one secret may be written.
pub(crate) struct Traces {
    forms: Vec<Form>,
    /// Bytes that one of them may begin with.
    first: [bool; 256],
}

struct Form {
    text: Zeroizing<String>,
    /// Whether it is the middle of something in Base64, of which more is secret.
    is_middle: bool,
}

impl Traces {
    pub(crate) fn of(value: &str) -> Self {
        let mut forms = vec![Form {
            text: Zeroizing::new(value.to_owned()),
            is_middle: false,
        }];
        for before in 0..3 {
            let text = in_base64(value, before);
            let for_urls = Zeroizing::new(text.replace('+', "-").replace('/', "_"));
            let other = (for_urls != text).then_some(for_urls);
            forms.extend([Some(text), other].into_iter().flatten().map(|text| Form {
                text,
                is_middle: true,
            }));
        }
        let mut first = [false; 256];
        for byte in forms.iter().filter_map(|form| form.text.bytes().next()) {
            first[usize::from(byte)] = true;
        }
        for escape in b"%\\&+" {
            first[usize::from(*escape)] = true;
        }
        Self { forms, first }
    }

    /// Whether `bytes` show it.
    pub(crate) fn are_in(&self, bytes: &[u8]) -> bool {
        self.find(bytes, 0).is_some()
    }

    /// `text` without it.
    pub(crate) fn hide(&self, text: &str) -> String {
        let bytes = text.as_bytes();
        let (mut shown, mut from) = (Vec::new(), 0);
        while let Some(found) = self.find(bytes, from) {
            shown.extend_from_slice(&bytes[from..found.start]);
            shown.extend_from_slice(HIDDEN);
            from = found.end;
        }
        shown.extend_from_slice(&bytes[from..]);
        String::from_utf8_lossy(&shown).into_owned()
    }

    /// Where it stands next, from the place `from` on.
    fn find(&self, bytes: &[u8], from: usize) -> Option<Range<usize>> {
        let starts = (from..bytes.len()).filter(|at| self.first[usize::from(bytes[*at])]);
        for start in starts {
            for form in &self.forms {
                let rest = &bytes[start..];
                let Some(length) = form.begins(rest) else {
                    continue;
                };
                let found = start..start + length;
                return Some(match form.is_middle {
                    true => whole(bytes, from, found),
                    false => found,
                });
            }
        }
        None
    }
}

impl Form {
    /// How long it is at the beginning of `bytes`, if it stands there.
    fn begins(&self, bytes: &[u8]) -> Option<usize> {
        if bytes.starts_with(self.text.as_bytes()) {
            return Some(self.text.len());
        }
        let languages: [Escape; 3] = [percent, json, xml];
        languages.iter().find_map(|escape| {
            let mut length = 0;
            for sign in self.text.chars() {
                let rest = &bytes[length..];
                length += escape(sign, rest).or_else(|| plain(sign, rest))?;
            }
            Some(length)
        })
    }
}

/// How long a sign is at the beginning of bytes, if it stands there as a language escapes it.
type Escape = fn(char, &[u8]) -> Option<usize>;

/// The same of a sign as it is.
fn plain(sign: char, bytes: &[u8]) -> Option<usize> {
    let mut utf8 = [0; 4];
    let plain = sign.encode_utf8(&mut utf8).as_bytes();
    bytes.starts_with(plain).then_some(plain.len())
}

/// As addresses and forms do (RFC 3986, section 2.1; URL Standard, section 5.2).
fn percent(sign: char, bytes: &[u8]) -> Option<usize> {
    match bytes.first()? {
        b'+' if sign == ' ' => return Some(1),
        b'%' => {}
        _ => return None,
    }
    let mut utf8 = [0; 4];
    let plain = sign.encode_utf8(&mut utf8).as_bytes();
    let is_byte = |(at, byte): (usize, &u8)| {
        let three = bytes.get(at * 3..at * 3 + 3);
        three.is_some_and(|three| {
            three[0] == b'%' && number(&three[1..], 16) == Some((*byte).into())
        })
    };
    let fits = plain.iter().enumerate().all(is_byte);
    fits.then_some(plain.len() * 3)
}

/// As JSON does (RFC 8259, section 7).
fn json(sign: char, bytes: &[u8]) -> Option<usize> {
    let escape = *bytes.strip_prefix(b"\\")?.first()?;
    if escape != b'u' {
        let is_meant = matches!(sign, '"' | '\\' | '/') && u32::from(sign) == u32::from(escape)
            || sign == '\t' && escape == b't';
        return is_meant.then_some(2);
    }
    let mut units = [0; 2];
    let units = sign.encode_utf16(&mut units);
    let is_unit = |(at, unit): (usize, &u16)| {
        let six = bytes.get(at * 6..at * 6 + 6);
        six.is_some_and(|six| {
            six.starts_with(b"\\u") && number(&six[2..], 16) == Some((*unit).into())
        })
    };
    let fits = units.iter().enumerate().all(is_unit);
    fits.then_some(units.len() * 6)
}

/// As XML and HTML do (XML 1.0, sections 4.1 and 4.6).
fn xml(sign: char, bytes: &[u8]) -> Option<usize> {
    const LENGTH_MAX: usize = 12;
    bytes.strip_prefix(b"&")?;
    let end = bytes
        .iter()
        .take(LENGTH_MAX)
        .position(|byte| *byte == b';')?;
    let code = match &bytes[1..end] {
        b"amp" => u32::from('&'),
        b"lt" => u32::from('<'),
        b"gt" => u32::from('>'),
        b"quot" => u32::from('"'),
        b"apos" => u32::from('\''),
        [b'#', b'x' | b'X', digits @ ..] => number(digits, 16)?,
        [b'#', digits @ ..] => number(digits, 10)?,
        _ => return None,
    };
    (code == u32::from(sign)).then_some(end + 1)
}

fn number(digits: &[u8], base: u32) -> Option<u32> {
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, base).ok()
}

/// What all have in common that is `value` in Base64 after so many bytes (modulo 3) and before any others: the same
/// for every user in `user:value`.
fn in_base64(value: &str, before: usize) -> Zeroizing<String> {
    let bytes = Zeroizing::new([&[0; 2][..before], value.as_bytes()].concat());
    let packed = Zeroizing::new(STANDARD_NO_PAD.encode(&*bytes));
    // Signs of six bits that have none of what stands before and behind.
    let middle = (before * 8).div_ceil(6)..bytes.len() * 8 / 6;
    Zeroizing::new(packed[middle].to_owned())
}

/// All of the Base64 that `found` is the middle of, from the place `from` on.
fn whole(bytes: &[u8], from: usize, found: Range<usize>) -> Range<usize> {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/-_\\%".contains(byte);
    let before = bytes[from..found.start].iter().rev();
    let before = before.take_while(|byte| is_part(byte)).count();
    let behind = bytes[found.end..].iter();
    let behind = behind.take_while(|byte| is_part(byte) || **byte == b'=');
    found.start - before..found.end + behind.count()
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};
    use proptest::prelude::*;
    use url::form_urlencoded::byte_serialize;

    use super::*;

    #[test]
    fn whatever_is_sent_is_known_again() {
        let value = "a/b+c\"d\\e f%é~&1";
        let traces = Traces::of(value);
        let escaped = serde_json::to_string(value).unwrap();
        for sent in [
            value.to_owned(),
            format!("Bearer {value}"),
            byte_serialize(value.as_bytes()).collect(),
            byte_serialize(value.as_bytes())
                .collect::<String>()
                .to_lowercase(),
            escaped.clone(),
            escaped.replace('/', "\\/").replace('é', "\\u00E9"),
            value
                .replace('&', "&amp;")
                .replace('"', "&#34;")
                .replace('/', "&#x2F;"),
            format!("Basic {}", STANDARD.encode(value)),
            STANDARD.encode(format!("user:{value}")).replace('/', "\\/"),
            URL_SAFE.encode(format!("me:{value}\n")),
        ] {
            let text = format!("{{\"you sent\": {sent:?}}} {sent}.");
            assert!(traces.are_in(sent.as_bytes()), "{sent}");
            let shown = traces.hide(&sent);
            assert!(shown.contains("[secret]"), "{sent}: {shown}");
            assert!(!traces.are_in(traces.hide(&text).as_bytes()), "{text}");
        }
        assert_eq!(traces.hide(&format!("x={value}, y")), "x=[secret], y");
        let packed = STANDARD.encode(format!("user:{value}"));
        assert_eq!(
            traces.hide(&format!("Basic {packed}, y")),
            "Basic [secret], y"
        );
    }

    #[test]
    fn what_only_looks_alike_stays() {
        let traces = Traces::of("sea-glass-1");
        for text in [
            "sea-glass-",
            "sea glass 1",
            "%73ea-glas",
            "100 % \\ & + é",
            "",
        ] {
            assert!(!traces.are_in(text.as_bytes()));
            assert_eq!(traces.hide(text), text);
        }
    }

    proptest! {
        #[test]
        fn a_secret_behind_any_user_is_known_again(user in ".{0,12}", value in "[ -~é]{8,40}", more in ".{0,5}") {
            let traces = Traces::of(&value);
            let packed = STANDARD.encode(format!("{user}:{value}{more}"));
            prop_assert!(traces.are_in(packed.as_bytes()));
            let percent: String = byte_serialize(format!("{user}:{value}").as_bytes()).collect();
            prop_assert!(traces.are_in(percent.as_bytes()));
            prop_assert!(traces.are_in(serde_json::to_string(&value).unwrap().as_bytes()));
        }

        #[test]
        fn any_text_can_be_looked_through(text in "\\PC{0,80}", value in "[%&+\\\\a]{8,12}") {
            let traces = Traces::of(&value);
            let shown = traces.hide(&text);
            prop_assert!(traces.are_in(text.as_bytes()) || shown == text);
            let around = format!("{text}{value}{text}");
            prop_assert!(!traces.are_in(traces.hide(&around).as_bytes()));
        }
    }
}
