//! Requests to GitHub's API: one transport, retries under our own rules, bounded responses.
//!
//! A write whose response got lost *may have been done*, so only reads are repeated here. A writer has to read again first (see
//! `comment`), and calls [`Client::wait_before_retry`].
//! Limits: <https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api>.

use super::random;
use crate::github::ApiUrl;
use crate::secrets;
use http_body_util::{BodyExt, Collected, LengthLimitError, Limited};
use octocrab::service::middleware::reqwest_connector::ReqwestConnector;
use octocrab::{AuthState, Octocrab, OctocrabBuilder};
use reqwest::Url;
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderValue};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::cell::Cell;
use std::error::Error;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Maximum size of a response, in bytes.
const MAX_RESPONSE_SIZE: usize = 10 * 1024 * 1024;
/// GitHub lists at most this many items on a page.
const PAGE_SIZE: usize = 100;
/// Maximum number of attempts of a request.
const MAX_ATTEMPTS: u32 = 5;
/// The wait before the first retry; each further one is twice as long.
const INITIAL_BACKOFF: Duration = Duration::from_millis(500);
/// The wait after a rate limit for which GitHub names no time.
const RATE_LIMIT_WAIT: Duration = Duration::from_secs(60);
/// Maximum length of a remote message, in characters.
const MAX_MESSAGE_LEN: usize = 300;

/// A secret. It has no `Debug` and no `Display`, so that it cannot be logged by accident.
#[derive(Clone)]
pub struct ApiToken(String);

impl ApiToken {
    /// Accepts a token of visible ASCII characters, at least one.
    pub fn new(text: &str) -> Option<ApiToken> {
        let is_token = !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic());
        is_token.then(|| ApiToken(text.to_owned()))
    }
}

/// The time, and waiting; tests replace it.
pub trait Clock {
    /// Time since 1970.
    fn now(&self) -> Duration;
    /// Completes after this time.
    fn sleep(&self, time: Duration) -> Pin<Box<dyn Future<Output = ()> + '_>>;
}

/// The system's time.
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Duration {
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
    }

    fn sleep(&self, time: Duration) -> Pin<Box<dyn Future<Output = ()> + '_>> {
        Box::pin(tokio::time::sleep(time))
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
    /// Total time that retries may take over this client's life.
    pub retry_budget: Duration,
    pub clock: Box<dyn Clock>,
}

impl ClientOptions {
    /// The defaults: 30 seconds a request, a minute for retries.
    pub fn new(api_url: ApiUrl, token: ApiToken) -> Self {
        ClientOptions {
            api_url,
            token,
            ca_bundle: None,
            timeout: Duration::from_secs(30),
            retry_budget: Duration::from_secs(60),
            clock: Box::new(SystemClock),
        }
    }
}

/// Why a client could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    #[error("the CA bundle is not readable as PEM")]
    UnreadableBundle,
    #[error("the CA bundle holds no usable certificate")]
    EmptyBundle,
    #[error("TLS could not be set up")]
    Tls(#[from] rustls::Error),
    #[error("HTTP could not be set up")]
    Http(#[from] reqwest::Error),
}

impl ClientError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            ClientError::UnreadableBundle | ClientError::EmptyBundle => {
                "it takes `-----BEGIN CERTIFICATE-----` blocks"
            }
            ClientError::Tls(_) => "check the certificates of this machine",
            ClientError::Http(_) => "check the proxy variables of this machine",
        }
    }
}

/// Why a request has no usable response. Remote text in it is shortened and sanitized.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// 401, 403 or 404: GitHub answers 404 also where it should answer 403.
    #[error("GitHub refused it ({status}): {message}")]
    Forbidden {
        status: u16,
        message: String,
        /// The permissions that the token lacks, such as `issues: write or pull-requests: write`.
        needs: Option<String>,
    },
    /// Any other unsuccessful response.
    #[error("GitHub rejected it ({status}): {message}")]
    Rejected { status: u16, message: String },
    /// GitHub asks to wait longer than the retry budget allows.
    #[error("GitHub asks to wait {} seconds before the next request", wait.as_secs())]
    Limited { wait: Duration },
    /// The request was certainly not carried out.
    #[error("GitHub is not reachable: {cause}")]
    Unreachable { cause: String },
    /// The request may have been carried out.
    #[error("GitHub gave no usable answer: {cause}")]
    Unclear { cause: String },
    #[error("GitHub answered with a redirect ({status}), which is never followed")]
    Redirected { status: u16 },
    #[error("GitHub's answer is longer than {MAX_RESPONSE_SIZE} bytes")]
    TooLong,
}

