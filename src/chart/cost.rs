//! Cost: what was spent over time, by lane or by workload, and what a million tokens and a finished request cost.

use std::collections::BTreeMap;

use super::axis::Axis;
use super::canvas::{Anchor, Canvas};
use super::data::ResultData;
use super::error::ChartError;
use super::grid::{self, Grid};
use super::label::{self, Key, Label};
use super::page;
use super::panel::{self, Frame, Heading, Panel};
use super::scale::{compact, grouped, money, percent};
use super::spend::{self, Party, Spend};
use super::text;
use super::theme::{
    Dash, LABEL, MARGIN, MUTED, OK_200, PANEL_TITLE, REST, SERIES, Stroke, TICK, WASTED, WIDTH, solid,
};
use super::{Chart, Drawing};

/// Rows of the table at most.
const ROWS_MAX: usize = 6;
/// Points over the width of the page.
const POINTS_MAX: usize = 480;
const GUTTER: f64 = 230.0;
const HEIGHT: f64 = 280.0;
const ROW: f64 = 26.0;
/// A share of spend that can be seen.
const SEEN: f64 = 0.0005;
/// Opacity of what was spent in vain.
const WASTED_ALPHA: f64 = 0.75;

/// The chart of cost.
#[derive(Debug)]
pub struct Cost;

impl Chart for Cost {
    fn name(&self) -> &'static str {
        "cost"
    }

    fn doc(&self) -> &'static str {
        "spend over time by lane or workload, and the price of a million tokens and of a finished request"
    }

    fn draw(&self, data: &ResultData) -> Result<Option<Drawing>, ChartError> {
        let rows = spend::rows(data);
        let total = Spend::of(rows.iter());
        if total.cost_usd <= 0.0 {
            return Ok(None);
        }
        let lanes = spend::parties(data, &rows, &[3]);
        let orgs = spend::parties(data, &rows, &[0]);
        let (by, compared) = match (lanes.len(), orgs.len()) {
            (1, 1) => ("workload", spend::parties(data, &rows, &[1])),
            (1, _) => ("org", orgs),
            _ => ("lane", lanes.clone()),
        };
        let (what, lines) = match lanes.len() {
            1 => ("workload", spend::parties(data, &rows, if by == "org" { &[0, 1] } else { &[1] })),
            _ => ("lane", lanes),
        };
        let finding = finding(&total, by, &compared);
        let svg = picture(data, &rows, (what, &lines), (by, &compared), &finding)?;
        Ok(Some((svg, finding)))
    }
}

/// The cheapest against the dearest lane, else what was spent and by whom; what was in vain, if it can be seen.
fn finding(total: &Spend, by: &str, parties: &[Party]) -> String {
    let price = |party: &Party| party.spend.per_million_usd();
    let mut priced: Vec<(&Party, f64)> = parties.iter().filter_map(|p| Some((p, price(p)?))).collect();
    priced.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut head = match (by, &priced[..]) {
        ("lane", [(_, low), .., (_, high)]) if *low < high * 0.999 && *low > 0.0 => compared(&priced),
        ("lane", [(_, price), ..]) => {
            format!("A million tokens cost {} by whatever lane", money(*price))
        }
        _ => {
            let spent = format!("{} spent", money(total.cost_usd));
            let largest = parties.iter().max_by(|a, b| a.spend.cost_usd.total_cmp(&b.spend.cost_usd));
            match largest.filter(|_| parties.len() > 1) {
                Some(largest) => {
                    let share = percent(largest.spend.cost_usd / total.cost_usd);
                    format!("{spent}, {share} of it by {}", largest.name)
                }
                None => spent,
            }
        }
    };
    if by != "lane" {
        head += &match total.per_success_usd() {
            Some(price) => format!("; {} for each request that succeeded", money(price)),
            None => ", and no request succeeded".to_owned(),
        };
    }
    let wasted = total.wasted_usd / total.cost_usd;
    if wasted >= SEEN { format!("{head}; {} of all spend was in vain", percent(wasted)) } else { head }
}

