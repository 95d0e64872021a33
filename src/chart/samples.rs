//! Made-up result files for the tests of this room: plausible shapes, and ways to damage them.

use std::fmt::Write as _;

use super::data::Files;

/// One org of a sample.
#[derive(Debug, Clone)]
pub struct Org {
    pub name: String,
    /// Mean requests per minute.
    pub rpm: f64,
    /// Start, end (seconds) and factor of its burst.
    pub burst: (f64, f64, f64),
}

/// What to make.
#[derive(Debug, Clone)]
pub struct Shape {
    pub orgs: Vec<Org>,
    pub models: Vec<String>,
    pub duration_s: f64,
    pub drain_s: f64,
    pub interval_s: f64,
    pub replications: u64,
    /// Share of attempts that fail whatever happens (503).
    pub noise_503: f64,
    /// Whether each model has a law of its own.
    pub laws: bool,
    /// The lanes orgs use, in turn.
    pub lanes: &'static [&'static str],
    /// Dynamic rate at the start, requests per minute, and its cap.
    pub rate_rpm: (f64, f64),
}

/// The text of each result file.
#[derive(Debug, Clone, Default)]
pub struct Sample {
    pub outcomes: String,
    pub rates: String,
    pub capacity: String,
    pub time_to_success: String,
    pub cost: String,
    pub summary: String,
}

/// Numbers in 0–1 that look random and are always the same.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f64 / f64::from(1 << 24)
    }
}

fn org(name: &str, rpm: f64, burst: (f64, f64, f64)) -> Org {
    Org { name: name.to_owned(), rpm, burst }
}

impl Shape {
    /// Three hours: a steady org beside one that bursts ×60 for five minutes.
    pub fn spike() -> Shape {
        Shape {
            orgs: vec![org("steady", 100.0, (0.0, 0.0, 1.0)), org("spiky", 20.0, (3600.0, 3900.0, 60.0))],
            models: vec!["llama-3.3-70b".to_owned()],
            duration_s: 10_800.0,
            drain_s: 600.0,
            interval_s: 10.0,
            replications: 1,
            noise_503: 0.0,
            laws: false,
            lanes: &["serverless"],
            rate_rpm: (60.0, 6000.0),
        }
    }

    /// `n` orgs from large to small, some with bursts.
    pub fn many(n: usize) -> Shape {
        let orgs = (0..n).map(|i| {
            let start = 900.0 * (i as f64 + 1.0);
            let burst = if i % 3 == 1 { (start, start + 600.0, 12.0) } else { (0.0, 0.0, 1.0) };
            org(&format!("team-{:02}", i + 1), 400.0 / (i as f64 + 1.0), burst)
        });
        Shape { orgs: orgs.collect(), ..Shape::spike() }
    }

    pub fn make(&self) -> Sample {
        let mut sample = Sample {
            outcomes:
                "time_s,org,workload,model,requests,attempts,ok_200,limited_429_request,limited_429_token,\
                       unavailable_503,client_timeout,gave_up,prompt_tokens,output_tokens,succeeded"
                    .to_owned(),
            rates: "time_s,org,model,dynamic_rate_rpm,dynamic_tokens_tpm,success_rpm,success_tpm".to_owned(),
            capacity:
                "time_s,model,ready_replicas,starting_replicas,draining_replicas,in_service,utilization,\
                       buffer_depth,buffer_wait_mean_s,forecast_rpm,offered_rpm,capacity_rpm"
                    .to_owned(),
            time_to_success: "org,workload,model,time_s,succeeded_share\n".to_owned(),
            cost:
                "time_s,org,key,workload,model,lane,requests,succeeded,prompt_tokens,output_tokens,cost_usd,\
                   wasted_tokens,wasted_cost_usd,cumulative_cost_usd\n"
                    .to_owned(),
            summary: String::new(),
        };
        let bands = self.replications > 1;
        if bands {
            sample.outcomes += ",attempts_low,attempts_high,ok_200_low,ok_200_high";
            sample.rates += ",dynamic_rate_rpm_low,dynamic_rate_rpm_high";
            sample.capacity += ",utilization_low,utilization_high";
        }
        for text in [&mut sample.outcomes, &mut sample.rates, &mut sample.capacity] {
            text.push('\n');
        }
        let mut dice = Dice(7);
        for (i, model) in self.models.iter().enumerate() {
            let grown = if self.laws { 0.4 + 0.7 * i as f64 } else { 2.0 };
            self.run((model, grown), &mut sample, &mut dice, bands);
        }
        self.head(&mut sample);
        sample
    }

