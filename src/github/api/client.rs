//! Requests to GitHub's API: one transport, retries under our own rules, bounded responses.
//!
//! A write whose response got lost *may have been done*, so only reads are repeated here. A writer has to read again first (see
//! `comment`), and calls [`Client::wait_before_retry`].
//! Limits: <https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api>.

use super::budget::{Budget, Clock, SystemClock};
use super::error::{
    MAX_RESPONSE_SIZE, RequestError, Result, body_message, no_response, sanitize_remote,
    truncated_response,
};
use super::tls::{ClientError, Trust};
use crate::github::ApiUrl;
use crate::secrets;
use http_body_util::{BodyExt, Collected, Limited};
use octocrab::service::middleware::reqwest_connector::ReqwestConnector;
use octocrab::{AuthState, Octocrab, OctocrabBuilder};
use reqwest::Url;
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderValue};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::time::Duration;

/// GitHub lists at most this many items on a page.
const PAGE_SIZE: usize = 100;

/// A secret. It has no `Debug` and no `Display`, so that it cannot be logged by accident.
#[derive(Clone)]
pub struct ApiToken(String);

impl ApiToken {
    /// Accepts a token of visible ASCII characters, at least one.
    pub fn new(text: &str) -> Result<ApiToken, TokenError> {
        match text {
            "" => Err(TokenError::Missing),
            text if !text.bytes().all(|b| b.is_ascii_graphic()) => Err(TokenError::Malformed),
            text => Ok(ApiToken(text.to_owned())),
        }
    }
}

/// Why a text is no token. It does not contain the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    #[error("there is no token")]
    Missing,
    #[error("the token has a space or another character that no token has")]
    Malformed,
}

impl TokenError {
    /// What to do about it.
    pub fn hint(self) -> &'static str {
        match self {
            TokenError::Missing => "leave the input `token` out for the workflow's own",
            TokenError::Malformed => {
                "check the secret that the input `token` names, or leave it out for the workflow's own"
            }
        }
    }
}

/// How to reach GitHub.
pub struct ClientOptions {
    pub api_url: ApiUrl,
    pub token: ApiToken,
    /// Further trusted certificates, as PEM; the public ones and the system's are always trusted.
    pub ca_bundle: Option<Vec<u8>>,
    /// Timeout of one request, from connecting to the last byte of the response.
    pub timeout: Duration,
    pub clock: Box<dyn Clock>,
}

impl ClientOptions {
    /// The defaults: 30 seconds a request.
    pub fn new(api_url: ApiUrl, token: ApiToken) -> Self {
        ClientOptions {
            api_url,
            token,
            ca_bundle: None,
            timeout: Duration::from_secs(30),
            clock: Box::new(SystemClock::start()),
        }
    }
}

/// A connection to one GitHub API with one token.
pub struct Client {
    octocrab: Octocrab,
    api_url: ApiUrl,
    token: ApiToken,
    budget: Budget,
    /// A note on certificates that could not be read.
    unread_certificates: Option<String>,
}

/// Whether a list has more pages than were requested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MorePages {
    None,
    Possible,
}

