//! How a piece was made, in sentences.

use daedal_core::UsdMicros;
use daedal_core::engine::Determinism;
use daedal_core::process::{DerivativeTerms, Role, Training};

use super::gallery::count;
use super::{dates, names};
use crate::release::rounded;
use crate::{Credential, Decider, Decision, Exhibit, Item, Licence, LineageStep, Oversight};

/// What somebody did who made something else of what a step gave.
const EDITED: &str = "edited";

/// A step as the page tells it.
pub(super) struct Telling<'r> {
    pub(super) step: &'r LineageStep,
    /// What the step is for.
    pub(super) role: &'static str,
    /// Such as `6 candidates`, `0.4 s`.
    pub(super) facts: Vec<String>,
    pub(super) shown: Option<Picture<'r>>,
    pub(super) decisions: Vec<Choice<'r>>,
}

/// A decision as the page tells it.
pub(super) struct Choice<'r> {
    /// Whether a person decided.
    pub(super) human: bool,
    pub(super) sentence: String,
    pub(super) reason: Option<&'r str>,
    pub(super) kept: Vec<Picture<'r>>,
    pub(super) passed_over: Vec<Picture<'r>>,
}

/// An exhibit with its place in the site.
pub(super) struct Picture<'r> {
    pub(super) exhibit: &'r Exhibit,
    pub(super) path: String,
    /// Whether it can be shown as a picture.
    pub(super) visible: bool,
    pub(super) score: Option<String>,
}

/// The steps of a piece.
pub(super) fn tell<'r>(process: &str, item: &'r Item) -> Vec<Telling<'r>> {
    let steps = item.lineage.iter();
    steps.map(|step| tell_step(process, step, &[])).collect()
}

/// A step, with how many of how many were kept by each of its decisions; where that is not given, as many as are shown.
pub(super) fn tell_step<'r>(
    process: &str,
    step: &'r LineageStep,
    kept: &[Option<(usize, usize)>],
) -> Telling<'r> {
    let kept_by = |at: usize| kept.get(at).copied().flatten();
    let decisions = step.decisions.iter().enumerate();
    Telling {
        step,
        role: role(step.role),
        facts: facts(step),
        shown: step.shown.as_ref().map(|exhibit| picture(process, exhibit)),
        decisions: decisions
            .map(|(at, decision)| choice(process, decision, kept_by(at)))
            .collect(),
    }
}

fn role(role: Option<Role>) -> &'static str {
    match role {
        Some(Role::Conceive) => "Conceive",
        Some(Role::Generate) => "Generate",
        Some(Role::Critique) => "Critique",
        Some(Role::Curate) => "Curate",
        Some(Role::Refine) => "Refine",
        Some(Role::Compose) => "Compose",
        Some(Role::Distribute) => "Distribute",
        None => "Step",
    }
}

fn facts(step: &LineageStep) -> Vec<String> {
    let mut facts = Vec::new();
    if step.tasks > 1 {
        let noun = match step.role {
            Some(Role::Conceive | Role::Generate) => "candidate",
            Some(Role::Critique) => "judgement",
            _ => "task",
        };
        facts.push(count(step.tasks, noun));
    }
    facts.push(checkable(step));
    if step.cached {
        facts.push("kept from an earlier run".into());
    } else if step.usage.elapsed_ms > 0 {
        facts.push(dates::duration(step.usage.elapsed_ms));
    }
    if step.usage.cost > UsdMicros(0) {
        facts.push(step.usage.cost.to_string());
    }
    if let Some((input, output)) = step.usage.tokens {
        facts.push(format!("{input} tokens in, {output} out"));
    }
    facts.extend(step.usage.tool.clone());
    facts
}

/// What people did in a step, each a verb in the past.
fn acts(step: &LineageStep) -> impl Iterator<Item = &str> + Clone {
    let decisions = step.decisions.iter();
    let by_people = decisions.filter(|decision| matches!(decision.by, Decider::Person { .. }));
    by_people.map(|decision| decision.act.as_str())
}

/// How well a step can be checked by doing it again: what people decided is theirs to say, whatever engine asked them, and
/// what they edited is added to what the engine gave.
fn checkable(step: &LineageStep) -> String {
    let again = match step.determinism {
        Determinism::Exact => "reproducible".to_owned(),
        Determinism::Close { tolerance_ppm } => {
            format!("reproducible within {}%", f64::from(tolerance_ppm) / 1e4)
        }
        Determinism::Attested => return "attested".to_owned(),
    };
    match (acts(step).count(), acts(step).all(|act| act == EDITED)) {
        (0, _) => again,
        (_, true) => format!("{again} but for what people edited"),
        (_, false) => "attested".to_owned(),
    }
}

fn choice<'r>(process: &str, decision: &'r Decision, told: Option<(usize, usize)>) -> Choice<'r> {
    let pictures = |exhibits: &'r [Exhibit]| {
        exhibits
            .iter()
            .map(|exhibit| picture(process, exhibit))
            .collect::<Vec<_>>()
    };
    let (human, who) = match &decision.by {
        Decider::Person {
            name: Some(name), ..
        } => (true, name.clone()),
        Decider::Person {
            account,
            name: None,
        } => (true, short(account)),
        Decider::Score => (false, "The score".to_owned()),
    };
    let shown = decision.kept.len() + decision.passed_over.len();
    let of = match told.unwrap_or((decision.kept.len(), shown)) {
        (_, 0) => String::new(),
        (kept, all) if kept == all => format!(" {}", count(kept, "piece")),
        (kept, all) => format!(" {kept} of {all}"),
    };
    let when = decision
        .at
        .as_deref()
        .map(|at| format!(" on {}", dates::moment(at)));
    Choice {
        human,
        sentence: format!("{who} {}{of}{}", decision.act, when.unwrap_or_default()),
        reason: decision.reason.as_deref(),
        kept: pictures(&decision.kept),
        passed_over: pictures(&decision.passed_over),
    }
}

