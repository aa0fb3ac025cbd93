//! The tree of a process file to a [`Process`].

use super::mistake::nearest;
use super::model::*;
use super::read::Reader;
use super::source::{Kind, Node};
use super::{dial, disclosure, signature, steps};

const TOP: &[&str] = &[
    "$schema",
    "daedal",
    "name",
    "title",
    "description",
    "license",
    "disclosure",
    "token",
    "upstream",
    "signature",
    "inputs",
    "parameters",
    "budget",
    "steps",
    "outputs",
    "release",
    "schedule",
];

const DERIVATIVE_TERMS: &[(&str, DerivativeTerms)] = &[
    ("free", DerivativeTerms::Free),
    ("share-alike", DerivativeTerms::ShareAlike),
    ("none", DerivativeTerms::None),
];
const DERIVATIVE_POLICIES: &[(&str, DerivativePolicy)] = &[
    ("open", DerivativePolicy::Open),
    ("allow-list", DerivativePolicy::AllowList),
    ("closed", DerivativePolicy::Closed),
];

/// Reads what can be read; what can't is in `reader`.
pub(super) fn process(reader: &mut Reader, root: &Node) -> Option<Process> {
    let fields = reader.fields(root, "the file", TOP)?;
    let start = super::mistake::Span::default();
    match fields.get("daedal") {
        Some(node) => {
            let version = reader.text(node, "`daedal`");
            if version.is_some_and(|version| version != "v1") {
                reader.wrong(
                    node.span,
                    "this version of the format is unknown",
                    "expected `daedal: v1`",
                );
            }
        }
        None => reader.wrong(
            start,
            "the file does not say its format",
            "begin it with `daedal: v1`",
        ),
    }
    let name = match fields.get("name") {
        Some(node) => reader.slug(node, "`name`"),
        None => {
            reader.wrong(start, "the process has no name", "add `name: my-process`");
            None
        }
    };
    let steps = match fields.get("steps") {
        Some(node) => steps::steps(reader, node, false),
        None => {
            reader.wrong(
                start,
                "the process has no steps",
                "add `steps:` with one step at least",
            );
            Vec::new()
        }
    };
    Some(Process {
        name: name.unwrap_or_default(),
        title: fields
            .get("title")
            .and_then(|node| reader.text(node, "`title`")),
        description: fields
            .get("description")
            .and_then(|node| reader.text(node, "`description`")),
        license: fields.get("license").and_then(|node| license(reader, node)),
        disclosure: fields
            .get("disclosure")
            .and_then(|node| disclosure::disclosure(reader, node))
            .unwrap_or_default(),
        token: fields.get("token").and_then(|node| token(reader, node)),
        upstream: fields
            .get("upstream")
            .map(|node| upstream(reader, node))
            .unwrap_or_default(),
        signature: fields
            .get("signature")
            .and_then(|node| signature::signature(reader, node)),
        inputs: fields
            .get("inputs")
            .map(|node| dial::dials(reader, node, dial::Use::Input))
            .unwrap_or_default(),
        parameters: fields
            .get("parameters")
            .map(|node| dial::dials(reader, node, dial::Use::Parameter))
            .unwrap_or_default(),
        budget: fields
            .get("budget")
            .and_then(|node| budget(reader, node))
            .unwrap_or_default(),
        steps,
        outputs: fields
            .get("outputs")
            .map(|node| outputs(reader, node))
            .unwrap_or_default(),
        release: fields.get("release").and_then(|node| release(reader, node)),
        schedule: fields
            .get("schedule")
            .and_then(|node| reader.text(node, "`schedule`")),
    })
}

/// An id of the SPDX licence list, or one of the studio's own (`LicenseRef-…`).
fn license_id(reader: &mut Reader, node: &Node, what: &str) -> Option<String> {
    let id = reader.text(node, what)?;
    if spdx::license_id(&id).is_none() && !id.starts_with("LicenseRef-") {
        let known = spdx::identifiers::LICENSES.iter().map(|known| known.name);
        let help = match nearest(&id, known) {
            Some(name) => format!("did you mean `{name}`?"),
            None => "expected an id of https://spdx.org/licenses, such as `CC-BY-4.0`, or a text of your \
                     own: `license: { file: LICENSE.txt }`"
                .to_owned(),
        };
        reader.wrong(node.span, format!("SPDX has no licence `{id}`"), help);
    }
    Some(id)
}

fn license(reader: &mut Reader, node: &Node) -> Option<License> {
    if let Kind::Text(_) = &node.kind {
        return Some(License {
            id: license_id(reader, node, "`license`"),
            file: None,
            commercial: None,
            derivatives: None,
            attribution: None,
        });
    }
    let fields = reader.fields(
        node,
        "`license`",
        &["id", "file", "commercial", "derivatives", "attribution"],
    )?;
    let id = fields
        .get("id")
        .and_then(|node| license_id(reader, node, "`license.id`"));
    let file = fields
        .get("file")
        .and_then(|node| reader.text(node, "`license.file`"));
    if id.is_some() == file.is_some() {
        reader.wrong(
            fields.span,
            "a licence is either an SPDX id or a file of the bundle",
            "give one of `id: CC-BY-4.0` and `file: LICENSE.txt`",
        );
    }
    Some(License {
        id,
        file,
        commercial: fields
            .get("commercial")
            .and_then(|node| reader.boolean(node, "`license.commercial`")),
        derivatives: fields
            .get("derivatives")
            .and_then(|node| reader.word(node, "`license.derivatives`", DERIVATIVE_TERMS)),
        attribution: fields
            .get("attribution")
            .and_then(|node| reader.boolean(node, "`license.attribution`")),
    })
}

