//! desque: an event type for each thing that happens, as its M/M/1 example does it.

#![forbid(unsafe_code)]

use desque::SimState;
use desque::serial::{OkEvent, Simulation};
use peers::{Answer, Draws, Platform};

#[derive(Debug)]
struct State {
    platform: Platform,
    draws: Draws,
    end_ns: u64,
}

impl SimState<u64> for State {
    fn is_complete(&self, &now_ns: &u64) -> bool {
        now_ns >= self.end_ns
    }
}

type Run = Simulation<State, u64>;

fn after(run: &mut Run, delay_ns: u64, event: impl OkEvent<State, u64> + 'static) {
    run.schedule_with_delay(event, delay_ns).expect("delays are not negative");
}

#[derive(Debug)]
struct Birth;

#[derive(Debug)]
struct Attempt {
    nth: u32,
}

#[derive(Debug)]
struct Completion;

fn attempt(run: &mut Run, nth: u32) {
    let now_ns = *run.current_time();
    match run.state_mut().platform.attempt(now_ns, nth) {
        Answer::Served => serve(run),
        Answer::TriedAgain => {
            let delay_ns = run.state_mut().draws.backoff_ns(nth);
            after(run, delay_ns, Attempt { nth: nth + 1 });
        }
        Answer::Waits | Answer::GivenUp => {}
    }
}

fn serve(run: &mut Run) {
    let service_ns = run.state_mut().draws.service_ns();
    after(run, service_ns, Completion);
}

impl OkEvent<State, u64> for Birth {
    fn execute(&mut self, run: &mut Run) {
        run.state_mut().platform.counts.requests += 1;
        let gap_ns = run.state_mut().draws.gap_ns();
        after(run, gap_ns, Birth);
        attempt(run, 1);
    }
}

impl OkEvent<State, u64> for Attempt {
    fn execute(&mut self, run: &mut Run) {
        attempt(run, self.nth);
    }
}

impl OkEvent<State, u64> for Completion {
    fn execute(&mut self, run: &mut Run) {
        if run.state_mut().platform.complete() {
            serve(run);
        }
    }
}

fn main() {
    let (duration_s, _) = peers::arguments();
    let state =
        State { platform: Platform::default(), draws: Draws::new(), end_ns: duration_s * 1_000_000_000 };
    let mut run = Run::new(state, 0);
    let gap_ns = run.state_mut().draws.gap_ns();
    after(&mut run, gap_ns, Birth);
    run.run().expect("no event fails");
    println!("{}", run.state().platform.counts);
}
