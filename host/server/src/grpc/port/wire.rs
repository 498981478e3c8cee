//! The bytes of one HTTP/2 connection as they come in, watched frame by frame: whether the preface has come, and how many
//! frames came that only make the host answer. hyper reads what they say.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

/// How long `PRI * HTTP/2.0 …` is (RFC 9113, 3.4).
const PREFACE_BYTES: usize = 24;
/// How long a frame's header is: three bytes of length, type, flags, stream.
const HEADER_BYTES: usize = 9;
/// DATA and HEADERS: what calls are made of.
const CALL: [u8; 2] = [0, 1];
/// RST_STREAM, WINDOW_UPDATE and CONTINUATION: what belongs to calls, and shows none. The library has bounds of its own for
/// the first and the last.
const OF_CALLS: [u8; 3] = [3, 8, 9];
/// The time in which so many of them are allowed.
const WINDOW: Duration = Duration::from_secs(10);

/// A connection, watched.
pub(super) struct Wire<S> {
    stream: S,
    frames: Frames,
    greeting: Greeting,
}

/// Tells whether a connection's preface and first frame have come.
#[derive(Clone, Default)]
pub(super) struct Greeting(Arc<AtomicBool>);

impl Greeting {
    pub(super) fn has_come(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl<S> Wire<S> {
    /// With at most this many control frames in ten seconds, which are all that have nothing to do with calls (PRIORITY,
    /// SETTINGS, PING, unknown ones), more than there are of calls. `greeting` is told when it comes.
    pub(super) fn new(stream: S, control_frames_max: u32, greeting: Greeting) -> Self {
        Self { stream, frames: Frames::new(control_frames_max, Instant::now()), greeting }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Wire<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        let come = buffer.filled().get(before..).unwrap_or_default();
        if !self.frames.take(come) {
            return Poll::Ready(Err(io::Error::other("too many control frames")));
        }
        if self.frames.whole > 0 {
            self.greeting.0.store(true, Ordering::Relaxed);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// Where in the stream of frames a connection is.
struct Frames {
    /// Bytes of the preface, or of a frame's payload, that are still to come.
    skip: usize,
    header: [u8; HEADER_BYTES],
    /// How many bytes of it have come.
    filled: usize,
    /// Frames that have begun.
    whole: u64,
    control: u32,
    control_max: u32,
    since: Instant,
}

impl Frames {
    fn new(control_max: u32, now: Instant) -> Self {
        let header = [0; HEADER_BYTES];
        Self { skip: PREFACE_BYTES, header, filled: 0, whole: 0, control: 0, control_max, since: now }
    }

    /// More bytes; false when there are too many control frames among them.
    fn take(&mut self, mut bytes: &[u8]) -> bool {
        while !bytes.is_empty() {
            let skipped = self.skip.min(bytes.len());
            self.skip -= skipped;
            bytes = &bytes[skipped..];
            let taken = bytes.len().min(HEADER_BYTES - self.filled);
            self.header[self.filled..self.filled + taken].copy_from_slice(&bytes[..taken]);
            self.filled += taken;
            bytes = &bytes[taken..];
            if self.filled == HEADER_BYTES && !self.begin() {
                return false;
            }
        }
        true
    }

    /// A frame begins.
    fn begin(&mut self) -> bool {
        let [a, b, c, kind, ..] = self.header;
        self.skip = u32::from_be_bytes([0, a, b, c]) as usize;
        self.filled = 0;
        self.whole += 1;
        if CALL.contains(&kind) {
            // Clients ask with a PING how far away the host is, again and again while calls go on.
            self.control = self.control.saturating_sub(1);
        }
        if CALL.contains(&kind) || OF_CALLS.contains(&kind) {
            return true;
        }
        if self.since.elapsed() > WINDOW {
            (self.since, self.control) = (Instant::now(), 0);
        }
        self.control += 1;
        self.control <= self.control_max
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    const SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];
    const PING: &[u8] = &[0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8];
    const DATA: &[u8] = &[0, 0, 3, 0, 0, 0, 0, 0, 1, 6, 6, 6];

    fn frames(control_max: u32) -> Frames {
        Frames::new(control_max, Instant::now())
    }

    #[test]
    fn frames_are_seen_however_the_bytes_are_cut() {
        let sent = [PREFACE, SETTINGS, DATA, PING, DATA].concat();
        for piece in 1..=sent.len() {
            let mut frames = frames(2);
            assert!(sent.chunks(piece).all(|bytes| frames.take(bytes)), "{piece}");
            assert_eq!((frames.whole, frames.control), (4, 0), "{piece}");
        }
    }

    #[test]
    fn half_a_preface_is_no_frame() {
        let mut frames = frames(1);
        assert!(frames.take(&PREFACE[..20]) && frames.take(&PREFACE[20..]) && frames.take(&SETTINGS[..8]));
        assert_eq!(frames.whole, 0);
        assert!(frames.take(&SETTINGS[8..]));
        assert_eq!(frames.whole, 1);
    }

    #[test]
    fn so_many_control_frames_and_no_more() {
        let mut frames = frames(3);
        assert!(frames.take(PREFACE) && frames.take(SETTINGS) && frames.take(PING) && frames.take(PING));
        assert!(!frames.take(PING));
    }

    #[test]
    fn frames_of_no_kind_count_and_what_only_belongs_to_calls_makes_up_for_none() {
        const UNKNOWN: &[u8] = &[0, 0, 1, 0xfa, 0, 0, 0, 0, 0, 7];
        const WINDOW_UPDATE: &[u8] = &[0, 0, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0, 1];
        let mut frames = frames(2);
        assert!(frames.take(PREFACE) && frames.take(PING) && frames.take(UNKNOWN));
        assert!((0..100).all(|_| frames.take(WINDOW_UPDATE)));
        assert!(!frames.take(UNKNOWN));
    }

    #[test]
    fn pings_between_calls_are_none_too_many() {
        let mut frames = frames(1);
        assert!(frames.take(PREFACE));
        for _ in 0..100 {
            assert!(frames.take(PING) && frames.take(DATA));
        }
    }
}
