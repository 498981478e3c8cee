//! OpenStack's times.

/// RFC 3339 in UTC, to the second. Nova writes "2026-11-23T09:24:00Z"; Cinder and Nova's actions write
/// "2026-11-23T09:24:01.322328", which is UTC too, and round the fraction away when it is read again.
#[must_use]
pub fn rfc3339(time: &str) -> String {
    let seconds = time.split(['.', 'Z', '+']).next().unwrap_or(time);
    if seconds.is_empty() { String::new() } else { format!("{seconds}Z") }
}

#[cfg(test)]
mod tests {
    use super::rfc3339;

    #[test]
    fn every_services_time_reads_the_same() {
        for time in [
            "2026-11-23T09:24:01Z",
            "2026-11-23T09:24:01.322328",
            "2026-11-23T09:24:01",
            "2026-11-23T09:24:01+00:00",
        ] {
            assert_eq!(rfc3339(time), "2026-11-23T09:24:01Z");
        }
        assert_eq!(rfc3339(""), "");
    }
}
