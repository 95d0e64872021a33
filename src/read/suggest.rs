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

/// The least length of a word that may be the beginning of what was meant, and the most words told for it.
const BEGINNING: (usize, usize) = (3, 4);

/// What may have been meant: the nearest word, or else those that begin like it.
fn likely<'a>(word: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> Vec<&'a str> {
    let near = nearest(word, known.clone());
    let (least, most) = BEGINNING;
    if near.is_some() || word.chars().count() < least {
        return near.into_iter().collect();
    }
    let word = word.to_lowercase();
    known.into_iter().filter(|known| known.to_lowercase().starts_with(&word)).take(most).collect()
}

/// "Did you mean …?", if anything may have been meant; `quoted` writes a word.
pub fn did_you_mean<'a>(
    word: &str,
    known: impl IntoIterator<Item = &'a str> + Clone,
    quoted: impl Fn(&str) -> String,
) -> Option<String> {
    let words: Vec<String> = likely(word, known).into_iter().map(quoted).collect();
    let (last, before) = words.split_last()?;
    let before = if before.is_empty() { String::new() } else { format!("{} or ", before.join(", ")) };
    Some(format!("did you mean {before}{last}?"))
}

#[cfg(test)]
mod tests {
    use super::{did_you_mean, nearest};

    #[test]
    fn a_beginning_is_recognised_where_nothing_is_near() {
        let known = ["openai-python", "openai-cookbook", "grpc"];
        let told = |word| did_you_mean(word, known, |word| format!("`{word}`"));
        assert_eq!(told("opena").unwrap(), "did you mean `openai-python` or `openai-cookbook`?");
        assert_eq!(told("OpenAI-p").unwrap(), "did you mean `openai-python`?");
        assert_eq!(told("grcp").unwrap(), "did you mean `grpc`?");
        assert_eq!((told("op"), told("spark")), (None, None));
    }

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
