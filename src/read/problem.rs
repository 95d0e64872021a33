//! Everything wrong with a document, told in frames: file, line, caret, what is allowed.

use crate::error::is_unprintable;
use std::fmt;

use annotate_snippets::renderer::{DEFAULT_LINE_NUM_STYLE, DEFAULT_NONE_STYLE, DecorStyle};
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::node::{Origin, Place};

/// The most lines [`Problems::render`] writes.
pub const LINES_MAX: usize = 190;

/// The most problems kept; the rest is only counted.
pub const PROBLEMS_MAX: usize = 500;

/// The most characters of a source line shown, and of any text made from the input.
const EXCERPT_CHARS: usize = 100;

/// One thing wrong, and where.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Problem {
    pub place: Place,
    pub message: String,
    /// Stands beside the caret; empty for none.
    pub label: String,
    pub help: Option<String>,
}

/// The texts a document is made of.
#[derive(Debug)]
pub(super) struct Sources {
    pub file_name: String,
    pub text: String,
    /// The command line's `--set path=value`, as typed.
    pub sets: Vec<String>,
    line_starts: Vec<u32>,
}

impl Sources {
    pub fn new(file_name: &str, text: &str, sets: Vec<String>) -> Sources {
        let newlines = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let line_starts = std::iter::once(0).chain(newlines.map(|(at, _)| at as u32 + 1)).collect();
        Sources { file_name: file_name.to_owned(), text: text.to_owned(), sets, line_starts }
    }

    /// The line, from 1, of a byte of the file.
    pub fn line(&self, at: u32) -> usize {
        self.line_starts.partition_point(|start| *start <= at)
    }

    /// Where a place is, in one word: file and line, or the command line.
    pub fn spot(&self, place: Place) -> String {
        match place.origin {
            Origin::Set(index) => inert(&self.sets[index as usize]),
            Origin::File | Origin::Default => {
                format!("{}:{}", inert(&self.file_name), self.line(place.start))
            }
        }
    }

    /// The line a place stands in: its number, the byte it starts at, its text.
    fn line_at(&self, place: Place) -> (usize, usize, &str) {
        match place.origin {
            Origin::Set(index) => (1, 0, &self.sets[index as usize]),
            Origin::File | Origin::Default => {
                let number = self.line(place.start);
                let start = self.line_starts[number - 1] as usize;
                let end = self.line_starts.get(number).map_or(self.text.len(), |next| *next as usize);
                (number, start, self.text[start..end].trim_end_matches(['\n', '\r']))
            }
        }
    }
}

/// Everything wrong with a document. `Display` writes it plain; [`Problems::render`] in colour if wished.
#[derive(Debug)]
pub struct Problems {
    pub(super) sources: Box<Sources>,
    /// Sorted by place, without repetitions.
    pub(super) list: Vec<Problem>,
    /// How many more there were beyond [`PROBLEMS_MAX`].
    pub(super) more: usize,
}

impl Problems {
    /// How many there are: at least one.
    pub fn count(&self) -> usize {
        self.list.len() + self.more
    }

    /// The problems by place: (line in the file or `None` for a `--set`, message with what is allowed).
    pub fn iter(&self) -> impl Iterator<Item = (Option<usize>, String)> {
        self.list.iter().map(|problem| {
            let line = (problem.place.origin == Origin::File).then(|| self.sources.line(problem.place.start));
            (line, format!("{}: {}", problem.message, problem.label))
        })
    }

    /// The text for a terminal: a frame for each problem and a closing line, at most [`LINES_MAX`] lines.
    pub fn render(&self, coloured: bool) -> String {
        let (mut text, mut lines, mut shown) = (String::new(), 0, 0);
        for problem in &self.list {
            let frame = self.frame(problem, coloured);
            lines += frame.lines().count() + 1;
            if lines + 2 > LINES_MAX {
                break;
            }
            text.push_str(&frame);
            text.push_str("\n\n");
            shown += 1;
        }
        if shown < self.count() {
            text.push_str(&format!("… and {}\n", plural(self.count() - shown, "more error")));
        }
        text.push_str(&format!("{} in {}\n", plural(self.count(), "error"), inert(&self.sources.file_name)));
        text
    }

