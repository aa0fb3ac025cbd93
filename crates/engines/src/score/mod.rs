//! Measures pictures, for critiques.
