//! Names at the right end of lines and areas, moved apart where they would collide.

use super::canvas::{Anchor, Canvas};
use super::error::ChartError;
use super::text;
use super::theme::{AXIS, LABEL, Stroke, TICK, solid};

/// Space from the plot to the key, px.
const LEAD: f64 = 12.0;
/// Length of the key, px.
const KEY: f64 = 20.0;
const KEY_GAP: f64 = 7.0;
const NAME_LINE: f64 = 16.0;
const VALUE_LINE: f64 = 15.0;
const GAP: f64 = 5.0;

/// How a label shows what it names.
#[derive(Debug, Clone, Copy)]
pub enum Key {
    /// A piece of the line.
    Line(Stroke),
    /// A square of the area's colour.
    Square(plotters::style::RGBColor),
    /// A pale area under a line.
    Outlined(Stroke, f64),
}

/// One label.
#[derive(Debug, Clone)]
pub struct Label {
    /// Where the line or area ends, px from the top of the page.
    pub y: f64,
    /// What it names, as drawn.
    pub key: Key,
    /// The name.
    pub name: String,
    /// Numbers worth printing, in small, a line each; may be empty.
    pub value: String,
}

impl Label {
    fn height(&self) -> f64 {
        NAME_LINE + VALUE_LINE * self.value.lines().count() as f64
    }
}

/// Centres for items of the given heights, as near to the wanted centres as can be without overlap, in their
/// order of wanted height, between `top` and `bottom` (kept to `top` if there is no room for all).
///
/// Neighbours that collide form a block placed at the mean of what its items want: pool adjacent violators
/// (Barlow et al. 1972), which gives the least squared displacement.
pub fn spread(wanted: &[f64], heights: &[f64], top: f64, bottom: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|a, b| wanted[*a].total_cmp(&wanted[*b]));
    // A block: its items' places in `order`, its height, the sum of the tops its items would give it.
    let mut blocks: Vec<(usize, usize, f64, f64)> = Vec::new();
    for (place, &item) in order.iter().enumerate() {
        let height = heights[item] + GAP;
        blocks.push((place, place + 1, height, wanted[item] - heights[item] / 2.0));
        while let [.., a, b] = blocks[..] {
            let start = |block: (usize, usize, f64, f64)| block.3 / (block.1 - block.0) as f64;
            if start(a) + a.2 <= start(b) {
                break;
            }
            blocks.truncate(blocks.len() - 2);
            // Items of `b` stand lower in the joined block by the height of `a`.
            blocks.push((a.0, b.1, a.2 + b.2, a.3 + b.3 - a.2 * (b.1 - b.0) as f64));
        }
    }
    let mut starts: Vec<f64> = blocks.iter().map(|block| block.3 / (block.1 - block.0) as f64).collect();
    let mut floor = bottom;
    for (start, block) in starts.iter_mut().zip(&blocks).rev() {
        *start = start.min(floor - block.2 + GAP);
        floor = *start - GAP;
    }
    let mut ceiling = top;
    for (start, block) in starts.iter_mut().zip(&blocks) {
        *start = start.max(ceiling);
        ceiling = *start + block.2;
    }
    let mut centres = vec![0.0; wanted.len()];
    for (block, start) in blocks.iter().zip(starts) {
        let mut y = start;
        for &item in &order[block.0..block.1] {
            centres[item] = y + heights[item] / 2.0;
            y += heights[item] + GAP;
        }
    }
    centres
}

/// Makes the labels of a stack, given from below, keep the stack's order where its layers end on one height.
pub fn order_as_stacked(labels: &mut [Label]) {
    for i in (0..labels.len().saturating_sub(1)).rev() {
        labels[i].y = labels[i].y.max(labels[i + 1].y + 0.5);
    }
}

/// Room for a name in labels `width` px wide, px.
pub fn name_room(width: f64) -> f64 {
    width - LEAD - KEY - KEY_GAP
}

