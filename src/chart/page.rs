//! The head of a picture: the finding as its title, and below it what was simulated and how it is shown.

use super::canvas::{Anchor, Canvas};
use super::data::Summary;
use super::error::ChartError;
use super::grid::Grid;
use super::scale;
use super::text;
use super::theme::{MARGIN, NAME_MAX, SUBTITLE, TITLE, WIDTH};

/// Draws the head and returns the y below it, px. `notes` are remarks on this picture; empty ones are left out.
///
/// # Errors
/// Only if drawing fails.
pub fn head(
    canvas: &mut Canvas,
    summary: &Summary,
    grid: Option<&Grid>,
    finding: &str,
    notes: &[&str],
) -> Result<f64, ChartError> {
    let width = WIDTH - 2.0 * MARGIN;
    let mut y = 12.0;
    for row in text::balance(finding, TITLE, width, 2) {
        y += 28.0;
        canvas.text(&row, (MARGIN, y), TITLE, Anchor::Start)?;
    }
    y += 8.0;
    let notes: Vec<&str> = notes.iter().copied().filter(|note| !note.is_empty()).collect();
    for (line, rows) in [(subtitle(summary, grid), 2), (notes.join(" · "), 2)] {
        for row in text::wrap(&line, SUBTITLE, width, rows).iter().filter(|row| !row.is_empty()) {
            y += 19.0;
            canvas.text(row, (MARGIN, y), SUBTITLE, Anchor::Start)?;
        }
    }
    Ok(y)
}

/// Scenario, law, seed, replications, length, bins.
fn subtitle(summary: &Summary, grid: Option<&Grid>) -> String {
    let title = text::fit(summary.title.trim(), SUBTITLE, NAME_MAX);
    let mut parts = vec![match title.as_str() {
        "" => format!("scenario {}", summary.scenario),
        title => format!("{title} (scenario {})", summary.scenario),
    }];
    parts.extend(laws(summary));
    parts.push(match summary.replications {
        1 => format!("seed {}", summary.seed),
        n => format!("mean of {n} replications from seed {}", summary.seed),
    });
    parts.push(format!("{} simulated", scale::span(summary.duration_s)));
    if let Some(grid) = grid {
        let bins = format!("{} bins", scale::span(grid.interval_s));
        parts.push(match grid.bins_per_point {
            1 => bins,
            n => format!("{bins}, {n} to a point"),
        });
    }
    parts.join(" · ")
}

/// The remark on bands, where there are any.
pub fn band_note(summary: &Summary, has_bands: bool) -> String {
    if has_bands && summary.replications > 1 {
        format!(
            "bands: 95 % confidence interval of the mean, Student t, n = {} replications",
            summary.replications
        )
    } else {
        String::new()
    }
}

/// One part if all models have the same law, else one per model, up to two.
fn laws(summary: &Summary) -> Vec<String> {
    let words = |law: &str, enforcement: &str| {
        [law, enforcement].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
    };
    let all: Vec<(&str, String)> = summary
        .models
        .iter()
        .map(|head| (head.model.as_str(), words(&head.law, &head.enforcement)))
        .collect();
    match &all[..] {
        [] => Vec::new(),
        [(_, first), rest @ ..] if rest.iter().all(|(_, law)| law == first) => {
            if first.is_empty() {
                Vec::new()
            } else {
                vec![first.clone()]
            }
        }
        _ => {
            let mut parts: Vec<String> =
                all.iter().take(2).map(|(model, law)| format!("{model}: {law}")).collect();
            if all.len() > 2 {
                parts.push(format!("{} more models", all.len() - 2));
            }
            parts
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::data::ResultData;
    use super::super::samples::Sample;
    use super::*;

    #[test]
    fn the_subtitle_names_scenario_law_seed_length_and_bins() {
        let data = ResultData::read(&Sample::spike().files()).unwrap();
        assert_eq!(
            subtitle(&data.summary, Some(&Grid { bins_per_point: 2, ..Grid::new(10.0, 1080) })),
            "A steady team and a spiky neighbour (scenario spike) · success_window ×2, 1 h, soft · seed 7 · 3 h simulated · 10 s bins, 2 to a point"
        );
        let mut summary = data.summary;
        summary.replications = 8;
        summary.title = " ".to_owned();
        summary.models[0].law = String::new();
        summary.models[0].enforcement = String::new();
        assert_eq!(
            subtitle(&summary, None),
            "scenario spike · mean of 8 replications from seed 7 · 3 h simulated"
        );
        assert!(band_note(&summary, true).contains("n = 8"));
    }
}
