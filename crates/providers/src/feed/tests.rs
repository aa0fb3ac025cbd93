use serde_json::json;

use crate::testing::{Bench, Server, answer, engine, settings};

const RSS: &str = r#"<?xml version="1.0"?>
<rss version="2.0"><channel>
  <title>Tide tables</title><link>https://tides.example/</link><description>What the sea &lt;b&gt;does&lt;/b&gt;.</description>
  <item><title>Neap</title><link>https://tides.example/neap</link><guid>1</guid>
    <pubDate>Mon, 02 Nov 2026 06:00:00 GMT</pubDate><category>moon</category>
    <description>&lt;p&gt;Low &amp;amp; slow.&lt;/p&gt;&lt;p&gt;At dawn.&lt;/p&gt;</description></item>
  <item><title>Spring</title><link>javascript:alert(1)</link><guid>2</guid>
    <pubDate>Tue, 10 Nov 2026 06:00:00 GMT</pubDate></item>
</channel></rss>"#;

const ATOM: &str = r#"<?xml version="1.0"?>
<feed xmlns="http://www.w3.org/2005/Atom">
  <title>Briefs</title><id>urn:briefs</id><updated>2026-11-01T00:00:00Z</updated>
  <link rel="self" href="https://press.example/feed"/><link href="https://press.example/"/>
  <entry><title>A poster of fog</title><id>urn:1</id><updated>2026-11-05T10:00:00Z</updated>
    <link href="/fog"/><author><name>Ada</name></author><summary>Grey on grey.</summary></entry>
</feed>"#;

const JSON: &str = r#"{ "version": "https://jsonfeed.org/version/1.1", "title": "Trends", "home_page_url": "https://t.example/",
  "items": [{ "id": "1", "url": "https://t.example/1", "title": "Moss", "content_text": "Green again.",
              "date_published": "2026-11-03T00:00:00Z", "tags": ["green"] }] }"#;

fn read(feed: &str, limit: usize) -> serde_json::Value {
    let server = Server::start([answer("200 OK", "content-type: text/xml\r\n", feed)]);
    let engine = engine("feed", &settings(&[server.port]));
    let with = json!({ "url": server.url("/feed"), "limit": limit });
    let mut value = Bench::default().value(&*engine, with);
    let text = value.to_string().replace(&server.port.to_string(), "PORT");
    value = serde_json::from_str(&text).unwrap();
    value
}

#[test]
fn every_kind_of_feed_has_one_shape() {
    insta::assert_json_snapshot!([read(RSS, 20), read(ATOM, 20), read(JSON, 20)]);
}

#[test]
fn the_newest_entries_are_kept() {
    let value = read(RSS, 1);
    assert_eq!(value["entries"].as_array().unwrap().len(), 1);
    assert_eq!(value["entries"][0]["title"], "Spring");
}

#[test]
fn what_is_no_feed_is_told() {
    let server = Server::start([
        answer(
            "200 OK",
            "content-type: text/html\r\n",
            "<html><body>Hello</body></html>",
        ),
        answer("404 Not Found", "", "gone"),
    ]);
    let engine = engine("feed", &settings(&[server.port]));
    let with = || json!({ "url": server.url("/feed") });
    let told = Bench::default().error(&*engine, with()).to_string();
    assert!(told.contains("is no feed"), "{told}");
    let told = Bench::default().error(&*engine, with()).to_string();
    assert!(told.contains("404 Not Found: gone"), "{told}");
}

#[test]
fn a_deep_feed_breaks_nothing() {
    let deep = 20_000;
    let media = "<media:group>".repeat(deep);
    let feed = format!(
        "<rss version=\"2.0\" xmlns:media=\"http://search.yahoo.com/mrss/\"><channel><title>t</title><item><title>x</title>{media}"
    );
    let server = Server::start([answer("200 OK", "", &feed)]);
    let engine = engine("feed", &settings(&[server.port]));
    let told = Bench::default().error(&*engine, json!({ "url": server.url("/") }));
    assert!(told.to_string().contains("128 deep"), "{told}");
}
