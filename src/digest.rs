//! Fingerprints of bytes and of the files a scenario reads.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A file that a scenario reads.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Input {
    /// Its name as in the scenario.
    pub name: String,
    /// SHA-256 of its content, lower-case hexadecimal.
    pub sha256: String,
}

/// The SHA-256 of `bytes` (FIPS 180-4), lower-case hexadecimal.
///
/// ```
/// assert!(ratetide::digest::sha256(b"abc").starts_with("ba7816bf8f01cfea"));
/// ```
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
