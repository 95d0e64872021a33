//! What an expression says, what is wrong with a text, and that a program says the same.

use super::*;
use proptest::prelude::*;

const NAMES: &[&str] = &["x", "y", "success_rate"];

/// What a program finds in each lane, run twice over.
fn ran(expressions: [Option<&Expression>; 2], quantities: &[[f64; 3]; 2]) -> Lanes {
    let program = Program::of(expressions, NAMES.len()).expect("a small program");
    let mut frame = program.frame();
    (0..3).for_each(|i| frame.set(i, [quantities[0][i], quantities[1][i]]));
    let first = program.run(&mut frame);
    let again = program.run(&mut frame);
    assert!(
        (0..2).all(|i| first[i].to_bits() == again[i].to_bits() || first[i].is_nan() && again[i].is_nan())
    );
    first
}

fn value(text: &str) -> f64 {
    let expression = compile(text, NAMES).unwrap_or_else(|fault| panic!("{text}: {fault:?}"));
    let at = [3.0, -2.0, 100.0];
    let value = expression.value(&at);
    assert_eq!(value.to_bits(), ran([Some(&expression), None], &[at, [0.0; 3]])[0].to_bits(), "{text}: run");
    value
}

#[test]
fn it_computes_what_is_written() {
    for (text, expected) in [
        ("1 + 2 * 3", 7.0),
        ("(1 + 2) * 3", 9.0),
        ("8 - 4 - 2", 2.0),
        ("16 / 4 / 2", 2.0),
        ("2 ^ 3 ^ 2", 512.0),
        ("-2 ^ 2", -4.0),
        ("2 ^ -2", 0.25),
        ("-x - -y", -5.0),
        ("x*y + success_rate", 94.0),
        ("1.5e2 + .5", 150.5),
        ("1e-3", 1e-3),
        ("clamp(2 * success_rate, 10, x * 50)", 150.0),
        ("min(x, y, 1)", -2.0),
        ("max(1, x)", 3.0),
        ("if(x > y, 1, 2)", 1.0),
        ("if(x <= y || x == 7, 1, 2)", 2.0),
        ("x > 2 && y < 0", 1.0),
        ("!(x != 3) + 1", 2.0),
        ("sqrt(abs(y) + 2) + floor(1.9) + ceil(0.1)", 4.0),
        ("ln(exp(x))", 3.0),
        ("x\n + 1", 4.0),
    ] {
        assert!((value(text) - expected).abs() < 1e-12, "{text}: {}", value(text));
    }
}

/// The first quantity is no number.
#[test]
fn what_is_no_number_is_never_chosen_away() {
    let at = [f64::NAN, -2.0, 0.0];
    for (text, expected) in [
        ("min(x, 1)", f64::NAN),
        ("min(1, x)", f64::NAN),
        ("max(x, 1)", f64::NAN),
        ("max(1, 2, x)", f64::NAN),
        ("max(min(x, 1), 2)", f64::NAN),
        ("clamp(x, 1, 2)", f64::NAN),
        ("clamp(1, x, 2)", f64::NAN),
        ("clamp(1, 2, x)", f64::NAN),
        ("x ^ 0", f64::NAN),
        ("1 ^ x", f64::NAN),
        ("x == x", f64::NAN),
        ("x != 1", f64::NAN),
        ("!x", f64::NAN),
        ("if(x, 1, 2)", f64::NAN),
        ("if(x > 1, 1, 2)", f64::NAN),
        ("if(1 < 2, x, 2)", f64::NAN),
        ("x && 0", f64::NAN),
        ("y && x", f64::NAN),
        ("success_rate || x", f64::NAN),
        // Where it does not count.
        ("if(1 < 2, 3, x)", 3.0),
        ("if(success_rate > 0, x, 4)", 4.0),
        ("success_rate > 0 && x > 1", 0.0),
        ("y < 0 || x > 1", 1.0),
    ] {
        let expression = compile(text, NAMES).unwrap();
        let found = [expression.value(&at), ran([Some(&expression), None], &[at, [0.0; 3]])[0]];
        let is_right = |value: f64| value == expected || value.is_nan() && expected.is_nan();
        assert!(found.into_iter().all(is_right), "{text}: {found:?}");
    }
}

