//! Runs as commands see them: begun, found, carried on, and what they gave.

mod begin;
mod carry;
mod conclude;
mod costs;
mod decide;
mod edit;
mod find;
mod given;
mod governed;
mod interrupt;
mod lost;
mod made;
mod outputs;
mod replaced;
mod standing;

pub(crate) use begin::{Begun, begin, begin_with, has_succeeded, keep_bundle, outputs_of, spec_of};
pub(crate) use carry::Carrier;
pub(crate) use conclude::{Telling, code_of, conclude, write_out};
pub(crate) use costs::{Cost, cost_max, costs};
pub(crate) use decide::{Answer, decide};
pub(crate) use edit::{Edit, edit};
pub(crate) use find::{all, find, find_in, newest_of, plan_of, plan_of_bundle};
pub(crate) use given::{Dials, dials_of};
pub(crate) use interrupt::listen;
pub(crate) use lost::Rulings;
pub(crate) use outputs::{Piece, pieces};
pub(crate) use standing::{Standing, replay, standing};
