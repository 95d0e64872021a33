//! A page of vector graphics, drawn with plotters into memory, in tenths of a pixel.
//!
//! plotters' coordinates are whole numbers; ten units to a pixel keep slopes smooth at double resolution. Its
//! SVG backend knows no dashes, so each mark is drawn to a string of its own and set inside a group that has
//! them.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::error::ChartError;
use super::text;
use super::theme::{Dash, Stroke, Type, WHITE, WIDTH};

const UNITS_PER_PX: f64 = 10.0;
/// plotters divides font sizes by this on their way into an SVG.
const PLOTTERS_FONT_FACTOR: f64 = 1.24;
/// A backend's `VPos::Top` sets the baseline this many em below the point.
const TOP_TO_BASELINE_EM: f64 = 0.76;
/// No mark may stand outside of this, in units: plotters would move it to the edge.
const PAGE_MAX: (u32, u32) = (12_000, 60_000);
const FONT_FAMILY: &str = "Inter, Helvetica, Arial, sans-serif";

/// Where text stands relative to its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// To the right of the point.
    Start,
    /// Centred on it.
    Middle,
    /// To the left of it.
    End,
}

/// A point of the page, px from its top left corner.
pub type Point = (f64, f64);

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Fault = DrawingAreaErrorKind<std::io::Error>;

/// The marks drawn so far.
#[derive(Debug, Default)]
pub struct Canvas {
    marks: String,
}

fn units(px: f64) -> i32 {
    assert!(px.is_finite(), "a coordinate must be finite");
    (px * UNITS_PER_PX).round().clamp(-1e6, 1e6) as i32
}

fn at((x, y): Point) -> (i32, i32) {
    (units(x), units(y))
}

impl Canvas {
    /// An empty page.
    pub fn new() -> Canvas {
        Canvas::default()
    }

    fn mark(&mut self, draw: impl FnOnce(&Area<'_>) -> Result<(), Fault>) -> Result<(), ChartError> {
        let mut document = String::new();
        let area = SVGBackend::with_string(&mut document, PAGE_MAX).into_drawing_area();
        let drawn = draw(&area).and_then(|()| area.present());
        drop(area);
        drawn.map_err(|error| ChartError::file("drawing", error.to_string()))?;
        let body = document.split_once('\n').map_or("", |(_, body)| body);
        self.marks.push_str(body.strip_suffix("</svg>\n").unwrap_or(body));
        Ok(())
    }

    /// A line through `points`.
    pub fn line(&mut self, points: &[Point], stroke: Stroke) -> Result<(), ChartError> {
        let path: Vec<_> = points.iter().copied().map(at).collect();
        let style = ShapeStyle::from(&stroke.colour).stroke_width(units(stroke.width) as u32);
        let dash = stroke.dash.pattern_px();
        if let Some((on, off)) = dash {
            self.marks.push_str(&format!("<g stroke-dasharray=\"{} {}\">\n", units(on), units(off)));
        }
        self.mark(|area| area.draw(&PathElement::new(path, style)))?;
        if stroke.dash != Dash::Solid {
            self.marks.push_str("</g>\n");
        }
        Ok(())
    }

    /// A filled shape with `points` as its corners; `alpha` in 0–1.
    pub fn area(&mut self, points: &[Point], colour: RGBColor, alpha: f64) -> Result<(), ChartError> {
        let path: Vec<_> = points.iter().copied().map(at).collect();
        self.mark(|area| area.draw(&Polygon::new(path, colour.mix(alpha))))
    }

    /// A filled rectangle between two corners.
    pub fn rect(&mut self, from: Point, to: Point, colour: RGBColor, alpha: f64) -> Result<(), ChartError> {
        self.mark(|area| area.draw(&Rectangle::new([at(from), at(to)], colour.mix(alpha).filled())))
    }

    /// One line of text with its baseline through `point`; characters without a glyph show as `?`.
    pub fn text(&mut self, text: &str, point: Point, style: Type, anchor: Anchor) -> Result<(), ChartError> {
        let weight = if style.bold { FontStyle::Bold } else { FontStyle::Normal };
        let size = style.size * UNITS_PER_PX * PLOTTERS_FONT_FACTOR;
        let h_pos = match anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::End => HPos::Right,
        };
        let text_style = TextStyle::from((FONT_FAMILY, size, weight).into_font())
            .color(&style.colour)
            .pos(Pos::new(h_pos, VPos::Top));
        let top = (point.0, point.1 - TOP_TO_BASELINE_EM * style.size);
        let text = text::printable(text);
        self.mark(|area| area.draw(&Text::new(text, at(top), text_style)))
    }

    /// The finished document, `height` px high, with `title` for screen readers.
    pub fn finish(self, height: f64, title: &str, description: &str) -> String {
        let (width, view_width) = (WIDTH, units(WIDTH));
        let (height, view_height) = (height.ceil(), units(height.ceil()));
        // Only attributes hold a bare quote: plotters escapes those in text.
        let marks = self.marks.replace("font-weight=\"bold\"", "font-weight=\"600\"");
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-labelledby=\"title description\" \
             width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {view_width} {view_height}\">\n\
             <title id=\"title\">{}</title>\n<desc id=\"description\">{}</desc>\n\
             <rect width=\"{view_width}\" height=\"{view_height}\" fill=\"{}\"/>\n\
             <g stroke-linejoin=\"round\">\n{marks}</g>\n</svg>\n",
            escaped(title),
            escaped(description),
            hex(WHITE),
        )
    }
}

fn hex(colour: RGBColor) -> String {
    format!("#{:02x}{:02x}{:02x}", colour.0, colour.1, colour.2)
}

fn escaped(text: &str) -> String {
    text::printable(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::super::theme::{INK, LABEL, solid};
    use super::*;

    #[test]
    fn text_from_a_file_cannot_leave_its_element() {
        let mut canvas = Canvas::new();
        let hostile = "</text><script>alert(\"1\")</script>&amp;\u{1}";
        canvas.text(hostile, (10.0, 10.0), LABEL, Anchor::Start).unwrap();
        let svg = canvas.finish(40.0, hostile, hostile);
        assert!(!svg.contains("<script") && !svg.contains('\u{1}'));
        let tree = resvg::usvg::roxmltree::Document::parse(&svg).unwrap();
        let texts: Vec<_> = tree.descendants().filter(|node| node.has_tag_name("text")).collect();
        assert_eq!(texts[0].text().unwrap().trim(), "</text><script>alert(\"1\")</script>&amp;?");
        assert_eq!(tree.root_element().attribute("role"), Some("img"));
    }

    #[test]
    fn sizes_and_baselines_come_out_as_asked() {
        let mut canvas = Canvas::new();
        canvas.text("x", (10.0, 50.0), LABEL, Anchor::End).unwrap();
        canvas.line(&[(0.0, 0.04), (1.5, 2.0)], Stroke { dash: Dash::Short, ..solid(INK, 1.5) }).unwrap();
        let svg = canvas.finish(100.0, "t", "d");
        assert!(svg.contains("font-size=\"125\"") && svg.contains("font-weight=\"600\""), "{svg}");
        assert!(svg.contains("y=\"405\"") && svg.contains("text-anchor=\"end\""), "{svg}");
        assert!(svg.contains("stroke-dasharray=\"50 25\"") && svg.contains("points=\"0,0 15,20 \""), "{svg}");
    }
}
