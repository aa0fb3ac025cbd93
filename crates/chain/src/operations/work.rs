//! Works: registering them, publishing versions, and looking at them.

use alloy_primitives::{Address, B256, U256};
use alloy_rpc_types_eth::Filter;
use alloy_sol_types::SolEvent;
use daedal_core::digest::Digest;
use daedal_core::units::BasisPoints;

use super::{Act, Ledgers, OperationError, Operator, events, hash_of, small};
use crate::client::ClientError;
use crate::contracts::ProcessRegistry as registry;

pub use crate::contracts::ProcessRegistry::ParameterSpec;

/// What a work is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A creative process.
    Process,
    /// A fine-tuned model.
    Model,
    /// A collection of data.
    Dataset,
}

impl Kind {
    /// As people call it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Process => "process",
            Self::Model => "model",
            Self::Dataset => "dataset",
        }
    }
}

/// Who may name a work as upstream of a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Derivatives {
    /// Anyone.
    Open,
    /// Those whom the work's controller allows.
    AllowList,
    /// Nobody but the work's controller.
    Closed,
}

/// What is registered.
#[derive(Debug, Clone)]
pub struct Registration {
    /// What it is.
    pub kind: Kind,
    /// Who may build on it.
    pub derivatives: Derivatives,
    /// What each derivative owes it, of its own revenue, for ever.
    pub royalty: BasisPoints,
    /// Digest of the first version.
    pub bundle: Digest,
    /// Name of the share token: 1 to 64 bytes.
    pub name: String,
    /// Symbol of the share token: 1 to 16 bytes.
    pub symbol: String,
    /// Metadata of the first version: at most 512 bytes.
    pub uri: String,
    /// Works that it derives from.
    pub upstream: Vec<u64>,
    /// Who receives how many shares; their sum is the fixed supply.
    pub holders: Vec<(Address, U256)>,
    /// The governed dials.
    pub parameters: Vec<ParameterSpec>,
    /// The stablecoin whose revenue the shares account for; the usual one of the chain if absent.
    pub asset: Option<Address>,
}

/// A work that has been registered, now or before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Registered {
    /// Its number.
    pub work: u64,
    /// Its share token, to which everything is paid.
    pub shares: Address,
    /// The transaction, if it was found or sent by this outbox.
    pub transaction: Option<B256>,
}

/// A work as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Work {
    /// Its number.
    pub work: u64,
    /// What it is.
    pub kind: Kind,
    /// Who may build on it.
    pub derivatives: Derivatives,
    /// Its share token, to which everything is paid.
    pub shares: Address,
    /// Who owns the work's own token.
    pub owner: Address,
    /// Who may publish and set.
    pub controller: Address,
    /// What each derivative owes it.
    pub royalty: BasisPoints,
    /// What it owes to all works upstream together.
    pub stack: BasisPoints,
    /// Number of its newest version.
    pub versions: u64,
    /// The stablecoin that it accounts for.
    pub asset: Address,
}

/// A published version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Its number, from 1.
    pub version: u64,
    /// What it is.
    pub bundle: Digest,
    /// Its metadata.
    pub uri: String,
    /// When, in seconds since 1970.
    pub published_at: u64,
}

impl Operator {
    /// Registers a work, unless this account has registered this bundle.
    pub async fn register(
        &self,
        key: &str,
        registration: &Registration,
    ) -> Result<Registered, OperationError> {
        let at = self.reads.at.registry;
        let bundle = registration.bundle;
        if let Some(work) = self.reads.work_of(self.account(), bundle).await? {
            let shares = self.reads.work(work).await?.shares;
            return Ok(Registered {
                work,
                shares,
                transaction: None,
            });
        }
        let act = self.reads.registering(registration);
        let settled = self.carry_out(key, &act).await?;
        let event: registry::WorkRegistered = self.event(&settled.receipt, at)?;
        Ok(Registered {
            work: small(event.work),
            shares: event.shares,
            transaction: Some(hash_of(&settled)),
        })
    }

    /// Publishes a version, unless the work has it. Gives its number.
    pub async fn publish(
        &self,
        key: &str,
        work: u64,
        bundle: Digest,
        uri: &str,
    ) -> Result<u64, OperationError> {
        if let Some(version) = self.reads.version_of(work, bundle).await? {
            return Ok(version);
        }
        let at = self.reads.at.registry;
        let act = self.reads.publishing(work, bundle, uri);
        let settled = self.carry_out(key, &act).await?;
        let event: registry::VersionPublished = self.event(&settled.receipt, at)?;
        Ok(small(event.version))
    }
}

impl Ledgers {
    /// Registers a work.
    #[must_use]
    pub fn registering(&self, registration: &Registration) -> Act {
        let r = encoded(registration, self.at.asset);
        Act::call(self.at.registry, &registry::registerCall { r })
    }

    /// Publishes a version. The controller's.
    #[must_use]
    pub fn publishing(&self, work: u64, bundle: Digest, uri: &str) -> Act {
        let call = registry::publishCall {
            work: U256::from(work),
            bundle: bundle.0.into(),
            uri: uri.to_owned(),
        };
        Act::call(self.at.registry, &call)
    }

    /// Number of registered works; they are numbered from 1.
    pub async fn works(&self) -> Result<u64, OperationError> {
        let works = self.read(self.at.registry, &registry::worksCall {}).await?;
        Ok(small(works))
    }