/// The cheapest of several lanes, given from cheap to dear, against the ordinary one, or against the dearest if it
/// is the ordinary one; and what the others take.
fn compared(priced: &[(&Party, f64)]) -> String {
    let (cheap, low) = priced[0];
    let ordinary = priced.iter().skip(1).find(|(party, _)| party.name == "serverless");
    let (other, high) = *ordinary.unwrap_or(&priced[priced.len() - 1]);
    let head = format!(
        "A million tokens cost {} by {}, {} of the {} by {}",
        money(low),
        cheap.name,
        percent(low / high),
        money(high),
        other.name
    );
    let rest = priced.iter().skip(1).filter(|(party, _)| party.name != other.name).take(1);
    rest.fold(head, |head, (party, price)| format!("{head}; {} by {}", money(*price), party.name))
}

fn picture(
    data: &ResultData,
    rows: &[spend::Row],
    (what, lines): (&str, &[Party]),
    (by, compared): (&str, &[Party]),
    finding: &str,
) -> Result<String, ChartError> {
    let last_s = rows.iter().filter(|row| row.spend.cost_usd > 0.0).map(|row| row.time_s).fold(0.0, f64::max);
    let grid = Grid::of(data, POINTS_MAX)?.reaching(last_s + data.summary.interval_s, POINTS_MAX);
    let mut canvas = Canvas::new();
    let note = match data.summary.replications {
        1 => String::new(),
        n => format!("amounts are means over {n} replications"),
    };
    let mut y = page::head(&mut canvas, &data.summary, Some(&grid), finding, &[&note])? + 22.0 + panel::HEAD;
    let (named, rest) = lines.split_at(lines.len().min(SERIES.len()));
    // One left over is as good as the sum of one.
    let running = |keep: &dyn Fn(usize) -> bool, value: fn(&Spend) -> f64| {
        let kept = rows.iter().enumerate().filter(|(i, _)| keep(*i));
        grid.running(kept.map(|(_, row)| (row.time_s, value(&row.spend))))
    };
    let owner = owners(rows.len(), lines);
    let mut series: Vec<(String, Stroke, Vec<Option<f64>>, f64)> = named
        .iter()
        .zip(SERIES)
        .enumerate()
        .map(|(place, (party, (colour, dash)))| {
            let stroke = Stroke { colour, width: 2.0, dash };
            let name = text::fit_parts(&party.parts, LABEL, label::name_room(GUTTER));
            (name, stroke, running(&|row| owner[row] == place, |s| s.cost_usd), party.spend.cost_usd)
        })
        .collect();
    if !rest.is_empty() {
        let sum = rest.iter().map(|party| party.spend.cost_usd).sum();
        let name = format!("{} more {what}s", grouped(rest.len() as f64, 0));
        let stroke = Stroke { dash: Dash::Long, ..solid(REST, 1.6) };
        series.push((name, stroke, running(&|row| owner[row] >= named.len(), |s| s.cost_usd), sum));
    }
    let wasted = running(&|_| true, |s| s.wasted_usd);
    let top = series.iter().map(|line| grid::peak(&line.2)).fold(grid::peak(&wasted), f64::max);
    let frame =
        Frame { left: MARGIN + panel::TICKS, top: y, right: WIDTH - MARGIN - GUTTER, bottom: y + HEIGHT };
    let (x_axis, y_axis) = (Axis::time(&grid, 12), Axis::from_zero(top, 5));
    let panel = Panel::over_time(frame, &grid, &y_axis);
    panel.shade(&mut canvas, &panel::causes(&data.summary, &grid, None, None), true)?;
    let heading = Heading {
        title: format!("Spend by {what}"),
        note: "USD, running total since the start".to_owned(),
        x_title: true,
    };
    panel.furnish(&mut canvas, &heading, (&x_axis, &y_axis), false)?;
    let total = Spend::of(rows.iter());
    let mut labels = Vec::new();
    let end = |values: &[Option<f64>]| panel.y.px(values.last().copied().flatten().unwrap_or(0.0));
    if total.wasted_usd >= SEEN * total.cost_usd {
        panel.area(&mut canvas, &grid, &wasted, (WASTED, WASTED_ALPHA, false))?;
        labels.push(Label {
            y: end(&wasted),
            key: Key::Square(WASTED),
            name: "in vain, of all".to_owned(),
            value: format!("{} · {}", money(total.wasted_usd), percent(total.wasted_usd / total.cost_usd)),
        });
    }
    for (name, stroke, values, sum) in series {
        panel.line(&mut canvas, &grid, &values, stroke)?;
        let value = format!("{} · {}", money(sum), percent(sum / total.cost_usd));
        labels.push(Label { y: end(&values), key: Key::Line(stroke), name, value });
    }
    label::draw(&mut canvas, &labels, (frame.right, GUTTER), (frame.top, frame.bottom))?;
    y = frame.bottom + panel::FOOT + panel::X_TITLE + 10.0;
    y = prices(&mut canvas, by, compared, y)?;
    let about = format!("{finding}. Running total of spend over simulated time, and prices by {by}.");
    Ok(canvas.finish(y + 10.0, finding, &about))
}