    fn run(&self, (model, grown): (&str, f64), sample: &mut Sample, dice: &mut Dice, bands: bool) {
        let per_min = 60.0 / self.interval_s;
        let bins = ((self.duration_s + self.drain_s) / self.interval_s).ceil() as usize;
        let mut rates = vec![self.rate_rpm.0; self.orgs.len()];
        let mut backlog = vec![0.0; self.orgs.len()];
        let mut sums = vec![(0.0, 0.0); self.orgs.len()];
        let quiet: f64 = self.orgs.iter().map(|org| org.rpm).sum();
        let mut replicas: f64 = 2.0;
        for bin in 0..bins {
            let time_s = bin as f64 * self.interval_s;
            let capacity = replicas * quiet * 0.8;
            let mut used = 0.0;
            for (i, org) in self.orgs.iter().enumerate() {
                let (from, to, factor) = org.burst;
                let factor = if (from..to).contains(&time_s) { factor } else { 1.0 };
                let live = if time_s < self.duration_s { 1.0 } else { 0.0 };
                let born = (live * org.rpm * factor * (0.85 + 0.3 * dice.roll()) / per_min).round();
                let sent = born + (backlog[i] * 0.5_f64).round();
                let room = ((capacity - used).max(0.0) / per_min).max(rates[i].min(capacity) / per_min * 0.7);
                let bad = (sent * self.noise_503).min(sent);
                let ok = (sent - bad).min(room.floor()).max(0.0);
                let failed = sent - ok - bad;
                let red = if sent * per_min > rates[i] { failed * 0.94 } else { 0.0 };
                let gave_up = (backlog[i] * 0.05_f64).round();
                backlog[i] = (backlog[i] * 0.5 + failed * 0.8 - gave_up).max(0.0);
                used += ok * per_min;
                sums[i] = (sums[i].0 + born, sums[i].1 + ok);
                let (name, dark) = (&org.name, failed - red + bad);
                let _ = write!(
                    sample.outcomes,
                    "{time_s},{name},chat,{model},{born},{sent},{ok},{},{},{},{},{gave_up},{},{},{ok}",
                    red * 0.7,
                    red * 0.3,
                    dark * 0.8,
                    dark * 0.2,
                    ok * 800.0,
                    ok * (180.0 + 60.0 * dice.roll())
                );
                let _ = write!(
                    sample.rates,
                    "{time_s},{name},{model},{},{},{},{}",
                    rates[i],
                    (rates[i] * 1000.0).max(60_000.0),
                    rates[i] / 2.0,
                    rates[i] * 500.0
                );
                if bands {
                    let _ =
                        write!(sample.outcomes, ",{},{},{},{}", sent * 0.8, sent * 1.2, ok * 0.85, ok * 1.15);
                    let _ = write!(sample.rates, ",{},{}", rates[i] * 0.9, rates[i] * 1.1);
                }
                sample.outcomes.push('\n');
                sample.rates.push('\n');
                let lane = self.lanes[i % self.lanes.len()];
                let (tokens, wasted) = (ok * 1010.0, dark * 0.2 * 400.0);
                let cost_usd = match lane {
                    "dedicated" => live * 0.02,
                    "batch" => 0.44e-6 * tokens,
                    _ => 0.88e-6 * (tokens + wasted),
                };
                let _ = writeln!(
                    sample.cost,
                    "{time_s},{name},default,chat,{model},{lane},{born},{ok},{},{},{cost_usd},{wasted},{},0",
                    ok * 800.0,
                    ok * 210.0,
                    if lane == "serverless" { 0.88e-6 * wasted } else { 0.0 },
                );
                let earned = grown * ok * per_min;
                rates[i] += (earned - rates[i]) * (self.interval_s / 1800.0).min(1.0);
                rates[i] = rates[i].clamp(self.rate_rpm.0, self.rate_rpm.1);
            }
            let utilization = (used / capacity).min(1.0);
            let wait_s = if utilization > 0.9 {
                9.5 * (utilization - 0.9) / 0.1 * (0.7 + 0.3 * dice.roll())
            } else {
                0.0
            };
            let target = (used / quiet / 0.8 / 0.7).ceil().clamp(1.0, 8.0);
            let (starting, draining) =
                ((target - replicas).max(0.0), if target < replicas - 0.9 { 1.0 } else { 0.0 });
            replicas += (target - replicas) * (self.interval_s / 120.0).min(0.5);
            let _ = write!(
                sample.capacity,
                "{time_s},{model},{},{},{draining},{},{utilization},{},{},{},{used},{capacity}",
                replicas.round(),
                starting.round(),
                used / 20.0,
                wait_s * 3.0,
                if used > 0.0 { wait_s.to_string() } else { String::new() },
                used * (0.9 + 0.3 * dice.roll())
            );
            if bands {
                let _ = write!(sample.capacity, ",{},{}", utilization * 0.93, (utilization * 1.05).min(1.0));
            }
            sample.capacity.push('\n');
        }
        for (i, (org, (born, ok))) in self.orgs.iter().zip(sums).enumerate() {
            let end: f64 = if born > 0.0 { (ok / born).min(1.0) } else { 0.0 };
            for step in 0..=120 {
                let time_s = 0.3 * 10f64.powf(f64::from(step) / 45.0);
                let median = 1.2 * (1.0 + i as f64) * (1.3 - end) * 3.0;
                let share = end * (1.0 - 1e-3) / (1.0 + (median / time_s).powf(2.6));
                let share = if step == 120 { end } else { share };
                let _ = writeln!(sample.time_to_success, "{},chat,{model},{time_s:.4},{share:.6}", org.name);
            }
        }
    }