    /// A work.
    pub async fn work(&self, work: u64) -> Result<Work, OperationError> {
        let number = U256::from(work);
        let at = self.at.registry;
        let found = match self.read(at, &registry::workOfCall { work: number }).await {
            Ok(found) => found,
            Err(ClientError::Reverted { .. }) => return Err(self.unknown(format!("work {work}"))),
            Err(error) => return Err(error.into()),
        };
        let owner = registry::ownerOfCall { tokenId: number };
        Ok(Work {
            work,
            kind: kind(found.kind),
            derivatives: derivatives(found.derivatives),
            shares: found.shares,
            owner: self.read(at, &owner).await?,
            controller: found.controller,
            royalty: BasisPoints(found.royaltyBps),
            stack: BasisPoints(found.stackBps),
            versions: u64::from(found.versions),
            asset: found.asset,
        })
    }

    /// The work that `creator` registered with `bundle`.
    pub async fn work_of(
        &self,
        creator: Address,
        bundle: Digest,
    ) -> Result<Option<u64>, OperationError> {
        let call = registry::registeredByCall {
            creator,
            bundle: bundle.0.into(),
        };
        let work = small(self.read(self.at.registry, &call).await?);
        Ok((work != 0).then_some(work))
    }

    /// Whether an account may anchor, mint and submit for a work: its owner, its controller, or whom one of
    /// them approved.
    pub async fn is_operator(&self, work: u64, account: Address) -> Result<bool, OperationError> {
        let work = U256::from(work);
        let call = registry::isOperatorCall { work, account };
        Ok(self.read(self.at.registry, &call).await?)
    }

    /// Number of the version with this bundle.
    pub async fn version_of(
        &self,
        work: u64,
        bundle: Digest,
    ) -> Result<Option<u64>, OperationError> {
        let call = registry::findVersionCall {
            work: U256::from(work),
            bundle: bundle.0.into(),
        };
        let version = small(self.read(self.at.registry, &call).await?);
        Ok((version != 0).then_some(version))
    }

    /// Versions of a work, the first one first.
    pub async fn versions(&self, work: u64) -> Result<Vec<Version>, OperationError> {
        let newest = self.work(work).await?.versions;
        let mut versions = Vec::new();
        for version in 1..=newest {
            let call = registry::versionOfCall {
                work: U256::from(work),
                version: U256::from(version),
            };
            let found = self.read(self.at.registry, &call).await?;
            versions.push(Version {
                version,
                bundle: Digest(found.bundle.0),
                uri: found.uri,
                published_at: small(found.publishedAt),
            });
        }
        Ok(versions)
    }

    /// Works upstream, and what each is owed.
    pub async fn stack(&self, work: u64) -> Result<Vec<(u64, BasisPoints)>, OperationError> {
        let call = registry::stackOfCall {
            work: U256::from(work),
        };
        let stack = self.read(self.at.registry, &call).await?;
        let entry = |ancestor: registry::Ancestor| {
            (
                small(ancestor.work),
                BasisPoints(ancestor.bps.saturating_to()),
            )
        };
        Ok(stack.into_iter().map(entry).collect())
    }
}

impl Ledgers {
    /// The governed dials of a work, as they stand.
    pub async fn parameters(&self, work: u64) -> Result<Vec<ParameterSpec>, OperationError> {
        let at = self.at.registry;
        let number = U256::from(work);
        let filter = Filter::new()
            .address(at)
            .event_signature(registry::ParameterRegistered::SIGNATURE_HASH)
            .topic1(B256::from(number));
        let logs = self.all_logs(filter).await?;
        let mut parameters = Vec::new();
        for event in events::<registry::ParameterRegistered>(logs.iter().map(|log| &log.inner), at)
        {
            let call = registry::parameterOfCall {
                work: number,
                name: event.name,
            };
            parameters.push(ParameterSpec {
                name: event.name,
                value: self.read(at, &call).await?.value,
                min: event.min,
                max: event.max,
                step: event.step,
                cooldown: event.cooldown,
                decimals: event.decimals,
            });
        }
        Ok(parameters)
    }
}

fn encoded(registration: &Registration, usual: Address) -> registry::Registration {
    registry::Registration {
        kind: match registration.kind {
            Kind::Process => 0,
            Kind::Model => 1,
            Kind::Dataset => 2,
        },
        derivatives: match registration.derivatives {
            Derivatives::Open => 0,
            Derivatives::AllowList => 1,
            Derivatives::Closed => 2,
        },
        royaltyBps: registration.royalty.0,
        asset: registration.asset.unwrap_or(usual),
        bundle: registration.bundle.0.into(),
        name: registration.name.clone(),
        symbol: registration.symbol.clone(),
        uri: registration.uri.clone(),
        parents: registration
            .upstream
            .iter()
            .map(|work| U256::from(*work))
            .collect(),
        holders: registration
            .holders
            .iter()
            .map(|(account, shares)| registry::Holder {
                account: *account,
                shares: *shares,
            })
            .collect(),
        parameters: registration.parameters.clone(),
    }
}

fn kind(number: u8) -> Kind {
    match number {
        0 => Kind::Process,
        1 => Kind::Model,
        _ => Kind::Dataset,
    }
}

fn derivatives(number: u8) -> Derivatives {
    match number {
        0 => Derivatives::Open,
        1 => Derivatives::AllowList,
        _ => Derivatives::Closed,
    }
}
