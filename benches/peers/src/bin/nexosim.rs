//! nexosim: one model that schedules its own events, on one thread: what costs it least. Clients and platform as two
//! models with ports between them would add a message for each attempt and each answer.

#![forbid(unsafe_code)]

use nexosim::model::{Context, Model, schedulable};
use nexosim::ports::{EventSinkReader, EventSource, Output, SinkState, event_slot};
use nexosim::simulation::{Mailbox, SimInit, SimulationError};
use nexosim::time::MonotonicTime;
use peers::{Answer, Counts, Draws, Platform};
use serde::{Deserialize, Serialize};
use std::time::Duration;

#[derive(Default, Serialize, Deserialize)]
struct Queue {
    counts: Output<Counts>,
    platform: Platform,
    draws: Draws,
}

fn now_ns(cx: &Context<Queue>) -> u64 {
    let now = cx.time();
    now.as_secs() as u64 * 1_000_000_000 + u64::from(now.subsec_nanos())
}

/// An event may not be scheduled for the present instant.
fn delay(ns: u64) -> Duration {
    Duration::from_nanos(ns.max(1))
}

#[Model]
impl Queue {
    #[nexosim(init)]
    async fn init(&mut self, cx: &Context<Self>) {
        self.schedule_birth(cx);
    }

    async fn tell(&mut self, _: ()) {
        self.counts.send(self.platform.counts).await;
    }

    fn schedule_birth(&mut self, cx: &Context<Self>) {
        cx.schedule_event(delay(self.draws.gap_ns()), schedulable!(Self::birth), ()).expect("in the future");
    }

    fn serve(&mut self, cx: &Context<Self>) {
        cx.schedule_event(delay(self.draws.service_ns()), schedulable!(Self::complete), ())
            .expect("in the future");
    }

    #[nexosim(schedulable)]
    fn birth(&mut self, _: (), cx: &Context<Self>) {
        self.platform.counts.requests += 1;
        self.schedule_birth(cx);
        self.attempt(1, cx);
    }

    #[nexosim(schedulable)]
    fn attempt(&mut self, nth: u32, cx: &Context<Self>) {
        match self.platform.attempt(now_ns(cx), nth) {
            Answer::Served => self.serve(cx),
            Answer::TriedAgain => {
                let delay = delay(self.draws.backoff_ns(nth));
                cx.schedule_event(delay, schedulable!(Self::attempt), nth + 1).expect("in the future");
            }
            Answer::Waits | Answer::GivenUp => {}
        }
    }

    #[nexosim(schedulable)]
    fn complete(&mut self, _: (), cx: &Context<Self>) {
        if self.platform.complete() {
            self.serve(cx);
        }
    }
}

fn main() -> Result<(), SimulationError> {
    let (duration_s, _) = peers::arguments();
    let mut queue = Queue::default();
    let mailbox = Mailbox::new();
    let (sink, mut counts) = event_slot(SinkState::Enabled);
    queue.counts.connect_sink(sink);
    let mut bench = SimInit::with_num_threads(1);
    let tell = EventSource::new().connect(Queue::tell, &mailbox).register(&mut bench);
    let mut run = bench.add_model(queue, mailbox, "queue").init(MonotonicTime::EPOCH)?;
    run.step_until(Duration::from_secs(duration_s))?;
    run.process_event(&tell, ())?;
    println!("{}", counts.try_read().expect("the counts were told"));
    Ok(())
}