#[test]
fn every_mistake_has_its_place() {
    for (text, marked, message) in [
        ("2 * sucess_rate", "sucess_rate", "unknown quantity"),
        ("2 * clmap(1, 2, 3)", "clmap", "unknown function"),
        ("1 / 0", "0", "division by zero"),
        ("x / (3 - 3)", "(3 - 3)", "division by zero"),
        ("1 +", "", "ends"),
        ("", "", "empty"),
        ("(1 + 2", "(", "not closed"),
        ("1 + 2)", ")", "without its"),
        ("1 2", "2", "operator"),
        ("min(1)", "min", "argument"),
        ("clamp(1, 2)", "clamp", "3 arguments"),
        ("min(1,,2)", ",", "value"),
        ("1 $ 2", "$", "unexpected"),
        ("x = 3", "=", "=="),
        ("min", "min", "function"),
        ("x(3)", "x", "quantity"),
        ("1 < x < 3", "<", "chain"),
        ("ln(-1)", "ln(-1)", "not a number"),
        ("1e999", "1e999", "too large"),
        ("1, 2", ",", "comma"),
        ("()", ")", "value"),
        ("f()", "f", "unknown function"),
        ("x < 1 && 1 < x <= 3", "<=", "chain"),
        ("x <  1 + x  == 3", "==", "chain"),
        ("x & y", "&", "unexpected"),
        ("x ! y", "!", "operator"),
        ("x(", "x", "quantity"),
        ("min(1, (2", "(", "not closed"),
        ("min(1, 2", "min", "not closed"),
        ("(1, 2)", ",", "comma"),
        ("1.2.3", ".3", "operator"),
        ("1e", "e", "operator"),
        (".", ".", "not a number"),
        ("2 * é", "é", "unexpected"),
        ("* 2", "*", "value"),
        ("2 + + 3", "+", "value"),
    ] {
        let fault = compile(text, NAMES).expect_err(text);
        assert_eq!(&text[fault.at.clone()], marked, "{text}: {fault:?}");
        assert!(fault.message.contains(message), "{text}: {fault:?}");
    }
    let near = compile("2 * sucess_rate", NAMES).unwrap_err().help;
    assert_eq!(near.as_deref(), Some("did you mean `success_rate`?"));
}

#[test]
fn depth_is_bounded_and_length_is_no_danger() {
    let nested = |depth: usize| format!("{}x{}", "(".repeat(depth), ")".repeat(depth));
    assert!(compile(&nested(DEPTH_MAX), NAMES).is_ok());
    assert!(compile(&nested(DEPTH_MAX + 1), NAMES).unwrap_err().message.contains("nested"));
    assert!(compile(&nested(100_000), NAMES).is_err());
    assert_eq!(value(&format!("{}x", "-".repeat(1000))), 3.0);
    assert_eq!(value(&format!("1{}", "+1".repeat(900))), 901.0);
    assert!(compile(&format!("1{}", "+x".repeat(500_000)), NAMES).is_err(), "too many steps");
}

/// What the expressions share is done once, two operations become one, and places are used again.
#[test]
fn a_program_is_short() {
    let steps = |texts: [&str; 2]| {
        let [one, other] = texts.map(|text| compile(text, NAMES).unwrap());
        Program::of([Some(&one), Some(&other)], NAMES.len()).map(|program| program.len())
    };
    let law = "max(1, min((1 + x) * success_rate, 90, 0.5 * y))";
    assert_eq!(steps([law, law]), Some(4), "six operations, of both");
    assert_eq!(steps([law, "max(2, min((1 + x) * success_rate, 90, 0.5 * y))"]), Some(5), "all but the last");
    assert_eq!(steps(["x * x + x * x", "x * x"]), Some(2), "what is needed twice stays");
    let long = format!("x{}", "*y+x".repeat(400));
    assert_eq!(steps([&long, "x"]), Some(401), "the product once, then 400 sums");
    let many: Vec<String> = (0..300).map(|i| format!("(x > {i})")).collect();
    assert_eq!(steps([&many.join("+"), "x"]), None, "more constants than places");
}

