//! Until when a call may take: the header `grpc-timeout`, and the configured bound where there is none or a longer one.

use std::time::Duration;

use http::HeaderMap;
use patchbay_core::error::{Error, Kind};
use tokio::time::{Instant, sleep_until};

use super::refusal::Refusal;
use crate::grpc::Config;

/// A call's end, from its first byte on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline {
    /// When it has passed.
    pub(super) at: Instant,
    /// When the call is cut off. A caller's own deadline is kept to the moment; at ours, the call may say itself what it
    /// was waiting for.
    cut: Instant,
}

impl Deadline {
    /// What the caller wants, as far as the configuration allows it.
    pub(super) fn read(headers: &HeaderMap, config: &Config) -> Result<Self, Refusal> {
        let now = Instant::now();
        let longest = Duration::from_millis(config.call_ms_max);
        let margin = Duration::from_millis(config.answer_margin_ms);
        let Some(header) = headers.get("grpc-timeout") else {
            return Ok(Self { at: now + longest, cut: now + longest + margin });
        };
        match header.to_str().ok().and_then(timeout) {
            None => Err(malformed().into()),
            Some(Duration::ZERO) => Err(passed().into()),
            Some(wanted) if wanted < longest => Ok(Self { at: now + wanted, cut: now + wanted }),
            Some(_) => Ok(Self { at: now + longest, cut: now + longest + margin }),
        }
    }

    /// The call's outcome, unless it comes too late.
    pub(super) async fn bound<T>(self, call: impl Future<Output = T>) -> Result<T, Refusal> {
        // The timer counts in milliseconds, and rounds up: the call may see sooner than it that the time is over.
        let over = || Instant::now() >= self.cut;
        if over() {
            return Err(passed().into());
        }
        tokio::select! {
            biased;
            () = sleep_until(self.cut) => Err(passed().into()),
            outcome = call => if over() { Err(passed().into()) } else { Ok(outcome) },
        }
    }
}

fn malformed() -> Error {
    Error::invalid("grpc-timeout must be one to eight digits and one of H, M, S, m, u, n, as \"20S\".")
}

/// What a caller is told whose deadline has passed.
pub(super) fn passed() -> Error {
    Error::new(Kind::Timeout, "The call's deadline has passed.")
}

/// The header `grpc-timeout`: at most eight digits and a unit (gRPC over HTTP/2, "Requests").
fn timeout(header: &str) -> Option<Duration> {
    let (digits, unit) = header.split_at_checked(header.len().checked_sub(1)?)?;
    if !(1..=8).contains(&digits.len()) || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let amount: u64 = digits.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_secs(amount * 3600),
        "M" => Duration::from_secs(amount * 60),
        "S" => Duration::from_secs(amount),
        "m" => Duration::from_millis(amount),
        "u" => Duration::from_micros(amount),
        "n" => Duration::from_nanos(amount),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_is_read_as_grpc_writes_it() {
        assert_eq!(timeout("100m"), Some(Duration::from_millis(100)));
        assert_eq!(timeout("2S"), Some(Duration::from_secs(2)));
        assert_eq!(timeout("99999999H"), Some(Duration::from_secs(99_999_999 * 3600)));
        for wrong in ["", "S", "5", "123456789S", "-1S", "+1S", "1x", "1 S", "é", "abc"] {
            assert_eq!(timeout(wrong), None, "{wrong}");
        }
    }
}