fn token(reader: &mut Reader, node: &Node) -> Option<Token> {
    let fields = reader.fields(node, "`token`", &["shares", "royalty", "derivatives"])?;
    let mut shares = Vec::new();
    match fields.get("shares") {
        Some(node) => {
            let holders = reader.map(node, "`token.shares`");
            for (key, value) in holders.unwrap_or_default() {
                let holder = &key.name;
                let known = matches!(holder.as_str(), "creator" | "treasury");
                if !known && holder.parse::<alloy_primitives::Address>().is_err() {
                    reader.wrong(
                        key.span,
                        format!("`{holder}` can't hold shares"),
                        "expected `creator`, `treasury` or an address of 0x and 40 hexadecimal digits",
                    );
                }
                if let Some(share) = reader.percent(value, "a share") {
                    shares.push((holder.clone(), share));
                }
            }
            let sum: u32 = shares.iter().map(|(_, share)| u32::from(share.0)).sum();
            // What was not read is told already, and counts as nothing here.
            let are_all_read = holders.is_some_and(|holders| holders.len() == shares.len());
            if are_all_read && sum != u32::from(crate::BasisPoints::ALL.0) {
                let percent = f64::from(sum) / 100.0;
                reader.wrong(
                    node.span,
                    format!("the shares sum to {percent}%"),
                    "expected 100%",
                );
            }
        }
        None => shares.push(("creator".to_owned(), crate::BasisPoints::ALL)),
    }
    Some(Token {
        shares,
        royalty: fields
            .get("royalty")
            .and_then(|node| reader.percent(node, "`token.royalty`"))
            .unwrap_or_default(),
        derivatives: fields
            .get("derivatives")
            .and_then(|node| reader.word(node, "`token.derivatives`", DERIVATIVE_POLICIES))
            .unwrap_or(DerivativePolicy::Open),
    })
}

fn upstream(reader: &mut Reader, node: &Node) -> Vec<Upstream> {
    let mut works = Vec::new();
    for item in reader.list(node, "`upstream`").unwrap_or_default() {
        let Some(fields) = reader.fields(item, "an upstream work", &["work", "relation"]) else {
            continue;
        };
        let work = fields.get("work").and_then(|node| {
            let work = reader.text(node, "`work`")?;
            // CAIP-19: <chain namespace>:<reference>/<asset namespace>:<reference>/<token id>.
            let is_caip_19 = work.split('/').count() == 3
                && work
                    .split('/')
                    .take(2)
                    .all(|part| part.split_once(':').is_some());
            if !is_caip_19 {
                reader.wrong(
                    node.span,
                    format!("`{work}` is not the name of a token"),
                    "expected CAIP-19, such as `eip155:8453/erc721:0x…/12`",
                );
            }
            Some(work)
        });
        if fields.get("work").is_none() {
            reader.wrong(
                item.span,
                "an upstream work has no `work`",
                "name its token by CAIP-19",
            );
        }
        works.push(Upstream {
            work: work.unwrap_or_default(),
            relation: fields
                .get("relation")
                .and_then(|node| reader.text(node, "`relation`"))
                .unwrap_or_else(|| "remix".to_owned()),
        });
    }
    works
}

fn budget(reader: &mut Reader, node: &Node) -> Option<Budget> {
    let fields = reader.fields(node, "`budget`", &["cost", "time"])?;
    Some(Budget {
        cost: fields
            .get("cost")
            .and_then(|node| reader.usd(node, "`budget.cost`")),
        time_ms: fields
            .get("time")
            .and_then(|node| reader.duration(node, "`budget.time`")),
    })
}

fn outputs(reader: &mut Reader, node: &Node) -> Vec<(String, serde_json::Value)> {
    let entries = reader.map(node, "`outputs`").unwrap_or_default();
    let mut outputs = Vec::with_capacity(entries.len());
    for (key, value) in entries {
        if let Some(name) = reader.name(key, "an output", &[]) {
            outputs.push((name, value.to_value()));
        }
    }
    outputs
}

fn release(reader: &mut Reader, node: &Node) -> Option<Release> {
    let fields = reader.fields(node, "`release`", &["editions", "channels"])?;
    let editions = fields.get("editions").and_then(|node| {
        let fields = reader.fields(node, "`release.editions`", &["of", "price"])?;
        let of = match fields.get("of") {
            Some(node) => reader.text(node, "`of`"),
            None => {
                reader.wrong(
                    node.span,
                    "editions of nothing",
                    "name an output: `of: poster`",
                );
                None
            }
        };
        let price = fields
            .get("price")
            .and_then(|node| reader.text(node, "`price`"));
        Some(Editions { of: of?, price })
    });
    let mut channels = Vec::new();
    if let Some(node) = fields.get("channels") {
        for item in reader.list(node, "`release.channels`").unwrap_or_default() {
            channels.extend(channel(reader, item));
        }
    }
    Some(Release { editions, channels })
}

fn channel(reader: &mut Reader, node: &Node) -> Option<Channel> {
    let mut settings = reader.object(node, "a channel")?;
    let (Some(_), Kind::Map(entries)) = (settings.remove("uses"), &node.kind) else {
        reader.wrong(
            node.span,
            "a channel does not say what it is",
            "add `uses: site`",
        );
        return None;
    };
    settings.remove("of");
    let mut channel = Channel {
        uses: String::new(),
        of: Vec::new(),
        settings,
    };
    for (key, value) in entries {
        match key.name.as_str() {
            "uses" => channel.uses = reader.filled(value, "`uses`").unwrap_or_default(),
            "of" => channel.of = reader.text_list(value, "`of`").unwrap_or_default(),
            _ => {}
        }
    }
    Some(channel)
}
