//! What holds for every process: printing and reading again changes nothing, and neither do the
//! order of keys and the layout of the file change its identity.

use std::collections::BTreeMap;

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use serde_json::{Map, Value};

use super::*;
use crate::bundle::Bundle;
use crate::{BasisPoints, UsdMicros};

/// Texts, with those among them that YAML would take for something else.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{0,12}",
        "[a-zé \n\t]{0,12}",
        "\\PC{0,8}",
        prop::sample::select(vec![
            "",
            " ",
            "yes",
            "no",
            "null",
            "~",
            "true",
            "1",
            "1.0",
            "0x1F",
            "1e3",
            ".inf",
            "- a",
            "a: b",
            "# c",
            "a #b",
            "{{ steps.a }}",
            "'",
            "\"",
            "|",
            ">",
            "&a",
            "*a",
            "!t",
            "%",
            "@",
            "`",
            "2024-01-01",
            "a\n",
            "\na",
            "a\n\n  b\n",
            "---",
            "...",
            "é\u{301}",
            "\u{feff}",
            "?",
            "12:30:45",
            "0o17",
            "+1",
            "=",
            "<<",
        ])
        .prop_map(str::to_owned),
    ]
}

fn name() -> impl Strategy<Value = String> {
    "[a-z][a-z0-9_]{0,6}x"
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e9..1e9).prop_map(|number: f64| Value::from(number)),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            map(inner).prop_map(Value::Object),
        ]
    })
}

fn map(inner: impl Strategy<Value = Value>) -> impl Strategy<Value = Map<String, Value>> {
    btree_map("[a-zA-Z0-9_.:/# -]{1,8}", inner, 0..4)
        .prop_map(|fields: BTreeMap<String, Value>| fields.into_iter().collect())
}

fn expression() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "{{ steps.a }}",
        "steps.a",
        "true",
        "1",
        "{{ inputs.x > 1 }}",
    ])
    .prop_map(str::to_owned)
}

fn dial(parameter: bool) -> impl Strategy<Value = Dial> {
    let kind = prop_oneof![
        (1_usize..90).prop_map(|max_length| (DialKind::Text { max_length }, Value::from("x"))),
        (any::<i32>(), 0_i64..99).prop_map(|(min, more)| {
            let min = i64::from(min);
            (
                DialKind::Integer {
                    min,
                    max: min + more,
                },
                Value::from(min),
            )
        }),
        (-1e6..1e6, 0.0..1e6).prop_map(|(min, more): (f64, f64)| {
            (
                DialKind::Number {
                    min,
                    max: min + more,
                },
                Value::from(min),
            )
        }),
        Just((DialKind::Boolean, Value::from(true))),
        Just((
            DialKind::Choice {
                of: vec!["yes".into(), "1".into()]
            },
            Value::from("yes")
        )),
    ];
    let more = (
        option::of(text()),
        any::<bool>(),
        option::of(0_u64..99_999_999),
        any::<bool>(),
    );
    (kind, more).prop_map(
        move |((kind, default), (description, governed, cooldown_ms, given))| Dial {
            default: (given || parameter).then_some(default),
            description,
            governed: governed && parameter,
            tuned: governed && parameter,
            max_step: (parameter && matches!(kind, DialKind::Number { .. })).then_some(0.125),
            cooldown_ms: cooldown_ms.filter(|_| parameter),
            kind,
        },
    )
}

fn dials(parameter: bool) -> impl Strategy<Value = Vec<(String, Dial)>> {
    btree_map(name(), dial(parameter), 0..3).prop_map(|dials| dials.into_iter().collect())
}

fn perform() -> impl Strategy<Value = Action> {
    let fan_out = prop_oneof![
        Just(FanOut::One),
        (1_u64..=1_000).prop_map(|count| FanOut::Count(Value::from(count))),
        Just(FanOut::Count(Value::from("{{ inputs.n }}"))),
        expression().prop_map(FanOut::Foreach),
    ];
    let retry = (1_u32..=20, 0_u64..99_999_999).prop_map(|(attempts, backoff_ms)| Retry {
        attempts,
        backoff_ms,
    });
    let reuse = prop_oneof![Just(Reuse::Studio), Just(Reuse::Run)];
    let on_interrupt = prop_oneof![Just(OnInterrupt::Ask), Just(OnInterrupt::Repeat)];
    (
        name(),
        map(value()),
        fan_out,
        retry,
        option::of(1_u64..99_999_999),
        reuse,
        on_interrupt,
    )
        .prop_map(
            |(uses, with, fan_out, retry, timeout_ms, reuse, on_interrupt)| {
                Action::Perform(Perform {
                    uses,
                    with,
                    fan_out,
                    retry,
                    timeout_ms,
                    reuse,
                    on_interrupt,
                })
            },
        )
}

fn steps(action: impl Strategy<Value = Action>) -> impl Strategy<Value = Vec<Step>> {
    let role = option::of(prop_oneof![Just(Role::Conceive), Just(Role::Distribute)]);
    let on_failure = prop_oneof![Just(OnFailure::Stop), Just(OnFailure::Skip)];
    let step = (role, action, option::of(expression()), on_failure);
    btree_map(name(), step, 1..4).prop_map(|steps| {
        let step = |(name, (role, action, when, on_failure))| Step {
            name,
            role,
            action,
            when,
            on_failure,
        };
        steps.into_iter().map(step).collect()
    })
}