/// For each row of the table, the place of the party it belongs to.
fn owners(rows: usize, parties: &[Party]) -> Vec<usize> {
    let mut owners = vec![0; rows];
    for (place, party) in parties.iter().enumerate() {
        party.rows.iter().for_each(|&row| owners[row] = place);
    }
    owners
}

/// A line for each party: what it spent, and bars for the price of its tokens and of its requests. Returns the y
/// below.
fn prices(canvas: &mut Canvas, by: &str, parties: &[Party], top: f64) -> Result<f64, ChartError> {
    const NAME: f64 = 176.0;
    const SPENT: f64 = 250.0;
    let kept = if parties.len() > ROWS_MAX { ROWS_MAX - 1 } else { parties.len() };
    let mut shown = parties[..kept].to_vec();
    if parties.len() > kept {
        let rest = &parties[kept..];
        let name = format!("{} more", grouped(rest.len() as f64, 0));
        let spend = Spend::sum(rest.iter().map(|party| party.spend));
        shown.push(Party { parts: vec![name.clone()], name, spend, rows: Vec::new() });
    }
    let width = (WIDTH - 2.0 * MARGIN - NAME - SPENT) / 2.0;
    let columns = [MARGIN + NAME, MARGIN + NAME + SPENT, MARGIN + NAME + SPENT + width];
    let titles = ["Spent", "A million tokens", "A finished request"];
    let notes = ["USD", "USD, of the requests that succeeded", "USD"];
    panel::title(canvas, (MARGIN, top + 26.0), NAME - 12.0, (&format!("By {by}"), PANEL_TITLE), "")?;
    for ((x, title), note) in columns.into_iter().zip(titles).zip(notes) {
        panel::title(canvas, (x, top + 26.0), width - 12.0, (title, PANEL_TITLE), note)?;
    }
    type Price = fn(&Spend) -> Option<f64>;
    let prices: [Price; 2] = [Spend::per_million_usd, Spend::per_success_usd];
    let largest = prices.map(|price| shown.iter().filter_map(|p| price(&p.spend)).fold(0.0, f64::max));
    let mut y = top + 38.0;
    for party in &shown {
        let name = text::fit_parts(&party.parts, LABEL, NAME - 16.0);
        canvas.text(&name, (columns[0] - 10.0, y + 15.0), LABEL, Anchor::End)?;
        let spend = &party.spend;
        let mut spent = money(spend.cost_usd);
        if spend.wasted_usd >= SEEN * spend.cost_usd && spend.wasted_usd > 0.0 {
            spent += &format!(", {} in vain", percent(spend.wasted_usd / spend.cost_usd.max(1e-300)));
        }
        canvas.text(&text::fit(&spent, TICK, SPENT - 16.0), (columns[0], y + 15.0), TICK, Anchor::Start)?;
        for ((price, largest), x) in prices.into_iter().zip(largest).zip(&columns[1..]) {
            let room = width - 110.0;
            let (to, said) = match price(spend) {
                Some(usd) if largest > 0.0 => (x + usd / largest * room, money(usd)),
                Some(usd) => (*x, money(usd)),
                None => (*x, "– none succeeded".to_owned()),
            };
            if to > *x {
                canvas.rect((*x, y + 3.0), (to.max(x + 1.0), y + 19.0), OK_200, 1.0)?;
            }
            let style = super::theme::Type { colour: MUTED, ..TICK };
            canvas.text(&said, (to + 8.0, y + 15.0), style, Anchor::Start)?;
        }
        y += ROW;
    }
    let tokens: BTreeMap<&str, f64> = shown.iter().map(|p| (p.name.as_str(), p.spend.tokens)).collect();
    let said = tokens.values().sum::<f64>();
    if said > 0.0 {
        let line = format!("{} tokens of requests that succeeded, prompt and output together", compact(said));
        canvas.text(&line, (MARGIN, y + 16.0), TICK, Anchor::Start)?;
        y += 22.0;
    }
    Ok(y)
}

