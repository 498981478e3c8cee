//! The states of a generation and which follows which: admitted or refused, then standby, canary or active, draining, retained,
//! gone. Whose weights and pins lead to them is `rollout`; how long one is remembered that is over is `history`.

/// How a generation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It is being checked.
    Admitting,
    /// It did not pass.
    Refused,
    /// It is ready, and another plugin serves.
    Standby,
    /// It answers some calls, on trial.
    Canary,
    /// It answers calls.
    Active,
    /// It gets no new calls; those that it has are ending.
    Draining,
    /// It has ended, and can be switched back to.
    Retained,
    /// It was let go.
    Gone,
}

impl State {
    /// The word for it outside.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admitting => "admitting",
            Self::Refused => "refused",
            Self::Standby => "standby",
            Self::Canary => "canary",
            Self::Active => "active",
            Self::Draining => "draining",
            Self::Retained => "retained",
            Self::Gone => "gone",
        }
    }

    /// Whether calls go to it.
    pub(super) fn serves(self) -> bool {
        matches!(self, Self::Canary | Self::Active)
    }

    /// Whether nothing follows.
    pub(super) fn is_over(self) -> bool {
        matches!(self, Self::Refused | Self::Gone)
    }

    /// What follows when calls go to it or do not, as its rollout has it now.
    pub(super) fn weighed(self, has_calls: bool, on_trial: bool) -> Self {
        match (has_calls, on_trial) {
            (true, true) => Self::Canary,
            (true, false) => Self::Active,
            (false, _) if self.serves() => Self::Draining,
            (false, _) => self,
        }
    }

    /// What follows when all that it had begun has ended; `None` unless it drains.
    pub(super) fn drained(self) -> Option<Self> {
        (self == Self::Draining).then_some(Self::Retained)
    }
}

#[cfg(test)]
mod tests {
    use super::State::{Active, Canary, Draining, Retained, Standby};

    #[test]
    fn one_state_follows_another() {
        assert_eq!(Standby.weighed(false, false), Standby, "it never served, so nothing drains");
        assert_eq!(Standby.weighed(true, true), Canary);
        assert_eq!(Canary.weighed(true, false), Active);
        assert_eq!(Active.weighed(false, false), Draining);
        assert_eq!(Draining.weighed(false, false), Draining);
        assert_eq!(Draining.weighed(true, false), Active, "called back");
        assert_eq!((Draining.drained(), Active.drained()), (Some(Retained), None));
        assert_eq!(Retained.weighed(true, false), Active, "the way back");
    }
}
