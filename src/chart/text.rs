//! The embedded typeface: what it can print, how wide text is, and how text is cut or wrapped to fit.
//!
//! Inter (SIL Open Font Licence, `font/OFL.txt`), two weights, subset to Latin, Greek, Cyrillic and the signs
//! charts need. Widths are sums of advances; kerning (which only narrows) is left out.

use std::sync::LazyLock;

use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider};

use super::theme::Type;

/// Inter Regular, OpenType.
pub const REGULAR: &[u8] = include_bytes!("font/Inter-Regular.otf");
/// Inter SemiBold, OpenType.
pub const SEMI_BOLD: &[u8] = include_bytes!("font/Inter-SemiBold.otf");

/// `(character, advance in em)`, sorted by character: regular, then semi-bold.
static ADVANCES: LazyLock<[Vec<(char, f64)>; 2]> = LazyLock::new(|| [REGULAR, SEMI_BOLD].map(advances));

fn advances(font: &[u8]) -> Vec<(char, f64)> {
    let font = FontRef::new(font).expect("the embedded font is whole");
    let metrics = font.glyph_metrics(Size::new(1.0), LocationRef::default());
    let mut list: Vec<(char, f64)> = font
        .charmap()
        .mappings()
        .filter_map(|(code, glyph)| Some((char::from_u32(code)?, f64::from(metrics.advance_width(glyph)?))))
        .collect();
    list.sort_by_key(|(character, _)| *character);
    list
}

fn advance(character: char, bold: bool) -> Option<f64> {
    let list = &ADVANCES[usize::from(bold)];
    let place = list.binary_search_by_key(&character, |(c, _)| *c).ok()?;
    Some(list[place].1)
}

/// `text` as it can be printed: white space becomes a space, a character without a glyph `?`.
pub fn printable(text: &str) -> String {
    let visible = |c: char| match c {
        c if c.is_whitespace() => ' ',
        c if advance(c, false).is_some() && advance(c, true).is_some() => c,
        _ => '?',
    };
    text.chars().map(visible).collect()
}

/// Width of `text`, px.
pub fn width(text: &str, style: Type) -> f64 {
    text.chars().filter_map(|c| advance(c, style.bold)).sum::<f64>() * style.size
}

/// `text` made printable and cut with `…` to at most `max` px.
pub fn fit(text: &str, style: Type, max: f64) -> String {
    let ellipsis = width("…", style);
    let (mut used, mut whole, mut kept) = (0.0, String::new(), 0);
    for c in text.chars() {
        let c = printable(c.encode_utf8(&mut [0; 4]));
        used += width(&c, style);
        if used > max {
            whole.truncate(kept);
            return whole.trim_end().to_owned() + "…";
        }
        whole.push_str(&c);
        if used + ellipsis <= max {
            kept = whole.len();
        }
    }
    whole
}

/// `text` broken at spaces into at most `lines` lines of at most `max` px, the last one cut if need be.
pub fn wrap(text: &str, style: Type, max: f64, lines: usize) -> Vec<String> {
    // Far more than fits; keeps hostile titles cheap.
    let text = printable(&text.chars().take(2000).collect::<String>());
    let mut rows: Vec<String> = vec![String::new()];
    for word in phrases(&text) {
        let row = rows.last().expect("never empty");
        let longer = if row.is_empty() { word.clone() } else { format!("{row} {word}") };
        if width(&longer, style) <= max || row.is_empty() || rows.len() == lines {
            *rows.last_mut().expect("never empty") = longer;
        } else {
            rows.push(word);
        }
    }
    rows.iter().map(|row| fit(row, style, max)).collect()
}

/// The words of `text`; a sign or a unit stays with its number.
fn phrases(text: &str) -> Vec<String> {
    let mut phrases: Vec<String> = Vec::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let unit = ["%", "s", "min", "h", "d"].contains(&word.trim_end_matches([',', ';', ':', '.']));
        match phrases.last_mut() {
            Some(last)
                if last == "<" || last == ">" || unit && last.ends_with(|c: char| c.is_ascii_digit()) =>
            {
                *last = format!("{last} {word}");
            }
            _ => phrases.push(word.to_owned()),
        }
    }
    phrases
}

