//! Outcomes over time: every attempt that ended, stacked by how, and who bore the failures.

use plotters::style::RGBColor;

use super::axis::Axis;
use super::canvas::{Anchor, Canvas};
use super::data::ResultData;
use super::error::ChartError;
use super::finding;
use super::grid::{self, Grid};
use super::label::{self, Key, Label};
use super::page;
use super::panel::{self, Frame, Heading, Panel};
use super::scale::{self, grouped, percent};
use super::tally::{self, Group, Tally};
use super::text;
use super::theme::{
    CLIENT_TIMEOUT, LABEL, LIMITED_429, MARGIN, OK_200, PANEL_TITLE, SECTION, SERVED, TICK, UNAVAILABLE_503,
    WIDTH, solid,
};
use super::{Chart, Drawing};

/// Below this share of failures they get a panel of their own.
const RARE: f64 = 0.02;
/// Models shown at most, one below the other.
const MODELS_MAX: usize = 4;
/// Bars shown at most in the lower panel.
const BARS_MAX: usize = 6;
const GUTTER: f64 = 178.0;
/// Points over the width of the page.
const POINTS_MAX: usize = 480;

/// The chart of outcomes.
#[derive(Debug)]
pub struct Outcomes;

/// One kind of outcome, in the order of the stack from below.
struct Kind {
    name: &'static str,
    colour: RGBColor,
    columns: &'static [&'static str],
    count: fn(&Tally) -> f64,
}

const KINDS: [Kind; 4] = [
    Kind { name: "200 served", colour: OK_200, columns: &["ok_200"], count: |t| t.ok },
    Kind {
        name: "429 limited",
        colour: LIMITED_429,
        columns: &["limited_429_request", "limited_429_token"],
        count: Tally::limited,
    },
    Kind {
        name: "client timeout",
        colour: CLIENT_TIMEOUT,
        columns: &["client_timeout"],
        count: |t| t.timeout,
    },
    Kind {
        name: "503 overload",
        colour: UNAVAILABLE_503,
        columns: &["unavailable_503"],
        count: |t| t.unavailable,
    },
];

impl Chart for Outcomes {
    fn name(&self) -> &'static str {
        "outcomes"
    }

    fn doc(&self) -> &'static str {
        "every attempt by outcome over time, stacked, and the shares of each org"
    }

    fn draw(&self, data: &ResultData) -> Result<Option<Drawing>, ChartError> {
        if data.outcomes.rows == 0 {
            return Ok(None);
        }
        let grid = Grid::of(data, POINTS_MAX)?;
        let total = tally::total(data);
        let spell = worst_spell(data, &total);
        let finding =
            finding::outcomes(&total, spell.as_ref().map(|(label, share)| (label.as_str(), *share)));
        let models = tally::groups(data, &[2]);
        let worst = (0..models.len())
            .max_by(|&a, &b| models[a].tally.failed().total_cmp(&models[b].tally.failed()).then(b.cmp(&a)));
        let what = ["models", "most attempts", "the one that failed most"];
        let (models, chosen) = tally::pick(&models, worst, MODELS_MAX, what);
        let layers: Vec<Layers> = models.iter().map(|group| Layers::of(data, &grid, group)).collect();
        let tops = scale::shared_tops(layers.iter().map(|layers| layers.top(0)));

        let mut canvas = Canvas::new();
        let mut y = page::head(&mut canvas, &data.summary, Some(&grid), &finding, &[&chosen])? + 22.0;
        let rare = is_rare(&total);
        for (place, (layers, top)) in layers.iter().zip(&tops).enumerate() {
            if models.len() > 1 {
                y += 18.0;
                panel::title(&mut canvas, (MARGIN, y), WIDTH - 2.0 * MARGIN, (&layers.name, SECTION), "")?;
                y += 6.0;
            }
            let failures = is_rare(&layers.tally);
            for (from, height) in panels(models.len(), failures) {
                let is_last = place + 1 == models.len() && (from > 0 || !failures);
                let top = if from == 0 { *top } else { layers.top(from) };
                y = stack(&mut canvas, data, &grid, layers, (from, top), (y + panel::HEAD, height, is_last))?;
            }
        }
        let orgs = tally::groups(data, &[0]);
        let pairs = tally::groups(data, &[0, 2]);
        // An org that uses several models has a bar for each: its limits are per model.
        let groups = if pairs.len() > orgs.len() { pairs } else { orgs };
        if groups.len() > 1 {
            y = shares_by_group(&mut canvas, data, &groups, rare, y)?;
        }
        let about =
            format!("{finding}. Attempts that ended per minute of simulated time, stacked by outcome.");
        Ok(Some((canvas.finish(y + 8.0, &finding, &about), finding)))
    }
}

