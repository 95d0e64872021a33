//! Token counts of recorded traffic by name, as quantiles.
//!
//! Computed from the published traces with linear interpolation between order statistics, rounded to whole tokens;
//! between them the law is linear. `tests/theory_traffic.rs` holds mean and quantiles to the traces where they are at
//! hand.

use crate::dist::Empirical;

/// Token counts of one kind of traffic.
#[derive(Debug)]
pub struct TokenPreset {
    /// Its name in a scenario.
    pub name: &'static str,
    /// Whose they are.
    pub doc: &'static str,
    /// Prompt tokens: (level, count).
    prompt: &'static [(f64, f64)],
    /// Output tokens: (level, count).
    output: &'static [(f64, f64)],
    /// Spearman's rank correlation of the two in the recorded rows.
    pub correlation: f64,
}

/// Which of the two counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    /// Prompt tokens.
    Prompt,
    /// Output tokens.
    Output,
}

/// The known kinds of traffic.
pub static PRESETS: [TokenPreset; 2] = [
    // AzureLLMInferenceTrace_conv.csv, 19 366 requests of 16 November 2023 (github.com/Azure/AzurePublicDataset,
    // CC-BY; Patel et al., Splitwise, ISCA 2024).
    TokenPreset {
        name: "azure-conv-2023",
        doc: "conversations at Azure, November 2023: mean 1155 + 211, rank correlation 0.07",
        prompt: AZURE_CONV_PROMPT,
        output: AZURE_CONV_OUTPUT,
        correlation: 0.0728,
    },
    // synthetic_trace.jsonl, 3 993 requests (github.com/kvcache-ai/Mooncake, Apache 2.0; Qin et al., Mooncake, FAST
    // 2025): prompts with what was said before.
    TokenPreset {
        name: "mooncake-synthetic-2025",
        doc: "Mooncake's synthetic mix of long contexts, 2025: mean 15325 + 149, rank correlation -0.52",
        prompt: MOONCAKE_PROMPT,
        output: MOONCAKE_OUTPUT,
        correlation: -0.5166,
    },
];

/// A preset by its name.
pub fn find(name: &str) -> Option<&'static TokenPreset> {
    PRESETS.iter().find(|preset| preset.name == name)
}

impl TokenPreset {
    /// The law of one of its counts.
    pub fn law(&self, side: Side) -> Empirical {
        let quantiles = if side == Side::Prompt { self.prompt } else { self.output };
        Empirical::from_quantiles(quantiles).expect("the quantiles of a preset are in order")
    }
}

