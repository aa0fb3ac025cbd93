//! A run is an ordered log of events: folded into a state, from which the next tasks are decided.
