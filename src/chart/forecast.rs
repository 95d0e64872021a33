//! Forecast: for each model with an autoscaler, what was offered, what was expected, and what there was capacity
//! for; below it the replicas that made the capacity.

use std::collections::{BTreeMap, BTreeSet};

use super::axis::Axis;
use super::canvas::Canvas;
use super::data::ResultData;
use super::error::ChartError;
use super::grid::{self, Grid};
use super::label::{self, Key, Label};
use super::page;
use super::panel::{self, Frame, Heading, Panel};
use super::readiness::{self, Readiness};
use super::scale::{self, compact, short, span};
use super::tally;
use super::text;
use super::theme::{
    Dash, FORECAST, INK, MARGIN, NAME_MAX, OFFERED, READY, SECTION, STARTING, Stroke, TITLE, UNAVAILABLE_503,
    WIDTH, solid,
};
use super::trace::Series;
use super::{Chart, Drawing};

/// Models shown at most, one below the other.
const MODELS_MAX: usize = 3;
const GUTTER: f64 = 178.0;
/// Points over the width of the page.
const POINTS_MAX: usize = 480;
/// A capacity above this many times what is asked for leaves the plot, or demand would lie on the floor.
const ABOVE_MAX: f64 = 5.0;
/// Opacity of a lack of capacity.
const LACK_ALPHA: f64 = 0.45;

const OFFERED_LINE: Stroke = solid(OFFERED, 1.3);
const OFFERED_ALPHA: f64 = 0.14;
const CAPACITY_LINE: Stroke = solid(INK, 1.8);
const FORECAST_LINE: Stroke = Stroke { dash: Dash::Short, ..solid(FORECAST, 1.8) };

/// The chart of forecasts.
#[derive(Debug)]
pub struct Forecast;

/// One model: series over points, and what its bins say.
struct Fleet {
    name: String,
    facts: Readiness,
    /// Seconds by which the forecast is drawn later than it was made.
    shift_s: Option<f64>,
    offered: Series,
    forecast: Series,
    capacity: Series,
    ready: Series,
    starting: Series,
}

impl Chart for Forecast {
    fn name(&self) -> &'static str {
        "forecast"
    }

    fn doc(&self) -> &'static str {
        "demand, its forecast and live capacity per model with an autoscaler, and its replicas"
    }

    fn draw(&self, data: &ResultData) -> Result<Option<Drawing>, ChartError> {
        let models = scaled(data);
        if models.is_empty() {
            return Ok(None);
        }
        let grid = Grid::of(data, POINTS_MAX)?;
        let (picked, chosen) =
            tally::pick(&models, None, MODELS_MAX, ["models with an autoscaler", "most attempts", ""]);
        let fleets: Vec<Fleet> = picked.iter().map(|&model| fleet(data, &grid, model)).collect();
        let finding = readiness::finding(&fleets.iter().map(|fleet| fleet.facts.clone()).collect::<Vec<_>>());
        let mut canvas = Canvas::new();
        let mut y = page::head(&mut canvas, &data.summary, Some(&grid), &finding, &[&chosen])? + 22.0;
        let tall = if fleets.len() == 1 { (270.0, 120.0) } else { (190.0, 90.0) };
        let tops = scale::shared_tops(fleets.iter().map(Fleet::top));
        let sizes = scale::shared_tops(fleets.iter().map(|fleet| grid::peak(&fleet.all())));
        for (place, fleet) in fleets.iter().enumerate() {
            if fleets.len() > 1 {
                y += 18.0;
                panel::title(&mut canvas, (MARGIN, y), WIDTH - 2.0 * MARGIN, (&fleet.name, SECTION), "")?;
                y += 6.0;
            }
            y = load(&mut canvas, data, &grid, fleet, (y + panel::HEAD, tall.0, tops[place]))?;
            y = replicas(
                &mut canvas,
                data,
                &grid,
                fleet,
                (y + panel::HEAD, tall.1, sizes[place], place + 1 == fleets.len()),
            )?;
        }
        let about =
            format!("{finding}. Demand, forecast and live capacity over simulated time, and replicas.");
        Ok(Some((canvas.finish(y + 14.0, &finding, &about), finding)))
    }
}