/// A request without its URL.
enum Request<'a> {
    Get,
    /// For the bytes of a file.
    GetRaw,
    Patch(&'a Value),
    Post(&'a Value),
    /// A GraphQL document that may be carried out twice.
    Graphql(&'a Value),
    /// A GraphQL document that is not worth a retry.
    GraphqlOnce(&'a Value),
}

impl Client {
    /// Sets up a client, inside a tokio runtime. Nothing is sent yet.
    pub fn new(options: ClientOptions) -> Result<Client, ClientError> {
        let ClientOptions { api_url, token, ca_bundle, timeout, clock } = options;
        let trust = Trust::new(ca_bundle.as_deref())?;
        let mut http = reqwest::Client::builder()
            .tls_backend_preconfigured(trust.config)
            .user_agent(concat!("knownfail/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers(&token))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(timeout.min(Duration::from_secs(10)))
            .timeout(timeout);
        if api_url.is_loopback() {
            http = http.no_proxy();
        }
        // octocrab's own builder adds a second User-Agent and has its own rules for URLs, so it gets the whole transport. It adds
        // X-GitHub-Api-Version itself.
        let octocrab = OctocrabBuilder::new_empty()
            .with_service(ReqwestConnector::new(http.build()?))
            .with_auth(AuthState::None)
            .build();
        let octocrab = match octocrab {
            Ok(octocrab) => octocrab,
            Err(impossible) => match impossible {},
        };
        Ok(Client {
            octocrab,
            api_url,
            token,
            budget: Budget::new(clock),
            unread_certificates: trust.unread,
        })
    }

    pub(crate) async fn get<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<T> {
        self.send(Request::Get, self.api_url.resource(path, query), parse_json).await
    }

    /// The items of all pages of a list, and whether there may be more. Pages are requested by number: a URL from a
    /// `Link` header could lead anywhere.
    pub(crate) async fn get_pages<T: DeserializeOwned>(
        &self,
        path: &[&str],
        max_pages: usize,
    ) -> Result<(Vec<T>, MorePages)> {
        let mut items = Vec::new();
        for page in 1..=max_pages {
            let query = [("per_page", &*PAGE_SIZE.to_string()), ("page", &*page.to_string())];
            items.extend(self.get::<Vec<T>>(path, &query).await?);
            if items.len() < page * PAGE_SIZE {
                return Ok((items, MorePages::None));
            }
        }
        Ok((items, MorePages::Possible))
    }

    /// The bytes of a resource, instead of JSON about it.
    pub(crate) async fn get_raw(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Vec<u8>> {
        let to_bytes = |body: &[u8]| Ok(body.to_vec());
        self.send(Request::GetRaw, self.api_url.resource(path, query), to_bytes).await
    }

    pub(crate) async fn patch<T: DeserializeOwned>(
        &self,
        path: &[&str],
        body: &Value,
    ) -> Result<T> {
        self.send(Request::Patch(body), self.api_url.resource(path, &[]), parse_json).await
    }

    pub(crate) async fn post<T: DeserializeOwned>(&self, path: &[&str], body: &Value) -> Result<T> {
        self.send(Request::Post(body), self.api_url.resource(path, &[]), parse_json).await
    }

    /// Sends a GraphQL document that may be sent twice.
    pub(crate) async fn graphql<T: DeserializeOwned>(
        &self,
        query: &str,
        variables: Value,
    ) -> Result<T> {
        let body = json!({ "query": query, "variables": variables });
        self.graphql_response(Request::Graphql(&body)).await
    }

    /// Sends a GraphQL document that is not worth a retry.
    pub(crate) async fn graphql_once<T: DeserializeOwned>(&self, query: &str) -> Result<T> {
        let body = json!({ "query": query, "variables": {} });
        self.graphql_response(Request::GraphqlOnce(&body)).await
    }

    async fn graphql_response<T: DeserializeOwned>(&self, request: Request<'_>) -> Result<T> {
        #[derive(Deserialize)]
        struct GraphqlResponse<T> {
            data: Option<T>,
        }
        let response: GraphqlResponse<T> =
            self.send(request, self.api_url.graphql(), parse_json).await?;
        // Errors come with status 200 and `data: null`.
        response.data.ok_or(RequestError::Rejected { status: 200, message: "GraphQL error".into() })
    }

    /// Sends a request, and repeats it if that is safe and may help.
    async fn send<T>(&self, request: Request<'_>, url: Url, parse: BodyParser<T>) -> Result<T> {
        let mut attempt = 1;
        loop {
            let sent = async { self.send_once(&request, &url).await.and_then(|body| parse(&body)) };
            match request {
                Request::Get | Request::GetRaw | Request::Graphql(_) => {
                    match self.budget.run(sent).await {
                        Ok(response) => return Ok(response),
                        Err(error) => self.wait_before_retry(attempt, error).await?,
                    }
                }
                Request::Patch(_) | Request::Post(_) => return self.budget.run(sent).await,
                Request::GraphqlOnce(_) => return self.budget.run_once(sent).await,
            }
            attempt += 1;
        }
    }

    /// Waits after failed attempt `attempt` (from 1): as long as GitHub asked for, else a little longer each time. Returns
    /// the error at once if another attempt cannot help, or there is no time for it.
    pub(crate) async fn wait_before_retry(&self, attempt: u32, error: RequestError) -> Result<()> {
        self.budget.wait_before_retry(attempt, error).await
    }

    /// Duration of the last request, without retries.
    pub(crate) fn last_latency(&self) -> Duration {
        self.budget.last_latency()
    }

    /// Waits for other jobs.
    pub(crate) async fn sleep(&self, time: Duration) {
        self.budget.sleep(time).await;
    }

    async fn send_once(&self, request: &Request<'_>, url: &Url) -> Result<Vec<u8>> {
        let response = match request {
            Request::Get => self.octocrab._get(url.as_str()).await,
            Request::GetRaw => {
                let accept = HeaderValue::from_static("application/vnd.github.raw+json");
                let headers = HeaderMap::from_iter([(ACCEPT, accept)]);
                self.octocrab._get_with_headers(url.as_str(), Some(headers)).await
            }
            Request::Patch(body) => self.octocrab._patch(url.as_str(), Some(&redacted(body))).await,
            Request::Post(body) | Request::Graphql(body) | Request::GraphqlOnce(body) => {
                self.octocrab._post(url.as_str(), Some(&redacted(body))).await
            }
        };
        let response =
            response.map_err(|error| no_response(&error, self.unread_certificates.as_deref()))?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let body = Limited::new(response.into_body(), MAX_RESPONSE_SIZE).collect().await;
        let body =
            body.map(Collected::to_bytes).map_err(|error| truncated_response(error.as_ref()))?;
        if !(200..300).contains(&status) {
            let (message, now) = (self.error_message(&body), self.budget.clock.now());
            return Err(RequestError::from_response(status, &headers, message, now));
        }
        Ok(body.to_vec())
    }

    /// The message of an error response, fit for a log. Anything but GitHub's JSON, such as a proxy's HTML page, is not worth
    /// repeating.
    fn error_message(&self, body: &[u8]) -> String {
        match serde_json::from_slice(body).ok().as_ref().and_then(body_message) {
            Some(message) => sanitize_remote(&message.replace(&self.token.0, "***")),
            None => "no message".to_owned(),
        }
    }
}

/// A body without secrets: comments are not masked as the runner masks its log.
fn redacted(body: &Value) -> Value {
    let text = body.to_string();
    match secrets::redact(&text) {
        Cow::Borrowed(_) => body.clone(),
        Cow::Owned(redacted) => serde_json::from_str(&redacted).unwrap_or_default(),
    }
}

/// Parses the body of a response.
type BodyParser<T> = fn(&[u8]) -> Result<T>;

fn parse_json<T: DeserializeOwned>(body: &[u8]) -> Result<T> {
    serde_json::from_slice(body).map_err(|_| RequestError::Unclear {
        cause: "an answer that isn't the JSON it should be".to_owned(),
    })
}

/// The headers of each request. `Authorization` is marked as sensitive, so that no `Debug` prints it.
fn headers(token: &ApiToken) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/vnd.github+json"));
    if let Ok(mut bearer) = HeaderValue::from_str(&format!("Bearer {}", token.0)) {
        bearer.set_sensitive(true);
        headers.insert(AUTHORIZATION, bearer);
    }
    headers
}
