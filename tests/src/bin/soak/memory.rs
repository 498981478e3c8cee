//! How the host's memory goes with the number of swaps. It goes up and down by itself: what an allocator keeps and gives back, a
//! compiler's leavings. So growth comes with what it may be wrong by, and is a leak where it is more than that.

/// Parts of the swaps, each told by its middle value: what is high for a moment does not count.
const PARTS: usize = 20;
/// So many standard errors: one measure in forty would be called a leak by chance.
const ERRORS: f64 = 2.0;

/// A line through the memory after each swap.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Growth {
    /// Bytes a swap.
    pub(crate) slope: f64,
    /// What that may be wrong by, in the same unit; not finite where there are too few swaps to say.
    pub(crate) error: f64,
}

impl Growth {
    /// By least squares over the parts of these values, in KiB.
    pub(crate) fn of(resident_kib: &[u64]) -> Self {
        let size = resident_kib.len().div_ceil(PARTS).max(1);
        let parts: Vec<_> = resident_kib.chunks_exact(size).map(median).collect();
        let count = parts.len() as f64;
        let (middle, mean) = ((count - 1.0) / 2.0, parts.iter().sum::<f64>() / count);
        let deviations = || parts.iter().enumerate().map(|(part, kib)| (part as f64 - middle, kib - mean));
        let alone: f64 = deviations().map(|(x, _)| x * x).sum();
        let together: f64 = deviations().map(|(x, y)| x * y).sum();
        if parts.len() < 3 {
            return Self { slope: 0.0, error: f64::INFINITY };
        }
        let slope = together / alone;
        let off: f64 = deviations().map(|(x, y)| (y - slope * x).powi(2)).sum();
        let error = (off / (count - 2.0) / alone).sqrt();
        let bytes = 1024.0 / size as f64;
        Self { slope: slope * bytes, error: error * bytes }
    }

    /// The least that it is, by all that can be told.
    pub(crate) fn at_least(self) -> f64 {
        self.slope - ERRORS * self.error
    }
}

fn median(part: &[u64]) -> f64 {
    let mut part = part.to_vec();
    part.sort_unstable();
    part[part.len() / 2] as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Some KiB up and down that are the same each time.
    fn noise(swap: u64) -> u64 {
        swap.wrapping_mul(6_364_136_223_846_793_005).rotate_left(17) % 2_000
    }

    #[test]
    fn a_line_has_its_slope_and_no_error() {
        let kib: Vec<_> = (0..1_000).map(|swap| 100_000 + 2 * swap).collect();
        let Growth { slope, error } = Growth::of(&kib);
        assert!((slope - 2_048.0).abs() < 0.001 && error < 0.001, "{slope} {error}");
    }

    #[test]
    fn a_leak_is_told_from_noise() {
        let flat: Vec<_> = (0..2_500).map(|swap| 100_000 + noise(swap)).collect();
        assert!(Growth::of(&flat).at_least() < 0.0, "{:?}", Growth::of(&flat));
        let leaks: Vec<_> = (0..2_500).map(|swap| 100_000 + noise(swap) + 3 * swap).collect();
        assert!(Growth::of(&leaks).at_least() > 1_024.0, "{:?}", Growth::of(&leaks));
    }

    #[test]
    fn a_few_swaps_say_nothing() {
        assert!(Growth::of(&[]).at_least() < 0.0 && Growth::of(&[5, 9_000_000]).at_least() < 0.0);
    }
}