/// Models with an autoscaler and a known capacity, the most attempts first.
fn scaled(data: &ResultData) -> Vec<u32> {
    let table = &data.capacity;
    let (models, k, forecast) = (table.key(0), table.number("capacity_rpm"), table.number("forecast_rpm"));
    let mut known = BTreeMap::new();
    for row in 0..table.rows {
        let (has_k, has_forecast) = known.entry(models[row]).or_insert((false, false));
        *has_k |= !k[row].is_nan();
        *has_forecast |= !forecast[row].is_nan();
    }
    let is_scaled = |model: &u32| {
        let name = data.names.text(*model);
        let head = data.summary.models.iter().any(|head| head.model == name && head.autoscaled);
        known.get(model).is_some_and(|(has_k, has_forecast)| *has_k && (head || *has_forecast))
    };
    let busy: Vec<u32> = tally::groups(data, &[2]).into_iter().map(|group| group.key[0]).collect();
    let used: BTreeSet<u32> = busy.iter().copied().collect();
    let idle = known.keys().copied().filter(|model| !used.contains(model));
    busy.iter().copied().chain(idle).filter(is_scaled).collect()
}

fn fleet(data: &ResultData, grid: &Grid, model: u32) -> Fleet {
    let table = &data.capacity;
    let (models, times) = (table.key(0), table.number("time_s"));
    let ours: Vec<usize> = (0..table.rows).filter(|&row| models[row] == model).collect();
    let cells = |column: &str| -> Vec<(f64, f64)> {
        let values = table.number(column);
        ours.iter().map(|&row| (times[row], values[row])).collect()
    };
    let name = data.names.text(model).to_owned();
    let head = data.summary.models.iter().find(|head| head.model == name);
    let shift_s = head.and_then(|head| head.forecast_horizon_s);
    let mut told = cells("forecast_rpm");
    // Before the first look there is no forecast.
    told.iter_mut().take_while(|cell| cell.1 == 0.0).for_each(|cell| cell.1 = f64::NAN);
    let made = grid.mean(told.iter().copied());
    let shift_bins = (shift_s.unwrap_or(0.0) / grid.interval_s).round() * grid.interval_s;
    told.iter_mut().for_each(|cell| cell.0 += shift_bins);
    let mean = |column: &str| grid.mean(cells(column).into_iter());
    let (offered, capacity) = (mean("offered_rpm"), mean("capacity_rpm"));
    Fleet {
        facts: Readiness {
            name: text::fit(&name, TITLE, NAME_MAX),
            lead_s: readiness::lead_s(grid, &offered, &made),
            ..readiness::of(grid, &cells("offered_rpm"), &cells("capacity_rpm"))
        },
        shift_s,
        forecast: grid.mean(told.into_iter()),
        ready: mean("ready_replicas"),
        starting: mean("starting_replicas"),
        name,
        offered,
        capacity,
    }
}

impl Fleet {
    /// The upper end the axis of demand and capacity needs.
    fn top(&self) -> f64 {
        let asked = grid::peak(&self.offered).max(grid::peak(&self.forecast));
        match grid::peak(&self.capacity) {
            k if asked > 0.0 && k > ABOVE_MAX * asked => 1.25 * asked,
            k => k.max(asked),
        }
    }

    /// Replicas ready and starting.
    fn all(&self) -> Series {
        let sum = |(ready, starting): (&Option<f64>, &Option<f64>)| Some((*ready)? + starting.unwrap_or(0.0));
        self.ready.iter().zip(&self.starting).map(sum).collect()
    }
}

