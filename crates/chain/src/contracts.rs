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

/// All errors that the contracts declare.
pub(crate) fn errors() -> impl Iterator<Item = alloy_json_abi::Error> {
    [
        ProcessRegistry::abi::errors(),
        ProcessShares::abi::errors(),
        ReceiptAnchor::abi::errors(),
        Editions::abi::errors(),
        TestDollar::abi::errors(),
        TestWrappedNative::abi::errors(),
    ]
    .into_iter()
    .flat_map(|errors| errors.into_values().flatten())
}
