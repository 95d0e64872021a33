//! Input number n of a target: one or two texts of its corpus, changed in a few places.
//!
//! A change knows what texts of this house are made of: words, numbers, quoted strings, lines, brackets. So most of what
//! comes out still looks like a scenario, a table or a formula, and gets past the first check.

use rand::Rng;
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

/// No input is longer, unless a change says otherwise.
const BYTES_MAX: usize = 1 << 16;

/// Numbers that somebody has tripped over.
const NUMBERS: &[&str] = &[
    "0",
    "-0",
    "0.0",
    "-0.0",
    "1",
    "-1",
    "2",
    "65535",
    "65536",
    "4294967295",
    "4294967296",
    "2147483648",
    "9007199254740993",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "1e308",
    "1e309",
    "-1e308",
    "1e-308",
    "5e-324",
    "1e-400",
    "nan",
    "-nan",
    "inf",
    "-inf",
    "1_000",
    "0x7fffffffffffffff",
    "0b1",
    "1.",
    ".5",
    "1e",
    "+3",
    "00",
    "1e5",
    "100000",
    "100001",
    "65000",
    "0.1",
    "0.999999999999999999",
    "1e15",
    "1e16",
    "1e12",
    "1e9",
    "999999999999999999999999999999999999999999",
    "3660",
    "1e-9",
    "1e-10",
];

/// Pieces that no list of keys holds.
const PIECES: &[&str] = &[
    "\"",
    "\"\"",
    "\"\"\"",
    "'",
    "'''",
    "\\",
    "\\u0000",
    "\\u001b[31m",
    "\\uD800",
    "\n",
    "\r\n",
    "\r",
    "\t",
    "\u{0}",
    "\u{1b}[31m",
    "\u{feff}",
    "\u{202e}",
    "\u{200b}",
    "é",
    "e\u{301}",
    "ß",
    "İ",
    "ﬀ",
    "😀",
    "東京",
    "\u{10ffff}",
    "[",
    "]",
    "[[",
    "]]",
    "{",
    "}",
    "(",
    ")",
    ",",
    ",,",
    "=",
    "==",
    ".",
    "..",
    ":",
    ";",
    "#",
    "/",
    "//",
    "../",
    "/min",
    "tok/min",
    " rpm",
    "k/s",
    "M tok/min",
    " s",
    " ms",
    " ns",
    " d",
    " h 5 min",
    "%",
    "true",
    "false",
    "null",
    "[]",
    "{}",
    "1979-05-27T07:32:00Z",
    "1..4",
    "0.0..1.0:5",
    "1..100000",
    "1..1e9",
    "10/min..1000/min:7:log",
    "::",
    "a/b/c",
    "-",
    "--",
    "_",
    "^",
    "*",
    "+",
    "!",
    "<",
    ">",
    "<=",
    ">=",
    "&&",
    "||",
];

/// The changes of one input.
pub struct Mutator<'a> {
    random: Xoshiro256PlusPlus,
    corpus: &'a [Vec<u8>],
    words: &'a [String],
}

