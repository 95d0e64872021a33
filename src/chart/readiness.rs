//! How a model's live capacity kept up with demand, and whether its forecast saw demand coming.

use super::grid::{self, Grid};
use super::scale::{short, span};

/// Demand rises if its highest minute is this many times its lowest.
const RISE: f64 = 2.0;

/// What the bins say of one model.
#[derive(Debug, Clone, PartialEq)]
pub struct Readiness {
    /// Model.
    pub name: String,
    /// Seconds of bins in which more was offered than there was capacity for, in all and in the longest row.
    pub short_s: (f64, f64),
    /// The largest such lack, requests per minute.
    pub lack_rpm: f64,
    /// Capacity over demand while it was not short; none without demand.
    pub spare: Option<f64>,
    /// Seconds from the forecast's sight of the rise to the rise, negative if it came after; none if either
    /// did not rise.
    pub lead_s: Option<f64>,
}

/// What the bins say of capacity against demand; bins are in order of time.
pub fn of(grid: &Grid, offered: &[(f64, f64)], capacity: &[(f64, f64)]) -> Readiness {
    let (mut bins, mut run, mut longest, mut lack_rpm) = (0.0, 0.0, 0.0_f64, 0.0_f64);
    let (mut asked, mut there) = (0.0, 0.0);
    for ((_, offered), (_, k)) in offered.iter().zip(capacity).filter(|(o, k)| !o.1.is_nan() && !k.1.is_nan())
    {
        if offered > k {
            bins += 1.0;
            run += 1.0;
            longest = longest.max(run);
            lack_rpm = lack_rpm.max(offered - k);
        } else {
            run = 0.0;
            (asked, there) = if *offered > 0.0 { (asked + offered, there + k) } else { (asked, there) };
        }
    }
    Readiness {
        name: String::new(),
        short_s: (bins * grid.interval_s, longest * grid.interval_s),
        lack_rpm,
        spare: (asked > 0.0).then(|| there / asked),
        lead_s: None,
    }
}

/// How long before demand the forecast, as it was made, passed the middle of demand's rise.
pub fn lead_s(grid: &Grid, offered: &[Option<f64>], made: &[Option<f64>]) -> Option<f64> {
    let width_s = grid.interval_s * grid.bins_per_point as f64;
    let smooth = (60.0 / width_s).round().max(1.0) as usize;
    let smoothed = |series: &[Option<f64>]| -> Vec<f64> { series.windows(smooth).map(grid::mean).collect() };
    let (demand, made) = (smoothed(offered), smoothed(made));
    let peak = (0..demand.len()).max_by(|&a, &b| demand[a].total_cmp(&demand[b]))?;
    // The lowest before the peak: what it rose from.
    let low = (0..=peak).min_by(|&a, &b| demand[a].total_cmp(&demand[b]).then(b.cmp(&a)))?;
    if demand[peak] < RISE * demand[low] || demand[peak] <= 0.0 {
        return None;
    }
    let middle = (demand[low] + demand[peak]) / 2.0;
    let rise = (low..=peak).find(|&i| demand[i] >= middle)?;
    // Where the run of expectations above the middle begins that the rise falls into, else the next one.
    let above = |i: &usize| made.get(*i).is_some_and(|rate| *rate >= middle);
    let seen = match (0..=rise).rev().take_while(above).last() {
        Some(first) => first,
        None => (rise..made.len()).find(above)?,
    };
    Some((rise as f64 - seen as f64) * width_s)
}

