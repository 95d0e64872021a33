//! Members that are all alike.

use super::demand::{Ranked, Written};
use crate::read::{Member, Spec, Tagged};

/// Every member asks for as much as any other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Equal;

static EQUAL: Spec = Spec::new("equal_demand", "every member asks for as much as any other", &[]);

impl Ranked for Equal {
    fn weight(&self, _rank: u32, _count: u32) -> f64 {
        1.0
    }
}

impl Written for Equal {
    const MEMBER: Member = Member::table("equal", &EQUAL);

    fn read(value: Tagged<'_>, (): ()) -> Option<Equal> {
        value.table();
        Some(Equal)
    }
}