#[cfg(test)]
mod tests {
    use super::super::samples::{Sample, Shape};
    use super::*;

    fn party(name: &str, cost_usd: f64, tokens: f64, succeeded: f64) -> Party {
        let spend = Spend { cost_usd, tokens, succeeded, wasted_usd: 0.0 };
        Party { parts: vec![name.to_owned()], name: name.to_owned(), spend, rows: Vec::new() }
    }

    fn said(by: &str, parties: &[Party]) -> String {
        finding(&Spend::sum(parties.iter().map(|party| party.spend)), by, parties)
    }

    #[test]
    fn the_finding_compares_lanes_or_says_who_spent() {
        let (serverless, batch) = (party("serverless", 8.8, 1e7, 1e4), party("batch", 4.4, 1e7, 1e4));
        assert_eq!(
            said("lane", &[serverless.clone(), batch.clone()]),
            "A million tokens cost $0.44 by batch, 50.0 % of the $0.88 by serverless"
        );
        let reserved = party("dedicated", 5.76, 2e6, 1e3);
        assert_eq!(
            said("lane", &[serverless.clone(), reserved.clone(), batch]),
            "A million tokens cost $0.44 by batch, 50.0 % of the $0.88 by serverless; $2.88 by dedicated"
        );
        let without = said("lane", &[serverless.clone(), reserved]);
        assert_eq!(without, "A million tokens cost $0.88 by serverless, 30.6 % of the $2.88 by dedicated");
        let idle = party("dedicated", 2.0, 0.0, 0.0);
        assert_eq!(
            said("lane", &[serverless.clone(), idle.clone()]),
            "A million tokens cost $0.88 by whatever lane"
        );
        let mut wasteful = serverless;
        wasteful.spend.wasted_usd = 1.1;
        assert_eq!(
            said("org", &[wasteful, party("b", 2.2, 1e6, 1000.0)]),
            "$11.00 spent, 80.0 % of it by serverless; $0.001 for each request that succeeded; 10.0 % of all spend was in vain"
        );
        assert_eq!(said("workload", &[idle]), "$2.00 spent, and no request succeeded");
    }

    #[test]
    fn nothing_spent_is_no_picture() {
        let mut sample = Sample::spike();
        let draw = |sample: &Sample| Cost.draw(&ResultData::read(&sample.files()).unwrap()).unwrap();
        assert!(draw(&sample).is_some());
        sample.cost =
            sample.cost.lines().next().unwrap().to_owned() + "\n0,a,k,w,m,serverless,1,1,5,5,0,,0,0\n";
        assert!(draw(&sample).is_none());
        let mut files = sample.files();
        files.cost = None;
        assert!(Cost.draw(&ResultData::read(&files).unwrap()).unwrap().is_none());
    }

    #[test]
    fn lanes_are_lines_and_the_rest_of_many_is_summed() {
        let svg =
            |shape: Shape| Cost.draw(&ResultData::read(&shape.make().files()).unwrap()).unwrap().unwrap().0;
        assert!(svg(Shape { lanes: &["serverless", "batch"], ..Shape::spike() }).contains("Spend by lane"));
        let many = svg(Shape::many(12));
        assert!(
            many.contains("Spend by workload")
                && many.contains("8 more workloads")
                && many.contains("7 more")
        );
    }
}
