//! How the host's memory goes with the number of swaps.

/// Bytes a swap, by least squares over the values after each swap, in KiB.
pub(crate) fn slope_bytes(resident_kib: &[u64]) -> f64 {
    let count = resident_kib.len() as f64;
    let middle = (count - 1.0) / 2.0;
    let mean = resident_kib.iter().sum::<u64>() as f64 / count;
    let deviations =
        resident_kib.iter().enumerate().map(|(swap, kib)| (swap as f64 - middle, *kib as f64 - mean));
    let (together, alone) = deviations.fold((0.0, 0.0), |(t, a), (x, y)| (t + x * y, a + x * x));
    if alone > 0.0 { together / alone * 1024.0 } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::slope_bytes;

    #[test]
    fn a_line_has_its_slope() {
        let close = |kib: &[u64], bytes: f64| assert!((slope_bytes(kib) - bytes).abs() < 0.001, "{kib:?}");
        close(&[10, 12, 14, 16], 2048.0);
        close(&[7, 7, 7], 0.0);
        close(&[5, 9, 5], 0.0);
        close(&[5], 0.0);
    }
}
