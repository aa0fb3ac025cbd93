//! Writes text by a seeded generative grammar.
