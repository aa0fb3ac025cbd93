//! Merkle trees as OpenZeppelin's contracts verify them.