fn picture<'r>(process: &str, exhibit: &'r Exhibit) -> Picture<'r> {
    Picture {
        exhibit,
        path: names::exhibit(process, exhibit),
        visible: exhibit.asset.media_type.starts_with("image/"),
        score: exhibit.score.map(rounded),
    }
}

/// An account's address, shortened in the middle.
pub(super) fn short(account: &str) -> String {
    let letters: Vec<char> = account.chars().collect();
    if letters.len() <= 16 {
        return account.to_owned();
    }
    let (head, tail) = (&letters[..8], &letters[letters.len() - 6..]);
    format!(
        "{}…{}",
        head.iter().collect::<String>(),
        tail.iter().collect::<String>()
    )
}

/// How much of the making can be checked by doing it again. A step is attested as a whole where people decided or edited
/// something in it: doing it again gives none of that.
pub(super) fn coverage(item: &Item) -> Option<String> {
    let steps = item.lineage.len();
    let count_of = |class| {
        let of_class = |step: &&LineageStep| match acts(step).next() {
            Some(_) => class == Determinism::Attested,
            None => step.determinism == class,
        };
        item.lineage.iter().filter(of_class).count()
    };
    let (exact, attested) = (
        count_of(Determinism::Exact),
        count_of(Determinism::Attested),
    );
    match steps {
        0 => None,
        1 if attested == 1 => {
            Some("Its one step can't be run again: it is attested, by signature alone.".into())
        }
        _ if attested == steps => Some(format!(
            "None of its {steps} steps can be run again: they are attested, by signature alone."
        )),
        1 if exact == 1 => Some("Its one step gives the same bytes when it is run again.".into()),
        _ if exact == steps => Some(format!(
            "All {steps} steps give the same bytes when they are run again."
        )),
        _ if attested == 0 => Some(format!(
            "All {steps} steps can be run again, {exact} of them to the same bytes."
        )),
        _ => Some(format!(
            "{} of {steps} steps can be run again; {attested} attested, by signature alone.",
            steps - attested
        )),
    }
}

/// What people had to do with a piece, by its credential.
pub(super) fn oversight(item: &Item, credential: &Credential) -> String {
    let acts: Vec<&str> = item.lineage.iter().flat_map(acts).collect();
    oversight_of(credential.oversight, &acts)
}

/// The same in words: only what they did is said of them.
pub(super) fn oversight_of(oversight: Oversight, acts: &[&str]) -> String {
    match oversight {
        Oversight::FullyAutonomous => return "made without a person deciding".to_owned(),
        Oversight::PromptGuided => return "a person set what was to be made".to_owned(),
        Oversight::HumanValidated => {}
    }
    let known = ["chose", "approved", EDITED].into_iter();
    let did: Vec<&str> = known.filter(|act| acts.contains(act)).collect();
    match did.split_last() {
        None => "people decided on the way to it".to_owned(),
        Some((last, [])) => format!("people {last} it"),
        Some((last, others)) => format!("people {} and {last} it", others.join(", ")),
    }
}

/// What a licence allows, in a few words.
pub(super) fn terms(licence: &Licence) -> Vec<&'static str> {
    let commercial = licence.commercial.map(|allowed| {
        if allowed {
            "commercial use allowed"
        } else {
            "no commercial use"
        }
    });
    let derivatives = licence.derivatives.map(|terms| match terms {
        DerivativeTerms::Free => "derivatives allowed",
        DerivativeTerms::ShareAlike => "derivatives under the same terms",
        DerivativeTerms::None => "no derivatives",
    });
    let attribution = licence.attribution.map(|needed| match needed {
        true => "with credit to its makers",
        false => "no credit needed",
    });
    let told = commercial.into_iter().chain(derivatives);
    told.chain(attribution).collect()
}

/// Where the text of a well-known licence stands.
pub(super) fn licence_url(licence: &Licence) -> Option<String> {
    let id = licence.name.as_str();
    let safe = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-.+".contains(&byte))
    };
    if licence.text.is_some() || !safe(id) {
        return None;
    }
    if id == "CC0-1.0" {
        return Some("https://creativecommons.org/publicdomain/zero/1.0/".into());
    }
    if let Some((kind, version)) = id
        .strip_prefix("CC-")
        .and_then(|rest| rest.rsplit_once('-'))
    {
        let kind = kind.to_ascii_lowercase();
        return Some(format!(
            "https://creativecommons.org/licenses/{kind}/{version}/"
        ));
    }
    Some(format!("https://spdx.org/licenses/{id}.html"))
}

pub(super) fn training(training: Training) -> &'static str {
    match training {
        Training::Allowed => "may be used to train models",
        Training::NotAllowed => "may not be used to train models",
        Training::Constrained => "may be used to train models only as the licence says",
    }
}
