//! The look: every colour, type size and dash, named by what it means.
//!
//! One colour means one thing in all charts, and never stands alone: lines differ in dash too, areas carry
//! their name and share. A test below computes the distances under three kinds of colour blindness.

use plotters::style::RGBColor;

/// Width of every picture, px.
pub const WIDTH: f64 = 1200.0;
/// Left and right margin of the page, px.
pub const MARGIN: f64 = 24.0;

/// Room for a name in a title, px.
pub const NAME_MAX: f64 = 420.0;

/// Text and the darkest lines.
pub const INK: RGBColor = RGBColor(0x1f, 0x29, 0x33);
/// Secondary text.
pub const MUTED: RGBColor = RGBColor(0x5f, 0x6b, 0x7a);
/// Gridlines.
pub const HAIRLINE: RGBColor = RGBColor(0xe6, 0xe9, 0xed);
/// Axis baseline and ticks.
pub const AXIS: RGBColor = RGBColor(0xb4, 0xbd, 0xc8);
/// Page.
pub const WHITE: RGBColor = RGBColor(0xff, 0xff, 0xff);

/// Served: area.
pub const OK_200: RGBColor = RGBColor(0x8c, 0xc5, 0xe3);
/// Limited: area.
pub const LIMITED_429: RGBColor = RGBColor(0xe6, 0x9f, 0x00);
/// Overload: area.
pub const UNAVAILABLE_503: RGBColor = RGBColor(0x99, 0x22, 0x44);
/// The client hung up: area.
pub const CLIENT_TIMEOUT: RGBColor = INK;

/// What clients send: line.
pub const OFFERED: RGBColor = RGBColor(0x7b, 0x87, 0x94);
/// What was served: line, the dark end of the 200s' blue.
pub const SERVED: RGBColor = RGBColor(0x00, 0x72, 0xb2);
/// The dynamic rate: dashed line.
pub const RATE: RGBColor = RGBColor(0xe6, 0x61, 0x00);

/// Replicas that serve: area.
pub const READY: RGBColor = RGBColor(0xb9, 0xc6, 0xd2);
/// Replicas that start: area.
pub const STARTING: RGBColor = RGBColor(0xb4, 0x6a, 0x9a);
/// Replicas that drain: area.
pub const DRAINING: RGBColor = RGBColor(0x33, 0x41, 0x4e);

/// Curves of one panel, in order, each with its dash.
pub const SERIES: [(RGBColor, Dash); 4] = [
    (RGBColor(0x1a, 0x85, 0xff), Dash::Solid),
    (INK, Dash::Long),
    (RGBColor(0xcc, 0x79, 0xa7), Dash::Short),
    (RGBColor(0xe6, 0x61, 0x00), Dash::Dotted),
];

/// Up to nine lines of one panel, in order: those of [`SERIES`], and more, of which no two that look alike in
/// colour have the same dash.
pub const MANY: [(RGBColor, Dash); 9] = [
    SERIES[0],
    SERIES[1],
    SERIES[2],
    SERIES[3],
    (RGBColor(0x00, 0x8a, 0x6e), Dash::Long),
    (RGBColor(0x8c, 0x56, 0x1b), Dash::Solid),
    (RGBColor(0x6a, 0x3d, 0x9a), Dash::Dotted),
    (RGBColor(0x9a, 0x7d, 0x00), Dash::Short),
    (RGBColor(0xcc, 0x79, 0xa7), Dash::Solid),
];

/// Up to sixteen strategies, in order: those of [`MANY`], and more under the same condition.
pub const STRATEGIES: [(RGBColor, Dash); 16] = [
    MANY[0],
    MANY[1],
    MANY[2],
    MANY[3],
    MANY[4],
    MANY[5],
    MANY[6],
    MANY[7],
    MANY[8],
    (SERIES[0].0, Dash::Long),
    (SERIES[1].0, Dash::Dotted),
    (SERIES[3].0, Dash::Solid),
    (SERIES[1].0, Dash::Solid),
    (MANY[4].0, Dash::Solid),
    (SERIES[0].0, Dash::Short),
    (SERIES[3].0, Dash::Long),
];

/// What the autoscaler expects: line.
pub const FORECAST: RGBColor = RGBColor(0x7b, 0x4f, 0xc9);
/// Spent in vain: area, for the client had hung up.
pub const WASTED: RGBColor = CLIENT_TIMEOUT;
/// What is too little to be told apart, summed: line.
pub const REST: RGBColor = OFFERED;

/// A line's pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dash {
    /// Unbroken.
    Solid,
    /// Long dashes.
    Long,
    /// Short dashes.
    Short,
    /// Dots.
    Dotted,
}

impl Dash {
    /// On and off lengths, px; none = solid.
    pub fn pattern_px(self) -> Option<(f64, f64)> {
        match self {
            Dash::Solid => None,
            Dash::Long => Some((9.0, 3.5)),
            Dash::Short => Some((5.0, 2.5)),
            Dash::Dotted => Some((2.0, 2.5)),
        }
    }
}

/// How a line is drawn.
#[derive(Debug, Clone, Copy)]
pub struct Stroke {
    /// Colour.
    pub colour: RGBColor,
    /// Width, px.
    pub width: f64,
    /// Pattern.
    pub dash: Dash,
}

/// A solid stroke.
pub const fn solid(colour: RGBColor, width: f64) -> Stroke {
    Stroke { colour, width, dash: Dash::Solid }
}

