//! What a field of a backend's JSON may be. Services answer otherwise than their documents say: null for what they do
//! not know yet, a number as text, `2.0` for 2, nothing at all. What that means is decided here, once for all plugins, and
//! a field's type says it; so one odd field never costs the answer that it is in. What a field is for belongs into the
//! plugin that reads it.
//!
//! | type | read from | what comes of it | of anything else, null, or where the field is missing |
//! |---|---|---|---|
//! | [`Text`] | a text; a number or a boolean as one would write it | the text, of any length | the empty text |
//! | [`Id`] | a text that is not empty, a whole number | the text | an error: what has no id cannot be shown |
//! | [`Parsed`] | a text that is the written form of something, as an address | that | none |
//! | [`Number`] | a number, also as text; a fraction is dropped | within the integer's range: what is above it is its largest; below zero, where there is no sign, is none | none |
//! | [`Flag`] | a boolean, a number, oslo's words for both | the boolean | false |
//! | [`Time`] | a time of UTC | RFC 3339, to the second | the empty text |
//! | [`Maybe`] | an object | the object | none |
//! | [`Items`] | a list of objects | those that can be read | the empty list; a missing one is an error, unless `#[serde(default)]` says otherwise |
//! | [`Entries`] | an object whose keys are data | all of its entries | no entries |
//!
//! What is left out is told in the log. A text that is no JSON is an error of the whole answer. Everything is read in one
//! pass and where it stands: only what a type keeps is copied.

mod any;
mod flag;
mod number;
mod object;
mod text;
mod time;

pub use self::flag::Flag;
pub use self::number::{Integer, Number};
pub use self::object::{Entries, Items, Maybe};
pub use self::text::{Id, Parsed, Text};
pub use self::time::Time;
