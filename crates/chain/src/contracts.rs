//! Bindings of the contracts, made from their compiled artifacts.
//!
//! The artifacts are committed; `cargo xtask contracts` makes them.

// Generated from ABIs, which carry no documentation.
#![allow(missing_docs, clippy::pedantic, clippy::too_many_arguments)]

use alloy_sol_types::sol;

sol!(
    #[sol(abi, all_derives)]
    ProcessRegistry,
    "artifacts/ProcessRegistry.json"
);
sol!(
    #[sol(abi, all_derives)]
    ProcessShares,
    "artifacts/ProcessShares.json"
);
sol!(
    #[sol(abi, all_derives)]
    ReceiptAnchor,
    "artifacts/ReceiptAnchor.json"
);
sol!(
    #[sol(abi, all_derives)]
    Editions,
    "artifacts/Editions.json"
);
sol!(
    #[sol(abi, all_derives)]
    TestDollar,
    "artifacts/TestDollar.json"
);
sol!(
    #[sol(abi, all_derives)]
    TestWrappedNative,
    "artifacts/TestWrappedNative.json"
);

sol!(
    #[sol(abi, all_derives)]
    Capital,
    "artifacts/Capital.json"
);
sol!(
    #[sol(abi, all_derives)]
    Collective,
    "artifacts/Collective.json"
);
sol!(
    #[sol(abi, all_derives)]
    Commissions,
    "artifacts/Commissions.json"
);
sol!(
    #[sol(abi, all_derives)]
    Governance,
    "artifacts/Governance.json"
);
sol!(
    #[sol(abi, all_derives)]
    Market,
    "artifacts/Market.json"
);
sol!(
    #[sol(abi, all_derives)]
    ProcessGovernor,
    "artifacts/ProcessGovernor.json"
);
sol!(
    #[sol(abi, all_derives)]
    ProcessTimelock,
    "artifacts/ProcessTimelock.json"
);
sol!(
    #[sol(abi, all_derives)]
    ShareOffering,
    "artifacts/ShareOffering.json"
);
sol!(
    #[sol(abi, all_derives)]
    Treasury,
    "artifacts/Treasury.json"
);

/// All errors that the contracts declare.
pub(crate) fn errors() -> impl Iterator<Item = alloy_json_abi::Error> {
    [
        ProcessRegistry::abi::errors(),
        ProcessShares::abi::errors(),
        ReceiptAnchor::abi::errors(),
        Editions::abi::errors(),
        Capital::abi::errors(),
        Collective::abi::errors(),
        Commissions::abi::errors(),
        Governance::abi::errors(),
        Market::abi::errors(),
        ProcessGovernor::abi::errors(),
        ProcessTimelock::abi::errors(),
        ShareOffering::abi::errors(),
        Treasury::abi::errors(),
        TestDollar::abi::errors(),
        TestWrappedNative::abi::errors(),
    ]
    .into_iter()
    .flat_map(|errors| errors.into_values().flatten())
}
