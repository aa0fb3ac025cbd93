//! The listener as its clients meet it: over a socket.
#![allow(clippy::unwrap_used)] // A test that can't go on fails.

mod clock;
mod concurrency;
mod requests;
mod serving;
mod strangers;
mod support;
