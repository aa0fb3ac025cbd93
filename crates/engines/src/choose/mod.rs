//! Takes the best by score, or asks a person.
