//! The whole way of a process that is sold, on the embedded chain and on anvil: registered, published,
//! run, released, verified, given away.

use serde_json::Value;

use crate::chains::{Anvil, Server, fund};
use crate::studio::{Studio, files_below};

const OTHER: &str = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";

fn editing() -> Studio {
    let studio = Studio::tide();
    studio.edit("count: 12", "count: 3");
    studio.edit(
        "outputs:",
        &format!(
            "token: {{ shares: {{ creator: 70%, \"{OTHER}\": 30% }}, royalty: 5% }}\n\
             release: {{ editions: {{ of: poster }}, channels: [ {{ uses: site }} ] }}\noutputs:"
        ),
    );
    studio
}

fn json(studio: &Studio, args: &[&str]) -> Value {
    studio.daedal(&[args, &["--json"]].concat()).ends(0).json()
}

/// `node` gives the address of a node of the chain that the studio is on.
fn whole(studio: &Studio, node: impl FnOnce(&Studio) -> (String, Option<Server>)) {
    studio.daedal(&["lock"]).ends(0);
    let registered = json(studio, &["register"]);
    assert_eq!(
        (&registered["work"], &registered["version"]),
        (&1.into(), &1.into())
    );
    assert_eq!(json(studio, &["register"])["registered_before"], true);

    studio.edit("count: 3", "count: 4");
    studio.daedal(&["run", "-q"]).ends(0);
    let unpublished = studio.daedal(&["release", "latest"]).ends(1);
    assert!(
        unpublished.err.contains("no published version"),
        "{}",
        unpublished.err
    );
    assert!(
        unpublished.err.contains("daedal publish"),
        "{}",
        unpublished.err
    );
    assert_eq!(json(studio, &["publish"])["version"], 2);
    assert_eq!(json(studio, &["publish"])["published_before"], true);

    let released = json(studio, &["release", "latest"])[0].clone();
    assert_eq!(released["chain"]["version"], 2);
    let editions = released["chain"]["editions"].as_array().unwrap();
    assert_eq!(editions.len(), 2);
    let again = json(studio, &["release", "latest"])[0].clone();
    assert_eq!(again["chain"], released["chain"]);
    assert_eq!(again["channels"][0]["changed"], 0);

    let shown = json(studio, &["show", "tide"]);
    assert_eq!(shown["token"], registered["token"]);
    assert_eq!(shown["editions"], 2);
    assert_eq!(shown["versions"].as_array().unwrap().len(), 2);
    assert_eq!(shown["holders"].as_array().unwrap().len(), 2);

    let token = editions[0]["id"].as_str().unwrap();
    for _ in 0..2 {
        studio
            .daedal(&["edition", "transfer", token, OTHER])
            .ends(0);
    }
    let listed = json(studio, &["edition", "list", "tide"]);
    let owners: Vec<&str> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|edition| edition["owner"].as_str().unwrap())
        .collect();
    assert!(owners[0].eq_ignore_ascii_case(OTHER), "{owners:?}");
    assert!(
        owners[1].eq_ignore_ascii_case(&studio.account()),
        "{owners:?}"
    );

    verified(studio, &released, node);
}

/// Every poster has its credential, and its anchor offline and by a node.
fn verified(
    studio: &Studio,
    released: &Value,
    node: impl FnOnce(&Studio) -> (String, Option<Server>),
) {
    let media = files_below(&studio.path().join("site/media/tide"));
    let posters: Vec<_> = media.keys().filter(|name| name.ends_with(".png")).collect();
    assert_eq!(posters.len(), 2);
    let (url, _server) = node(studio);
    for poster in posters {
        let file = format!("site/media/tide/{poster}");
        let offline = json(studio, &["verify", &file]);
        assert_eq!(
            offline["anchor"]["root"],
            released["chain"]["anchor"]["root"]
        );
        assert_eq!(offline["anchor"]["confirmed_by"], Value::Null);
        let online = json(studio, &["verify", &file, "--rpc", &url]);
        assert!(online["anchor"]["confirmed_by"].is_string(), "{online}");
    }
}

#[test]
fn a_process_is_sold_on_the_embedded_chain() {
    let studio = editing();
    studio.account();
    whole(&studio, |studio| {
        let server = Server::of(studio);
        (server.url.clone(), Some(server))
    });
}

#[test]
fn a_process_is_sold_on_anvil() {
    let Some(anvil) = Anvil::start(31_337) else {
        return;
    };
    let mut studio = editing();
    fund(&anvil, &studio.account(), 100);
    studio.use_chain(Some(&anvil.url));
    let none = studio.daedal(&["register"]).ends(1);
    assert!(none.err.contains("daedal lock"), "{}", none.err);
    let deployed = json(&studio, &["chain", "deploy", "--test-money"]);
    let again = json(&studio, &["chain", "deploy", "--test-money"]);
    assert_eq!(again["contracts"], deployed["contracts"]);
    assert_eq!(
        (&deployed["made_before"], &again["made_before"]),
        (&false.into(), &true.into())
    );
    assert_eq!(deployed["chain"], 31_337);
    whole(&studio, |_| (anvil.url.clone(), None));
    assert!(!studio.path().join(".daedal/chain").exists());
}
