//! What the OpenStack APIs have in common: a service with its version header, statuses, messages, lists,
//! pages and marks. What one service alone has belongs into its plugin.

pub mod list;
pub mod mark;
pub mod message;
pub mod page;
pub mod status;

use crate::error::kind;
use crate::upstream::{Request, Response};
use crate::{Error, clock};

/// How often a read is sent that is answered by something else than the service, and the wait before the next time.
const READS_MAX: usize = 3;
const READ_PAUSE_MS: u32 = 100;

/// Where a collection lists its members whole: `servers/detail` is no server.
const WHOLE_LIST: &str = "detail";

/// Where Cinder counts its volumes: of a version that does not do that it says what is said of a path that no service has.
const SUMMARY: (&str, &str) = ("block-storage", "summary");

/// A service of the catalogue, as one upstream lends it.
#[derive(Debug, Clone, Copy)]
pub struct Service {
    /// The name under which the route lends the cloud: "openstack".
    pub upstream: &'static str,
    /// The path's beginning: the service type, and the API's version where endpoints may lack it
    /// (`["image", "v2"]`; the host does not double it).
    pub root: &'static [&'static str],
    /// What `OpenStack-API-Version` says, as "compute 2.47"; none for the oldest version.
    pub microversion: Option<&'static str>,
}

impl Service {
    /// A GET of the path below the service's endpoint.
    pub fn get(&self, path: &[&str]) -> Request {
        self.request("GET", path)
    }

    /// A POST.
    pub fn post(&self, path: &[&str]) -> Request {
        self.request("POST", path)
    }

    /// A PUT.
    pub fn put(&self, path: &[&str]) -> Request {
        self.request("PUT", path)
    }

    /// A PATCH.
    pub fn patch(&self, path: &[&str]) -> Request {
        self.request("PATCH", path)
    }

    /// A DELETE.
    pub fn delete(&self, path: &[&str]) -> Request {
        self.request("DELETE", path)
    }

    fn request(&self, method: &str, path: &[&str]) -> Request {
        // Otherwise some of them write their refusals as HTML, as proxies do.
        let request = Request::new(self.upstream, method, &[self.root, path].concat());
        let request = request.header("Accept", "application/json");
        match self.microversion {
            Some(version) => request.header("OpenStack-API-Version", version),
            None => request,
        }
    }
}

impl Request {
    /// Sends it to an OpenStack service and takes a status of 2xx alone for success. A read that something else than the
    /// service answers is sent again.
    ///
    /// # Errors
    /// Those of [`Request::send`] and [`status::refusal`].
    pub async fn ok(self) -> Result<Response, Error> {
        let service = self.service().to_owned();
        let response = self.answered().await?;
        if (200..300).contains(&response.status()) { Ok(response) } else { Err(refusal(&service, &response)) }
    }

    /// As [`Request::ok`], for reading one resource by its id: a resource that the cloud forbids to read
    /// (403) is somebody else's, and thus "not-found".
    ///
    /// # Errors
    /// Those of [`Request::ok`].
    pub async fn show(self) -> Result<Response, Error> {
        let request = self.without_words();
        let service = request.service().to_owned();
        let response = request.answered().await?;
        if (200..300).contains(&response.status()) {
            return Ok(response);
        }
        match refusal(&service, &response) {
            // The service's own: a proxy's is "unavailable".
            error if response.status() == 403 && !error.is(kind::UNAVAILABLE) => {
                Err(Error { kind: kind::NOT_FOUND.into(), ..error })
            }
            error => Err(error),
        }
    }

    /// As [`Request::ok`], for reading one resource that was there a moment ago: "not-found" is an end that an operation
    /// waits for, and what may not be read now is not taken to be gone.
    ///
    /// # Errors
    /// Those of [`Request::ok`].
    pub async fn look(self) -> Result<Response, Error> {
        self.without_words().ok().await
    }

    /// As [`Request::ok`], where what is already gone is as good: for deletes.
    ///
    /// # Errors
    /// Those of [`Request::ok`] but "not-found".
    pub async fn gone(self) -> Result<(), Error> {
        self.taken().await.map(drop)
    }

    /// As [`Request::gone`], for what was there a moment ago; whether the service has taken it. One that knows nothing of such
    /// a thing may be behind.
    ///
    /// # Errors
    /// Those of [`Request::gone`].
    pub async fn taken(self) -> Result<bool, Error> {
        match self.ok().await {
            Err(error) if error.is(kind::NOT_FOUND) => Ok(false),
            answer => answer.map(|_| true),
        }
    }

    /// With an id last in its path that is none of the service's words.
    fn without_words(self) -> Self {
        let request = self.reserved(WHOLE_LIST);
        if request.service() == SUMMARY.0 { request.reserved(SUMMARY.1) } else { request }
    }

    async fn answered(self) -> Result<Response, Error> {
        if !self.reads() {
            return self.send().await;
        }
        for _ in 1..READS_MAX {
            let response = self.clone().send().await?;
            if !status::is_strange(self.service(), response.status(), response.body()) {
                return Ok(response);
            }
            clock::sleep(READ_PAUSE_MS).await;
        }
        self.send().await
    }
}

fn refusal(service: &str, response: &Response) -> Error {
    status::refusal(service, response.status(), response.header("retry-after"), response.body())
}
