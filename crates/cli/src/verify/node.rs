//! The node that was named with `--rpc`: reached once, asked once about each thing, and left alone once it hangs.

use daedal_chain::client::Remote;
use daedal_chain::proof::{AnchorProof, ConfirmFault, Confirmed, Votes, VotesProof};
use daedal_chain::{Client, ClientError};
use daedal_core::Governed;
use daedal_provenance::contracts::Answers;

use crate::failure::Failure;

/// A node, and what it said so far.
pub(crate) struct Node {
    url: String,
    client: Option<Result<Client, ConfirmFault>>,
    anchors: Vec<(AnchorProof, Result<Confirmed, ConfirmFault>)>,
    votes: Vec<(VotesProof, Governed, Result<String, ConfirmFault>)>,
    /// What it said of the signatures of contracts.
    pub(super) contracts: Answers,
}

impl Node {
    /// The node at an address.
    pub(crate) fn at(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            client: None,
            anchors: Vec::new(),
            votes: Vec::new(),
            contracts: Answers::new(),
        }
    }

    /// It, once it has answered; or why nothing can be asked of it. An error where the address is none.
    pub(super) async fn client(&mut self) -> Result<Result<Client, ConfirmFault>, Failure> {
        let known = match self.client.take() {
            Some(Ok(client)) if client.has_hung() => Err(ConfirmFault::Unsaid(format!(
                "{} did not answer in time before, and was not asked again",
                client.place()
            ))),
            Some(known) => known,
            None => match Client::connect(&Remote::at(&self.url)).await {
                Err(error @ ClientError::Url { .. }) => {
                    return Err(Failure::new(error.to_string()));
                }
                connected => connected.map_err(ConfirmFault::from),
            },
        };
        Ok(self.client.insert(known).clone())
    }

    /// What it says of an anchor.
    pub(super) async fn anchor(
        &mut self,
        proof: &AnchorProof,
    ) -> Result<Result<Confirmed, ConfirmFault>, Failure> {
        let mut said = self.anchors.iter();
        if let Some((_, said)) = said.find(|(known, _)| known == proof) {
            return Ok(said.clone());
        }
        let said = match self.client().await? {
            Ok(client) => proof.confirm(&client).await,
            Err(away) => Err(away),
        };
        self.anchors.push((proof.clone(), said.clone()));
        Ok(said)
    }

    /// What it says of the votes on the dials that were read at this block.
    pub(super) async fn votes(
        &mut self,
        proof: &VotesProof,
        votes: &Votes,
        pin: &Governed,
    ) -> Result<Result<String, ConfirmFault>, Failure> {
        let mut said = self.votes.iter();
        if let Some((.., said)) = said.find(|(known, at, _)| (known, at) == (proof, pin)) {
            return Ok(said.clone());
        }
        let said = match self.client().await? {
            Ok(client) => proof.confirm(votes, pin, &client).await,
            Err(away) => Err(away),
        };
        self.votes.push((proof.clone(), pin.clone(), said.clone()));
        Ok(said)
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn a_node_that_is_away_is_asked_once() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut node = Node::at(&format!("http://{}", listener.local_addr().unwrap()));
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                count.fetch_add(1, Ordering::SeqCst);
                drop(stream);
            }
        });
        let mut counts = Vec::new();
        for _ in 0..3 {
            let said = node.client().await.unwrap();
            assert!(matches!(said, Err(ConfirmFault::Unsaid(_))));
            counts.push(asked.load(Ordering::SeqCst));
        }
        assert!(counts[0] > 0 && counts.iter().all(|count| *count == counts[0]));
    }
}
