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

/// Centres for items of the given heights, from top to bottom, as near to the wanted centres as can be without
/// overlap, between `top` and `bottom` (kept to `top` if there is no room for all).
///
/// Neighbours that collide form a block placed at the mean of what its items want: pool adjacent violators
/// (Barlow et al. 1972), which gives the least squared displacement.
pub fn spread(wanted: &[f64], heights: &[f64], top: f64, bottom: f64) -> Vec<f64> {
    /// Items `from..to`, their height, and the sum of the block tops that each of them would choose.
    #[derive(Clone, Copy)]
    struct Block {
        from: usize,
        to: usize,
        height: f64,
        tops: f64,
    }
    impl Block {
        fn start(&self) -> f64 {
            self.tops / (self.to - self.from) as f64
        }
    }
    let mut blocks: Vec<Block> = Vec::new();
    for (item, height) in heights.iter().enumerate() {
        blocks.push(Block {
            from: item,
            to: item + 1,
            height: height + GAP,
            tops: wanted[item] - height / 2.0,
        });
        while let [.., a, b] = blocks[..] {
            if a.start() + a.height <= b.start() {
                break;
            }
            blocks.truncate(blocks.len() - 2);
            // Items of `b` stand lower in the joined block by the height of `a`.
            let tops = a.tops + b.tops - a.height * (b.to - b.from) as f64;
            blocks.push(Block { from: a.from, to: b.to, height: a.height + b.height, tops });
        }
    }
    let mut starts: Vec<f64> = blocks.iter().map(Block::start).collect();
    let mut floor = bottom;
    for (start, block) in starts.iter_mut().zip(&blocks).rev() {
        *start = start.min(floor - block.height + GAP);
        floor = *start - GAP;
    }
    let mut ceiling = top;
    for (start, block) in starts.iter_mut().zip(&blocks) {
        *start = start.max(ceiling);
        ceiling = *start + block.height;
    }
    let mut centres = Vec::with_capacity(wanted.len());
    for (block, start) in blocks.iter().zip(starts) {
        let mut y = start;
        for height in &heights[block.from..block.to] {
            centres.push(y + height / 2.0);
            y += height + GAP;
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
    let mut labels = labels.to_vec();
    labels.sort_by(|a, b| a.y.total_cmp(&b.y));
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
        assert_eq!(spread(&[50.0, 100.0, 150.0], &[20.0; 3], 0.0, 200.0), [50.0, 100.0, 150.0]);
    }

    #[test]
    fn colliding_labels_share_the_way_and_keep_their_order() {
        assert_eq!(spread(&[100.0, 100.0], &[20.0; 2], 0.0, 200.0), [87.5, 112.5]);
        assert_eq!(spread(&[101.0, 99.0], &[20.0; 2], 0.0, 200.0), [87.5, 112.5]);
    }

    #[test]
    fn labels_never_overlap_nor_leave_the_frame_while_there_is_room() {
        for seed in 0..200_u32 {
            let n = 1 + seed as usize % 6;
            let mut wanted: Vec<f64> =
                (0..n as u32).map(|i| f64::from((seed * 7919 + i * 104_729) % 240)).collect();
            wanted.sort_by(f64::total_cmp);
            let heights: Vec<f64> = (0..n).map(|i| if i % 2 == 0 { 16.0 } else { 31.0 }).collect();
            let centres = spread(&wanted, &heights, 0.0, 240.0);
            for i in 0..n {
                let (top, bottom) = (centres[i] - heights[i] / 2.0, centres[i] + heights[i] / 2.0);
                let above = if i == 0 { 0.0 } else { centres[i - 1] + heights[i - 1] / 2.0 };
                assert!(top >= above - 1e-9 && bottom <= 240.0 + 1e-9, "{seed}: {centres:?}");
            }
        }
    }
}
