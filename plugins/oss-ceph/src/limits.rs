//! What an account may hold and holds: the contract's GiB and 0 and -1, and the gateway's bytes. The gateway counts each
//! object in blocks of 4 KiB; so does everything here. How a quota is changed and put back is in `quota`.

use patchbay_sdk::error::kind;
use patchbay_sdk::field::{Flag, Number};
use patchbay_sdk::oss::Quota;
use patchbay_sdk::{Error, settings};
use serde::{Deserialize, Serialize};

use crate::gateway::{admin, ask};
use crate::uid;

/// The setting with a new account's size, in GiB; -1 is no limit.
pub(crate) const DEFAULT_SIZE: &str = "default_size_gib";
/// The setting with a new account's number of objects; -1 is no limit.
pub(crate) const DEFAULT_OBJECTS: &str = "default_objects";

const GIB: u64 = 1 << 30;
/// The gateway's and the contract's word for no limit.
const NO_LIMIT: i64 = -1;

/// A quota as the gateway shows it. Below 0 is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Wire")]
pub(crate) struct Limits {
    /// Whether the others count.
    enabled: bool,
    /// Bytes
    max_size: i64,
    max_objects: i64,
}

/// The same field by field.
#[derive(Deserialize)]
struct Wire {
    enabled: Flag,
    max_size: Number<i64>,
    max_objects: Number<i64>,
}

/// What an account or a bucket holds, as the gateway counts it.
#[derive(Clone, Copy, Default, Deserialize)]
pub(crate) struct Use {
    #[serde(rename = "size_actual")]
    bytes: Number<u64>,
    num_objects: Number<u64>,
}

impl From<Wire> for Limits {
    fn from(wire: Wire) -> Self {
        let limit = |number: Number<i64>| number.get().unwrap_or(NO_LIMIT);
        let (max_size, max_objects) = (limit(wire.max_size), limit(wire.max_objects));
        Self { enabled: wire.enabled.is_set(), max_size, max_objects }
    }
}

impl Limits {
    /// What counts for nothing: no limit.
    pub(crate) const NONE: Self = Self { enabled: false, max_size: NO_LIMIT, max_objects: NO_LIMIT };

    /// Those of a new account for which this is asked.
    pub(crate) fn of_new(asked: &Quota) -> Result<Self, Error> {
        let default = Quota { size: number(DEFAULT_SIZE)?, objects: number(DEFAULT_OBJECTS)? };
        Ok(Self::NONE.changed(&default).changed(asked))
    }

    /// As nobody has set them yet.
    pub(crate) fn are_none(&self) -> bool {
        !self.enabled
    }

    /// As the contract's quota; GiB are rounded up.
    pub(crate) fn shown(&self) -> Quota {
        let Self { max_size, max_objects, .. } = if self.enabled { *self } else { Self::NONE };
        let gib = u64::try_from(max_size)
            .map_or(NO_LIMIT, |bytes| i64::try_from(bytes.div_ceil(GIB)).unwrap_or(i64::MAX));
        let narrow = |value: i64| i32::try_from(value.max(NO_LIMIT)).unwrap_or(i32::MAX);
        Quota { size: narrow(gib), objects: narrow(max_objects) }
    }

    /// With what is asked for; 0 leaves a part as it is.
    pub(crate) fn changed(self, asked: &Quota) -> Self {
        let before = if self.enabled { self } else { Self::NONE };
        let bytes = |gib: i32| u64::try_from(gib).map_or(NO_LIMIT, |gib| (gib * GIB).cast_signed());
        Self {
            enabled: true,
            max_size: if asked.size == 0 { before.max_size } else { bytes(asked.size) },
            max_objects: if asked.objects == 0 { before.max_objects } else { asked.objects.into() },
        }
    }
}

impl Use {
    /// Rounded up.
    pub(crate) fn gib(&self) -> u32 {
        u32::try_from(self.bytes.or_zero().div_ceil(GIB)).unwrap_or(u32::MAX)
    }

    pub(crate) fn objects(&self) -> u64 {
        self.num_objects.or_zero()
    }