#[rustfmt::skip]
const AZURE_CONV_PROMPT: &[(f64, f64)] = &[
    (0.0, 2.0), (0.01, 29.0), (0.02, 91.0), (0.05, 181.0), (0.075, 200.0), (0.1, 207.0), (0.125, 235.0),
    (0.15, 372.0), (0.175, 379.0), (0.2, 387.0), (0.225, 393.0), (0.25, 396.0), (0.275, 400.0), (0.3, 403.0),
    (0.325, 407.0), (0.35, 414.0), (0.375, 428.0), (0.4, 703.0), (0.425, 922.0), (0.45, 984.0), (0.475, 1005.0),
    (0.5, 1020.0), (0.525, 1034.0), (0.55, 1045.0), (0.575, 1058.0), (0.6, 1071.0), (0.625, 1083.0),
    (0.65, 1097.0), (0.675, 1112.0), (0.7, 1130.0), (0.725, 1153.0), (0.75, 1189.0), (0.775, 1277.0),
    (0.8, 1315.0), (0.825, 1434.0), (0.85, 1876.0), (0.875, 2309.0), (0.9, 2734.0), (0.925, 4075.0),
    (0.95, 4083.0), (0.96, 4086.0), (0.97, 4090.0), (0.98, 4098.0), (0.985, 4110.0), (0.99, 4142.0),
    (0.995, 4831.0), (0.997, 5277.0), (0.998, 5652.0), (0.999, 6179.0), (0.9995, 6570.0), (0.9999, 7668.0),
    (1.0, 14050.0),
];
#[rustfmt::skip]
const AZURE_CONV_OUTPUT: &[(f64, f64)] = &[
    (0.0, 7.0), (0.01, 16.0), (0.02, 24.0), (0.05, 41.0), (0.075, 48.0), (0.1, 54.0), (0.125, 60.0), (0.15, 67.0),
    (0.175, 72.0), (0.2, 77.0), (0.225, 82.0), (0.25, 85.0), (0.275, 88.0), (0.3, 91.0), (0.325, 93.0),
    (0.35, 96.0), (0.375, 99.0), (0.4, 103.0), (0.425, 108.0), (0.45, 113.0), (0.475, 120.0), (0.5, 129.0),
    (0.525, 139.0), (0.55, 151.0), (0.575, 162.0), (0.6, 177.0), (0.625, 195.0), (0.65, 217.0), (0.675, 373.0),
    (0.7, 384.0), (0.725, 391.0), (0.75, 395.0), (0.775, 396.0), (0.8, 400.0), (0.825, 406.0), (0.85, 411.0),
    (0.875, 416.0), (0.9, 424.0), (0.925, 430.0), (0.95, 451.0), (0.96, 468.0), (0.97, 509.0), (0.98, 540.0),
    (0.985, 571.0), (0.99, 601.0), (0.995, 643.0), (0.997, 675.0), (0.998, 917.0), (0.999, 954.0),
    (0.9995, 1000.0), (0.9999, 1000.0), (1.0, 1000.0),
];
#[rustfmt::skip]
const MOONCAKE_PROMPT: &[(f64, f64)] = &[
    (0.0, 13.0), (0.01, 16.0), (0.02, 18.0), (0.05, 22.0), (0.075, 26.0), (0.1, 30.0), (0.125, 36.0), (0.15, 45.0),
    (0.175, 61.0), (0.2, 88.0), (0.225, 135.0), (0.25, 277.0), (0.275, 479.0), (0.3, 913.0), (0.325, 1983.0),
    (0.35, 2777.0), (0.375, 3379.0), (0.4, 4365.0), (0.425, 5433.0), (0.45, 6657.0), (0.475, 8978.0),
    (0.5, 11587.0), (0.525, 13856.0), (0.55, 14724.0), (0.575, 15567.0), (0.6, 16290.0), (0.625, 17053.0),
    (0.65, 17642.0), (0.675, 18414.0), (0.7, 19409.0), (0.725, 21206.0), (0.75, 23175.0), (0.775, 25381.0),
    (0.8, 28425.0), (0.825, 31422.0), (0.85, 34319.0), (0.875, 36870.0), (0.9, 38611.0), (0.925, 41325.0),
    (0.95, 48905.0), (0.96, 51386.0), (0.97, 54833.0), (0.98, 56631.0), (0.985, 61825.0), (0.99, 66456.0),
    (0.995, 76328.0), (0.997, 87510.0), (0.998, 191367.0), (0.999, 191373.0), (0.9995, 191374.0),
    (0.9999, 191378.0), (1.0, 191378.0),
];
#[rustfmt::skip]
const MOONCAKE_OUTPUT: &[(f64, f64)] = &[
    (0.0, 1.0), (0.01, 2.0), (0.02, 2.0), (0.05, 2.0), (0.075, 3.0), (0.1, 4.0), (0.125, 4.0), (0.15, 6.0),
    (0.175, 7.0), (0.2, 8.0), (0.225, 9.0), (0.25, 11.0), (0.275, 13.0), (0.3, 16.0), (0.325, 19.0), (0.35, 22.0),
    (0.375, 27.0), (0.4, 32.0), (0.425, 39.0), (0.45, 49.0), (0.475, 58.0), (0.5, 69.0), (0.525, 80.0),
    (0.55, 92.0), (0.575, 107.0), (0.6, 126.0), (0.625, 146.0), (0.65, 169.0), (0.675, 192.0), (0.7, 210.0),
    (0.725, 231.0), (0.75, 250.0), (0.775, 269.0), (0.8, 289.0), (0.825, 310.0), (0.85, 332.0), (0.875, 358.0),
    (0.9, 389.0), (0.925, 444.0), (0.95, 519.0), (0.96, 564.0), (0.97, 609.0), (0.98, 689.0), (0.985, 732.0),
    (0.99, 768.0), (0.995, 782.0), (0.997, 791.0), (0.998, 800.0), (0.999, 813.0), (0.9995, 830.0),
    (0.9999, 873.0), (1.0, 893.0),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dist::Law;

    #[test]
    fn every_preset_is_two_laws_with_the_means_it_tells() {
        for (preset, means) in PRESETS.iter().zip([(1154.7, 211.13), (15_325.48, 149.12)]) {
            let (prompt, output) = (preset.law(Side::Prompt), preset.law(Side::Output));
            assert!((prompt.mean() / means.0 - 1.0).abs() < 5e-3, "{}: {}", preset.name, prompt.mean());
            assert!((output.mean() / means.1 - 1.0).abs() < 5e-3, "{}: {}", preset.name, output.mean());
            let told =
                format!("mean {:.0} + {:.0}, rank correlation {:.2}", means.0, means.1, preset.correlation);
            assert!(preset.doc.ends_with(&told), "{} does not tell {told}", preset.doc);
            assert!(std::ptr::eq(find(preset.name).unwrap(), preset));
        }
    }
}