/// The parts of a name joined with a dot, within `max` px; if they are too long each keeps its beginning.
pub fn fit_parts(parts: &[String], style: Type, max: f64) -> String {
    const DOT: &str = " · ";
    let whole = fit(&parts.join(DOT), style, max);
    if parts.len() < 2 || !whole.ends_with('…') {
        return whole;
    }
    let room = max / parts.len() as f64 - width(DOT, style);
    parts.iter().map(|part| fit(part, style, room)).collect::<Vec<_>>().join(DOT)
}

/// As [`wrap`], with lines of about equal length where one would not do.
pub fn balance(text: &str, style: Type, max: f64, lines: usize) -> Vec<String> {
    let mut rows = wrap(text, style, max, lines);
    let mut narrower = max;
    while rows.len() > 1 && !rows.iter().any(|row| row.ends_with('…')) {
        narrower *= 0.96;
        let next = wrap(text, style, narrower, lines);
        if next.len() > rows.len() || next.iter().any(|row| row.ends_with('…')) {
            break;
        }
        rows = next;
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::super::theme::{LABEL, TITLE};
    use super::*;

    #[test]
    fn every_character_the_charts_print_has_a_glyph_in_both_weights() {
        let printed = "0123456789,.%×·…–—−→≤≥<>()[]±σμαβ²≈∞‘’“”äöüßéñÅøłšçΩД?’";
        assert_eq!(printable(printed), printed);
        let ascii: String = (' '..='~').collect();
        assert_eq!(printable(&ascii), ascii);
    }

    #[test]
    fn what_has_no_glyph_is_a_visible_mark() {
        assert_eq!(printable("a\u{0}b\tc\n漢🙂\u{202e}"), "a?b c ???");
    }

    #[test]
    fn widths_are_the_fonts() {
        // Inter's digits are 0.62 em or so wide; its semi-bold is wider than its regular.
        let ten = width("0123456789", Type { size: 10.0, ..LABEL });
        assert!((55.0..70.0).contains(&ten), "{ten}");
        assert!(width("rate", LABEL) > width("rate", Type { bold: false, ..LABEL }));
        assert_eq!(width("", LABEL), 0.0);
    }

    #[test]
    fn cut_text_fits_and_says_that_it_was_cut() {
        let long = "llama-3.3-70b-instruct-turbo-with-a-very-long-name";
        for max in [20.0, 60.0, 200.0] {
            let cut = fit(long, LABEL, max);
            assert!(cut.ends_with('…') && width(&cut, LABEL) <= max, "{max}: {cut}");
        }
        assert_eq!(fit("short", LABEL, 200.0), "short");
        assert_eq!(fit("漢", LABEL, 200.0), "?");
    }

    #[test]
    fn a_number_keeps_its_unit_and_each_part_of_a_name_its_beginning() {
        assert_eq!(phrases("a < 0.1 % of 12 s; a d"), ["a", "< 0.1 %", "of", "12 s;", "a", "d"]);
        let parts = ["organisation-one".to_owned(), "model-two".to_owned()];
        assert_eq!(fit_parts(&parts, LABEL, 500.0), "organisation-one · model-two");
        let cut = fit_parts(&parts, LABEL, 140.0);
        assert!(cut.starts_with("org") && cut.contains("… · mod") && width(&cut, LABEL) <= 140.0, "{cut}");
    }

    #[test]
    fn a_long_title_takes_two_lines_and_no_more() {
        let rows = wrap(&"word ".repeat(5000), TITLE, 500.0, 2);
        assert_eq!(rows.len(), 2);
        assert!(rows.iter().all(|row| width(row, TITLE) <= 500.0));
        assert!(rows[1].ends_with('…'));
        let title = "a title whose last two words would stand alone";
        let rows = balance(title, TITLE, width(title, TITLE) - 5.0, 2);
        assert!(rows.len() == 2 && width(&rows[1], TITLE) > 0.7 * width(&rows[0], TITLE), "{rows:?}");
        assert_eq!(wrap("one line", TITLE, 500.0, 2), ["one line"]);
        assert_eq!(wrap(&"x".repeat(500), TITLE, 300.0, 2).len(), 1);
    }
}