impl<'a> Mutator<'a> {
    /// Those of input `number`: it follows from the number, the corpus and the words alone.
    pub fn new(number: u64, corpus: &'a [Vec<u8>], words: &'a [String]) -> Mutator<'a> {
        Mutator { random: Xoshiro256PlusPlus::seed_from_u64(number), corpus, words }
    }

    /// The input.
    pub fn input(mut self) -> Vec<u8> {
        let mut text = self.other();
        if self.one_in(50) {
            text.clear();
        }
        // Few changes leave it valid, many find what only comes together.
        let changes = 1 + self.below(3) + if self.one_in(4) { self.below(12) } else { 0 };
        for _ in 0..changes {
            self.change(&mut text);
            text.truncate(BYTES_MAX);
        }
        if self.one_in(2000) {
            let piece = self.piece();
            // A long one, once in a while: what grows with the square of its length shows.
            text = text.repeat(1 + (1 << 18) / (text.len() + 1));
            text.extend(piece.repeat(1000));
        }
        text
    }

    fn change(&mut self, text: &mut Vec<u8>) {
        match self.below(20) {
            0..=3 => self.replace(text, is_number, |m| m.number()),
            4..=6 => self.replace(text, is_word, |m| m.word()),
            7 => self.replace(text, |_| true, |_| Vec::new()),
            8 => self.replace(text, |_| true, |m| m.piece()),
            9 => self.insert(text, |m| m.piece()),
            10 => self.insert(text, |m| m.word()),
            11 => self.insert(text, |m| [&m.word()[..], b" = ", &m.value()[..], b"\n"].concat()),
            12 => self.value_of_a_line(text),
            13 => self.lines(text),
            14 => self.splice(text),
            15 => self.quotes(text),
            16 => self.nest(text),
            17 => {
                let at = self.below(text.len() + 1);
                text.truncate(at);
            }
            18 if !text.is_empty() => {
                let at = self.below(text.len());
                text[at] ^= 1 << self.below(8);
            }
            _ => {
                // A piece of it once more, or often.
                let (from, to) = self.range(text.len(), 60);
                let times = if self.one_in(20) { self.below(2000) } else { 1 + self.below(3) };
                let again = text[from..to].repeat(times);
                text.splice(to..to, again);
            }
        }
    }

    fn replace(&mut self, text: &mut Vec<u8>, of: fn(&[u8]) -> bool, by: fn(&mut Self) -> Vec<u8>) {
        let tokens: Vec<_> = tokens(text).into_iter().filter(|range| of(&text[range.clone()])).collect();
        if !tokens.is_empty() {
            let range = tokens[self.below(tokens.len())].clone();
            text.splice(range, by(self));
        }
    }

    fn insert(&mut self, text: &mut Vec<u8>, what: fn(&mut Self) -> Vec<u8>) {
        let tokens = tokens(text);
        let at = if tokens.is_empty() { 0 } else { tokens[self.below(tokens.len())].start };
        let what = what(self);
        text.splice(at..at, what);
    }

    /// What stands behind `=`, or a comma, is taken from another line of the corpus.
    fn value_of_a_line(&mut self, text: &mut Vec<u8>) {
        let lines = lines(text);
        let line = lines[self.below(lines.len())].clone();
        if let Some(at) = text[line.clone()].iter().position(|&byte| byte == b'=') {
            let value = self.value();
            text.splice(line.start + at + 1..line.end, value);
        }
    }

    fn lines(&mut self, text: &mut Vec<u8>) {
        let all = lines(text);
        let (a, b) = (all[self.below(all.len())].clone(), all[self.below(all.len())].clone());
        let line = [&text[a.clone()], b"\n"].concat();
        match self.below(3) {
            0 => drop(text.splice(b.start..b.start, line)),
            1 => drop(text.drain(a)),
            _ => drop(text.splice(b, line)),
        }
    }

    fn splice(&mut self, text: &mut Vec<u8>) {
        let other = self.other();
        let (of_other, of_text) = (lines(&other), lines(text));
        let from = self.below(of_other.len());
        let to = (from + 1 + self.below(12)).min(of_other.len());
        let at = of_text[self.below(of_text.len())].start;
        let piece = [&other[of_other[from].start..of_other[to - 1].end], b"\n"].concat();
        text.splice(at..at, piece);
    }

    /// A bare value is quoted, a quoted one bare.
    fn quotes(&mut self, text: &mut Vec<u8>) {
        let tokens = tokens(text);
        if tokens.is_empty() {
            return;
        }
        let range = tokens[self.below(tokens.len())].clone();
        let token = &text[range.clone()];
        let turned = match token {
            [b'"', inner @ .., b'"'] => inner.to_vec(),
            bare => [b"\"", bare, b"\""].concat(),
        };
        text.splice(range, turned);
    }

    fn nest(&mut self, text: &mut Vec<u8>) {
        let (open, close) = [
            ("(", ")"),
            ("[", "]"),
            ("{a=", "}"),
            ("{", "}"),
            ("-", ""),
            ("!", ""),
            ("a.", ""),
            ("1^", "1"),
            ("{\"a\":", "}"),
        ][self.below(9)];
        let depth = [3, 49, 51, 200, 5000, 20_000][self.below(6)];
        let (from, to) = self.range(text.len(), 20);
        let inner = text[from..to].to_vec();
        let closed = if self.one_in(2) { close.repeat(depth) } else { String::new() };
        text.splice(from..to, [open.repeat(depth).into_bytes(), inner, closed.into_bytes()].concat());
    }

    fn value(&mut self) -> Vec<u8> {
        match self.below(4) {
            0 => self.number(),
            1 => self.word(),
            _ => {
                let other = self.other();
                let lines = lines(&other);
                let line = &other[lines[self.below(lines.len())].clone()];
                let at = line.iter().position(|&byte| byte == b'=').map_or(0, |at| at + 1);
                line[at..].to_vec()
            }
        }
    }

    fn number(&mut self) -> Vec<u8> {
        match self.below(8) {
            0 => self.random.next_u64().to_string().into_bytes(),
            1 => f64::from_bits(self.random.next_u64()).to_string().into_bytes(),
            2 => format!("{}.{}", self.below(1000), self.below(1_000_000)).into_bytes(),
            3 => self.below(100).to_string().into_bytes(),
            _ => NUMBERS[self.below(NUMBERS.len())].into(),
        }
    }

    fn word(&mut self) -> Vec<u8> {
        if self.words.is_empty() {
            self.piece()
        } else {
            self.words[self.below(self.words.len())].clone().into()
        }
    }

    fn piece(&mut self) -> Vec<u8> {
        PIECES[self.below(PIECES.len())].into()
    }

    fn other(&mut self) -> Vec<u8> {
        self.corpus[self.below(self.corpus.len())].clone()
    }

    fn range(&mut self, len: usize, longest: usize) -> (usize, usize) {
        let from = self.below(len + 1);
        (from, (from + self.below(longest)).min(len))
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn below(&mut self, n: usize) -> usize {
        (self.random.next_u64() % n as u64) as usize
    }
}

