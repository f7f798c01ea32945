//! Why a request has no usable response, and what to do about it.
//!
//! Everything that a response contains is remote text: shortened, sanitized, and never quoted if it is not GitHub's JSON.

use super::random;
use crate::github::context::TokenAccess;
use http_body_util::LengthLimitError;
use reqwest::header::{DATE, HeaderMap, HeaderValue};
use serde_json::Value;
use std::error::Error;
use std::time::Duration;

/// Maximum size of a response, in bytes.
pub(super) const MAX_RESPONSE_SIZE: usize = 10 * 1024 * 1024;
/// GitHub asks to wait at least a minute after a limit for which it names no time.
// <https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#handle-rate-limit-errors-appropriately>
const SECONDARY_LIMIT_WAIT: Duration = Duration::from_secs(60);
/// Maximum length of a remote message, in characters.
const MAX_MESSAGE_LEN: usize = 300;

/// The result of a request.
pub(crate) type Result<T, E = RequestError> = std::result::Result<T, E>;

/// Why a request has no usable response. Remote text in it is shortened and sanitized.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// 401, 403 or 404: GitHub answers 404 also where it should answer 403.
    #[error("GitHub refused it ({status}): {message}{}", needs_clause(needs.as_deref()))]
    Forbidden {
        status: u16,
        message: String,
        /// The permissions that the token lacks, such as `issues: write or pull-requests: write`.
        needs: Option<String>,
    },
    /// Any other unsuccessful response.
    #[error("GitHub rejected it ({status}): {message}")]
    Rejected { status: u16, message: String },
    /// GitHub asks to wait.
    #[error("GitHub asks to wait {} seconds before the next request", wait.as_secs())]
    Limited { wait: Duration },
    /// The request was certainly not carried out.
    #[error("GitHub is not reachable: {cause}")]
    Unreachable { cause: String },
    /// The request was certainly not carried out: the server is not the one that it should be.
    #[error("GitHub's certificate is not trusted: {cause}")]
    Untrusted { cause: String },
    /// The request may have been carried out.
    #[error("GitHub gave no usable answer: {cause}")]
    Unclear { cause: String },
    #[error("GitHub answered with a redirect ({status}), which is never followed")]
    Redirected { status: u16 },
    #[error("GitHub's answer is longer than {MAX_RESPONSE_SIZE} bytes")]
    TooLong,
    /// The client's time is used up; the request may have been carried out.
    #[error("all requests and waits together took longer than {} minutes", limit.as_secs() / 60)]
    OutOfTime { limit: Duration },
}

/// What a request needs of the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// Files, commits and branches.
    ReadContents,
    /// The pull request of a branch.
    ReadPullRequests,
    /// Comments and reviews.
    WritePullRequests,
    WriteChecks,
}

impl Permission {
    /// How to give it to a job.
    fn grant(self) -> &'static str {
        match self {
            Permission::ReadContents => "give the job `permissions: contents: read`",
            Permission::ReadPullRequests => "give the job `permissions: pull-requests: read`",
            Permission::WritePullRequests => {
                "give the job `permissions: pull-requests: write`; Dependabot's pull requests get a \
                 read-only token without it, whatever the repository's default"
            }
            Permission::WriteChecks => {
                "give the job `permissions: checks: write`; Dependabot's pull requests get a \
                 read-only token without it, whatever the repository's default"
            }
        }
    }

    fn is_write(self) -> bool {
        match self {
            Permission::ReadContents | Permission::ReadPullRequests => false,
            Permission::WritePullRequests | Permission::WriteChecks => true,
        }
    }
}

/// What to do if a fork's token cannot write.
const READ_ONLY_TOKEN_HINT: &str = "pull requests from forks get a read-only token whatever the workflow grants; \
                             docs/recipes.md has a workflow that comments on them";

/// What to do if GitHub has blocked the repository.
const BLOCKED_HINT: &str = "GitHub has blocked the repository: its owner has to ask the support";

/// Refusals that are neither for a missing permission nor our fault: the status, a part of the message in lower case, what
/// to do.
// <https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api>
const REFUSALS: &[(u16, &str, &str)] = &[
    (401, "", "the token is wrong or has expired: leave `token` out for the workflow's own"),
    (
        403,
        "issue is locked",
        "the conversation is locked: unlock it, or turn the comment off with `comment: off`",
    ),
    (403, "repository was archived", "the repository is archived: nothing can be written to it"),
    (
        403,
        "authenticate via a github app",
        "only the workflow's own token or an app's can create check runs, no personal token",
    ),
    (403, "saml enforcement", "authorize the token for the organization's single sign-on"),
    (
        403,
        "ip allow list",
        "the organization's list of allowed IP addresses lacks the address of this runner",
    ),
    (
        403,
        "commenting is disabled",
        "the pull request has too many comments: turn the comment off, the summary has the same text",
    ),
    (
        403,
        "by personal access token",
        "the personal token lacks the permission: add it in the token's settings",
    ),
    (403, "access blocked", BLOCKED_HINT),
    (451, "", BLOCKED_HINT),
    (
        410,
        "issues are disabled",
        "enable issues in the repository's settings, or turn the comment off with `comment: off`",
    ),
    (
        422,
        "one pending review",
        "the token's user has begun a review of this pull request: submit or discard it",
    ),
];

