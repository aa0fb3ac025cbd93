//! Pages and names that have no business here, and those that have.

use daedal_studio::Options;

use crate::support::{CHAIN_ID, start};

const JSON: &str = "Content-Type: application/json";
const METAMASK: &str = "chrome-extension://nkbihfbeogaeaoehlefnkodbefgpgknn";

#[tokio::test]
async fn pages_of_elsewhere_are_refused_in_words() {
    let served = start(Options::default()).await;
    for origin in [
        "https://evil.example",
        "null",
        "http://localhost:1",
        "http://127.0.0.1",
    ] {
        let header = format!("Origin: {origin}");
        let reply = served.post(&[&header, JSON], CHAIN_ID).await;
        assert_eq!(reply.status, 403, "{origin}");
        let expected = format!("pages of `{origin}` may not use this chain");
        assert!(reply.body.starts_with(&expected), "{}", reply.body);
        assert_eq!(reply.header("access-control-allow-origin"), None);
        let asked = "Access-Control-Request-Method: POST";
        let host = format!("Host: {}", served.host());
        let reply = served
            .raw("OPTIONS / HTTP/1.1", &[&host, &header, asked], "")
            .await;
        assert_eq!(reply.status, 403, "{origin}");
        assert_eq!(reply.header("access-control-allow-origin"), None);
    }
    let twice = [
        "Origin: https://evil.example",
        &format!("Origin: {METAMASK}"),
        JSON,
    ];
    assert_eq!(served.post(&twice, CHAIN_ID).await.status, 400);
}

#[tokio::test]
async fn extensions_configured_pages_and_its_own_may_ask() {
    let options = Options {
        origins: vec!["https://dapp.example/".to_owned()],
        ..Options::default()
    };
    let served = start(options).await;
    let own = format!("http://{}", served.host());
    let firefox = "moz-extension://0f5b9a3e-1c1d-4a2b-9d3c-0123456789ab";
    for origin in [METAMASK, firefox, "https://dapp.example", &own] {
        let header = format!("Origin: {origin}");
        let reply = served.post(&[&header, JSON], CHAIN_ID).await;
        assert_eq!(reply.status, 200, "{origin}: {}", reply.body);
        assert_eq!(reply.header("access-control-allow-origin"), Some(origin));
        assert_eq!(reply.header("vary"), Some("Origin"));
        assert!(reply.json()["result"].is_string());
    }
}

#[tokio::test]
async fn a_browser_is_told_beforehand_what_an_allowed_page_may_send() {
    let served = start(Options::default()).await;
    let headers = [
        &format!("Host: {}", served.host()),
        &format!("Origin: {METAMASK}"),
        "Access-Control-Request-Method: POST",
        "Access-Control-Request-Headers: content-type",
        "Access-Control-Request-Private-Network: true",
    ];
    let reply = served.raw("OPTIONS / HTTP/1.1", &headers, "").await;
    assert_eq!(reply.status, 204, "{reply:?}");
    assert_eq!(reply.header("access-control-allow-origin"), Some(METAMASK));
    assert_eq!(
        reply.header("access-control-allow-methods"),
        Some("GET, POST")
    );
    assert_eq!(
        reply.header("access-control-allow-headers"),
        Some("content-type")
    );
    assert_eq!(
        reply.header("access-control-allow-private-network"),
        Some("true")
    );
}

#[tokio::test]
async fn a_page_has_to_send_json_as_json() {
    let served = start(Options::default()).await;
    let origin = format!("Origin: {METAMASK}");
    let plain = "Content-Type: text/plain";
    for headers in [
        &[&origin, plain][..],
        &[&origin],
        &["Sec-Fetch-Site: cross-site", plain],
    ] {
        let reply = served.post(headers, CHAIN_ID).await;
        assert_eq!(reply.status, 415, "{headers:?}");
        assert!(reply.body.contains("application/json"), "{}", reply.body);
    }
    let with_charset = "Content-Type: Application/JSON; charset=utf-8";
    assert_eq!(
        served.post(&[&origin, with_charset], CHAIN_ID).await.status,
        200
    );
}

#[tokio::test]
async fn a_name_that_was_pointed_here_by_others_is_refused() {
    let options = Options {
        hosts: vec!["studio.example".to_owned()],
        ..Options::default()
    };
    let served = start(options).await;
    for line in ["POST / HTTP/1.1", "GET / HTTP/1.1"] {
        // To the browser, a rebound page and the server have the same origin.
        let headers = [
            "Host: evil.example:80",
            "Origin: http://evil.example:80",
            JSON,
        ];
        let reply = served.raw(line, &headers, CHAIN_ID).await;
        assert_eq!(reply.status, 403, "{line}");
        let expected = "this server isn't known as `evil.example:80`";
        assert!(reply.body.starts_with(expected), "{}", reply.body);
        for host in ["Host: studio.example", "Host: LOCALHOST", "Host: [::1]:9"] {
            assert_eq!(
                served.raw(line, &[host], CHAIN_ID).await.status,
                200,
                "{host}"
            );
        }
    }
    // The name in the request line counts, if there is one.
    let line = "GET http://evil.example/ HTTP/1.1";
    assert_eq!(served.raw(line, &["Host: localhost"], "").await.status, 403);
    for hosts in [&[][..], &["Host: localhost", "Host: evil.example"]] {
        assert_eq!(served.raw("GET / HTTP/1.1", hosts, "").await.status, 400);
    }
}