    fn frame(&self, problem: &Problem, coloured: bool) -> String {
        let (number, line_start, line) = self.sources.line_at(problem.place);
        let at = (problem.place.start as usize).saturating_sub(line_start).min(line.len());
        let to = (problem.place.end as usize).saturating_sub(line_start).clamp(at, line.len());
        let (excerpt, span) = excerpt(line, at, to);
        let column = line.char_indices().take_while(|(byte, _)| *byte < at).count() + 1;
        let renderer = if coloured { Renderer::styled() } else { Renderer::plain() };
        let renderer = renderer.decor_style(DecorStyle::Ascii).term_width(200);
        let mark = AnnotationKind::Primary.span(span);
        let mark = if problem.label.is_empty() { mark } else { mark.label(inert(&problem.label)) };
        let mut group = Group::with_title(Level::ERROR.primary_title(inert(&problem.message)))
            .element(Snippet::source(excerpt).line_start(number).annotation(mark));
        if let Some(help) = &problem.help {
            group = group.element(Level::HELP.message(inert(help)));
        }
        // The snippet is one cut line, so its place is written by us, below the title.
        let frame = renderer.render(&[group]);
        let (title, rest) = frame.split_once('\n').unwrap_or((&frame, ""));
        let place = match problem.place.origin {
            Origin::Set(_) => "command line".to_owned(),
            _ => format!("{}:{number}:{column}", inert(&self.sources.file_name)),
        };
        let gutter = " ".repeat(number.to_string().len());
        let style = if coloured { DEFAULT_LINE_NUM_STYLE } else { DEFAULT_NONE_STYLE };
        format!("{title}\n{gutter}{style}-->{style:#} {place}\n{rest}")
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Problems {}

/// `line` made inert and cut to a window around the bytes `at..to`, and where these are in it.
fn excerpt(line: &str, at: usize, to: usize) -> (String, std::ops::Range<usize>) {
    let before = line[..floor(line, at)].char_indices().rev().take(EXCERPT_CHARS / 2).last();
    let from = before.map_or(floor(line, at), |(byte, _)| byte);
    let mut shown = String::from(if from > 0 { "…" } else { "" });
    let (mut start, mut end) = (None, None);
    let mut rest = line[from..].char_indices();
    for (offset, c) in rest.by_ref().take(EXCERPT_CHARS) {
        let byte = from + offset;
        if byte >= at {
            start.get_or_insert(shown.len());
        }
        if byte >= to {
            end.get_or_insert(shown.len());
        }
        shown.push(inert_char(c));
    }
    let (start, end) = (start.unwrap_or(shown.len()), end.unwrap_or(shown.len()));
    if rest.next().is_some() {
        shown.push('…');
    }
    (shown, start..end)
}

/// The nearest character boundary at or before byte `at`.
fn floor(text: &str, at: usize) -> usize {
    (0..=at).rev().find(|byte| text.is_char_boundary(*byte)).unwrap_or(0)
}

/// Text of the input, made harmless for a terminal and cut to a readable length.
pub(super) fn inert(text: &str) -> String {
    let cut = 4 * EXCERPT_CHARS;
    let mut shown: String = text.chars().take(cut).map(inert_char).collect();
    if text.chars().nth(cut).is_some() {
        shown.push('…');
    }
    shown
}

/// Control characters, line breaks and marks that reorder or hide text become a visible stand-in.
fn inert_char(c: char) -> char {
    match c {
        '\t' => ' ',
        c if is_unprintable(c) => '\u{fffd}',
        c => c,
    }
}

fn plural(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::super::demo::read;

    #[test]
    fn a_frame_names_file_line_and_column_and_points() {
        let text = "title = \"\"\nmodel = []\norg = []\n[run]\nduration = \"3 h\"\nsede = 7\n";
        let shown = read(text).unwrap_err().to_string();
        let wanted = [
            "error: unknown key `sede` in `run`",
            " --> folder/demo.toml:6:1",
            "  |",
            "6 | sede = 7",
            "  | ^^^^ unknown key",
            "  |",
            "  = help: did you mean `seed`?\n",
        ];
        let wanted = wanted.join("\n");
        assert!(shown.contains(&wanted), "{shown}");
        assert!(shown.ends_with("3 errors in folder/demo.toml\n"), "{shown}");
    }

    #[test]
    fn a_hopeless_file_fills_no_more_than_its_lines() {
        let text: String = (0..20_000).map(|i| format!("k{i} = {i}\n")).collect();
        let problems = read(&text).unwrap_err();
        assert_eq!(problems.count(), 20_000 + 3, "three keys are missing");
        let shown = problems.to_string();
        assert!(shown.lines().count() <= 200, "{}", shown.lines().count());
        assert!(shown.contains("more errors"), "{shown}");
    }

    #[test]
    fn long_lines_are_cut_and_escapes_of_the_input_are_inert() {
        let text = format!(
            "title = \"{}\" \nevil\u{202e} = 3\n\"a\\u001b[31m\" = {{ b = \"\u{1b}[31m\" }}",
            "x".repeat(100_000)
        );
        let shown = read(&text).unwrap_err().render(false);
        assert!(shown.lines().all(|line| line.chars().count() < 600), "{shown}");
        assert!(!shown.contains(['\u{1b}', '\u{202e}']), "{shown:?}");
        assert!(read(&text).unwrap_err().render(true).contains("\u{1b}["));
    }
}
