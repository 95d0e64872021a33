//! Plain decimal numbers, split without rounding.

/// The most digits on one side of the decimal point: enough for any float, few enough to be cheap.
const DIGITS_MAX: usize = 400;

/// Splits `text` after its leading decimal number: (whole digits, digits after the point, what follows).
///
/// No sign and no exponent: a quantity of a scenario is never negative, and `1e30 s` is a slip.
pub fn split(text: &str) -> Result<(&str, &str, &str), String> {
    let (whole, rest) = digits(text);
    if whole.is_empty() {
        return Err(match text.chars().next() {
            Some('-') => "must not be negative".to_owned(),
            Some('.') => "needs a digit before the decimal point".to_owned(),
            _ => "must begin with a number".to_owned(),
        });
    }
    let (fraction, rest) = match rest.strip_prefix('.') {
        None => ("", rest),
        Some(after) => match digits(after) {
            ("", _) => return Err("needs a digit after the decimal point".to_owned()),
            split => split,
        },
    };
    if whole.len().max(fraction.len()) > DIGITS_MAX {
        return Err("has too many digits".to_owned());
    }
    match rest.chars().next() {
        Some('e' | 'E') => Err("must be written without an exponent".to_owned()),
        Some(',' | '_') => Err("must be written without thousands separators".to_owned()),
        _ => Ok((whole, fraction, rest)),
    }
}

/// The leading ASCII digits of `text`, and the rest.
fn digits(text: &str) -> (&str, &str) {
    text.split_at(text.bytes().take_while(u8::is_ascii_digit).count())
}