/// Failures so few that they need a panel of their own.
fn is_rare(tally: &Tally) -> bool {
    tally.failed() > 0.0 && tally.share(tally.failed()) < RARE
}

/// The panels of a model among so many: the lowest kind each stacks, and its height, px.
fn panels(models: usize, with_failures: bool) -> Vec<(usize, f64)> {
    let (whole, failures) = match models {
        1 if with_failures => (250.0, 170.0),
        1 => (300.0, 0.0),
        2 => (210.0, 120.0),
        _ => (160.0, 100.0),
    };
    [(0, whole), (1, failures)].into_iter().take(1 + usize::from(with_failures)).collect()
}

/// The outcomes of one model's attempts: each kind per minute, and what they sum to.
struct Layers {
    name: String,
    tally: Tally,
    series: Vec<Vec<Option<f64>>>,
}

impl Layers {
    fn of(data: &ResultData, grid: &Grid, group: &Group) -> Layers {
        let (table, model) = (&data.outcomes, group.key[0]);
        let (models, times) = (table.key(2), table.number("time_s"));
        let ours: Vec<usize> = (0..table.rows).filter(|&row| models[row] == model).collect();
        let cells = |column: &&str| {
            let counts = table.number(column);
            ours.iter().map(move |&row| (times[row], counts[row]))
        };
        let series = |kind: &Kind| grid.per_minute(kind.columns.iter().flat_map(cells));
        Layers {
            name: data.names.text(model).to_owned(),
            tally: group.tally,
            series: KINDS.iter().map(series).collect(),
        }
    }

    /// Sums of the kinds from `from` up, each with those below it.
    fn sums(&self, from: usize) -> Vec<Vec<Option<f64>>> {
        let mut sums: Vec<Vec<Option<f64>>> = Vec::new();
        for values in &self.series[from..] {
            let below = sums.last().cloned().unwrap_or_else(|| vec![Some(0.0); values.len()]);
            let sum = |(a, b): (&Option<f64>, &Option<f64>)| Some(a.unwrap_or(0.0) + b.unwrap_or(0.0));
            sums.push(below.iter().zip(values).map(sum).collect());
        }
        sums
    }

    /// The highest point of the stack from `from` up.
    fn top(&self, from: usize) -> f64 {
        grid::peak(self.sums(from).last().expect("at least one kind"))
    }
}

/// The cause in whose span most failures fell, if the causes do not cover half of the run.
fn worst_spell(data: &ResultData, total: &Tally) -> Option<(String, f64)> {
    let times = data.outcomes.number("time_s");
    let failed: Vec<f64> = (0..data.outcomes.rows)
        .map(|row| {
            KINDS[1..].iter().flat_map(|kind| kind.columns).map(|c| data.outcomes.number(c)[row]).sum()
        })
        .collect();
    let within = |start_s: f64, end_s: f64| {
        let inside = times.iter().zip(&failed).filter(|(time, _)| (start_s..end_s).contains(*time));
        inside.map(|(_, count)| count).sum::<f64>() / total.failed()
    };
    let causes = data.summary.causes.iter().take(20);
    let short = causes.filter(|cause| cause.end_s - cause.start_s < data.summary.duration_s / 2.0);
    let ranked = short.map(|cause| (cause.label.clone(), within(cause.start_s, cause.end_s)));
    ranked.filter(|spell| spell.1.is_finite()).max_by(|a, b| a.1.total_cmp(&b.1))
}

