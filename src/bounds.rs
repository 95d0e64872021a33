//! The range of every number a scenario may hold, and the size of everything it may ask for.
//!
//! One file, so that a limit can be found, argued with and changed in one place. Each is wide enough for any
//! platform we have seen described and narrow enough that no arithmetic on it can overflow.

use crate::read::Range;
use crate::units::{Rate, Span};

const fn days(n: u64) -> Span {
    Span::from_s(n * 86_400)
}

/// Seeds: what a TOML integer and a JSON number both hold exactly.
pub const SEED: Range<u64> = Range::new(0, 1 << 53);
/// Length of traffic.
pub const DURATION: Range<Span> = Range::new(Span::from_ms(1), days(3660));
/// Warm-up, drain.
pub const MARGIN: Range<Span> = Range::new(Span::ZERO, days(366));
/// Width of a bin.
pub const INTERVAL: Range<Span> = Range::new(Span::from_ms(1), days(366));
/// Replications of a run.
pub const REPLICATIONS: Range<u64> = Range::new(1, 100_000);
/// Bins of a run.
pub const BINS_MAX: u64 = 100_000;
/// Characters of a title.
pub const TITLE_CHARS: usize = 200;
/// Models, orgs, workloads, incidents, checks of a scenario.
pub const ROWS_MAX: usize = 65_000;

/// Replicas of a model.
pub const REPLICAS: Range<u64> = Range::new(0, 100_000);
/// Replicas lost at a time.
pub const REPLICAS_LOST: Range<u64> = Range::new(1, 100_000);
/// Slots of a replica.
pub const SLOTS: Range<u64> = Range::new(1, 1_000_000);
/// Sequences on a replica that batches.
pub const BATCH: Range<u64> = Range::new(1, 1_000_000);
/// Tokens that fit a replica.
pub const KV_TOKENS: Range<u64> = Range::new(1, 1 << 53);
/// A service time's part per request or per token.
pub const SERVICE_PART: Range<Span> = Range::new(Span::ZERO, days(30));
/// Time in the smoothing buffer.
pub const MAX_WAIT: Range<Span> = Range::new(Span::ZERO, days(366));
/// A price per million tokens.
pub const PRICE: Range<f64> = Range::new(0.0, 1e9);
/// Tokens of one request.
pub const TOKENS: Range<u64> = Range::new(1, 1 << 31);

/// The window of recent usage.
pub const WINDOW: Range<Span> = Range::new(Span::from_s(1), days(366));
/// A meter's tolerance.
pub const BURST: Range<Span> = Range::new(Span::ZERO, days(30));
/// The multiple of recent successes that is granted.
pub const MULTIPLIER: Range<f64> = Range::new(0.0, 1e6);
/// Utilisation bounds of the load-scaled multiplier.
pub const UTILIZATION: Range<f64> = Range::new(0.0, 10.0);
/// Share of live capacity one org may be granted.
pub const SHARE: Range<f64> = Range::new(f64::MIN_POSITIVE, 1000.0);
/// A limit or a base rate: from one a month up.
pub const LIMIT: Range<Rate> = Range::new(Rate::from_per_s(4e-7), Rate::from_per_s(1e12));

/// Time between looks of an autoscaler.
pub const LOOK: Range<Span> = Range::new(Span::from_ms(100), days(1));
/// Cooldown of an autoscaler.
pub const COOLDOWN: Range<Span> = Range::new(Span::ZERO, days(30));
/// A smoothing weight.
pub const WEIGHT: Range<f64> = Range::new(0.0, 1.0);
/// Standard units of error to provide for.
pub const Z: Range<f64> = Range::new(0.0, 100.0);
/// Spare share of capacity.
pub const HEADROOM: Range<f64> = Range::new(0.0, 1000.0);
/// Utilisation to aim at.
pub const TARGET: Range<f64> = Range::new(0.01, 1.0);

/// Attempts in flight per replica to aim at.
pub const IN_FLIGHT: Range<f64> = Range::new(1e-3, 1e6);
/// A relative deviation that is left alone.
pub const TOLERANCE: Range<f64> = Range::new(0.0, 1.0);
/// How long an autoscaler looks back.
pub const SCALE_WINDOW: Range<Span> = Range::new(Span::ZERO, days(1));

/// When an incident begins.
pub const AT: Range<Span> = Range::new(Span::ZERO, days(3660));
/// How long an incident lasts.
pub const INCIDENT_DURATION: Range<Span> = Range::new(Span::from_ns(1), days(3660));
/// How many times slower.
pub const SLOWDOWN: Range<f64> = Range::new(1e-3, 1e9);
/// What overlapping factors come to at most and at least.
pub const FACTORS_TOGETHER: Range<f64> = Range::new(1e-9, 1e12);
/// Share of attempts that fail at random.
pub const ERROR_SHARE: Range<f64> = Range::new(0.0, 1.0);
/// How many times as much traffic.
pub const TRAFFIC: Range<f64> = Range::new(0.0, 1e6);
/// Incidents of traffic, each counted once for every model it strikes.
pub const TRAFFIC_INCIDENTS_MAX: usize = 100;

