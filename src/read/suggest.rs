//! "Did you mean": the known word nearest to a mistyped one.

/// Longer words are not compared: nobody mistypes them, and the comparison is quadratic.
const WORD_LEN_MAX: usize = 64;

/// The word of `known` nearest to `word`, if near enough to be a slip: at most a third of its letters apart
/// (Damerau–Levenshtein distance, case and `-` for `_` ignored).
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > WORD_LEN_MAX {
        return None;
    }
    let plain = |text: &str| text.to_lowercase().replace('-', "_");
    let word = plain(word);
    let allowed = (word.chars().count() / 3).max(1);
    known
        .into_iter()
        .filter(|candidate| candidate.len() <= WORD_LEN_MAX)
        .map(|candidate| (strsim::damerau_levenshtein(&word, &plain(candidate)), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn slips_are_recognised_and_strangers_are_not() {
        let keys = ["replicas", "max_wait", "on_disconnect", "cv"];
        assert_eq!(nearest("replcias", keys), Some("replicas"));
        assert_eq!(nearest("max-wait", keys), Some("max_wait"));
        assert_eq!(nearest("Replicas", keys), Some("replicas"));
        assert_eq!(nearest("cb", keys), Some("cv"));
        assert_eq!(nearest("kind", keys), None);
        assert_eq!(nearest("", keys), None);
        assert_eq!(nearest(&"replicas".repeat(1000), keys), None);
    }
}
