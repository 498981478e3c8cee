//! The disturbances, one line each. A new kind is a line here and, where it is no call of a flavor, a case of [`Kind`] with
//! what it does in `attack`.

/// What is done to the host meanwhile.
pub(crate) struct Disturbance {
    /// As the report calls it.
    pub(crate) name: &'static str,
    pub(crate) callers: usize,
    /// Among whom the callers are shared out: one of them could not fill a domain.
    pub(crate) tenants: usize,
    pub(crate) kind: Kind,
    /// What the neighbour asks for meanwhile.
    pub(crate) probed: Probed,
}

/// What each caller does, again and again.
pub(crate) enum Kind {
    /// Calls the hostile plugin, which does this deed (`tests/guests/hostile`).
    Deed(&'static str),
    /// Asks with a wrong key, for a tenant that there is.
    WrongKey,
    /// Asks for a tenant that there is not.
    NoTenant,
    /// Keeps a connection with so many streams on which no message comes.
    Streams(usize),
}

/// What the neighbour asks for.
#[derive(Clone, Copy)]
pub(crate) enum Probed {
    /// Of the storage plugin, with which nothing is wrong.
    Disk,
    /// Of the plugin that misbehaves, which does not when the neighbour asks.
    Flavor,
}

/// As many as fill a domain, at a quarter of it each.
pub(crate) const TENANTS: usize = 4;

/// All of them, in the order in which they are measured.
pub(crate) const ALL: [Disturbance; 12] = [
    deed("4 calls spin", 4, "spin"),
    deed("64 calls spin", 64, "spin"),
    deed("256 calls spin", 256, "spin"),
    deed("16 calls take all memory", 16, "grow"),
    deed("16 calls log 2 MB", 16, "lines-20000"),
    deed("16 calls fill the cache", 16, "fill-64"),
    deed("16 calls answer 3 MB", 16, "reply-3000000"),
    deed("4 calls begin 20000 requests", 4, "flood-20000"),
    Disturbance {
        probed: Probed::Flavor,
        tenants: 1,
        ..deed("1400 calls of one tenant wait", 1400, "sleep")
    },
    of("64 callers with a wrong key", 64, Kind::WrongKey),
    of("64 callers of no tenant", 64, Kind::NoTenant),
    Disturbance { tenants: 1, ..of("50 connections of 1000 streams", 50, Kind::Streams(1000)) },
];

const fn deed(name: &'static str, callers: usize, deed: &'static str) -> Disturbance {
    of(name, callers, Kind::Deed(deed))
}

const fn of(name: &'static str, callers: usize, kind: Kind) -> Disturbance {
    Disturbance { name, callers, tenants: TENANTS, kind, probed: Probed::Disk }
}
