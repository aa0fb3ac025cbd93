//! Runs as commands see them: begun, found, carried on, and what they gave.

mod begin;
mod carry;
mod conclude;
mod costs;
mod decide;
mod find;
mod governed;
mod interrupt;
mod outputs;
mod standing;

pub(crate) use begin::{
    Begun, Dials, begin, begin_with, dials_of, keep_bundle, outputs_of, spec_of,
};
pub(crate) use carry::Carrier;
pub(crate) use conclude::{Telling, code_of, conclude};
pub(crate) use costs::{Cost, costs};
pub(crate) use decide::{Answer, decide};
pub(crate) use find::{all, find, find_in, newest_of, plan_of, plan_of_bundle};
pub(crate) use outputs::{Piece, pieces};
pub(crate) use standing::{Standing, replay, standing};
