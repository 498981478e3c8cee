//! What the plugin leaves behind at the end of a call: in its memory, where a later call of the same instance finds it, or
//! begun and not ended.

use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Waker};

use patchbay_sdk::clock;

/// Longer than any test.
const FORGOTTEN_MS: u32 = 600_000;

static SERVED: AtomicU32 = AtomicU32::new(0);
static REMEMBERED: Mutex<String> = Mutex::new(String::new());

/// One more call has come; how many that are.
pub(crate) fn served() -> u32 {
    SERVED.fetch_add(1, Ordering::Relaxed) + 1
}

/// Remembers a word. What it remembered before.
pub(crate) fn remember(word: &str) -> String {
    let mut remembered = REMEMBERED.lock().unwrap_or_else(PoisonError::into_inner);
    let before = std::mem::replace(&mut *remembered, word.into());
    if before.is_empty() { "nothing".into() } else { before }
}

/// Takes so much memory and never gives it back.
pub(crate) fn leak(mebibytes: usize) {
    std::mem::forget(vec![1_u8; mebibytes << 20]);
}

/// Holds further calls back.
pub(crate) fn hold_back() {
    wit_bindgen::backpressure_inc();
}

/// Begins to wait, and thinks better of it.
pub(crate) fn give_up() {
    let mut wait = Box::pin(clock::sleep(FORGOTTEN_MS));
    let _ = pin!(wait.as_mut()).poll(&mut Context::from_waker(Waker::noop()));
}

/// Begins to wait, and ends without waiting for it.
pub(crate) fn begin() {
    let mut wait = Box::pin(clock::sleep(FORGOTTEN_MS));
    let _ = pin!(wait.as_mut()).poll(&mut Context::from_waker(Waker::noop()));
    std::mem::forget(wait);
}