    /// That what is asked for is not below it.
    pub(crate) fn fits(&self, asked: &Quota) -> Result<(), Error> {
        let over = |asked: i32, used: u64| u64::try_from(asked).is_ok_and(|asked| asked > 0 && asked < used);
        let (gib, objects) = (self.gib(), self.objects());
        let sentence = if over(asked.size, gib.into()) {
            format!("user_max_size_in_g: the account uses {gib} GiB, which is more than {}.", asked.size)
        } else if over(asked.objects, objects) {
            format!(
                "user_max_objects: the account holds {objects} objects, which is more than {}.",
                asked.objects
            )
        } else {
            return Ok(());
        };
        Err(Error::public(kind::CONFLICT, sentence))
    }
}

/// Sets all of it at once. In bytes: given in KiB, the gateway shows -1024 for no limit.
pub(crate) async fn set(uid: &str, limits: &Limits) -> Result<(), Error> {
    let Limits { enabled, max_size, max_objects } = limits;
    let request = admin("PUT", "user").query("quota", "").query("uid", uid).query("quota-type", "user");
    let request = request.query("max-size", max_size).query("max-objects", max_objects);
    let answer = ask(request.query("enabled", enabled)).await;
    let missing = |error: Error| if error.is(kind::NOT_FOUND) { uid::absent(uid) } else { error };
    answer.map(drop).map_err(|refusal| missing(refusal.error))
}

fn number(key: &str) -> Result<i32, Error> {
    let text = settings::required(key)?;
    let number = text.parse().ok().filter(|number: &i32| *number != 0 && i64::from(*number) >= NO_LIMIT);
    let defect = || Error::hidden(kind::INTERNAL, format_args!("the setting {key} is {text:?}, no limit"));
    number.ok_or_else(defect)
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUOTA: Quota = Quota { size: 3, objects: 10 };

    #[test]
    fn nothing_asked_leaves_a_part_as_it_is() {
        let limits = Limits::NONE.changed(&QUOTA);
        assert_eq!(limits, Limits { enabled: true, max_size: 3 << 30, max_objects: 10 });
        assert_eq!(limits.changed(&Quota { size: 0, objects: 7 }).shown(), Quota { size: 3, objects: 7 });
        assert_eq!(limits.changed(&Quota { size: -1, objects: 0 }).shown(), Quota { size: -1, objects: 10 });
        let largest = Quota { size: i32::MAX, objects: i32::MAX };
        assert_eq!(limits.changed(&largest).shown(), largest);
    }

    #[test]
    fn a_quota_that_does_not_count_is_no_limit() {
        let off = Limits { enabled: false, max_size: 1 << 30, max_objects: 5 };
        assert_eq!(off.shown(), Quota { size: -1, objects: -1 });
        assert_eq!(off.changed(&Quota { size: 1, objects: 0 }).shown(), Quota { size: 1, objects: -1 });
    }

    #[test]
    fn foreign_numbers_are_rounded_up_and_narrowed() {
        for (max_size, max_objects, size, objects) in [
            (1, 0, 1, 0),
            ((1 << 30) + 1, i64::MAX, 2, i32::MAX),
            (-1024, -5, -1, -1),
            (i64::MAX, 1, i32::MAX, 1),
        ] {
            let limits = Limits { enabled: true, max_size, max_objects };
            assert_eq!(limits.shown(), Quota { size, objects }, "{limits:?}");
        }
    }

    #[test]
    fn less_than_is_used_is_refused_in_its_field() {
        let used = Use { bytes: ((2 << 30) + 1).into(), num_objects: 5.into() };
        for (size, objects, field) in [
            (3, 5, None),
            (-1, -1, None),
            (0, 5, None),
            (2, 5, Some("user_max_size_in_g")),
            (0, 4, Some("user_max_objects")),
        ] {
            let refused = used.fits(&Quota { size, objects }).map_err(|error| error.message);
            let named = refused.as_ref().err().and_then(|sentence| sentence.split_once(':'));
            assert_eq!(named.map(|(field, _)| field), field, "{refused:?}");
        }
    }
}
