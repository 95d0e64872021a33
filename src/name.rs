//! Names of orgs, workloads, models and keys.

use std::fmt;
use std::sync::Arc;

/// The longest name, in bytes.
pub const NAME_LEN_MAX: usize = 64;

/// The pattern of a name, as a regular expression.
pub const NAME_PATTERN: &str = "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$";

/// A name: one ASCII letter or digit, then up to 63 of letters, digits, `.`, `_` and `-`; never `TOTAL` in
/// any case, which heads the row of sums.
///
/// So it is safe as part of a path, as a CSV cell (no quoting, no formula) and in an SVG, by construction.
/// Cheap to clone; ordered by its bytes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(Arc<str>);

impl Name {
    /// The name spelled `text`.
    ///
    /// # Errors
    /// Says which rule the text breaks.
    ///
    /// ```
    /// use ratetide::name::Name;
    /// assert!(Name::new("llama-3.3-70b").is_ok());
    /// assert!(Name::new("../etc").is_err());
    /// ```
    pub fn new(text: &str) -> Result<Name, String> {
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        if text.is_empty() {
            return Err("must not be empty".to_owned());
        }
        if let Some(bad) = text.chars().find(|c| !is_part(*c)) {
            return Err(format!("must be of letters, digits, '.', '_' and '-' only, not {bad:?}"));
        }
        if !text.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            return Err("must begin with a letter or a digit".to_owned());
        }
        if text.len() > NAME_LEN_MAX {
            return Err(format!("must have at most {NAME_LEN_MAX} characters, not {}", text.len()));
        }
        if text.eq_ignore_ascii_case("total") {
            return Err("must not be TOTAL, which names the row of sums".to_owned());
        }
        Ok(Name(Arc::from(text)))
    }

    /// The names joined by `@`, which no name holds: so no two lists make the same, and none makes a name that
    /// was given. As safe as a name, but as long as its parts together.
    ///
    /// ```
    /// use ratetide::name::Name;
    /// let [model, org] = ["m", "acme"].map(|text| Name::new(text).unwrap());
    /// assert_eq!(Name::joined(&[&model, &org]).as_str(), "m@acme");
    /// ```
    pub fn joined(parts: &[&Name]) -> Name {
        let texts: Vec<&str> = parts.iter().map(|part| part.as_str()).collect();
        Name(Arc::from(texts.join("@")))
    }

    /// The text of the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn accepted() {
        for text in ["a", "7b", "llama-3.3-70b", "A_b", "totals", &"x".repeat(64)] {
            let name = Name::new(text).unwrap();
            assert_eq!((name.as_str(), format!("{name:?}")), (text, format!("{text:?}")));
        }
    }

    #[test]
    fn refused_with_the_rule() {
        for (text, rule) in [
            ("", "empty"),
            (".", "begin"),
            ("..", "begin"),
            ("-x", "begin"),
            ("_x", "begin"),
            ("a/b", "'/'"),
            ("a b", "' '"),
            ("=1+1", "'='"),
            ("é", "'é'"),
            ("a\u{1b}", "\\u{1b}"),
            ("TOTAL", "row of sums"),
            ("Total", "row of sums"),
            (&"x".repeat(65), "at most 64"),
        ] {
            let error = Name::new(text).unwrap_err();
            assert!(error.contains(rule), "{text:?}: {error}");
        }
    }

    proptest! {
        #[test]
        fn a_name_is_safe_everywhere(text in "\\PC{0,70}|[A-Za-z0-9._-]{1,64}") {
            if let Ok(name) = Name::new(&text) {
                let name = name.as_str();
                let path = std::path::Path::new("out").join(name);
                prop_assert_eq!(path.components().count(), 2);
                prop_assert!(!name.contains(['<', '&', '"', ',', '=', '\n']));
                prop_assert!(!name.starts_with(['-', '+', '=', '@', '.']));
            }
        }
    }
}