/// One stacked panel of the kinds from `from` up; returns the y below.
fn stack(
    canvas: &mut Canvas,
    data: &ResultData,
    grid: &Grid,
    layers: &Layers,
    (from, high): (usize, f64),
    (top, height, is_last): (f64, f64, bool),
) -> Result<f64, ChartError> {
    // Drawn from the top down, each over the one above it, so that no seam shows.
    let sums = layers.sums(from);
    let total = &layers.tally;
    let frame =
        Frame { left: MARGIN + panel::TICKS, top, right: WIDTH - MARGIN - GUTTER, bottom: top + height };
    let heading = match from {
        0 => ("Outcome of every attempt", "attempts ended per minute, stacked"),
        _ => ("Failures only", "attempts ended per minute without a 200, stacked, on a scale of their own"),
    };
    let heading = Heading { title: heading.0.into(), note: heading.1.into(), x_title: is_last };
    let (x_axis, y_axis) = (Axis::time(grid, 12), Axis::from_zero(high, if height < 200.0 { 4 } else { 5 }));
    let panel = Panel::over_time(frame, grid, &y_axis);
    let causes = panel::causes(&data.summary, grid, None, Some(&layers.name));
    panel.shade(canvas, &causes, true)?;
    panel.furnish(canvas, &heading, (&x_axis, &y_axis), false)?;
    let shown = |kind: &Kind| (kind.count)(total) > 0.0;
    for (sum, kind) in sums.iter().zip(&KINDS[from..]).rev().filter(|(_, kind)| shown(kind)) {
        panel.area(canvas, grid, sum, (kind.colour, 1.0, false))?;
    }
    if from == 0 && total.ok > 0.0 {
        panel.line(canvas, grid, &sums[0], solid(SERVED, 0.8))?;
    }
    let last = |values: &[Option<f64>]| values.last().copied().flatten().unwrap_or(0.0);
    let mut labels = Vec::new();
    let mut base = 0.0;
    for (sum, kind) in sums.iter().zip(&KINDS[from..]) {
        let y = panel.y.px((base + last(sum)) / 2.0);
        base = last(sum);
        if shown(kind) {
            let share = percent(total.share((kind.count)(total)));
            let mut value = format!("{share} · {}", grouped((kind.count)(total), 0));
            if kind.name == "429 limited" {
                value = value + "\n" + &which_limit(total);
            }
            labels.push(Label { y, key: Key::Square(kind.colour), name: kind.name.to_owned(), value });
        }
    }
    label::order_as_stacked(&mut labels);
    label::draw(canvas, &labels, (frame.right, GUTTER), (frame.top, frame.bottom))?;
    Ok(frame.bottom + panel::FOOT + if is_last { panel::X_TITLE } else { 6.0 })
}

/// Which limit the 429s were for.
fn which_limit(total: &Tally) -> String {
    match (total.limited_request, total.limited_token) {
        (_, 0.0) => "all by request limit".to_owned(),
        (0.0, _) => "all by token limit".to_owned(),
        (_, tokens) => format!("{} by token limit", percent(tokens / total.limited())),
    }
}

