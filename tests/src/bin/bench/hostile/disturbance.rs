//! The disturbances, one line each. A new kind is a line here and, where it is no call of a flavor, a case of [`Kind`] with
//! what it does in `attack`.

/// What is done to the host meanwhile.
pub(crate) struct Disturbance {
    /// As the report calls it.
    pub(crate) name: &'static str,
    pub(crate) callers: usize,
    pub(crate) kind: Kind,
}

/// What each caller does, again and again.
pub(crate) enum Kind {
    /// Calls the hostile plugin, which does this deed (`tests/guests/hostile`).
    Deed(&'static str),
}

/// All of them, in the order in which they are measured.
pub(crate) const ALL: [Disturbance; 8] = [
    deed("4 calls spin", 4, "spin"),
    deed("64 calls spin", 64, "spin"),
    deed("256 calls spin", 256, "spin"),
    deed("16 calls take all memory", 16, "grow"),
    deed("16 calls log 2 MB", 16, "lines-20000"),
    deed("16 calls fill the cache", 16, "fill-64"),
    deed("16 calls answer 3 MB", 16, "reply-3000000"),
    deed("4 calls begin 20000 requests", 4, "flood-20000"),
];

const fn deed(name: &'static str, callers: usize, deed: &'static str) -> Disturbance {
    Disturbance { name, callers, kind: Kind::Deed(deed) }
}
