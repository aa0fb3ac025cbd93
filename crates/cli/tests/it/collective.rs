//! A collective of three studios from the command line, on the embedded chain of one of them and on anvil:
//! what pooled works earn flows to the members, a fourth is admitted by vote, one leaves.

use serde_json::Value;

use crate::chains::{Anvil, Server, fund};
use crate::studio::Studio;
use crate::voting::forward;

/// A studio with a process that can be registered.
fn studio() -> Studio {
    let studio = Studio::tide();
    studio.edit("outputs:", "token: { shares: { creator: 100% } }\noutputs:");
    studio.daedal(&["account"]).ends(0);
    studio.daedal(&["lock"]).ends(0);
    studio
}

/// Has a studio use the contracts of another, on the chain at `url`.
fn join(studio: &mut Studio, first: &Studio, url: &str) {
    let status = first.daedal(&["chain", "status", "--json"]).ends(0).json();
    let mut settings = "[chain]\n".to_owned();
    for (name, address) in status["contracts"].as_object().unwrap() {
        settings.push_str(&format!("{name} = {address}\n"));
    }
    studio.write("daedal.toml", settings);
    studio.use_chain(Some(url));
}

fn ok(studio: &Studio, args: &[&str]) -> Value {
    let mut args = args.to_vec();
    args.push("--json");
    studio.daedal(&args).ends(0).json()
}

/// What a studio takes of the collective's money, in units of 10^-5 of a coin.
fn claims(studio: &Studio, parts: &str) {
    let claimed = ok(studio, &["claim", "4"]);
    let expected = format!("{parts}{}", "0".repeat(13));
    assert_eq!(claimed["claimed"]["ETH"], expected, "{claimed}");
}