/// One bar per org, or per org and model, of its ended attempts, of its failures only where they are rare;
/// returns the y below.
fn shares_by_group(
    canvas: &mut Canvas,
    data: &ResultData,
    groups: &[Group],
    rare: bool,
    top: f64,
) -> Result<f64, ChartError> {
    let worst = (0..groups.len()).max_by(|&a, &b| {
        let share = |i: usize| groups[i].tally.share(groups[i].tally.failed());
        share(a).total_cmp(&share(b)).then(b.cmp(&a))
    });
    let by_model = groups[0].key.len() > 1;
    let (by, plural) = if by_model { ("org and model", "pairs of org and model") } else { ("org", "orgs") };
    let (picked, chosen) =
        tally::pick(groups, worst, BARS_MAX, [plural, "most attempts", "the one that failed most"]);
    let note = if chosen.is_empty() { String::new() } else { format!(" · {chosen}") };
    let title = format!("{} by {by}", if rare { "Failures" } else { "Outcome" });
    let failing = picked.iter().map(|group| group.tally.share(group.tally.failed())).fold(0.0, f64::max);
    let (kinds, whole) = if rare { (&KINDS[1..], failing.max(1e-9)) } else { (&KINDS[..], 1.0) };
    let note = format!("% of its attempts that ended, full width = {}{note}", percent(whole));
    panel::title(canvas, (MARGIN, top + 26.0), WIDTH - 2.0 * MARGIN, (&title, PANEL_TITLE), &note)?;
    let mut y = top + 38.0;
    let (left, right) = (MARGIN + 176.0, WIDTH - MARGIN - 346.0);
    for group in &picked {
        let tally = &group.tally;
        let parts: Vec<String> = group.key.iter().map(|&name| data.names.text(name).to_owned()).collect();
        let name = text::fit_parts(&parts, LABEL, left - MARGIN - 16.0);
        canvas.text(&name, (left - 10.0, y + 15.0), LABEL, Anchor::End)?;
        let mut x = left;
        for kind in kinds {
            let width = tally.share((kind.count)(tally)) / whole * (right - left);
            if width > 0.0 {
                canvas.rect((x, y + 2.0), (x + width, y + 20.0), kind.colour, 1.0)?;
            }
            x += width;
        }
        let parts: Vec<String> = [
            (tally.ok, "served"),
            (tally.limited(), "429"),
            (tally.timeout, "timeout"),
            (tally.unavailable, "503"),
        ]
        .into_iter()
        .filter(|(count, name)| *count > 0.0 || *name == "served")
        .map(|(count, name)| format!("{} {name}", percent(tally.share(count))))
        .collect();
        let parts = if tally.ended() > 0.0 { parts.join(" · ") } else { "no attempt ended".to_owned() };
        canvas.text(&text::fit(&parts, TICK, 334.0), (right + 12.0, y + 15.0), TICK, Anchor::Start)?;
        y += 26.0;
    }
    Ok(y + 8.0)
}

#[cfg(test)]
mod tests {
    use super::super::samples::{Sample, Shape};
    use super::*;

    #[test]
    fn the_spell_with_most_failures_is_found() {
        let data = ResultData::read(&Sample::spike().files()).unwrap();
        let (label, share) = worst_spell(&data, &tally::total(&data)).unwrap();
        assert_eq!(label, "spiky ×60");
        assert!(share > 0.75, "{share}");
    }

    #[test]
    fn rare_failures_get_a_panel_of_their_own() {
        let draw =
            |sample: Sample| Outcomes.draw(&ResultData::read(&sample.files()).unwrap()).unwrap().unwrap().0;
        assert!(draw(Sample::calm(0.005)).contains("Failures only"));
        assert!(!draw(Sample::calm(0.0)).contains("Failures only"));
        assert!(!draw(Sample::spike()).contains("Failures only"));
    }

    #[test]
    fn each_of_several_models_has_a_panel() {
        let models = (0..6).map(|i| format!("model-{i}")).collect();
        let sample = Shape { models, ..Shape::spike() }.make();
        let svg = Outcomes.draw(&ResultData::read(&sample.files()).unwrap()).unwrap().unwrap().0;
        assert_eq!(svg.matches("Outcome of every attempt").count(), 4);
        assert!(svg.contains("4 of 6 models shown"));
    }
}