fn is_number(token: &[u8]) -> bool {
    token[0].is_ascii_digit()
}

fn is_word(token: &[u8]) -> bool {
    token[0].is_ascii_alphabetic() || token[0] == b'"'
}

/// Words, numbers, quoted strings and single characters; blanks are between them.
fn tokens(text: &[u8]) -> Vec<std::ops::Range<usize>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let run = |of: fn(&u8) -> bool| rest.iter().take_while(|byte| of(byte)).count();
        let length = match rest[0] {
            b' ' | b'\t' => {
                at += 1;
                continue;
            }
            b'"' => rest[1..]
                .iter()
                .position(|&byte| byte == b'"' || byte == b'\n')
                .map_or(rest.len(), |end| end + 2),
            b'0'..=b'9' => run(|byte| byte.is_ascii_digit() || *byte == b'.' || *byte == b'_'),
            byte if byte.is_ascii_alphabetic() => run(|byte| byte.is_ascii_alphanumeric() || *byte == b'_'),
            _ => 1,
        };
        tokens.push(at..(at + length).min(text.len()));
        at += length;
    }
    tokens
}

/// The lines of a text, without their ends; one at least.
fn lines(text: &[u8]) -> Vec<std::ops::Range<usize>> {
    let mut start = 0;
    let mut lines = Vec::new();
    for line in text.split(|&byte| byte == b'\n') {
        lines.push(start..start + line.len());
        start += line.len() + 1;
    }
    lines
}
