//! Microversions: what a client asks for, and which headers say what it got.

use crate::call::{Answer, Call, Refusal};

/// The header of most services.
const SHARED: &str = "OpenStack-API-Version";

/// Which header says the version.
pub(crate) enum Api {
    /// The one that the services share, where the API's name stands before the version.
    Shared(&'static str),
    /// A service's own. It has no word for the latest.
    Own(&'static str),
}

/// The header, the major version, and the last minor version that is known.
pub(crate) struct Microversions {
    pub(crate) api: Api,
    pub(crate) major: u16,
    /// The minor version without a header.
    pub(crate) default: u16,
    pub(crate) latest: u16,
}

impl Microversions {
    /// The minor version of this call; 400 where it is no version, 406 where it is one that nobody has.
    pub(crate) fn of(&self, call: &Call) -> Result<u16, Refusal> {
        let Some(text) = self.asked(call) else { return Ok(self.default) };
        if text == "latest" && matches!(self.api, Api::Shared(_)) {
            return Ok(self.latest);
        }
        let pair =
            text.split_once('.').and_then(|(a, b)| Some((a.parse::<u16>().ok()?, b.parse::<u16>().ok()?)));
        let (major, minor) = pair.ok_or_else(|| {
            Refusal::bad_request(format!(
                "API Version String {text} is of invalid format. Must be of format MajorNum.MinorNum."
            ))
        })?;
        if major != self.major || minor < self.default || minor > self.latest {
            let Self { default, latest, .. } = self;
            return Err(Refusal::new(
                406,
                format!(
                    "Version {text} is not supported by the API. Minimum is {0}.{default} and maximum is {0}.{latest}.",
                    self.major
                ),
            ));
        }
        Ok(minor)
    }

    /// "2.96" of `OpenStack-API-Version: compute 2.96`.
    fn asked<'a>(&self, call: &'a Call) -> Option<&'a str> {
        let service = match self.api {
            Api::Own(header) => return call.header(header),
            Api::Shared(service) => service,
        };
        let header = call.header(SHARED)?;
        let mut pairs = header.split(',').filter_map(|pair| pair.trim().split_once(' '));
        pairs.find(|(name, _)| *name == service).map(|(_, version)| version.trim())
    }

    pub(crate) fn mark(&self, answer: Answer, minor: u16) -> Answer {
        let version = format!("{}.{minor}", self.major);
        match self.api {
            Api::Own(header) => answer.with(header, &version).with("vary", header),
            Api::Shared(service) => answer.with(SHARED, &format!("{service} {version}")).with("vary", SHARED),
        }
    }
}
