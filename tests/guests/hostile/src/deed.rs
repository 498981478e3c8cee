//! What the plugin does for each flavor id, and the name that the flavor gets where there is an answer:
//!
//! | id | deed |
//! |---|---|
//! | `spin` | computes for ever |
//! | `grow` | takes memory without end |
//! | `panic`, `recurse` | traps |
//! | `sleep` | waits longer than any deadline |
//! | `log-N` | writes N lines |
//! | `lines-N` | writes 100 lines of N bytes |
//! | `reply-N` | answers with a name of N bytes |
//! | `hold` | asks the backend once; its answer is the name |
//! | `crowd-N` | asks the backend N times at once; the number of answers is the name |
//! | `flood-N` | asks OpenStack for its flavors N times at once |
//! | `bulk-N` | sends the backend 10 requests of N bytes at once |
//! | `nap-N` | waits for a tenth of a second N times at once |
//! | `disks-N` | asks the storage plugin for no disk N times at once |
//! | `stray` | asks an upstream that no route grants |
//! | `nag` | asks what `stray` does again and again, with long requests |
//! | `disk-FUNCTION-ID` | calls that function of the storage import for that disk; its id is the name |
//! | `shelf-N` | asks the storage plugin N times at once; the number of answers is the name |
//! | `send-METHOD` | sends the backend a request of that method; the status is the name |
//! | `tell-N` | fails in public words, after which N bytes follow, which steer a terminal and break lines |
//! | `hide` | the same in words for the log, and a line of its own besides |
//! | `odd` | answers with such a name |
//! | `cache-N` | keeps N bytes and reads them again; the number read is the name |
//! | `fill-N` | keeps N mebibytes, a mebibyte at a time |
//! | `served` | answers how many calls its instance has served, this one included |
//! | `remember-WORD` | remembers the word; the one before, or `nothing`, is the name |
//! | `leak-N` | takes N mebibytes and never gives them back |
//! | `begin` | begins to wait, and ends without waiting |
//! | `give_up` | begins to wait, and gives up waiting |
//! | `hold_back` | holds further calls of its instance back |
//!
//! Any other id is answered with that id as the name. The setting `always` names a deed for every call.

use std::hint::black_box;

use patchbay_sdk::compute::disks;
use patchbay_sdk::error::kind;
use patchbay_sdk::upstream::Request;
use patchbay_sdk::{Context, Error, cache, clock, join_all, log};

use crate::{UPSTREAM, change, leave};

/// Memory is taken in pieces of this size.
const PIECE_BYTES: usize = 1 << 20;
/// Within what may be handed over at once.
const LONG_BYTES: usize = 900_000;
/// No route grants it.
const UNGRANTED: &str = "nobody-granted-this";
/// A line break, an escape sequence, what looks like a header, reversed writing and a zero byte.
pub(crate) const STEERING: &str = "public\nerr \x1b[31mred\r\nx-injected: 1\u{202e}txt\0";
/// Longer than any test.
const CACHE_TTL_MS: u32 = 3_600_000;

/// Does what `id` says.
pub(crate) async fn of(ctx: Context, id: &str) -> Result<String, Error> {
    let (word, told) = id.split_once('-').unwrap_or((id, ""));
    let count: usize = told.parse().unwrap_or(0);
    let served = leave::served();
    match word {
        "spin" => spin(),
        "grow" => grow(),
        "panic" => panic!("told to panic"),
        "recurse" => return Ok(recurse(1).to_string()),
        "sleep" => clock::sleep(u32::MAX).await,
        "log" => (0..count).for_each(|line| log::warn(&format!("line {line}"))),
        "lines" => lines(count),
        "fill" => fill(count),
        "nap" => drop(join_all((0..count).map(|_| clock::sleep(100))).await),
        "reply" => return Ok("x".repeat(count)),
        "hold" => return ask(UPSTREAM, "hold").await,
        "crowd" => return crowd(count).await,
        "tell" => return Err(Error::public(kind::CONFLICT, format!("{STEERING}{}", "x".repeat(count)))),
        "hide" => {
            log::warn(STEERING);
            return Err(Error::hidden(kind::CONFLICT, STEERING));
        }
        "odd" => return Ok(STEERING.into()),
        "flood" => return flood(count).await,
        "bulk" => return bulk(count).await,
        "disks" => return ask_disks(&ctx, count).await,
        "stray" => return ask(UNGRANTED, "stray").await,
        "nag" => nag().await,
        "disk" => return change::disk(ctx, told).await,
        "shelf" => return Ok(change::looks(ctx, count).await.to_string()),
        "send" => return change::send(told).await,
        "served" => return Ok(served.to_string()),
        "remember" => return Ok(leave::remember(told)),
        "leak" => leave::leak(count),
        "begin" => leave::begin(),
        "give_up" => leave::give_up(),
        "hold_back" => leave::hold_back(),
        "cache" => return Ok(kept(count)),
        _ => {}
    }
    Ok(id.into())
}

