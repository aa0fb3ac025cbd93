//! What registering would do: on the chain, and before it where a studio or its account is not there yet.

use alloy_primitives::Address;
use daedal_chain::operations::Ledgers;
use daedal_channels::site;
use daedal_provenance::Keys;
use serde_json::{Value, json};

use super::{Register, registered_before, treasury_told, uri_of};
use crate::chain::{self, Lineage, Step, Wish};
use crate::commands::Common;
use crate::failure::Failure;
use crate::home::{Home, block_on};
use crate::keys;
use crate::material::Subject;
use crate::ui::Ui;

/// Says what it would do.
pub(super) fn look(
    register: &Register,
    subject: &Subject,
    wish: &Wish,
    common: &Common,
    ui: Ui,
) -> Result<u8, Failure> {
    let account = register.acting.account.as_deref();
    let home = Home::find_around(common, &subject.place)?;
    // What has no studio or no account is registered by those that it gets.
    let Some(mut home) = home.filter(|home| account.is_some() || Keys::at(home.keys()).exist())
    else {
        let home = Home::find_around(common, &subject.place)?;
        let (value, text) = from_nothing(register, subject, wish, home)?;
        ui.result(&value, &text);
        return Ok(0);
    };
    register.acting.settle(&mut home);
    let me = keys::address_named(&home, account)?;
    block_on(async {
        // A studio that has not done anything yet has no contracts in its own chain, either.
        let opened = match chain::is_embedded(&home) && !home.is_begun() {
            true => None,
            false => Some(chain::look_at_chain(&home, "daedal register").await?),
        };
        let reads = match &opened {
            Some((studio, client)) => chain::ledgers_if_any(&home, studio, client).await?,
            None => None,
        };
        let opened = opened
            .as_ref()
            .map(|(studio, _)| studio)
            .zip(reads.as_ref());
        let lineage = wish.lineage(&home, opened).await?;
        let holders = wish.holders(&home, me)?;
        let words = format!("register {} as a work", subject.name);
        let (mut value, mut text) = match opened {
            None => {
                // Whose the embedded chain is.
                chain::account_of(&home)?;
                let uri = uri_of(&home, subject, register.uri.as_deref())?;
                let wanted = wish.registration(subject, Vec::new(), holders.clone(), uri);
                let act = |reads: &Ledgers| reads.registering(&wanted);
                chain::told(Some(me), &chain::begun_by(me, words, act).await?)
            }
            Some((studio, reads)) => {
                if let Some(known) = registered_before(studio, reads, me, subject).await? {
                    let works = &lineage.works;
                    wish.agrees(reads, known.work, subject.kind, works, holders.clone())
                        .await?;
                    let why = format!("it is work {} already", known.work);
                    let (value, text) = chain::planned(reads, me, Vec::new(), &why).await?;
                    ui.result(&value, &text);
                    return Ok(0);
                }
                let uri = uri_of(&home, subject, register.uri.as_deref())?;
                let works = lineage.works.clone();
                let wanted = wish.registration(subject, works, holders.clone(), uri);
                let acts = vec![(reads.registering(&wanted), words)];
                chain::planned(reads, me, acts, "").await?
            }
        };
        let parts = chain::parts_told(&holders);
        value["bundle"] = json!(subject.bundle);
        value["holders"] = parts
            .iter()
            .map(|(holder, part)| json!({ "address": holder, "part": part }))
            .collect();
        value["royalty_bps"] = wish.royalty().0.into();
        value["upstream"] = upstream_json(&lineage);
        for (holder, part) in &parts {
            text.push_str(&format!("  holder   {holder}  {part}\n"));
        }
        text.push_str(&format!(
            "  royalty  {} of what derivatives earn\n",
            wish.royalty()
        ));
        for (work, rate) in &lineage.owed {
            text.push_str(&format!(
                "  upstream work {work} gets {rate} of what it earns\n"
            ));
        }
        text.push_str(&treasury_told(&home, wish));
        ui.result(&value, &text);
        Ok(0)
    })
}

/// What comes before, where there is no studio or no account of it.
fn from_nothing(
    register: &Register,
    subject: &Subject,
    wish: &Wish,
    home: Option<Home>,
) -> Result<(Value, String), Failure> {
    let step = |words: &str, gas| Step {
        words: words.to_owned(),
        gas,
        act: None,
    };
    let mut steps = Vec::new();
    if home.is_none() {
        steps.push(step("make a studio in the working directory", Some(0)));
    }
    let account = "make an account for the studio, whose password it would ask for";
    steps.push(step(account, Some(0)));
    let words = format!("register {} as a work of that account", subject.name);
    let is_embedded = register.acting.rpc.is_none() && home.as_ref().is_none_or(chain::is_embedded);
    if is_embedded && wish.upstream_said().is_empty() {
        // Whose address it is makes no difference to speak of, nor where a site is that nobody named yet.
        let me = Address::repeat_byte(0x11);
        let uri = match &subject.planned {
            Some(_) => site::work_uri(None, &subject.name, 1),
            None => register.uri.clone().unwrap_or_default(),
        };
        let wanted = wish.registration(subject, Vec::new(), wish.holders_by_name(me), uri);
        let act = |reads: &Ledgers| reads.registering(&wanted);
        let begun = block_on(chain::begun_by(me, words, act))?;
        steps.extend(begun.map(|step| Step { act: None, ..step }));
    } else {
        steps.push(step(&words, None));
    }
    let (mut value, mut text) = chain::told(None, &steps);
    let parts = wish.parts_said();
    value["bundle"] = json!(subject.bundle);
    value["holders"] = parts
        .iter()
        .map(|(holder, part)| json!({ "holder": holder, "part": part }))
        .collect();
    value["royalty_bps"] = wish.royalty().0.into();
    value["upstream"] = json!(wish.upstream_said());
    for (holder, part) in &parts {
        text.push_str(&format!("  holder   {holder}  {part}\n"));
    }
    text.push_str(&format!(
        "  royalty  {} of what derivatives earn\n",
        wish.royalty()
    ));
    for work in wish.upstream_said() {
        text.push_str(&format!("  upstream {work}\n"));
    }
    Ok((value, text))
}

fn upstream_json(lineage: &Lineage) -> Value {
    let one = |(work, rate): (&u64, &daedal_core::units::BasisPoints)| json!({ "work": work, "bps": rate.0, "named": lineage.works.contains(work) });
    lineage.owed.iter().map(one).collect()
}