    fn head(&self, sample: &mut Sample) {
        let causes: Vec<String> = self
            .orgs
            .iter()
            .filter(|org| org.burst.1 > org.burst.0)
            .map(|org| {
                let (start, end, factor) = org.burst;
                let label = format!("{} ×{factor}", org.name);
                format!("{{\"start_s\":{start:?},\"end_s\":{end:?},\"label\":\"{label}\",\"model\":null,\"org\":\"{}\"}}", org.name)
            })
            .collect();
        let law = |i: usize| match i {
            0 => "success_window ×2, 1 h".to_owned(),
            i if self.laws => format!("success_window ×{i} of the past {i} h, ≤ 0.{i} of capacity"),
            _ => "success_window ×2, 1 h".to_owned(),
        };
        let models = self.models.iter().enumerate().map(|(i, model)| {
            let scaled = "\"autoscaled\":true,\"forecast_horizon_s\":115.0";
            format!("{{\"model\":\"{model}\",\"law\":\"{}\",\"enforcement\":\"soft\",{scaled}}}", law(i))
        });
        let models: Vec<String> = models.collect();
        sample.summary = format!(
            "{{\"scenario\":\"spike\",\"title\":\"A steady team and a spiky neighbour\",\"seed\":7,\"replications\":{},\
             \"duration_s\":{:?},\"drain_s\":{:?},\"interval_s\":{:?},\"models\":[{}],\"causes\":[{}],\"totals\":{{}}}}",
            self.replications,
            self.duration_s,
            self.drain_s,
            self.interval_s,
            models.join(","),
            causes.join(",")
        );
    }
}

impl Sample {
    /// [`Shape::spike`], made.
    pub fn spike() -> Sample {
        Shape::spike().make()
    }

    /// No burst; a share of attempts fails with 503.
    pub fn calm(noise_503: f64) -> Sample {
        let orgs = vec![org("steady", 600.0, (0.0, 0.0, 1.0)), org("other", 300.0, (0.0, 0.0, 1.0))];
        Shape { orgs, noise_503, rate_rpm: (1500.0, 6000.0), ..Shape::spike() }.make()
    }

    /// As bytes for the charts.
    pub fn files(&self) -> Files<'_> {
        Files {
            outcomes: self.outcomes.as_bytes(),
            rates: self.rates.as_bytes(),
            capacity: self.capacity.as_bytes(),
            time_to_success: self.time_to_success.as_bytes(),
            cost: Some(self.cost.as_bytes()),
            summary: self.summary.as_bytes(),
        }
    }
}
