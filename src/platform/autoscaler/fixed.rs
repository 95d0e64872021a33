//! The configured number of replicas, always.

use super::decision::{Decision, Seen};
use super::scaler::{Scaler, Written};
use super::sizing::Sizing;
use crate::read::{Member, Spec, Tagged};
use crate::units::SimTime;

/// Keeps what it has, and never looks.
#[derive(Clone, Copy, Debug)]
pub struct Fixed;

impl Scaler for Fixed {
    fn sizing(&self) -> Option<&Sizing> {
        None
    }

    fn forecast(&self) -> Option<f64> {
        None
    }

    fn look(&mut self, _: SimTime, _: &Seen) -> Decision {
        Decision::Keep
    }
}

impl Written<u32> for Fixed {
    const MEMBER: Member =
        Member::table("fixed", &Spec::new("fixed", "the configured number of replicas, always", &[]));

    fn read(value: Tagged<'_>, _: u32) -> Option<Fixed> {
        value.table();
        Some(Fixed)
    }
}
