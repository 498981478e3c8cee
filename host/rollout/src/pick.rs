//! Which of several generations answers a tenant: the same one each time, in every process, by their weights. Growing
//! one's weight only moves tenants to it. Pins are in `rollout`.

/// Of `shares`, each the identity and the weight of a generation, the one that is the tenant's.
///
/// Weighted rendezvous hashing: each gets a score from its own hash with the tenant, and the best one answers.
pub(super) fn pick(shares: impl Iterator<Item = (u64, u32)>, tenant: u64) -> Option<usize> {
    let scores = shares.map(|(identity, weight)| score(mix(identity ^ mix(tenant)), weight)).enumerate();
    scores.max_by(|(_, one), (_, other)| one.total_cmp(other)).map(|(place, _)| place)
}

#[expect(clippy::cast_precision_loss, reason = "53 bits of a hash are enough")]
fn score(hash: u64, weight: u32) -> f64 {
    // Between 0 and 1, and neither of them.
    let even = ((hash >> 11) as f64 + 0.5) / (1_u64 << 53) as f64;
    f64::from(weight) / -even.ln()
}

/// The finalizer of SplitMix64: every bit of the input moves every bit of the output.
fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENANTS: u64 = 10_000;

    /// The tenants that the first of two gets at these weights.
    fn first_of(weights: [u32; 2]) -> Vec<u64> {
        let shares = [(11, weights[0]), (22, weights[1])];
        (1..=TENANTS).filter(|tenant| pick(shares.into_iter(), *tenant) == Some(0)).collect()
    }

    #[test]
    fn each_gets_its_part_of_the_tenants() {
        for (weight, expected) in [(1, 100), (10, 1_000), (50, 5_000)] {
            let tenants = first_of([weight, 100 - weight]).len();
            assert!(tenants.abs_diff(expected) < expected / 2, "{tenants} tenants at {weight} %");
        }
        assert_eq!(first_of([0, 100]).len(), 0);
        assert_eq!(pick(std::iter::empty(), 1), None);
    }

    #[test]
    fn a_growing_weight_only_takes_tenants() {
        let (small, large) = (first_of([10, 90]), first_of([30, 70]));
        assert!(small.iter().all(|tenant| large.contains(tenant)));
    }
}
