//! Editions: outputs of a run as tokens of their own.

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_rpc_types_eth::Filter;
use alloy_sol_types::{SolEvent, SolValue};
use daedal_core::units::BasisPoints;

use super::{Act, Ledgers, OperationError, Operator, events, hash_of, small};
use crate::client::ClientError;
use crate::contracts::Editions as contract;

/// Editions of one mint, as the contract has it; more are minted in several batches.
pub const MINT_MAX: usize = 200;

/// A run whose outputs become editions.
pub type MintedRun = contract::Run;

/// One asset of a run: SHA-256 of its unsigned bytes, and its place among the outputs.
pub type Output = contract::Output;

/// What happens with the editions of one mint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// Who receives them; none puts them into the shop.
    pub to: Option<Address>,
    /// The metadata of an edition is at `{base_uri}{index}.json`.
    pub base_uri: String,
    /// The royalty of resales that is announced.
    pub resale: BasisPoints,
    /// Price in the shop, in wei or in units of the work's stablecoin; zero is not for sale.
    pub price: u128,
    /// Whether the price is in the chain's own coin.
    pub in_native: bool,
}

/// Editions that were minted together, now or before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MintedBatch {
    /// Number of the batch.
    pub batch: u64,
    /// The editions, in the order of the outputs.
    pub tokens: Vec<U256>,
    /// The transaction, if it was found or sent by this outbox.
    pub transaction: Option<B256>,
}

/// A mint: a run whose outputs became editions together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mint {
    /// Its number.
    pub batch: u64,
    /// Version of the work that made it.
    pub version: u64,
    /// Root of the run.
    pub run_root: B256,
}

/// An edition as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edition {
    /// Its token.
    pub token: U256,
    /// The mint that it belongs to.
    pub batch: u64,
    /// The work that made it.
    pub work: u64,
    /// Its place among the outputs of its run.
    pub index: u64,
    /// Who has it; the contract itself while it is in the shop.
    pub owner: Address,
    /// Where its metadata is.
    pub uri: String,
}

impl Operator {
    /// Mints outputs of a run, unless they have been. More than 200 are minted in several batches.
    pub async fn mint(
        &self,
        key: &str,
        run: &MintedRun,
        outputs: &[Output],
        terms: &Terms,
    ) -> Result<Vec<MintedBatch>, OperationError> {
        let price = alloy_primitives::aliases::U96::try_from(terms.price).map_err(|_| {
            OperationError::Input(format!(
                "a price of {} is too high: it has to be less than 2^96",
                terms.price
            ))
        })?;
        let encoded = contract::Terms {
            to: terms.to.unwrap_or_default(),
            baseUri: terms.base_uri.clone(),
            resaleBps: terms.resale.0,
            inNative: terms.in_native,
            price,
        };
        let mut batches = Vec::new();
        for (part, outputs) in outputs.chunks(MINT_MAX).enumerate() {
            let key = match part {
                0 => key.to_owned(),
                part => format!("{key}/{part}"),
            };
            batches.push(self.mint_part(&key, run, outputs, &encoded).await?);
        }
        Ok(batches)
    }

    /// Says that the metadata of a batch begins at `base_uri`. Gives the transaction.
    pub async fn set_base_uri(
        &self,
        key: &str,
        batch: u64,
        base_uri: &str,
    ) -> Result<B256, OperationError> {
        let call = contract::setBaseUriCall {
            batch: U256::from(batch),
            baseUri: base_uri.to_owned(),
        };
        let settled = self.act(key, self.reads.at.editions, &call).await?;
        Ok(hash_of(&settled))
    }

    async fn mint_part(
        &self,
        key: &str,
        run: &MintedRun,
        outputs: &[Output],
        terms: &contract::Terms,
    ) -> Result<MintedBatch, OperationError> {
        let tokens: Vec<U256> = outputs.iter().map(|output| token_of(run, output)).collect();
        let first = tokens.first().copied().unwrap_or_default();
        if let Some(edition) = self.reads.edition(first).await? {
            return Ok(MintedBatch {
                batch: edition.batch,
                tokens,
                transaction: None,
            });
        }
        let call = contract::mintCall {
            run: run.clone(),
            outputs: outputs.to_vec(),
            terms: terms.clone(),
        };
        let at = self.reads.at.editions;
        let settled = self.act(key, at, &call).await?;
        let event: contract::BatchMinted = self.event(&settled.receipt, at)?;
        Ok(MintedBatch {
            batch: small(event.batch),
            tokens,
            transaction: Some(hash_of(&settled)),
        })
    }
}