/// Members of a population, and of all populations together.
pub const MEMBERS: Range<u64> = Range::new(1, 10_000_000);
/// (org, model) pairs of a scenario, those of members each for itself.
pub const PAIRS_MAX: u64 = 100_000_000;
/// Weight of an org.
pub const ORG_WEIGHT: Range<f64> = Range::new(1e-9, 1e9);
/// Network round trip.
pub const RTT: Range<Span> = Range::new(Span::ZERO, Span::from_s(3600));
/// Attempts of a request.
pub const ATTEMPTS: Range<u64> = Range::new(1, 1_000_000);
/// A retry delay.
pub const DELAY: Range<Span> = Range::new(Span::ZERO, days(30));
/// Doublings of a retry delay before the first retry.
pub const DOUBLINGS: Range<u64> = Range::new(0, 32);
/// The factor by which jitter stretches a delay.
pub const JITTER: Range<f64> = Range::new(0.0, 100.0);
/// A client's timeout or deadline.
pub const PATIENCE: Range<Span> = Range::new(Span::from_ns(1), days(366));
/// Relative jitter on top of a told wait.
pub const HONOR_JITTER: Range<f64> = Range::new(0.0, 100.0);
/// A pace.
pub const PACE: Range<Rate> = Range::new(Rate::from_per_s(1e-6), Rate::from_per_s(1e6));
/// Sends of a pace that may go back to back.
pub const PACE_BURST: Range<u64> = Range::new(1, 1_000_000);
/// A pace in tokens.
pub const TOKEN_PACE: Range<Rate> = Range::new(Rate::from_per_s(1e-6), Rate::from_per_s(1e12));
/// How far back a pace looks, or how much of itself it saves up.
pub const PACE_WINDOW: Range<Span> = Range::new(Span::from_ms(1), days(1));
/// How many times its recent successes a pace may be.
pub const PACE_GROWTH: Range<f64> = Range::new(1.0, 1000.0);
/// How long a pace is left alone after a cut.
pub const PACE_HOLD: Range<Span> = Range::new(Span::ZERO, days(1));
/// The share of a pace or of a concurrency limit that a cut leaves.
pub const CUT: Range<f64> = Range::new(0.01, 1.0);
/// The scale constant of a cubic curve.
pub const CUBIC: Range<f64> = Range::new(1e-6, 1e6);

/// Attempts of a client in flight.
pub const CONCURRENCY: Range<u64> = Range::new(1, 1_000_000);
/// Retries per request that a budget allows.
pub const BUDGET_RATIO: Range<f64> = Range::new(0.0, 1000.0);
/// Retries per time that a budget always allows.
pub const BUDGET_MIN: Range<Rate> = Range::new(Rate::from_per_s(0.0), Rate::from_per_s(1e6));
/// What a budget holds, and what is paid into it and taken out of it at a time.
pub const BUDGET_TOKENS: Range<u64> = Range::new(0, 1_000_000);
/// The same in thousandths, as gRPC counts.
pub const BUDGET_PARTS: Range<f64> = Range::new(0.001, 1000.0);
/// The share of attempts in flight that may be retries.
pub const BUDGET_SHARE: Range<f64> = Range::new(0.0, 1.0);
/// How long a deposit in a budget lasts.
pub const BUDGET_TTL: Range<Span> = Range::new(Span::from_ms(1), Span::from_s(3600));
/// A breaker's window, and how long it stays open.
pub const BREAKER_SPAN: Range<Span> = Range::new(Span::from_ms(1), days(1));
/// Attempts a breaker needs to judge.
pub const BREAKER_COUNT: Range<u64> = Range::new(1, 1_000_000);
/// Attempts that a breaker remembers.
pub const BREAKER_MEMORY: Range<u64> = Range::new(1, 1024);
/// Share of failures that opens a breaker.
pub const BREAKER_SHARE: Range<f64> = Range::new(1e-6, 1.0);
/// Attempts over which a latency is averaged, or between looks for a new shortest one.
pub const LATENCY_SAMPLES: Range<u64> = Range::new(0, 1_000_000);
/// How many times the usual latency is no sign of queueing.
pub const LATENCY_TOLERANCE: Range<f64> = Range::new(1.0, 1000.0);
/// Attempts that may queue at the platform, as a concurrency limit sees it.
pub const QUEUED: Range<u64> = Range::new(0, 1_000_000);
/// Requests per accept that adaptive throttling lets through.
pub const THROTTLE_K: Range<f64> = Range::new(1.0, 1000.0);
/// Attempts of a hedged request.
pub const HEDGES: Range<u64> = Range::new(2, 16);

/// The share of the price that a batch does not pay.
pub const DISCOUNT: Range<f64> = Range::new(0.0, 1.0);
/// How long a batch job may take.
pub const WINDOW_OF_JOB: Range<Span> = Range::new(Span::from_ns(1), days(366));
/// Requests of a batch file.
pub const REQUESTS_PER_FILE: Range<u64> = Range::new(1, 1_000_000_000);
/// Tokens in the unfinished batch jobs of an org on a model.
pub const ENQUEUED_TOKENS: Range<u64> = Range::new(1, 1 << 50);
/// How long a batch file is open.
pub const GATHER: Range<Span> = Range::new(Span::ZERO, days(30));
/// The share of ready capacity that batch work leaves free.
pub const RESERVE: Range<f64> = Range::new(0.0, 1.0);

/// Events of all replications of a run, unless the command line lifts it (`--max-events`).
pub const EVENTS_MAX: f64 = 1e12;
/// Bytes of memory of all that a command holds at once, unless the command line lifts it (`--max-memory`): 4 GiB, which a
/// laptop has to spare.
pub const MEMORY_MAX_BYTES: u64 = 4 << 30;
