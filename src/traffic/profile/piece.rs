//! A linear piece of a profile, its integral and the inverse of that.

/// A piece over which the factor is linear.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Piece {
    pub(super) start_ns: u64,
    pub(super) end_ns: u64,
    /// Factor at the start of the piece.
    pub(super) from: f64,
    /// Factor at its end; equal to `from` in the last piece, which never ends.
    pub(super) to: f64,
    /// Λ at the start of the piece.
    pub(super) area: f64,
}

impl Piece {
    pub(super) fn factor_at(&self, t_ns: u64) -> f64 {
        if t_ns == self.end_ns {
            return self.to;
        }
        self.from + self.slope() * (t_ns - self.start_ns) as f64
    }

    /// Change of the factor per nanosecond.
    pub(super) fn slope(&self) -> f64 {
        (self.to - self.from) / (self.end_ns - self.start_ns) as f64
    }

    pub(super) fn area_at(&self, t_ns: u64) -> f64 {
        self.area + (t_ns - self.start_ns) as f64 * (self.from + self.factor_at(t_ns)) / 2.0
    }

    /// Λ at the end of the piece.
    pub(super) fn area_end(&self) -> f64 {
        if self.end_ns == u64::MAX && self.to > 0.0 { f64::INFINITY } else { self.area_at(self.end_ns) }
    }

    /// When Λ reaches `area`, which lies in this piece: the root of from·x + slope·x²/2 = area, in the form
    /// that neither cancels nor divides by a vanishing slope.
    pub(super) fn reaches(&self, area: f64) -> u64 {
        let more = area - self.area;
        if more <= 0.0 {
            return self.start_ns;
        }
        let root = (self.from * self.from + 2.0 * self.slope() * more).max(0.0).sqrt();
        let x = (2.0 * more / (self.from + root)).round() as u64;
        self.start_ns.saturating_add(x).min(self.end_ns)
    }

    /// The part of the piece in which the factor is at least `threshold`.
    pub(super) fn above(&self, threshold: f64) -> Option<(u64, u64)> {
        let crossing = || self.start_ns + ((threshold - self.from) / self.slope()).round() as u64;
        match (self.from >= threshold, self.to >= threshold) {
            (true, true) => Some((self.start_ns, self.end_ns)),
            (true, false) => Some((self.start_ns, crossing())),
            (false, true) => Some((crossing(), self.end_ns)),
            (false, false) => None,
        }
    }
}
