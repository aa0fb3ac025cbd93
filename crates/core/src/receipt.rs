//! What each task consumed and produced, linked and committed to by one root.
