//! Answers that come packed although nobody asked for it, as some proxies send them.
//!
//! What is in them is as bounded as what comes plain.

use std::io::Read as _;

use flate2::read::MultiGzDecoder;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};

use super::failure::Failure;
use super::message::Answer;

/// The answer with its body as it is meant.
///
/// # Errors
/// [`Failure::TooLarge`]: there are more bytes in it than that. [`Failure::Garbled`]: it is not packed as it says.
pub(super) fn unpacked(mut answer: Answer, bytes_max: usize) -> Result<Answer, Failure> {
    let is_gzip = |packed: &http::HeaderValue| {
        [&b"gzip"[..], b"x-gzip"].iter().any(|name| packed.as_bytes().eq_ignore_ascii_case(name))
    };
    if answer.body.is_empty() || !answer.headers.get(CONTENT_ENCODING).is_some_and(is_gzip) {
        return Ok(answer);
    }
    let mut body = Vec::new();
    let limit = bytes_max as u64 + 1;
    MultiGzDecoder::new(answer.body.as_slice())
        .take(limit)
        .read_to_end(&mut body)
        .map_err(Failure::Garbled)?;
    if body.len() > bytes_max {
        return Err(Failure::TooLarge(bytes_max));
    }
    answer.body = body;
    answer.headers.remove(CONTENT_ENCODING);
    answer.headers.remove(CONTENT_LENGTH);
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use http::{HeaderMap, HeaderValue, StatusCode};

    use super::*;

    fn packed(text: &[u8]) -> Vec<u8> {
        let mut packer = GzEncoder::new(Vec::new(), Compression::best());
        packer.write_all(text).unwrap();
        packer.finish().unwrap()
    }

    fn answer(encoding: &'static str, body: Vec<u8>) -> Answer {
        let headers = HeaderMap::from_iter([(CONTENT_ENCODING, HeaderValue::from_static(encoding))]);
        Answer { status: StatusCode::OK, headers, body }
    }

    #[test]
    fn what_comes_packed_is_unpacked_within_the_bound() {
        for encoding in ["gzip", "GZIP", "x-gzip"] {
            let plain = unpacked(answer(encoding, packed(b"{}")), 2).unwrap();
            assert!(plain.body == b"{}" && plain.headers.is_empty(), "{encoding}");
        }
        let large = unpacked(answer("gzip", packed(&[b' '; 1 << 20])), 1 << 19);
        assert!(matches!(large, Err(Failure::TooLarge(_))));
        let garbled = unpacked(answer("gzip", b"{}".to_vec()), 2);
        assert!(matches!(garbled, Err(Failure::Garbled(_))));
    }

    #[test]
    fn what_comes_plain_stays() {
        assert_eq!(unpacked(answer("identity", b"{}".to_vec()), 1).unwrap().body, b"{}");
        assert_eq!(unpacked(answer("gzip", Vec::new()), 1).unwrap().body, b"");
    }
}
