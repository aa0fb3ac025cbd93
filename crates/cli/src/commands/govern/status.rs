//! `daedal govern status`

use std::collections::BTreeSet;

use alloy_primitives::{Address, U256};
use daedal_chain::operations::{Governor, Proposal, ProposalState, Work};
use serde_json::{Value, json};

use super::enable;
use crate::chain::desk::{Desk, part};
use crate::chain::dials::name_of;
use crate::chain::{self, Looking, amount, refused};
use crate::commands::Common;
use crate::failure::Failure;
use crate::text;
use crate::ui::Ui;
use crate::votes::{
    Next, Standing, Words, find, motion_to_json, said, settings_told, tally_to_json, tally_told,
    threshold, told_at,
};

pub(super) fn run(
    work: &str,
    proposal: Option<&str>,
    looking: Looking,
    common: &Common,
    ui: Ui,
) -> Result<u8, Failure> {
    looking.look(common, ui, "daedal govern status", async |desk| {
        let work = desk.work(work).await?;
        let governor = desk.reads.governor_of(work.work).await.map_err(refused)?;
        let Some(governor) = governor else {
            let (value, text) = alone(&work, desk.me);
            ui.result(&value, &text);
            return Ok(0);
        };
        let house = House::of(desk, &governor).await?;
        let (value, text) = match proposal {
            Some(name) => {
                let (number, found) = find(house.proposals.clone(), name)?;
                house.one(work.work, number, &found).await?
            }
            None => house.all(&work).await?,
        };
        ui.result(&value, &text);
        Ok(0)
    })
}

/// A work on which nobody votes.
fn alone(work: &Work, me: Address) -> (Value, String) {
    let mut text = format!(
        "nobody votes on work {}: its controller, {}, decides alone\n",
        work.work, work.controller
    );
    if work.controller == me {
        text.push_str(&format!(
            "  let its shares vote, for good: daedal govern enable {}\n",
            work.work
        ));
    }
    let value = json!({ "work": work.work, "controller": work.controller, "governor": null });
    (value, text)
}

/// A governor with all that is asked about it.
struct House<'d> {
    desk: &'d Desk,
    governor: &'d Governor,
    proposals: Vec<Proposal>,
    now: u64,
    supply: U256,
}

impl<'d> House<'d> {
    async fn of(desk: &'d Desk, governor: &'d Governor) -> Result<Self, Failure> {
        let holders = desk.reads.holders(governor.work).await.map_err(refused)?;
        Ok(Self {
            desk,
            governor,
            proposals: desk.reads.proposals(governor).await.map_err(refused)?,
            now: desk.reads.time_of(governor).await.map_err(refused)?,
            supply: holders.iter().map(|holder| holder.shares).sum(),
        })
    }

    fn is_embedded(&self) -> bool {
        chain::is_embedded(&self.desk.home)
    }

    async fn all(&self, work: &Work) -> Result<(Value, String), Failure> {
        let mut text = match self.governor.collective {
            Some(_) => format!(
                "work {} is governed by the collective of work {}\n",
                work.work, self.governor.work
            ),
            None => format!("work {} is governed by its shares\n", work.work),
        };
        text.push_str(&format!(
            "governor  {}\ntimelock  {}\nrules     {}\n",
            self.governor.address,
            self.governor.timelock,
            settings_told(&self.governor.settings)
        ));
        let mut value = enable::to_json(self.governor);
        value["work"] = work.work.into();
        value["time"] = self.now.into();
        value["supply"] = self.supply.to_string().into();
        value["dials"] = self.dials(work.work, &mut text).await?;
        value["voters"] = self.voters(&mut text).await?;
        let mut listed = Vec::new();
        for (place, proposal) in self.proposals.iter().enumerate() {
            let (value, line) = self.short(work.work, place + 1, proposal).await?;
            text.push_str(&line);
            listed.push(value);
        }
        if listed.is_empty() {
            text.push_str("proposal  none yet\n");
        }
        value["proposals"] = listed.into();
        let can = self.can(work.work).await?;
        for command in &can {
            text.push_str(&format!("now       {command}\n"));
        }
        value["can"] = can.into();
        Ok((value, text))
    }

    /// The governed dials, and when each may be moved again.
    async fn dials(&self, work: u64, text: &mut String) -> Result<Value, Failure> {
        let mut words = Words::new(&self.desk.studio, &self.desk.reads);
        let dials = words.dials(work).await?;
        let mut listed = Vec::new();
        for spec in &dials.specs {
            let found = self.desk.reads.dial(work, spec.name).await;
            let rests = found.map_err(refused)?.map_or(0, |dial| dial.movable_at());
            let told = dials.told(spec, spec.value);
            let name = name_of(spec);
            text.push_str(&format!("dial      {name} {told}, {}", dials.bounds(spec)));
            if rests > self.now {
                text.push_str(&format!("; rests until {}", &told_at(rests, self.now)[3..]));
            }
            text.push('\n');
            listed.push(json!({
                "name": name, "value": told, "bounds": dials.bounds(spec), "movable_at": rests,
            }));
        }
        Ok(listed.into())
    }