fn load(
    canvas: &mut Canvas,
    data: &ResultData,
    grid: &Grid,
    fleet: &Fleet,
    (top, height, most): (f64, f64, f64),
) -> Result<f64, ChartError> {
    let (x_axis, y_axis) = (Axis::time(grid, 12), Axis::from_zero(most, 5));
    let frame =
        Frame { left: MARGIN + panel::TICKS, top, right: WIDTH - MARGIN - GUTTER, bottom: top + height };
    let panel = Panel::over_time(frame, grid, &y_axis);
    let told = match fleet.shift_s {
        _ if fleet.forecast.iter().all(Option::is_none) => "no forecast is made",
        Some(s) if s > 0.0 => {
            &format!("the forecast stands at the time it speaks of, {} after it was made", span(s))
        }
        _ => "the forecast stands at the time it was made",
    };
    let heading = Heading {
        title: "Demand and capacity".to_owned(),
        note: format!("attempts per minute, retries included; {told}; red: beyond capacity"),
        x_title: false,
    };
    panel.shade(canvas, &panel::causes(&data.summary, grid, None, Some(&fleet.name)), true)?;
    panel.furnish(canvas, &heading, (&x_axis, &y_axis), false)?;
    panel.area(canvas, grid, &fleet.offered, (OFFERED, OFFERED_ALPHA, false))?;
    let lacking: Vec<(Option<f64>, Option<f64>)> = (fleet.offered.iter().zip(&fleet.capacity))
        .map(|(offered, k)| match (offered, k) {
            (Some(offered), Some(k)) if offered > k => (Some(*k), Some(*offered)),
            _ => (None, None),
        })
        .collect();
    let (low, high): (Series, Series) = lacking.into_iter().unzip();
    panel.between(canvas, grid, (&low, &high), (UNAVAILABLE_503, LACK_ALPHA))?;
    let inside = |series: &Series| -> Series {
        series.iter().map(|value| value.filter(|v| *v <= y_axis.high())).collect()
    };
    panel.line(canvas, grid, &fleet.offered, OFFERED_LINE)?;
    panel.line(canvas, grid, &inside(&fleet.forecast), FORECAST_LINE)?;
    panel.line(canvas, grid, &inside(&fleet.capacity), CAPACITY_LINE)?;
    let lines = [
        (&fleet.capacity, Key::Line(CAPACITY_LINE), "live capacity"),
        (&fleet.offered, Key::Outlined(OFFERED_LINE, 2.0 * OFFERED_ALPHA), "offered"),
        (&fleet.forecast, Key::Line(FORECAST_LINE), "forecast"),
    ];
    let mut labels = Vec::new();
    for (series, key, name) in lines {
        if let Some(end) = series.iter().flatten().next_back() {
            let above = if *end > y_axis.high() { " ↑" } else { "" };
            let value = format!("peak {}{above}", compact(grid::peak(series)));
            labels.push(Label { y: panel.y.px(*end), key, name: name.to_owned(), value });
        }
    }
    label::draw(canvas, &labels, (frame.right, GUTTER), (frame.top, frame.bottom))?;
    Ok(frame.bottom + panel::FOOT)
}

fn replicas(
    canvas: &mut Canvas,
    data: &ResultData,
    grid: &Grid,
    fleet: &Fleet,
    (top, height, most, is_last): (f64, f64, f64, bool),
) -> Result<f64, ChartError> {
    let sum = fleet.all();
    let (x_axis, y_axis) = (Axis::time(grid, 12), Axis::whole(most, 4));
    let frame =
        Frame { left: MARGIN + panel::TICKS, top, right: WIDTH - MARGIN - GUTTER, bottom: top + height };
    let panel = Panel::over_time(frame, grid, &y_axis);
    let heading =
        Heading { title: "Replicas".to_owned(), note: "number, stacked".to_owned(), x_title: is_last };
    panel.shade(canvas, &panel::causes(&data.summary, grid, None, Some(&fleet.name)), false)?;
    panel.furnish(canvas, &heading, (&x_axis, &y_axis), false)?;
    panel.area(canvas, grid, &sum, (STARTING, 1.0, true))?;
    panel.area(canvas, grid, &fleet.ready, (READY, 1.0, true))?;
    let last = |series: &Series| series.iter().flatten().next_back().copied().unwrap_or(0.0);
    let (ready, all) = (last(&fleet.ready), last(&sum));
    let mut labels = Vec::new();
    for (series, middle, name, colour) in [
        (&fleet.ready, ready / 2.0, "ready", READY),
        (&fleet.starting, (ready + all) / 2.0, "starting", STARTING),
    ] {
        let peak = grid::peak(series);
        if peak > 0.0 {
            let value = format!("at most {}", short(peak));
            labels.push(Label {
                y: panel.y.px(middle),
                key: Key::Square(colour),
                name: name.to_owned(),
                value,
            });
        }
    }
    label::order_as_stacked(&mut labels);
    label::draw(canvas, &labels, (frame.right, GUTTER), (frame.top, frame.bottom))?;
    Ok(frame.bottom + panel::FOOT + if is_last { panel::X_TITLE } else { 8.0 })
}

#[cfg(test)]
mod tests {
    use super::super::samples::Sample;
    use super::*;

    #[test]
    fn only_a_model_with_an_autoscaler_and_a_capacity_is_drawn() {
        let draw = |sample: &Sample| Forecast.draw(&ResultData::read(&sample.files()).unwrap()).unwrap();
        let mut sample = Sample::spike();
        assert!(draw(&sample).unwrap().0.contains("115 s after it was made"));
        sample.summary =
            sample.summary.replace("\"forecast_horizon_s\":115.0", "\"forecast_horizon_s\":null");
        assert!(draw(&sample).unwrap().0.contains("at the time it was made"));
        sample.capacity = sample.capacity.replace("capacity_rpm", "something_else");
        assert!(draw(&sample).is_none());
    }
}
