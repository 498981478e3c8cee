//! Microversions: what a client asks for, and which headers say what it got.

use crate::call::{Answer, Call, Refusal};

/// The API's name in the header, the major version, and the last minor version that is known.
pub(crate) struct Microversions {
    pub(crate) service: &'static str,
    pub(crate) major: u16,
    /// The minor version without a header.
    pub(crate) default: u16,
    pub(crate) latest: u16,
}

impl Microversions {
    /// The minor version of this call; 400 where it is no version, 406 where it is one that nobody has.
    pub(crate) fn of(&self, call: &Call) -> Result<u16, Refusal> {
        let Some(text) = self.asked(call) else { return Ok(self.default) };
        if text == "latest" {
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
        let header = call.header("openstack-api-version")?;
        let mut pairs = header.split(',').filter_map(|pair| pair.trim().split_once(' '));
        pairs.find(|(service, _)| *service == self.service).map(|(_, version)| version.trim())
    }

    pub(crate) fn mark(&self, answer: Answer, minor: u16) -> Answer {
        let version = format!("{} {}.{minor}", self.service, self.major);
        answer.with("openstack-api-version", &version).with("vary", "OpenStack-API-Version")
    }
}