/// Draws labels to the right of `x`, within `width` px, between `top` and `bottom`.
///
/// # Errors
/// Only if drawing fails.
pub fn draw(
    canvas: &mut Canvas,
    labels: &[Label],
    (x, width): (f64, f64),
    (top, bottom): (f64, f64),
) -> Result<(), ChartError> {
    let heights: Vec<f64> = labels.iter().map(Label::height).collect();
    // The name, not the label's middle, wants to be level with the line.
    let wanted: Vec<f64> = labels.iter().map(|label| label.y + (label.height() - NAME_LINE) / 2.0).collect();
    let centres = spread(&wanted, &heights, top - 8.0, bottom + 10.0);
    for (label, centre) in labels.iter().zip(centres) {
        // The key is level with the name, the first of the label's lines.
        let key_y = centre - label.height() / 2.0 + NAME_LINE / 2.0;
        let key_x = x + LEAD;
        if (key_y - label.y).abs() > 3.0 {
            canvas.line(&[(x + 2.0, label.y), (key_x - 2.0, key_y)], solid(AXIS, 1.0))?;
        }
        match label.key {
            Key::Line(stroke) => canvas.line(&[(key_x, key_y), (key_x + KEY, key_y)], stroke)?,
            Key::Outlined(stroke, alpha) => {
                canvas.rect((key_x, key_y - 4.0), (key_x + KEY, key_y + 7.0), stroke.colour, alpha)?;
                canvas.line(&[(key_x, key_y - 4.0), (key_x + KEY, key_y - 4.0)], stroke)?;
            }
            Key::Square(colour) => {
                canvas.rect((key_x + 3.0, key_y - 6.0), (key_x + 15.0, key_y + 6.0), colour, 1.0)?;
            }
        }
        let text_x = key_x + KEY + KEY_GAP;
        let room = name_room(width);
        canvas.text(&text::fit(&label.name, LABEL, room), (text_x, key_y + 4.5), LABEL, Anchor::Start)?;
        for (line, value) in label.value.lines().enumerate() {
            let y = key_y + 4.5 + VALUE_LINE * (line + 1) as f64;
            canvas.text(&text::fit(value, TICK, room), (text_x, y), TICK, Anchor::Start)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_that_have_room_stay_where_they_are() {
        assert_eq!(spread(&[50.0, 150.0, 100.0], &[20.0; 3], 0.0, 200.0), [50.0, 150.0, 100.0]);
    }

    #[test]
    fn colliding_labels_share_the_way_and_keep_their_order() {
        let centres = spread(&[100.0, 100.0], &[20.0; 2], 0.0, 200.0);
        assert_eq!(centres, [87.5, 112.5]);
        let centres = spread(&[101.0, 100.0], &[20.0; 2], 0.0, 200.0);
        assert!(centres[0] > centres[1]);
    }

    #[test]
    fn labels_never_overlap_nor_leave_the_frame_while_there_is_room() {
        for seed in 0..200_u32 {
            let n = 1 + seed as usize % 6;
            let wanted: Vec<f64> =
                (0..n as u32).map(|i| f64::from((seed * 7919 + i * 104_729) % 240)).collect();
            let heights: Vec<f64> = (0..n).map(|i| if i % 2 == 0 { 16.0 } else { 31.0 }).collect();
            let centres = spread(&wanted, &heights, 0.0, 240.0);
            let mut order: Vec<usize> = (0..n).collect();
            order.sort_by(|a, b| centres[*a].total_cmp(&centres[*b]));
            for pair in order.windows(2) {
                let apart = centres[pair[1]] - centres[pair[0]];
                assert!(apart >= (heights[pair[0]] + heights[pair[1]]) / 2.0 - 1e-9, "{seed}: {centres:?}");
            }
            for (centre, height) in centres.iter().zip(&heights) {
                assert!(
                    centre - height / 2.0 >= -1e-9 && centre + height / 2.0 <= 240.0 + 1e-9,
                    "{centres:?}"
                );
            }
        }
    }
}