/// What the grammar descends into fits a small stack, whatever the text.
#[test]
fn nothing_overflows_the_stack() {
    let all = |text: &str, times: usize| text.repeat(times);
    let texts = [
        format!("{}x{}", all("(x || x && x < x + x * -", DEPTH_MAX), all(")", DEPTH_MAX)),
        format!("{}x{}", all("min(x || x && x < x + x ^ -", DEPTH_MAX), all(", x)", DEPTH_MAX)),
        format!("{}x{}", all("-!", 2000), all("^-x", 1000)),
        all("(", 1_000_000),
        all("-", 1_000_000),
        all("x^", 1_000_000),
        all("x<", 1_000_000),
        all("min(", 1_000_000),
        all("1,", 1_000_000),
        all(" ", 1_000_000),
        all("é", 1_000_000),
        all("1", 1_000_000),
        all("x", 1_000_000),
    ];
    let read = move || texts.iter().map(|text| compile(text, NAMES).is_ok()).collect::<Vec<bool>>();
    let thread = std::thread::Builder::new().stack_size(256 * 1024).spawn(read).unwrap();
    let read = thread.join().expect("the stack sufficed");
    assert_eq!(read.iter().filter(|&&read| read).count(), 3, "{read:?}");
}

#[test]
fn it_knows_what_it_reads() {
    let expression = compile("x + 0 * success_rate", NAMES).unwrap();
    assert_eq!([0, 1, 2].map(|i| expression.reads(i)), [true, false, true]);
}

/// Texts of expressions, whole and right.
fn written() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        proptest::sample::select(NAMES).prop_map(str::to_owned),
        (1u32..200).prop_map(|n| format!("{}", f64::from(n) / 8.0)),
    ];
    leaf.prop_recursive(6, 40, 3, |part| {
        let infix = proptest::sample::select(
            &["+", "-", "*", "/", "^", "<", "<=", "==", "!=", ">", ">=", "&&", "||"][..],
        );
        let one = proptest::sample::select(&["-", "!", "abs", "sqrt", "exp", "ln", "floor", "ceil"][..]);
        let more = proptest::sample::select(&["min", "max", "clamp", "if"][..]);
        prop_oneof![
            3 => (part.clone(), infix, part.clone()).prop_map(|(a, op, b)| format!("({a} {op} {b})")),
            1 => (one, part.clone()).prop_map(|(op, a)| format!("{op}({a})")),
            3 => (more, [part.clone(), part.clone(), part]).prop_map(|(op, [a, b, c])| {
                format!("{op}({a}, {b}, {c})")
            }),
        ]
    })
}

proptest! {
    /// Shared, joined and side by side, steps find what the text says, to the last bit.
    #[test]
    fn a_program_computes_what_its_expressions_do(
        texts in [written(), written()],
        at in proptest::array::uniform2(proptest::array::uniform3(prop_oneof![
            8 => -1e3..1e3, 1 => Just(0.0), 1 => Just(f64::INFINITY), 1 => Just(-1.0), 1 => Just(f64::NAN),
        ])),
    ) {
        let [one, other] = texts.each_ref().map(|text| compile(text, NAMES).ok());
        let same = |a: f64, b: f64| a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan();
        for expressions in [[&one, &other], [&one, &one], [&one, &None], [&None, &other]] {
            let expressions = expressions.map(Option::as_ref);
            let found = ran(expressions, &at);
            for lane in 0..2 {
                let Some(expression) = expressions[lane] else { continue };
                let value = expression.value(&at[lane]);
                prop_assert!(same(value, found[lane]), "{}: {value} {}", expression.text(), found[lane]);
            }
        }
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,40}", near in "[-x0-9.e+*/^()<>=!&|, ]{0,60}", call in "(min|clamp|if|x|\\(|\\)|,|1|-|<){0,30}") {
        for text in [text, near, call] {
            match compile(&text, NAMES) {
                Ok(expression) => {
                    expression.value(&[3.0, f64::INFINITY, -0.0]);
                }
                Err(fault) => prop_assert!(text.get(fault.at.clone()).is_some(), "{text}: {fault:?}"),
            }
        }
    }
}
