//! Where a process may go on the network: anywhere public, and nowhere else unless the studio says so.

mod addresses;
mod allow;
mod base;
mod guard;

pub(crate) use addresses::is_public;
pub(crate) use allow::AllowList;
pub(crate) use base::{base, is_near};
pub(crate) use guard::{Guard, private_address};

/// Has rustls use ring; whoever did so before us has made the same choice.
pub(crate) fn choose_cryptography() {
    rustls::crypto::ring::default_provider()
        .install_default()
        .ok();
}