impl Ledgers {
    /// An edition, if it has been minted.
    pub async fn edition(&self, token: U256) -> Result<Option<Edition>, OperationError> {
        let at = self.at.editions;
        let call = contract::editionOfCall { tokenId: token };
        let found = match self.read(at, &call).await {
            Ok(found) => found,
            Err(ClientError::Reverted { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let owner = self
            .read(at, &contract::ownerOfCall { tokenId: token })
            .await?;
        let uri = self
            .read(at, &contract::tokenURICall { tokenId: token })
            .await?;
        Ok(Some(Edition {
            token,
            batch: small(found.batch),
            work: small(found.work),
            index: small(found.index),
            owner,
            uri,
        }))
    }

    /// Where the metadata of each of these editions is said to be, if it has been minted; in few requests.
    pub async fn edition_uris(
        &self,
        tokens: &[U256],
    ) -> Result<Vec<Option<String>>, OperationError> {
        let call = |token: &U256| contract::tokenURICall { tokenId: *token };
        let calls: Vec<_> = tokens.iter().map(call).collect();
        Ok(self.client.read_many(self.at.editions, &calls).await?)
    }

    /// Gives an edition of the caller to `to`.
    #[must_use]
    pub fn give_edition(&self, edition: &Edition, to: Address) -> Act {
        let call = contract::safeTransferFrom_0Call {
            from: edition.owner,
            to,
            tokenId: edition.token,
        };
        Act::call(self.at.editions, &call)
    }

    /// What the shop asks for an edition: the coin (zero for the chain's own) and how much of it. None for
    /// what is not in the shop.
    pub async fn shop_price(&self, token: U256) -> Result<Option<(Address, U256)>, OperationError> {
        let call = contract::priceOfCall { tokenId: token };
        match self.read(self.at.editions, &call).await {
            Ok(found) => Ok(Some((found.asset, found.price))),
            Err(ClientError::Reverted { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Buys an edition from the shop for `to`, at no more than this price. In a stablecoin the editions
    /// contract has to be approved for it before.
    #[must_use]
    pub fn buy_edition(&self, token: U256, to: Address, asset: Address, price: U256) -> Act {
        let call = contract::buyCall {
            tokenId: token,
            to,
            priceMax: price,
        };
        let act = Act::call(self.at.editions, &call);
        match asset.is_zero() {
            true => act.with_value(price),
            false => act,
        }
    }

    /// Editions of a work, in the order of their minting.
    pub async fn editions(&self, work: u64) -> Result<Vec<Edition>, OperationError> {
        let mut editions = Vec::new();
        for mint in self.mints(work).await? {
            for token in self.tokens_of(mint.batch).await? {
                editions.extend(self.edition(token).await?);
            }
        }
        Ok(editions)
    }

    /// Whether an output belongs to what an edition stands for, by a proof such as
    /// [`anchored_proof`](super::anchored_proof). `data` is the output's SHA-256, or its bytes.
    pub async fn verify_edition(
        &self,
        run: &MintedRun,
        output: &Output,
        data: &[u8],
        proof: &Bytes,
    ) -> Result<bool, OperationError> {
        let call = contract::verifyCall {
            prompt: prompt_of(run, output),
            aigcData: Bytes::copy_from_slice(data),
            proof: proof.clone(),
        };
        Ok(self.read(self.at.editions, &call).await?)
    }

    /// Mints of a work, in order.
    pub async fn mints(&self, work: u64) -> Result<Vec<Mint>, OperationError> {
        let filter = Filter::new()
            .address(self.at.editions)
            .event_signature(contract::BatchMinted::SIGNATURE_HASH)
            .topic2(B256::from(U256::from(work)));
        let logs = self.all_logs(filter).await?;
        let minted =
            events::<contract::BatchMinted>(logs.iter().map(|log| &log.inner), self.at.editions);
        let mint = |event: contract::BatchMinted| Mint {
            batch: small(event.batch),
            version: small(event.version),
            run_root: event.runRoot,
        };
        Ok(minted.map(mint).collect())
    }

    async fn tokens_of(&self, batch: u64) -> Result<Vec<U256>, OperationError> {
        let filter = Filter::new()
            .address(self.at.editions)
            .event_signature(contract::EditionMinted::SIGNATURE_HASH)
            .topic2(B256::from(U256::from(batch)));
        let logs = self.all_logs(filter).await?;
        let minted =
            events::<contract::EditionMinted>(logs.iter().map(|log| &log.inner), self.at.editions);
        Ok(minted.map(|event| event.tokenId).collect())
    }
}

/// What an edition stands for: everything that decided about its output.
#[must_use]
pub fn prompt_of(run: &MintedRun, output: &Output) -> Bytes {
    let fields = (
        run.work,
        run.version,
        run.parameters,
        run.inputs,
        run.seed,
        run.runRoot,
        output.digest,
        output.index,
    );
    fields.abi_encode_params().into()
}

/// The token of an edition: the digest of its prompt.
#[must_use]
pub fn token_of(run: &MintedRun, output: &Output) -> U256 {
    U256::from_be_bytes(keccak256(prompt_of(run, output)).0)
}