/// Whether capacity kept up, and whether the forecast saw it coming: of the model that was short for longest.
pub fn finding(models: &[Readiness]) -> String {
    let longest = models.iter().reduce(|a, b| if b.short_s.0 > a.short_s.0 { b } else { a });
    let Some(worst) = longest else { return "No fleet was scaled".to_owned() };
    let name = &worst.name;
    let head = match (worst.short_s, worst.spare) {
        ((0.0, _), None) => format!("{name}: nothing was asked of it"),
        ((0.0, _), Some(spare)) => {
            let times = short((spare * 10.0).round() / 10.0);
            format!("{name}: capacity stayed above demand, {times}× of it on average")
        }
        ((all, longest), _) => {
            let runs = if longest < all * 0.999 {
                format!("{} in all, {} at a stretch", span(all), span(longest))
            } else {
                span(all)
            };
            let lack = short(worst.lack_rpm);
            format!("{name}: capacity short of demand for {runs}, by up to {lack} requests/min")
        }
    };
    match worst.lead_s {
        Some(lead) if lead >= 1.0 => format!("{head}; the forecast saw the rise {} ahead", span(lead)),
        Some(lead) if lead <= -1.0 => format!("{head}; the forecast saw the rise {} after it", span(-lead)),
        Some(_) => format!("{head}; the forecast saw the rise as it came"),
        None => head,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(values: &[f64]) -> Vec<Option<f64>> {
        values.iter().copied().map(Some).collect()
    }

    #[test]
    fn a_lack_is_counted_in_bins_and_by_its_longest_row() {
        let cells = |values: [f64; 6]| -> Vec<(f64, f64)> {
            (0u8..).zip(values).map(|(i, value)| (10.0 * f64::from(i), value)).collect()
        };
        let offered = cells([50.0, 150.0, 120.0, 80.0, 130.0, f64::NAN]);
        let facts = of(&Grid::new(10.0, 6), &offered, &cells([100.0; 6]));
        assert_eq!((facts.short_s, facts.lack_rpm), ((30.0, 20.0), 50.0));
        assert_eq!(facts.spare, Some(200.0 / 130.0));
    }

    #[test]
    fn a_forecast_leads_by_the_time_between_the_two_rises() {
        let grid = Grid::new(60.0, 8);
        let demand = series(&[10.0, 10.0, 10.0, 10.0, 50.0, 50.0, 50.0, 50.0]);
        let lead = |made: &[f64]| lead_s(&grid, &demand, &series(made));
        assert_eq!(lead(&[10.0, 10.0, 40.0, 60.0, 50.0, 50.0, 50.0, 50.0]), Some(120.0));
        assert_eq!(lead(&[10.0, 10.0, 10.0, 10.0, 10.0, 10.0, 40.0, 50.0]), Some(-120.0));
        assert_eq!(lead(&[10.0; 8]), None);
        assert_eq!(lead_s(&grid, &series(&[10.0; 8]), &demand), None);
        assert_eq!(lead_s(&grid, &[], &[]), None);
    }

    #[test]
    fn the_finding_tells_when_capacity_was_short_and_who_saw_it() {
        let kept = Readiness {
            name: "m".into(),
            short_s: (0.0, 0.0),
            lack_rpm: 0.0,
            spare: Some(1.64),
            lead_s: Some(50.0),
        };
        assert_eq!(
            finding(std::slice::from_ref(&kept)),
            "m: capacity stayed above demand, 1.6× of it on average; the forecast saw the rise 50 s ahead"
        );
        let short = Readiness { name: "n".into(), short_s: (240.0, 180.0), lack_rpm: 340.0, ..kept.clone() };
        assert_eq!(
            finding(&[kept.clone(), Readiness { lead_s: Some(-20.0), ..short.clone() }]),
            "n: capacity short of demand for 4 min in all, 3 min at a stretch, by up to 340 requests/min; the \
             forecast saw the rise 20 s after it"
        );
        let once = finding(&[Readiness { short_s: (240.0, 240.0), lead_s: None, ..short }]);
        assert_eq!(once, "n: capacity short of demand for 4 min, by up to 340 requests/min");
        let idle = Readiness { spare: None, lead_s: None, ..kept };
        assert_eq!(finding(&[idle]), "m: nothing was asked of it");
    }
}