/// The result of a request.
pub(crate) type Result<T, E = RequestError> = std::result::Result<T, E>;

impl RequestError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            RequestError::Forbidden { .. } => {
                "the token can't do this: give the job the permission, or leave it off on forks"
            }
            RequestError::Rejected { .. } => {
                "this is probably a bug in knownfail: please report it"
            }
            RequestError::Limited { .. } => "run fewer jobs at once, or try again later",
            RequestError::Unreachable { .. } => {
                "check GITHUB_API_URL, the proxy variables and the ca-bundle input"
            }
            RequestError::Unclear { .. } => "run it again; see whether GitHub has an incident",
            RequestError::Redirected { .. } => {
                "was the repository renamed or moved? Use its present name"
            }
            RequestError::TooLong => "is GITHUB_API_URL really a GitHub API?",
        }
    }
}

/// A connection to one GitHub API with one token.
pub struct Client {
    octocrab: Octocrab,
    api_url: ApiUrl,
    token: ApiToken,
    clock: Box<dyn Clock>,
    /// Time left for retries.
    retry_budget: Cell<Duration>,
    /// Duration of the last request.
    last_latency: Cell<Duration>,
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
        let ClientOptions { api_url, token, ca_bundle, timeout, retry_budget, clock } = options;
        let mut http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls_config(ca_bundle.as_deref())?)
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
            clock,
            retry_budget: Cell::new(retry_budget),
            last_latency: Cell::default(),
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

    /// Sends a GraphQL document once, without using up the retry budget.
    pub(crate) async fn graphql_once<T: DeserializeOwned>(&self, query: &str) -> Result<T> {
        let body = json!({ "query": query, "variables": {} });
        let retry_budget = self.retry_budget.get();
        let response = self.graphql_response(Request::GraphqlOnce(&body)).await;
        self.retry_budget.set(retry_budget);
        response
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
            let start = self.clock.now();
            let response = self.send_once(&request, &url).await.and_then(|body| parse(&body));
            self.last_latency.set(self.clock.now().saturating_sub(start));
            let error = match response {
                Ok(response) => return Ok(response),
                Err(error) => error,
            };
            self.charge(self.last_latency.get());
            match request {
                Request::Get | Request::GetRaw | Request::Graphql(_) => {
                    self.wait_before_retry(attempt, error).await?;
                }
                Request::Patch(_) | Request::Post(_) | Request::GraphqlOnce(_) => {
                    return Err(error);
                }
            }
            attempt += 1;
        }
    }

    /// Waits after failed attempt `attempt` (from 1): as long as GitHub asked for, else a little longer each time. Returns
    /// the error at once if another attempt cannot help, or there is no time for it.
    pub(crate) async fn wait_before_retry(&self, attempt: u32, error: RequestError) -> Result<()> {
        let wait = match error {
            RequestError::Limited { wait } => wait,
            RequestError::Unreachable { .. } | RequestError::Unclear { .. } => backoff(attempt),
            RequestError::Forbidden { .. }
            | RequestError::Rejected { .. }
            | RequestError::Redirected { .. }
            | RequestError::TooLong => return Err(error),
        };
        if attempt >= MAX_ATTEMPTS || wait > self.retry_budget.get() {
            return Err(error);
        }
        self.charge(wait);
        self.clock.sleep(wait).await;
        Ok(())
    }

    /// Duration of the last request, without retries.
    pub(crate) fn last_latency(&self) -> Duration {
        self.last_latency.get()
    }

    /// Waits without using up the retry budget.
    pub(crate) async fn sleep(&self, time: Duration) {
        self.clock.sleep(time).await;
    }

    fn charge(&self, time: Duration) {
        self.retry_budget.set(self.retry_budget.get().saturating_sub(time));
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
        let response = response.map_err(|error| no_response(&error))?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let body = Limited::new(response.into_body(), MAX_RESPONSE_SIZE).collect().await;
        let body =
            body.map(Collected::to_bytes).map_err(|error| truncated_response(error.as_ref()))?;
        if !(200..300).contains(&status) {
            return Err(self.error_from_response(status, &headers, &body));
        }
        Ok(body.to_vec())
    }

    /// The error of an unsuccessful response.
    fn error_from_response(&self, status: u16, headers: &HeaderMap, body: &[u8]) -> RequestError {
        let message = self.error_message(body);
        let requested_wait = seconds(headers, "retry-after");
        match (status, requested_wait) {
            (300..=399, _) => RequestError::Redirected { status },
            (403 | 429, _) if is_limit(status, headers, &message) => {
                let reset = seconds(headers, "x-ratelimit-reset")
                    .filter(|_| none_remaining(headers))
                    .map(|reset| reset.saturating_sub(self.clock.now()) + Duration::from_secs(1));
                RequestError::Limited { wait: requested_wait.or(reset).unwrap_or(RATE_LIMIT_WAIT) }
            }
            (401 | 403 | 404, _) => {
                let needs = headers.get("x-accepted-github-permissions").and_then(permissions);
                RequestError::Forbidden { status, message, needs }
            }
            (500.., Some(wait)) => RequestError::Limited { wait },
            (500.., None) => RequestError::Unclear { cause: format!("status {status}: {message}") },
            _ => RequestError::Rejected { status, message },
        }
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

/// The message of GitHub's JSON and those of its `errors`, which name what a 422 refuses.
// <https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api#validation-failed>
fn body_message(body: &Value) -> Option<String> {
    let mut message = body["message"].as_str()?.to_owned();
    let errors = match &body["errors"] {
        Value::Array(errors) => errors.as_slice(),
        one => std::slice::from_ref(one),
    };
    let details: Vec<String> = errors.iter().filter_map(error_detail).collect();
    for (index, detail) in details.iter().enumerate() {
        message.push_str(if index == 0 { ": " } else { "; " });
        message.push_str(detail);
    }
    Some(message)
}

/// An entry of `errors`: a text, or an object with a message or a field and a code.
fn error_detail(error: &Value) -> Option<String> {
    let text = |key: &str| error[key].as_str().filter(|text| !text.is_empty());
    let text_or_message = error.as_str().or_else(|| text("message")).map(str::to_owned);
    text_or_message.or_else(|| {
        let place = [text("resource"), text("field")].into_iter().flatten().collect::<Vec<_>>();
        Some(format!("{} {}", place.join("."), text("code")?).trim().to_owned())
    })
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

/// A TLS configuration that trusts the public certificates, the system's, and the bundle's.
fn tls_config(ca_bundle: Option<&[u8]>) -> Result<rustls::ClientConfig, ClientError> {
    let mut roots = rustls::RootCertStore::empty();
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(pem) = ca_bundle {
        let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
        let certificates = certificates.map_err(|_| ClientError::UnreadableBundle)?;
        let (added, _) = roots.add_parsable_certificates(certificates);
        if added == 0 {
            return Err(ClientError::EmptyBundle);
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    Ok(rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

/// The error of a request without a response: only one without a connection was certainly not carried out.
fn no_response(error: &octocrab::Error) -> RequestError {
    let reqwest = error_chain(error).find_map(|cause| cause.downcast_ref::<reqwest::Error>());
    let cause = match reqwest {
        Some(error) if error.is_timeout() => "no answer in time".to_owned(),
        _ => {
            sanitize_remote(&error_chain(error).last().map(ToString::to_string).unwrap_or_default())
        }
    };
    match reqwest {
        Some(error) if error.is_connect() => RequestError::Unreachable { cause },
        Some(_) | None => RequestError::Unclear { cause },
    }
}

/// The error of a response that could not be read to its end.
fn truncated_response(error: &(dyn Error + 'static)) -> RequestError {
    if error_chain(error).any(|cause| cause.is::<LengthLimitError>()) {
        return RequestError::TooLong;
    }
    RequestError::Unclear { cause: "the answer was cut off".to_owned() }
}

fn error_chain<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// Whether a 403 is a rate limit: by a header or, for some secondary limits, only by its message.
fn is_limit(status: u16, headers: &HeaderMap, message: &str) -> bool {
    status == 429
        || headers.contains_key("retry-after")
        || none_remaining(headers)
        || message.to_ascii_lowercase().contains("rate limit")
}

fn none_remaining(headers: &HeaderMap) -> bool {
    headers.get("x-ratelimit-remaining").is_some_and(|remaining| remaining == "0")
}

fn seconds(headers: &HeaderMap, name: &str) -> Option<Duration> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

/// The wait before the next attempt: doubled each time, with up to half of it at random, so that jobs that failed together do
/// not come back together.
fn backoff(attempt: u32) -> Duration {
    let jitter = random::random_u128().map_or(0.5, |bits| (bits % 1000) as f64 / 1000.0);
    INITIAL_BACKOFF.mul_f64(f64::from(1 << (attempt - 1)) * (0.75 + jitter / 2.0))
}

/// `issues=write; pull_requests=write` (`;` is "or", `,` is "and") as a workflow's permissions.
fn permissions(header: &HeaderValue) -> Option<String> {
    let text = header.to_str().ok().filter(|text| text.len() <= MAX_MESSAGE_LEN)?;
    let is_allowed = |c: char| c.is_ascii_lowercase() || "_=,; ".contains(c);
    (!text.is_empty() && text.chars().all(is_allowed)).then(|| {
        text.replace('_', "-").replace('=', ": ").replace("; ", " or ").replace(", ", " and ")
    })
}

/// Remote text on one line, shortened, without control characters.
fn sanitize_remote(text: &str) -> String {
    let text: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .filter(|c| !is_invisible(*c))
        .take(MAX_MESSAGE_LEN)
        .collect();
    text.trim().to_owned()
}

/// Whether a character reorders or hides the text around it.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remote_messages_are_sanitized() {
        assert_eq!(
            sanitize_remote(" a\r\n::error::b\u{1b}[31m\u{202e}c\0 "),
            "a  ::error::b [31mc"
        );
        assert_eq!(sanitize_remote(&"é".repeat(9999)).chars().count(), MAX_MESSAGE_LEN);
        for (header, needs) in [
            ("issues=write; pull_requests=write", Some("issues: write or pull-requests: write")),
            ("contents=read, checks=write", Some("contents: read and checks: write")),
            ("<b>@all</b>", None),
            ("", None),
        ] {
            assert_eq!(
                permissions(&HeaderValue::from_static(header)).as_deref(),
                needs,
                "{header}"
            );
        }
    }

    #[test]
    fn messages_of_errors_are_kept() {
        for (body, expected) in [
            (r#"{"message": "Not Found"}"#, Some("Not Found")),
            (
                r#"{"message": "Validation Failed", "errors": [{"resource": "PullRequestReview",
                "code": "custom", "field": "body", "message": "Path could not be resolved"},
                {"resource": "Label", "field": "name", "code": "missing_field"}, {}]}"#,
                Some("Validation Failed: Path could not be resolved; Label.name missing_field"),
            ),
            (
                r#"{"message": "Unprocessable Entity", "errors": ["Line is not in the diff"]}"#,
                Some("Unprocessable Entity: Line is not in the diff"),
            ),
            (r#"{"message": "Bad", "errors": "one text"}"#, Some("Bad: one text")),
            (r#"{"errors": ["x"]}"#, None),
        ] {
            let body = serde_json::from_str(body).unwrap();
            assert_eq!(body_message(&body).as_deref(), expected);
        }
    }

    #[test]
    fn backoff_grows_with_each_attempt() {
        for _ in 0..100 {
            let waits: Vec<Duration> = (1..MAX_ATTEMPTS).map(backoff).collect();
            assert!(waits.is_sorted(), "{waits:?}");
            assert!(
                waits[0] >= INITIAL_BACKOFF * 3 / 4 && waits[3] <= INITIAL_BACKOFF * 10,
                "{waits:?}"
            );
        }
    }
}
