//! V27: additive increase, multiplicative decrease of a pace against a hard limit.

use super::preset;
use ratetide::client::pacing::{Pacer as _, Pacing};
use ratetide::client::part::Ended;
use ratetide::reply::Outcome;
use ratetide::units::{SimTime, Span};

/// A saw-tooth between half the limit and the limit: with C = 2/s, + 0.1/s² and β = 1/2 it rises for
/// C·(1 − β)/a = 10 s, and its mean is (1 + β)/2·C.
#[test]
fn v27_aimd_pacing_makes_a_saw_tooth_below_a_hard_limit() {
    let Some(Pacing::Aimd(mut aimd)) = preset("aimd").pacing else { panic!("`aimd` is paced by AIMD") };
    let interval = Span::from_ms(500);
    let (mut now, mut conforms_at) = (SimTime::ZERO, SimTime::ZERO);
    let (mut cuts, mut rate_seconds) = (Vec::new(), 0.0);
    let (from, until) = (SimTime::from_s(1000), SimTime::from_s(11_000));
    let mut last = now;
    while now < until {
        now = aimd.slot(now, 0);
        let counted = from <= last;
        // It grows steadily from one send to the next.
        let mean = (aimd.rate(last) + aimd.rate(now)) / 2.0;
        rate_seconds += if counted { mean * (now - last).as_secs_f64() } else { 0.0 };
        last = now;
        aimd.sent(now, 0);
        // A burst of 0.5 s is one request: nothing may come earlier than 0.5 s after the last.
        let passes = conforms_at <= now;
        if passes {
            conforms_at = now + interval;
        } else if counted {
            cuts.push(now.as_secs_f64());
        }
        let outcome = Some(if passes { Outcome::Ok } else { Outcome::LimitedRequest });
        aimd.ended(
            now,
            &Ended { outcome, latency: Span::ZERO, in_flight: 1, attempt: 1, acquired: 0, cancelled: false },
        );
    }
    let period_s = (cuts[cuts.len() - 1] - cuts[0]) / (cuts.len() - 1) as f64;
    let mean = rate_seconds / 10_000.0;
    println!("period {period_s} s, mean rate {mean}/s");
    assert!((period_s - 10.0).abs() <= 0.05 * 10.0, "{period_s}");
    assert!((mean - 1.5).abs() <= 0.05 * 1.5, "{mean}");
}