/// Is refused for ever, with requests that keep the host longer than the guest.
async fn nag() -> ! {
    let method = "x".repeat(LONG_BYTES);
    loop {
        let _ = Request::new(UNGRANTED, &method, &["nag"]).send().await;
    }
}

/// Computes for ever.
pub(crate) fn spin() -> ! {
    let mut turns = 0_u64;
    loop {
        turns = black_box(turns.wrapping_add(1));
    }
}

fn grow() -> ! {
    let mut pieces = Vec::new();
    loop {
        pieces.push(black_box(vec![1_u8; PIECE_BYTES]));
    }
}

/// Runs out of stack; the sum after the call keeps it from being a loop.
fn recurse(depth: u64) -> u64 {
    if black_box(depth) == 0 { 0 } else { black_box(recurse(depth + 1)) + depth }
}

/// The body of the upstream's answer.
pub(crate) async fn ask(upstream: &str, path: &str) -> Result<String, Error> {
    let answer = Request::new(upstream, "GET", &[path]).send().await?;
    Ok(String::from_utf8_lossy(answer.body()).into_owned())
}

async fn crowd(count: usize) -> Result<String, Error> {
    let answers = join_all((0..count).map(|_| ask(UPSTREAM, "crowd"))).await;
    Ok(answers.into_iter().collect::<Result<Vec<_>, _>>()?.len().to_string())
}

async fn flood(count: usize) -> Result<String, Error> {
    let ask = || Request::new(UPSTREAM, "GET", &["compute", "flavors"]).send();
    let answers = join_all((0..count).map(|_| ask())).await;
    Ok(answers.into_iter().collect::<Result<Vec<_>, _>>()?.len().to_string())
}

async fn bulk(bytes: usize) -> Result<String, Error> {
    let body = "x".repeat(bytes);
    let requests = (0..10).map(|_| Request::new(UPSTREAM, "GET", &["crowd"]).json(&body));
    let requests = requests.collect::<Result<Vec<_>, _>>()?;
    let answers = join_all(requests.into_iter().map(Request::send)).await;
    Ok(answers.into_iter().collect::<Result<Vec<_>, _>>()?.len().to_string())
}

async fn ask_disks(ctx: &Context, count: usize) -> Result<String, Error> {
    let answers = join_all((0..count).map(|_| disks::get(ctx.clone(), Vec::new()))).await;
    Ok(answers.into_iter().collect::<Result<Vec<_>, _>>()?.len().to_string())
}

fn lines(bytes: usize) {
    let line = "x".repeat(bytes);
    (0..100).for_each(|_| log::warn(&line));
}

fn fill(mebibytes: usize) {
    let value = "x".repeat(1 << 20);
    (0..mebibytes).for_each(|at| cache::set(&at.to_string(), &value, CACHE_TTL_MS));
}

fn kept(bytes: usize) -> String {
    let key = format!("{bytes} bytes");
    cache::set(&key, &"x".repeat(bytes), CACHE_TTL_MS);
    cache::get(&key).map_or(0, |value| value.len()).to_string()
}
