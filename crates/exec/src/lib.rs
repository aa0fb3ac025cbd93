//! Carries out a plan: whatever [`daedal_core::run::decide`] asks for is done here.
//!
//! [`Executor`] is the coordinator of runs. It sees the world through ports only ([`ports`] here, and
//! those of `daedal_store`): events go to the log, tasks to a queue, outcomes come back as reports.
//! [`local`] performs tasks in this process; a cluster performs them elsewhere behind the same ports.

#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
mod desk;
mod error;
mod executor;
mod journal;
pub mod local;
mod measure;
pub mod ports;
mod progress;
mod reasons;
pub mod replay;
mod report;
mod session;
mod stop;
pub mod tend;
mod watched;
mod worker;

pub use error::ExecError;
pub use executor::{Executor, Options, Ports};
pub use progress::{Progress, Update};
pub use report::{RunReport, RunStatus};
pub use stop::Stop;
pub use worker::{Halt, Workers};

#[cfg(test)]
mod simulation;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