impl RequestError {
    /// What to do about it, for a request that needs `permission` of a token with `access`.
    pub fn hint(&self, permission: Permission, access: TokenAccess) -> &'static str {
        match self {
            RequestError::Forbidden { status, message, .. } => refusal_hint(*status, message)
                .unwrap_or(match access {
                    TokenAccess::ReadOnly if permission.is_write() => READ_ONLY_TOKEN_HINT,
                    TokenAccess::ReadOnly | TokenAccess::AsConfigured => permission.grant(),
                }),
            RequestError::Rejected { status, message } => refusal_hint(*status, message)
                .unwrap_or("this is probably a bug in knownfail: please report it"),
            RequestError::Limited { .. } => "run fewer jobs at once, or try again later",
            RequestError::Unreachable { .. } => {
                "check GITHUB_API_URL, the network and the proxy variables of this machine"
            }
            RequestError::Untrusted { .. } => {
                "name the server's certificate authority with the input `ca-bundle`: a PEM file in the workspace"
            }
            RequestError::Unclear { .. } | RequestError::OutOfTime { .. } => {
                "run it again; see whether GitHub has an incident"
            }
            RequestError::Redirected { .. } => {
                "was the repository renamed or moved? Use its present name"
            }
            RequestError::TooLong => "is GITHUB_API_URL really a GitHub API?",
        }
    }

    /// Whether what was asked for does not exist, or may not be seen.
    pub(crate) fn is_not_found(&self) -> bool {
        matches!(self, RequestError::Forbidden { status: 404, .. })
    }

    /// The error of an unsuccessful response. `now` is used if the response has no date.
    pub(super) fn from_response(
        status: u16,
        headers: &HeaderMap,
        message: String,
        now: Duration,
    ) -> RequestError {
        let requested_wait = seconds(headers, "retry-after");
        match (status, requested_wait) {
            (300..=399, _) => RequestError::Redirected { status },
            (403 | 429, _) if is_limit(status, headers, &message) => {
                let wait = requested_wait.or_else(|| wait_until_reset(headers, now));
                RequestError::Limited { wait: wait.unwrap_or_else(secondary_limit_wait) }
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
}

fn needs_clause(needs: Option<&str>) -> String {
    needs.map(|needs| format!("; it needs {needs}")).unwrap_or_default()
}

fn refusal_hint(status: u16, message: &str) -> Option<&'static str> {
    let message = message.to_lowercase();
    let is_match = |(of, part, _): &&(u16, &str, &str)| *of == status && message.contains(part);
    REFUSALS.iter().find(is_match).map(|(_, _, hint)| *hint)
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

/// The time until a primary limit ends, by GitHub's own clock: that of a self-hosted runner may be wrong.
fn wait_until_reset(headers: &HeaderMap, now: Duration) -> Option<Duration> {
    let reset = seconds(headers, "x-ratelimit-reset").filter(|_| none_remaining(headers))?;
    let left = reset.saturating_sub(date(headers).unwrap_or(now));
    Some(left.saturating_add(Duration::from_secs(1)))
}

/// The wait after a limit for which GitHub names no time, randomized: jobs that were limited together do not come back
/// together.
pub(super) fn secondary_limit_wait() -> Duration {
    SECONDARY_LIMIT_WAIT + Duration::from_secs(15).mul_f64(0.25 + 0.75 * random::random_fraction())
}

fn seconds(headers: &HeaderMap, name: &str) -> Option<Duration> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

/// When GitHub sent a response, as time since 1970.
fn date(headers: &HeaderMap) -> Option<Duration> {
    let date = jiff::fmt::rfc2822::parse(headers.get(DATE)?.to_str().ok()?).ok()?;
    u64::try_from(date.timestamp().as_second()).ok().map(Duration::from_secs)
}

/// `issues=write; pull_requests=write` (`;` is "or", `,` is "and") as a workflow's permissions.
fn permissions(header: &HeaderValue) -> Option<String> {
    let text = header.to_str().ok().filter(|text| text.len() <= MAX_MESSAGE_LEN)?;
    let is_allowed = |c: char| c.is_ascii_lowercase() || "_=,; ".contains(c);
    (!text.is_empty() && text.chars().all(is_allowed)).then(|| {
        text.replace('_', "-").replace('=', ": ").replace("; ", " or ").replace(", ", " and ")
    })
}

/// The message of GitHub's JSON and those of its `errors`, which name what a 422 refuses.
// <https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api#validation-failed>
pub(super) fn body_message(body: &Value) -> Option<String> {
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

/// The error of a request without a response: only one without a connection was certainly not carried out.
/// `unread_certificates` is a note on certificates that are missing, which may be why another is not trusted.
pub(super) fn no_response(
    error: &octocrab::Error,
    unread_certificates: Option<&str>,
) -> RequestError {
    let reqwest = error_chain(error).find_map(|cause| cause.downcast_ref::<reqwest::Error>());
    let last_cause = error_chain(error).last().map(ToString::to_string).unwrap_or_default();
    let cause = sanitize_remote(&last_cause);
    match reqwest {
        Some(error) if is_certificate_error(error) => {
            let note = unread_certificates.map(|note| format!("; {note}")).unwrap_or_default();
            RequestError::Untrusted { cause: cause + &note }
        }
        Some(error) if error.is_connect() && error.is_timeout() => {
            RequestError::Unreachable { cause: "no connection in time".to_owned() }
        }
        Some(error) if error.is_connect() => RequestError::Unreachable { cause },
        Some(error) if error.is_timeout() => {
            RequestError::Unclear { cause: "no answer in time".to_owned() }
        }
        Some(_) | None => RequestError::Unclear { cause },
    }
}

/// Whether a certificate was refused. An `io::Error` hides its inner error from the chain of sources.
fn is_certificate_error(error: &reqwest::Error) -> bool {
    let is_refused = |error: &rustls::Error| matches!(error, rustls::Error::InvalidCertificate(_));
    error_chain(error).any(|cause| {
        let inner = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        let inner = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>());
        inner.or_else(|| cause.downcast_ref()).is_some_and(is_refused)
    })
}

/// The error of a response that could not be read to its end.
pub(super) fn truncated_response(error: &(dyn Error + 'static)) -> RequestError {
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

/// Remote text on one line, shortened, without control characters.
pub(super) fn sanitize_remote(text: &str) -> String {
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

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (name.parse().unwrap(), HeaderValue::from_static(value))
        };
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn wait_is_by_the_clock_of_github() {
        let seconds = Duration::from_secs;
        // 784,111,777 seconds since 1970.
        let date = ("date", "Sun, 06 Nov 1994 08:49:37 GMT");
        let none = ("x-ratelimit-remaining", "0");
        let epoch = ("date", "Thu, 01 Jan 1970 00:00:00 GMT");
        let max = "18446744073709551615";
        for (pairs, expected) in [
            (vec![date, none, ("x-ratelimit-reset", "784111800")], seconds(24)),
            (vec![date, none, ("x-ratelimit-reset", "784111000")], seconds(1)),
            (vec![none, ("x-ratelimit-reset", "1030")], seconds(31)),
            (vec![("date", "yesterday"), none, ("x-ratelimit-reset", "1030")], seconds(31)),
            (
                vec![date, none, ("x-ratelimit-reset", "784111800"), ("retry-after", "7")],
                seconds(7),
            ),
            // Nothing that a server answers is too long to be counted.
            (vec![epoch, none, ("x-ratelimit-reset", max)], Duration::MAX),
            (vec![none, ("x-ratelimit-reset", max), ("retry-after", max)], seconds(u64::MAX)),
        ] {
            let error =
                RequestError::from_response(403, &headers(&pairs), String::new(), seconds(1_000));
            assert_eq!(error, RequestError::Limited { wait: expected }, "{pairs:?}");
        }
        let message = "You have exceeded a secondary rate limit.".to_owned();
        let error = RequestError::from_response(403, &headers(&[date]), message, seconds(1_000));
        let RequestError::Limited { wait } = error else { panic!("{error:?}") };
        assert!(wait > seconds(60) && wait < seconds(80), "{wait:?}");
    }

    #[test]
    fn hint_names_the_cause_of_a_refusal() {
        use Permission::{ReadContents, WriteChecks, WritePullRequests};
        use TokenAccess::{AsConfigured, ReadOnly};
        let integration = "Resource not accessible by integration";
        for (status, message, permission, access, part) in [
            (401, "Bad credentials", WritePullRequests, ReadOnly, "expired"),
            (403, integration, WritePullRequests, ReadOnly, "forks"),
            (403, integration, ReadContents, ReadOnly, "contents: read"),
            (403, integration, WriteChecks, AsConfigured, "checks: write"),
            (404, "Not Found", WritePullRequests, AsConfigured, "pull-requests: write"),
            (
                403,
                "Unable to create comment because issue is locked.",
                WritePullRequests,
                ReadOnly,
                "unlock",
            ),
            (403, "Repository was archived so is read-only.", WriteChecks, ReadOnly, "archived"),
            (403, "You must authenticate via a GitHub App.", WriteChecks, ReadOnly, "personal"),
            (
                403,
                "Resource protected by organization SAML enforcement. You must grant your Personal Access token access to this organization.",
                ReadContents,
                AsConfigured,
                "single sign-on",
            ),
            (
                403,
                "Although you appear to have the correct authorization credentials, the `octo` organization has an IP allow list enabled",
                ReadContents,
                AsConfigured,
                "IP addresses",
            ),
            (
                403,
                "Resource not accessible by personal access token",
                WriteChecks,
                AsConfigured,
                "settings",
            ),
        ] {
            let (message, needs) = (message.to_owned(), None);
            let error = RequestError::Forbidden { status, message, needs };
            let hint = error.hint(permission, access);
            assert!(hint.contains(part), "{error}: {hint}");
        }
    }

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
}