/// How text is set.
#[derive(Debug, Clone, Copy)]
pub struct Type {
    /// Size, px.
    pub size: f64,
    /// Semi-bold instead of regular.
    pub bold: bool,
    /// Colour.
    pub colour: RGBColor,
}

/// The finding.
pub const TITLE: Type = Type { size: 22.0, bold: true, colour: INK };
/// What was simulated.
pub const SUBTITLE: Type = Type { size: 13.0, bold: false, colour: MUTED };
/// The name over a row or column of panels.
pub const SECTION: Type = Type { size: 16.0, bold: true, colour: INK };
/// A panel's title.
pub const PANEL_TITLE: Type = Type { size: 13.5, bold: true, colour: INK };
/// A panel's unit, and remarks on a section.
pub const PANEL_NOTE: Type = Type { size: 12.5, bold: false, colour: MUTED };
/// Tick labels and small notes.
pub const TICK: Type = Type { size: 12.0, bold: false, colour: MUTED };
/// The name of a line or area.
pub const LABEL: Type = Type { size: 12.5, bold: true, colour: INK };

#[cfg(test)]
mod tests {
    use super::*;

    type Vec3 = [f64; 3];

    /// Machado, Oliveira & Fernandes (2009), table 1, severity 1.0, applied to linear RGB.
    const PROTAN: [Vec3; 3] =
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]];
    const DEUTAN: [Vec3; 3] =
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]];
    const TRITAN: [Vec3; 3] =
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]];
    const NORMAL: [Vec3; 3] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];

    fn times(matrix: [Vec3; 3], v: Vec3) -> Vec3 {
        matrix.map(|row| row[0] * v[0] + row[1] * v[1] + row[2] * v[2])
    }

    fn linear(colour: RGBColor) -> Vec3 {
        [colour.0, colour.1, colour.2].map(|byte| {
            let c = f64::from(byte) / 255.0;
            if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        })
    }

    /// Oklab (Ottosson 2020), in which distance follows seen difference more evenly than in CIELAB.
    fn oklab(rgb: Vec3) -> Vec3 {
        let rgb = rgb.map(|c| c.clamp(0.0, 1.0));
        let lms = times(
            [
                [0.4122214708, 0.5363325363, 0.0514459929],
                [0.2119034982, 0.6806995451, 0.1073969566],
                [0.0883024619, 0.2817188376, 0.6299787005],
            ],
            rgb,
        );
        times(
            [
                [0.2104542553, 0.7936177850, -0.0040720468],
                [1.9779984951, -2.4285922050, 0.4505937099],
                [0.0259040371, 0.7827717662, -0.8086757660],
            ],
            lms.map(f64::cbrt),
        )
    }

    /// 100 × the distance in Oklab, the least over normal sight and the three deficiencies. CSS Color 4 takes 2
    /// as just noticeable; small marks that do not touch need more, and we ask for four times that.
    fn distance(a: RGBColor, b: RGBColor) -> f64 {
        [NORMAL, PROTAN, DEUTAN, TRITAN]
            .into_iter()
            .map(|sight| {
                let [a, b] = [a, b].map(|colour| oklab(times(sight, linear(colour))));
                100.0 * (0..3).map(|i| (a[i] - b[i]).powi(2)).sum::<f64>().sqrt()
            })
            .fold(f64::INFINITY, f64::min)
    }

    fn contrast_to_white(colour: RGBColor) -> f64 {
        let [r, g, b] = linear(colour);
        1.05 / (0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05)
    }

    #[test]
    fn colours_that_meet_differ_for_every_kind_of_sight() {
        let groups: [&[RGBColor]; 5] = [
            &[OK_200, LIMITED_429, UNAVAILABLE_503, CLIENT_TIMEOUT, WHITE],
            &[OFFERED, SERVED, RATE, WHITE],
            &[READY, STARTING, DRAINING, WHITE],
            &[SERIES[0].0, SERIES[1].0, SERIES[2].0, SERIES[3].0, WHITE],
            &[OFFERED, INK, FORECAST, UNAVAILABLE_503, WHITE],
        ];
        for (group, colours) in groups.iter().enumerate() {
            for (i, a) in colours.iter().enumerate() {
                for b in &colours[i + 1..] {
                    let distance = distance(*a, *b);
                    assert!(distance >= 8.0, "group {group}: {a:?} and {b:?} are {distance:.1} apart");
                }
            }
        }
    }

    #[test]
    fn of_many_lines_those_alike_in_colour_differ_in_dash() {
        for (i, (colour, dash)) in STRATEGIES.iter().enumerate() {
            for (other, its_dash) in &STRATEGIES[i + 1..] {
                assert!(dash != its_dash || distance(*colour, *other) >= 8.0, "{colour:?} and {other:?}");
            }
        }
    }

    #[test]
    fn lines_and_text_stand_out_from_the_page() {
        // WCAG 2.1: 4.5 for text, 3 for graphics; thin lines of the four series are held to 3 as well.
        for text in [INK, MUTED] {
            assert!(contrast_to_white(text) >= 4.5);
        }
        for line in [OFFERED, SERVED, RATE, FORECAST, SERIES[0].0, SERIES[2].0] {
            assert!(contrast_to_white(line) >= 2.9, "{line:?}: {:.2}", contrast_to_white(line));
        }
    }
}
