//! A limit that never changes.

use super::Limiter;
use crate::bounds;
use crate::client::part::{Ended, Written};
use crate::read::{Key, Member, Spec, Tagged};
use crate::units::SimTime;

/// At most so many in flight, as a connection pool or a semaphore has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fixed {
    limit: u32,
}

impl Limiter for Fixed {
    fn limit(&self) -> u32 {
        self.limit
    }

    fn ended(&mut self, _: SimTime, _: &Ended) {}
}

impl Written for Fixed {
    const MEMBER: Member = Member::table(
        "fixed",
        &Spec::new(
            "fixed_concurrency",
            "always the same",
            &[Key::integer("limit", bounds::CONCURRENCY).doc("attempts in flight")],
        ),
    );

    fn read(value: Tagged<'_>, (): ()) -> Option<Fixed> {
        let mut table = value.table();
        Some(Fixed { limit: table.integer("limit") as u32 })
    }
}