fn action() -> impl Strategy<Value = Action> {
    let repeat = (
        option::of(expression()),
        option::of(expression()),
        1_u32..=100,
        steps(perform()),
    )
        .prop_map(|(until, best_by, at_most, steps)| {
            Action::Repeat(Repeat {
                until,
                best_by,
                at_most,
                steps,
            })
        });
    prop_oneof![3 => perform(), 1 => repeat]
}

fn release() -> impl Strategy<Value = Release> {
    let channel =
        (name(), vec(text(), 0..3), map(value())).prop_map(|(uses, of, settings)| Channel {
            uses,
            of,
            settings: settings
                .into_iter()
                .filter(|(name, _)| name != "uses" && name != "of")
                .collect(),
        });
    let editions =
        option::of((text(), option::of(text())).prop_map(|(of, price)| Editions { of, price }));
    (editions, vec(channel, 0..3)).prop_map(|(editions, channels)| Release { editions, channels })
}

fn processes() -> impl Strategy<Value = Process> {
    let words = (
        "[a-z0-9-]{1,8}",
        option::of(text()),
        option::of(text()),
        option::of(text()),
    );
    let caption = option::of(text()).prop_map(|text| {
        let text = text.filter(|text| !text.trim().is_empty())?;
        let place = match text.len() % 2 {
            0 => CaptionPlace::Below,
            _ => CaptionPlace::default(),
        };
        Some(Caption { text, place })
    });
    let disclosure = (option::of(text()), any::<bool>(), caption);
    let disclosure = disclosure.prop_map(|(label, allowed, caption)| Disclosure {
        caption,
        label: label.filter(|label| label != "none"),
        training: if allowed {
            Training::Allowed
        } else {
            Training::NotAllowed
        },
        texts: if allowed {
            Texts::Published
        } else {
            Texts::Private
        },
    });
    let token = option::of(
        (0_u16..=10_000, 0_u16..=10_000).prop_map(|(share, royalty)| Token {
            shares: vec![
                ("creator".into(), BasisPoints(share)),
                ("treasury".into(), BasisPoints(10_000 - share)),
            ],
            royalty: BasisPoints(royalty),
            derivatives: DerivativePolicy::AllowList,
        }),
    );
    let budget =
        (option::of(any::<u32>()), option::of(any::<u32>())).prop_map(|(cost, time)| Budget {
            cost: cost.map(|cost| UsdMicros(cost.into())),
            time_ms: time.map(u64::from),
        });
    let outputs = btree_map(name(), value(), 0..3);
    let head = (
        words,
        option::of((
            prop_oneof![Just("MIT".to_owned()), Just("LicenseRef-House".to_owned())],
            option::of(any::<bool>()),
        )),
        disclosure,
        token,
    );
    let body = (
        dials(false),
        dials(true),
        budget,
        steps(action()),
        outputs,
        option::of(release()),
    );
    (head, body).prop_map(|(head, body)| {
        let ((name, title, description, schedule), license, disclosure, token) = head;
        let (inputs, parameters, budget, steps, outputs, release) = body;
        Process {
            name,
            title,
            description,
            license: license.map(|(id, commercial)| License {
                id: Some(id),
                file: None,
                commercial,
                derivatives: commercial.map(|_| DerivativeTerms::ShareAlike),
                attribution: commercial,
            }),
            disclosure,
            token,
            upstream: Vec::new(),
            signature: schedule.as_ref().map(|text| Signature {
                references: "signature/".into(),
                gate: (text.len() % 2 == 0).then(|| Gate {
                    of: vec![text.clone()],
                    tolerance: Some(1.5),
                    outside: Outside::Ask,
                    timeout_ms: Some(60_000),
                }),
            }),
            inputs,
            parameters,
            budget,
            steps,
            outputs: outputs.into_iter().collect(),
            release,
            schedule,
        }
    })
}

/// The same value with the keys of every map in another order.
fn reordered(value: &Value, turn: usize) -> Value {
    match value {
        Value::Array(items) => items.iter().map(|item| reordered(item, turn)).collect(),
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields
                .iter()
                .map(|(name, field)| (name.clone(), reordered(field, turn)))
                .collect();
            let turn = turn % fields.len().max(1);
            fields.rotate_left(turn);
            fields.reverse();
            Value::Object(fields.into_iter().collect())
        }
        plain => plain.clone(),
    }
}

fn digest(text: &str) -> Result<crate::Digest, String> {
    match parse("process.yaml", text.as_bytes()) {
        Ok(process) => Ok(Bundle::new(&process, BTreeMap::new()).digest()),
        Err(mistakes) => Err(format!("{}\n{text}", mistakes.listed())),
    }
}

proptest! {
    #[test]
    fn what_is_printed_is_read_as_it_was(process in processes()) {
        let printed = print(&process);
        let again = parse("process.yaml", printed.as_bytes())
            .map_err(|mistakes| format!("{}\n{printed}", mistakes.listed()));
        prop_assert_eq!(again.as_ref(), Ok(&process), "\n{}", printed);
    }

    #[test]
    fn the_identity_does_not_depend_on_order_or_layout(process in processes(), turn in 0_usize..5) {
        let known = Bundle::new(&process, BTreeMap::new()).digest();
        let other = reordered(&to_value(&process), turn);
        let yaml = serde_saphyr::to_string(&other).unwrap();
        let json = serde_json::to_string_pretty(&other).unwrap();
        let marked = format!("\u{feff}# A comment.\r\n{}", yaml.replace('\n', "\r\n"));
        for text in [yaml, json, marked] {
            prop_assert_eq!(digest(&text), Ok(known), "\n{}", text);
        }
    }
}
