use serde_json::{Value, json};

use super::TemplateEngine;
use crate::testing::Bench;
use daedal_core::engine::Engine;

fn fill(with: Value) -> Value {
    Bench::default().value(&TemplateEngine::default(), with, 1)
}

fn refuse(with: Value) -> String {
    Bench::default().error(&TemplateEngine::default(), with)
}

#[test]
fn designers_have_their_filters() {
    let text = "{{ n | pad(3) }} {{ n | roman }} {{ n | ordinal }} {{ n | words }} {{ big | thousands(' ') }} \
                {{ x | fixed(2) }} {{ x | round(1) }} {{ t | titlecase }} {{ q | smartquotes }} \
                {{ 'ab' | pad(5, fill='.', side='right') }} {{ q | wrap(60, size=12) | join('/') }} \
                {{ 'abc' | textwidth(family='monospace', size=10) }}";
    let value = fill(json!({
        "text": text,
        "data": { "n": 7, "big": 1_234_567, "x": 2.345, "t": "the tide of night", "q": "\"It's a long low tide\"" }
    }));
    insta::assert_snapshot!(value["text"].as_str().unwrap(), @r#"007 VII 7th seven 1 234 567 2.35 2.3 The Tide of Night “It’s a long low tide” ab... "It's a long/low tide" 18.0"#);
    assert_eq!(value["media_type"], "text/plain");
}

#[test]
fn each_format_escapes_its_own_way() {
    let bench = Bench::default();
    let engine = TemplateEngine::default();
    let data = json!({ "t": "a \"b\", <c> & 'd'" });
    let mut shown = String::new();
    for (format, text) in [
        ("text", "{{ t }}"),
        ("markdown", "# {{ t }}"),
        ("json", "{\"t\": {{ t }}}"),
        ("html", "<p>{{ t }}</p>"),
        ("csv", "n,{{ t }}\n"),
        (
            "svg",
            "<svg xmlns='http://www.w3.org/2000/svg' width='30' height='20'><text>{{ t }}</text></svg>",
        ),
    ] {
        let value = bench.value(
            &engine,
            json!({ "text": text, "format": format, "data": data }),
            1,
        );
        let bytes = bench.bytes(&value);
        shown += &format!(
            "{}: {}\n",
            value["media_type"],
            String::from_utf8_lossy(&bytes).trim_end()
        );
        if format == "json" {
            assert_eq!(value["json"], data);
        }
        if format == "svg" {
            assert_eq!(
                (&value["width"], &value["height"]),
                (&json!(30.0), &json!(20.0))
            );
        }
    }
    insta::assert_snapshot!(shown, @r#"
    "text/plain": a "b", <c> & 'd'
    "text/markdown": # a "b", <c> & 'd'
    "application/json": {"t": "a \"b\", <c> & 'd'"}
    "text/html": <p>a &quot;b&quot;, &lt;c&gt; &amp; &#x27;d&#x27;</p>
    "text/csv": n,"a ""b"", <c> & 'd'"
    "image/svg+xml": <svg xmlns='http://www.w3.org/2000/svg' width='30' height='20'><text>a &quot;b&quot;, &lt;c&gt; &amp; &#x27;d&#x27;</text></svg>
    "#);
}

#[test]
fn files_may_include_what_is_named() {
    let bench = Bench::default();
    let value = bench.value(
        &TemplateEngine::default(),
        json!({
            "template": bench.file("cards/page.md.j2", "{% include 'head' %}\n{{ body }}\n"),
            "include": { "head": bench.file("cards/head.md", "# {{ title }}") },
            "data": { "title": "Ebb", "body": "Text." }
        }),
        1,
    );
    assert_eq!(value["text"], "# Ebb\nText.\n");
    assert_eq!(value["media_type"], "text/markdown");
}

#[test]
fn mistakes_name_file_and_line() {
    let bench = Bench::default();
    let engine = TemplateEngine::default();
    let mut told = Vec::new();
    for (path, text) in [
        ("a.md", "one\n{{ titel }}"),
        ("b.md", "{% for x in y %}\n{{ x }}"),
        ("c.json", "{\"a\": \"{{ title }}\"}"),
        ("d.svg", "<svg xmlns='http://www.w3.org/2000/svg'><g></svg>"),
        ("e.md", "{% include 'other' %}"),
        (
            "f.md",
            "{% for a in range(9999) %}{% for b in range(9999) %}{{ b }}{% endfor %}{% endfor %}",
        ),
        ("g.md", "{{ 4000 | roman }}"),
    ] {
        let with =
            json!({ "template": bench.file(path, text), "data": { "title": "t \"", "y": [] } });
        told.push(bench.error(&engine, with));
    }
    told.push(refuse(json!({ "data": {} })));
    told.push(refuse(json!({ "text": "x", "fromat": "svg" })));
    insta::assert_snapshot!(told.join("\n"), @r#"
    a.md:2: `titel` is undefined: add it to `data:`, or use `| default(…)`
    b.md:2: syntax error: unexpected end of input, expected end of block
    `c.json` does not give JSON: expected `,` or `}` at line 1 column 9; values are quoted by themselves: {"title": {{ title }}}
    `d.svg` is not an SVG that can be drawn: expected 'g' tag, not 'svg' at 1:44
    e.md:1: template not found: tried to include non-existing template 'other'
    f.md:1: it runs too long, or makes too much: a loop, a list or a text is too large
    g.md:1: invalid operation: roman takes 1 to 3,999, not 4000
    a template is either `template:` (a file) or `text:`
    `template` takes no `fromat`: did you mean `format`?
    "#);
}

#[test]
fn output_is_bounded() {
    let mut bench = Bench::default();
    bench.limits.output_bytes_max = 100;
    let with = json!({ "text": "{% for a in range(1000) %}long{% endfor %}" });
    insta::assert_snapshot!(bench.error(&TemplateEngine::default(), with), @"`template` gives more than the 100 bytes that an asset may have");
}

#[test]
fn a_template_that_can_not_be_read_is_told_before_the_run() {
    let bytes: std::sync::Arc<[u8]> = b"a\n{{ b".as_slice().into();
    let told = TemplateEngine::default()
        .check(&json!({ "template": "x.md" }), &|_| Some(bytes.clone()))
        .join("\n");
    insta::assert_snapshot!(told, @"x.md:2: syntax error: unexpected end of input, expected end of variable block");
}