fn whole(studios: &[Studio; 4], anvil: Option<&Anvil>) {
    let [a, b, c, d] = studios;
    for (studio, number) in [(a, 1), (b, 2), (c, 3)] {
        assert_eq!(ok(studio, &["register"])["work"], number);
    }
    let accounts: Vec<String> = studios.iter().map(Studio::account).collect();
    let seat = |work: usize, member: &str, gets: &str| format!("{work}={member}:500000:{gets}");
    let seats: Vec<String> = (0..3)
        .map(|place| seat(place + 1, &accounts[place], "300000"))
        .collect();
    let mut create = vec!["collective", "create", "coast", "--supply", "1000000"];
    for seat in &seats {
        create.extend(["--founder", seat.as_str()]);
    }
    let asked = a.daedal(&create).ends(1);
    assert!(
        asked.err.contains("100000 shares in reserve"),
        "{}",
        asked.err
    );
    assert!(
        asked.err.contains("needs somebody's consent"),
        "{}",
        asked.err
    );
    create.push("--yes");
    let made = ok(a, &create);
    assert_eq!(
        (&made["work"], &made["made_before"]),
        (&4.into(), &false.into())
    );
    // Asked later, it tells until when the seats are offered, and not until when they would be.
    forward(a, anvil, "1h");
    let again = ok(a, &create);
    assert_eq!(again["made_before"], true);
    assert_eq!(again["founders"], made["founders"]);

    let early = a
        .daedal(&["collective", "admit", "coast", "--seat", &seats[0]])
        .ends(1);
    assert!(early.err.contains("does not vote yet"), "{}", early.err);
    let other = b.daedal(&["collective", "pool", "4", "1", "--yes"]).ends(1);
    assert!(other.err.contains("act as the member"), "{}", other.err);
    for studio in [a, b, c] {
        ok(studio, &["collective", "pool", "4", "tide", "--yes"]);
        let again = ok(studio, &["collective", "pool", "4", "tide", "--yes"]);
        assert_eq!(again["pooled_before"], true);
    }

    ok(a, &["pay", "tide", "1 ETH"]);
    let harvested = ok(b, &["collective", "harvest", "4"]);
    let of_work = &harvested["harvested"][0];
    assert_eq!(
        of_work["amount"],
        format!("5{}", "0".repeat(17)),
        "{harvested}"
    );
    // Of 0.5 each has 30 %, and of the reserve's 0.05, which goes around at once, again.
    for studio in [a, b, c] {
        claims(studio, "16500");
    }
    // What the reserve has of its own part goes around with the next harvest, and so on.
    let again = ok(c, &["collective", "harvest", "4"]);
    assert_eq!(again["harvested"][0]["work"], 4);
    let around = format!("5{}", "0".repeat(15));
    assert_eq!(again["harvested"][0]["amount"], around);

    // The ledger tells from where it came, and that what went around came in once.
    let ledger = ok(a, &["ledger", "coast"]);
    let told: Vec<[&str; 3]> = ledger["movements"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["direction"] != "out")
        .map(|one| ["kind", "direction", "amount"].map(|field| one[field].as_str().unwrap()))
        .collect();
    let (half, first) = (
        format!("5{}", "0".repeat(17)),
        format!("5{}", "0".repeat(16)),
    );
    assert_eq!(
        told,
        [
            ["harvest", "in", &half],
            ["reserve", "around", &first],
            ["reserve", "around", &around],
        ]
    );
    assert_eq!(ledger["movements"][0]["who"], "work 1");
    let earned = ledger["income"].as_array().unwrap();
    let earned = earned.iter().find(|one| one["coin"] == "ETH").unwrap();
    assert_eq!(earned["amount"], half);

    assert_eq!(ok(d, &["register"])["work"], 5);
    let fourth = seat(5, &accounts[3], "100000");
    let admit = ["collective", "admit", "coast", "--seat", &fourth];
    assert_eq!(ok(a, &admit)["number"], 1);
    assert_eq!(ok(a, &admit)["number"], 1, "asked again, it is the same");
    forward(a, anvil, "25h");
    for studio in [a, b] {
        ok(studio, &["collective", "vote", "4", "1", "for"]);
    }
    forward(a, anvil, "6d");
    ok(d, &["govern", "queue", "4", "1"]);
    forward(a, anvil, "25h");
    ok(d, &["govern", "execute", "4", "1"]);
    ok(d, &["collective", "pool", "4", "tide", "--yes"]);

    ok(a, &["pay", "5", "1 ETH"]);
    ok(a, &["collective", "harvest", "coast"]);
    // Of 0.5, and of what the reserve had left: the new member has nothing of what came before.
    claims(d, "5005");
    claims(b, "15165");

    let left = ok(c, &["collective", "leave", "4", "tide"]);
    assert_eq!(left["left"], true);
    let again = ok(c, &["collective", "leave", "4", "tide"]);
    assert_eq!(again["left"], false);
    let shown = ok(a, &["collective", "show", "coast"]);
    let works: Vec<&Value> = shown["seats"]
        .as_array()
        .unwrap()
        .iter()
        .map(|seat| &seat["work"])
        .collect();
    assert_eq!(works, [1, 2, 5]);
    let work = ok(c, &["show", "tide"]);
    assert_eq!(
        work["controller"].as_str().unwrap().to_lowercase(),
        accounts[2].to_lowercase()
    );
    assert_eq!(work["holders"].as_array().unwrap().len(), 1);
}

#[test]
fn three_studios_pool_share_admit_and_let_go_on_the_embedded_chain() {
    let mut studios = [studio(), studio(), studio(), studio()];
    // The first registration makes the contracts.
    studios[0].daedal(&["register"]).ends(0);
    let server = Server::of(&studios[0]);
    let [first, others @ ..] = &mut studios;
    for studio in others {
        // Only the first studio has coins: it sends some to the others, for gas.
        let account = studio.account();
        first.daedal(&["pay", "tide", "1 ETH"]).ends(0);
        first.daedal(&["claim", "tide", "--to", &account]).ends(0);
        join(studio, first, &server.url);
    }
    whole(&studios, None);
}

#[test]
fn three_studios_pool_share_admit_and_let_go_on_anvil() {
    let Some(anvil) = Anvil::start(31_337) else {
        return;
    };
    let mut studios = [studio(), studio(), studio(), studio()];
    for studio in &studios {
        fund(&anvil, &studio.account(), 100);
    }
    studios[0].use_chain(Some(&anvil.url));
    studios[0]
        .daedal(&["chain", "deploy", "--test-money"])
        .ends(0);
    let [first, others @ ..] = &mut studios;
    for studio in others {
        join(studio, first, &anvil.url);
    }
    whole(&studios, Some(&anvil));
}