    /// Who has how many votes, and whose shares have none.
    async fn voters(&self, text: &mut String) -> Result<Value, Failure> {
        let reads = &self.desk.reads;
        let holders = reads.holders(self.governor.work).await.map_err(refused)?;
        let mut accounts: Vec<Address> = holders.iter().map(|holder| holder.account).collect();
        let mut seen: BTreeSet<Address> = accounts.iter().copied().collect();
        for holder in &holders {
            let delegate = reads.delegate_of(self.governor.token, holder.account).await;
            if let Some(delegate) = delegate.map_err(refused)?
                && seen.insert(delegate)
            {
                accounts.push(delegate);
            }
        }
        let mut listed = Vec::new();
        for account in accounts {
            let standing = Standing::of(reads, self.governor, account).await?;
            let mut line = format!(
                "voter     {account}  {:>7}  {} votes",
                part(standing.votes, self.supply),
                amount::plain(standing.votes, 18)
            );
            let is_reserve = self.governor.collective == Some(account);
            match standing.delegate {
                _ if is_reserve => line = format!("reserve   {account}  never votes"),
                None if standing.is_mute() => line.push_str(&format!(
                    "; its {} shares are not delegated",
                    amount::plain(standing.shares, 18)
                )),
                Some(delegate) if delegate != account => {
                    line.push_str(&format!("; {delegate} votes for it"));
                }
                _ => {}
            }
            if account == self.desk.me {
                line.push_str("  (you)");
            }
            text.push_str(&format!("{line}\n"));
            listed.push(json!({
                "address": account, "shares": standing.shares.to_string(),
                "votes": standing.votes.to_string(), "delegate": standing.delegate,
            }));
        }
        Ok(listed.into())
    }

    async fn short(
        &self,
        work: u64,
        number: usize,
        proposal: &Proposal,
    ) -> Result<(Value, String), Failure> {
        let next = Next::of(proposal, work, number, self.now);
        let would = self.would(proposal).await?;
        let mut line = format!(
            "proposal  {number}  {:<9}  {would}\n              {}\n",
            proposal.state.word(),
            next.words
        );
        if proposal.state == ProposalState::Active {
            line.push_str(&format!("              {}\n", tally_told(proposal)));
        }
        if let Some(hint) = next.hint(self.now, self.is_embedded()) {
            line.push_str(&format!("              {hint}\n"));
        }
        Ok((to_json(number, proposal, &next), line))
    }

    async fn one(
        &self,
        work: u64,
        number: usize,
        proposal: &Proposal,
    ) -> Result<(Value, String), Failure> {
        let next = Next::of(proposal, work, number, self.now);
        let would = self.would(proposal).await?;
        let mut text = format!(
            "proposal  {number}  {}\nwould     {would}\nsays      {}\nby        {}\nid        {}\n\
             begins    {}\nends      {}\n",
            proposal.state.word(),
            said(&proposal.description),
            proposal.proposer,
            proposal.id,
            told_at(proposal.begins + 1, self.now),
            told_at(proposal.ends + 1, self.now),
        );
        if let Some(eta) = proposal.eta {
            text.push_str(&format!(
                "timelock  until {}\n",
                &told_at(eta, self.now)[3..]
            ));
        }
        text.push_str(&format!(
            "votes     {}\nnext      {}\n",
            tally_told(proposal),
            next.words
        ));
        if let Some(hint) = next.hint(self.now, self.is_embedded()) {
            text.push_str(&format!("          {hint}\n"));
        }
        let mut value = to_json(number, proposal, &next);
        if proposal.state == ProposalState::Active {
            let (me, reads) = (self.desk.me, &self.desk.reads);
            let votes = reads.votes_at(self.governor, me, proposal.begins).await;
            let votes = votes.map_err(refused)?;
            let voted = reads.has_voted(self.governor, proposal.id, me).await;
            let voted = voted.map_err(refused)?;
            let has = match voted {
                true => "you have voted with",
                false => "you have",
            };
            let told = amount::plain(votes, 18);
            text.push_str(&format!("you       {has} {told} votes in it\n"));
            value["your_votes"] = votes.to_string().into();
            value["you_voted"] = voted.into();
        }
        if let Some(command) = &next.command {
            text.push_str(&format!("now       {command}\n"));
        }
        Ok((value, text))
    }

    async fn would(&self, proposal: &Proposal) -> Result<String, Failure> {
        match &proposal.motion {
            Some(motion) => {
                let mut words = Words::new(&self.desk.studio, &self.desk.reads);
                words.of(motion).await
            }
            None => Ok("several calls, or one that this version does not know".to_owned()),
        }
    }

    /// What the account can do now, as commands.
    async fn can(&self, work: u64) -> Result<Vec<String>, Failure> {
        let mut can = Vec::new();
        let (me, reads) = (self.desk.me, &self.desk.reads);
        for (place, proposal) in self.proposals.iter().enumerate() {
            let number = place + 1;
            let next = Next::of(proposal, work, number, self.now);
            let Some(command) = next.command else {
                continue;
            };
            if proposal.state == ProposalState::Active {
                let voted = reads.has_voted(self.governor, proposal.id, me).await;
                let votes = reads.votes_at(self.governor, me, proposal.begins).await;
                if voted.map_err(refused)? || votes.map_err(refused)?.is_zero() {
                    continue;
                }
            }
            can.push(command);
        }
        let own = Standing::of(reads, self.governor, me).await?;
        if own.is_mute() {
            can.push(format!(
                "daedal govern delegate {} {me}",
                self.governor.work
            ));
        }
        let needs = threshold(reads, self.governor).await?;
        if own.votes >= needs {
            can.push(format!("daedal govern propose {work} --set DIAL=VALUE"));
        }
        Ok(can)
    }
}

fn to_json(number: usize, proposal: &Proposal, next: &Next) -> Value {
    json!({
        "number": number, "id": proposal.id.to_string(), "state": proposal.state.word(),
        "motion": proposal.motion.as_ref().map(motion_to_json), "says": said(&proposal.description),
        "proposer": proposal.proposer, "begins": proposal.begins, "ends": proposal.ends,
        "eta": proposal.eta, "tally": tally_to_json(proposal),
        "next": next.words, "at": next.at.map(|at| text::moment(daedal_core::run::Moment(at * 1_000))),
        "command": next.command,
    })
}
