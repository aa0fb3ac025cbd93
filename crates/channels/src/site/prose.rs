//! Texts as HTML. What a piece says never becomes markup of the page: HTML in it is shown as it is written.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, html};

/// Addresses that a text may lead to.
const SCHEMES: [&str; 3] = ["http://", "https://", "mailto:"];

/// Markdown (CommonMark with tables, strikethrough and footnotes) as HTML. Headings begin below that of the
/// page, pictures are told by their text, links lead to the web or nowhere.
pub(super) fn markdown(text: &str) -> String {
    let mut links = Vec::new();
    let events = parse(text).filter_map(|event| {
        Some(match event {
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => shown(&text),
            Event::Code(text) => {
                Event::InlineHtml(format!("<code>{}</code>", escaped(&text)).into())
            }
            Event::Start(Tag::HtmlBlock) => Event::Start(Tag::Paragraph),
            Event::End(TagEnd::HtmlBlock) => Event::End(TagEnd::Paragraph),
            Event::Start(Tag::Heading { level, .. }) => Event::Start(Tag::Heading {
                level: below(level),
                id: None,
                classes: Vec::new(),
                attrs: Vec::new(),
            }),
            Event::End(TagEnd::Heading(level)) => Event::End(TagEnd::Heading(below(level))),
            Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) => return None,
            Event::Start(Tag::Link { ref dest_url, .. }) => {
                let address = dest_url.to_ascii_lowercase();
                let leads = SCHEMES.iter().any(|scheme| address.starts_with(scheme));
                links.push(leads);
                return leads.then_some(event);
            }
            Event::End(TagEnd::Link) => return links.pop()?.then_some(event),
            other => other,
        })
    });
    let mut page = String::new();
    html::push_html(&mut page, events);
    page
}

/// Other prose: a paragraph for each part between empty lines.
pub(super) fn plain(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let parts = text.split("\n\n").map(str::trim);
    let events = parts.filter(|part| !part.is_empty()).flat_map(|part| {
        [
            Event::Start(Tag::Paragraph),
            shown(part),
            Event::End(TagEnd::Paragraph),
        ]
    });
    let mut page = String::new();
    html::push_html(&mut page, events);
    page
}

/// A text as it is written, quotation marks too.
fn shown<'e>(text: &str) -> Event<'e> {
    Event::Html(escaped(text).into())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// What is written in a Markdown text, without its marks.
pub(super) fn words(text: &str) -> String {
    let mut words = String::new();
    for event in parse(text) {
        match event {
            Event::Text(text) | Event::Code(text) | Event::Html(text) | Event::InlineHtml(text) => {
                words.push_str(&text);
            }
            Event::SoftBreak | Event::HardBreak | Event::End(TagEnd::Item) => words.push('\n'),
            Event::End(TagEnd::Paragraph | TagEnd::Heading(_)) => words.push_str("\n\n"),
            Event::End(TagEnd::TableCell) => words.push(' '),
            _ => {}
        }
    }
    words
}

fn parse(text: &str) -> Parser<'_> {
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_FOOTNOTES;
    Parser::new_ext(text, options)
}

/// Two levels down: the page has its own two.
fn below(level: pulldown_cmark::HeadingLevel) -> pulldown_cmark::HeadingLevel {
    use pulldown_cmark::HeadingLevel::{H1, H2, H3, H4, H5, H6};
    match level {
        H1 => H3,
        H2 => H4,
        H3 => H5,
        H4 | H5 | H6 => H6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_is_rendered_and_nothing_of_it_becomes_markup_of_the_page() {
        let page = markdown(
            "# Low *tide*\n\n- one\n- `two`\n\n<script>alert(1)</script>\n\nA <b onclick=x>bold</b> \
             [way](https://example.org) and a [trap](javascript:alert(1)) ![a quay](http://x/y.png)\n",
        );
        insta::assert_snapshot!(page);
        assert!(!page.contains("<script") && !page.contains("<b ") && !page.contains("<img"));
    }

    #[test]
    fn words_are_without_marks() {
        assert_eq!(
            words("# Low *tide*\n\n- one\n- `two`\n").trim(),
            "Low tide\n\none\ntwo"
        );
    }

    #[test]
    fn plain_prose_keeps_its_paragraphs() {
        assert_eq!(
            plain("a <b>\r\n\r\n\n c").trim(),
            "<p>a &lt;b&gt;</p>\n<p>c</p>"
        );
    }
}
