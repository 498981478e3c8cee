//! Objects that may be missing, lists of objects, and objects whose keys are data. An item that cannot be read costs
//! nothing but itself.

use std::collections::{BTreeMap, btree_map};
use std::marker::PhantomData;
use std::ops::Deref;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess};

use super::any::{self, Read, Scalar};
use crate::log;

/// An object, or none where the backend shows something else, as null or "".
#[derive(Debug, Clone)]
pub struct Maybe<T>(Option<T>);

/// The objects of a list that can be read. Where some are left out, the log has one line.
#[derive(Debug, Clone)]
pub struct Items<T>(Vec<T>);

/// What an object has under each of its keys, in the order of these.
#[derive(Debug, Clone)]
pub struct Entries<T>(BTreeMap<String, T>);

/// One value that should be an object: it, or what is wrong with it.
struct Attempt<T>(Result<T, String>);

impl<T> Maybe<T> {
    /// The object.
    pub fn get(self) -> Option<T> {
        self.0
    }

    /// The object where it stands.
    pub fn as_ref(&self) -> Option<&T> {
        self.0.as_ref()
    }
}

impl<T> Default for Maybe<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> From<T> for Maybe<T> {
    fn from(object: T) -> Self {
        Self(Some(object))
    }
}

impl<T> Default for Items<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Deref for Items<T> {
    type Target = Vec<T>;

    fn deref(&self) -> &Vec<T> {
        &self.0
    }
}

impl<T> From<Vec<T>> for Items<T> {
    fn from(items: Vec<T>) -> Self {
        Self(items)
    }
}

impl<T> From<Items<T>> for Vec<T> {
    fn from(items: Items<T>) -> Self {
        items.0
    }
}

impl<T> IntoIterator for Items<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<T> Default for Entries<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T> Deref for Entries<T> {
    type Target = BTreeMap<String, T>;

    fn deref(&self) -> &BTreeMap<String, T> {
        &self.0
    }
}

impl<T> IntoIterator for Entries<T> {
    type Item = (String, T);
    type IntoIter = btree_map::IntoIter<String, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

struct AsAttempt<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Read<'de> for AsAttempt<T> {
    type Value = Attempt<T>;

    fn scalar<E: Error>(self, _: Scalar<'_>) -> Result<Attempt<T>, E> {
        Ok(Attempt(Err("it is no object".to_owned())))
    }

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<Attempt<T>, A::Error> {
        match T::deserialize(MapAccessDeserializer::new(&mut object)) {
            Ok(item) => Ok(Attempt(Ok(item))),
            Err(error) => {
                any::skip(&mut object)?;
                Ok(Attempt(Err(error.to_string())))
            }
        }
    }
}

struct AsMaybe<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Read<'de> for AsMaybe<T> {
    type Value = Maybe<T>;

    fn scalar<E: Error>(self, _: Scalar<'_>) -> Result<Maybe<T>, E> {
        Ok(Maybe(None))
    }

    fn object<A: MapAccess<'de>>(self, object: A) -> Result<Maybe<T>, A::Error> {
        let Attempt(read) = AsAttempt(PhantomData).object(object)?;
        let told = read.inspect_err(|e| log::unread("A part of the backend's answer is left out", e));
        Ok(Maybe(told.ok()))
    }
}

struct AsItems<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Read<'de> for AsItems<T> {
    type Value = Items<T>;

    fn scalar<E: Error>(self, scalar: Scalar<'_>) -> Result<Items<T>, E> {
        if !matches!(scalar, Scalar::Nothing) {
            log::warn("A list of the backend's answer is left out: it is none.");
        }
        Ok(Items::default())
    }

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<Items<T>, A::Error> {
        let (mut items, mut left_out, mut reason) = (Vec::new(), 0_usize, String::new());
        while let Some(Attempt(item)) = list.next_element::<Attempt<T>>()? {
            match item {
                Ok(item) => items.push(item),
                Err(error) => (left_out, reason) = (left_out + 1, error),
            }
        }
        if left_out > 0 {
            log::unread(
                &format!("{left_out} items of a list of the backend's are left out, the last"),
                reason,
            );
        }
        Ok(Items(items))
    }
}

struct AsEntries<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Read<'de> for AsEntries<T> {
    type Value = Entries<T>;

    fn scalar<E: Error>(self, _: Scalar<'_>) -> Result<Entries<T>, E> {
        Ok(Entries::default())
    }

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<Entries<T>, A::Error> {
        let mut entries = BTreeMap::new();
        while let Some((key, value)) = object.next_entry()? {
            entries.insert(key, value);
        }
        Ok(Entries(entries))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Attempt<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        any::needed(from, AsAttempt(PhantomData))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Maybe<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        any::optional(from, AsMaybe(PhantomData))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Items<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        any::needed(from, AsItems(PhantomData))
    }
}

/// Of values that take anything, as all in [`crate::field`] but an id do.
impl<'de, T: Deserialize<'de>> Deserialize<'de> for Entries<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        any::optional(from, AsEntries(PhantomData))
    }
}

#[cfg(test)]
mod tests;
