//! How the processes of a studio are tended.

use serde_json::json;

use super::Keep;
use super::outbox::Outbox;
use crate::failure::Failure;
use crate::home::Home;
use crate::text;

/// How the processes of a studio are tended, for programs and for people.
pub(crate) fn status(home: &Home) -> Result<(serde_json::Value, String), Failure> {
    let keep = Keep::of(&home.root);
    let mut memory = keep.read()?;
    let now = text::now();
    let (is_tended, paused) = (keep.is_tended(), keep.paused());
    let mut text = match is_tended {
        true => "a program tends this studio\n".to_owned(),
        false => "nobody tends this studio now\n".to_owned(),
    };
    if let Some(since) = paused {
        text.push_str(&format!(
            "paused since {}: `daedal tend --resume` ends that\n",
            text::moment(since)
        ));
    }
    let mut processes = Vec::new();
    for (name, tended) in memory.processes() {
        let open = tended.open();
        let run = open.and_then(|open| open.run);
        let stands = match (tended.stopped(), open, run) {
            (Some(since), ..) => format!(
                "stopped since {} after {} failures in a row; `daedal tend --resume` has it go on",
                text::moment(since),
                tended.failures()
            ),
            (None, Some(_), Some(run)) => format!("run {} is not over", run.0.short()),
            (None, Some(open), None) => {
                format!("due since {}", text::moment(open.firing.due))
            }
            (None, None, _) => "followed".to_owned(),
        };
        text.push_str(&format!("{name:<20} {stands}\n"));
        processes.push(json!({
            "process": name,
            "run": run,
            "due": open.map(|open| text::moment(open.firing.due)),
            "failures": tended.failures(),
            "stopped": tended.stopped().map(text::moment),
        }));
    }
    let untold = Outbox::of(keep.notices()).count();
    if untold > 0 {
        let notices = text::count(untold, "notice");
        text.push_str(&format!(
            "{notices} could not be sent yet: they are while somebody tends\n"
        ));
    }
    let day_max = home.settings.tend.day_max()?;
    let left = day_max.map(|max| memory.left(max, now));
    if let (Some(max), Some(left)) = (day_max, left) {
        text.push_str(&format!("today {left} of {max} are left\n"));
    }
    let value = json!({
        "tended": is_tended,
        "paused": paused.map(text::moment),
        "processes": processes,
        "notices_waiting": untold,
        "day_max_usd_micros": day_max,
        "day_left_usd_micros": left,
    });
    Ok((value, text))
}
