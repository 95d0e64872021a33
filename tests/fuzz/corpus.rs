//! What inputs are made of: the shipped texts, those of `corpus/<target>`, and the words of the schema.

use crate::mutate::Mutator;
use crate::targets::Target;
use ratetide::read::schema;
use ratetide::scenario::spec::SCENARIO;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The texts and words of a target.
pub struct Corpus {
    texts: Vec<Vec<u8>>,
    words: Vec<String>,
}

impl Corpus {
    /// Those of a target.
    pub fn of(target: &Target) -> Corpus {
        let mut texts =
            files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus").join(target.name));
        texts.extend((target.texts)());
        if texts.is_empty() {
            texts.push(Vec::new());
        }
        Corpus { texts, words: words() }
    }

    /// Input `number`: first the texts as they are, then what is made of them.
    pub fn input(&self, number: u64) -> Vec<u8> {
        match self.texts.get(number as usize) {
            Some(text) => text.clone(),
            None => Mutator::new(number, &self.texts, &self.words).input(),
        }
    }
}

/// The content of every file in a folder, in the order of their names.
pub fn files(folder: &Path) -> Vec<Vec<u8>> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).map(|all| all.map(|entry| entry.unwrap().path()).collect()).unwrap_or_default();
    paths.sort();
    paths.iter().filter(|path| path.is_file()).map(|path| fs::read(path).unwrap()).collect()
}

/// Every key, choice, default and example of the schema, and the quantities and functions of formulas.
fn words() -> Vec<String> {
    let mut words = BTreeSet::new();
    gather(&schema(&SCENARIO), &mut words);
    let formula = ratetide::limit::law::formula::QUANTITIES.iter().map(|(name, _)| (*name).to_owned());
    words.extend(formula);
    words.extend(ratetide::limit::expression::FUNCTIONS.iter().map(|function| function.name.to_owned()));
    words.extend(ratetide::metrics::metric::METRICS.iter().map(|metric| metric.name.to_owned()));
    words.into_iter().collect()
}

fn gather(schema: &Value, words: &mut BTreeSet<String>) {
    match schema {
        Value::Object(map) => {
            for (key, value) in map {
                if let ("properties", Value::Object(keys)) = (key.as_str(), value) {
                    words.extend(keys.keys().cloned());
                }
                if ["enum", "const", "default", "examples"].contains(&key.as_str()) {
                    let all = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
                    words.extend(all.iter().map(Value::to_string));
                }
                gather(value, words);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| gather(value, words)),
        _ => {}
    }
}
