//! The address of a GitHub API, validated once, so that the token goes nowhere else.
//!
//! `https://api.github.com`, or `https://HOST/api/v3` on GitHub Enterprise Server. Resources are built from path segments,
//! never by joining text, so that a name with a slash in it cannot reach another resource.

use reqwest::Url;
use std::net::IpAddr;

/// The base URL of an API: https, or http on the loopback interface, without credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiUrl(Url);

/// Why a URL is not an API address. The URL is not repeated: it may contain a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ApiUrlError {
    #[error("the address is not a URL")]
    NotAUrl,
    #[error("the address is not https (http is for this machine's own loopback alone)")]
    NotHttps,
    #[error("the address holds a user name or a password")]
    HasCredentials,
    #[error("the address holds a query or a fragment")]
    HasQuery,
}

impl ApiUrl {
    /// Parses a URL; a trailing slash makes no difference.
    pub fn parse(text: &str) -> Result<ApiUrl, ApiUrlError> {
        let mut api = ApiUrl(Url::parse(text).map_err(|_| ApiUrlError::NotAUrl)?);
        let url = &api.0;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(ApiUrlError::HasCredentials);
        }
        match url.scheme() {
            "https" => {}
            "http" if api.is_loopback() => {}
            _ => return Err(ApiUrlError::NotHttps),
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(ApiUrlError::HasQuery);
        }
        let path = url.path().trim_end_matches('/').to_owned();
        api.0.set_path(&path);
        Ok(api)
    }

    /// Whether it is on this machine, where no proxy is used.
    pub fn is_loopback(&self) -> bool {
        let Some(host) = self.0.host_str() else { return false };
        let address = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost" || address.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
    }

    /// The URL without a trailing slash.
    pub fn as_str(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }

    /// The URL of a REST resource: path segments and query, each encoded for its place.
    pub(crate) fn resource(&self, segments: &[&str], query: &[(&str, &str)]) -> Url {
        let mut url = self.0.clone();
        // A URL with a host always has segments; `parse` refuses one without.
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    /// The GraphQL endpoint: next to `v3` on GitHub Enterprise Server, below the root elsewhere.
    pub(crate) fn graphql(&self) -> Url {
        let mut url = self.0.clone();
        let path = self.0.path().trim_end_matches('/');
        let path = path.strip_suffix("/v3").unwrap_or(path);
        url.set_path(&format!("{path}/graphql"));
        url
    }
}

/// The address of the server's pages, without a trailing slash. It gets no token, so it may be http.
pub(crate) fn parse_web_address(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let is_plain = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    let is_web = matches!(url.scheme(), "https" | "http") && url.has_host();
    (is_plain && is_web).then(|| url.as_str().trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_safe_api_addresses_are_accepted() {
        use ApiUrlError::*;
        for (text, expected) in [
            ("https://api.github.com", Ok("https://api.github.com")),
            ("https://ghe.example/api/v3/", Ok("https://ghe.example/api/v3")),
            ("http://127.0.0.1:4010", Ok("http://127.0.0.1:4010")),
            ("http://[::1]:4010/", Ok("http://[::1]:4010")),
            ("http://localhost:4010", Ok("http://localhost:4010")),
            ("http://api.github.com", Err(NotHttps)),
            ("http://127.0.0.1.evil.example", Err(NotHttps)),
            ("http://localhost.evil.example", Err(NotHttps)),
            ("file:///etc/passwd", Err(NotHttps)),
            ("https://api.github.com@evil.example", Err(HasCredentials)),
            ("https://:secret@evil.example", Err(HasCredentials)),
            ("https://api.github.com/?x=1", Err(HasQuery)),
            ("api.github.com", Err(NotAUrl)),
            ("", Err(NotAUrl)),
        ] {
            let got = ApiUrl::parse(text);
            assert_eq!(got.as_ref().map(ApiUrl::as_str), expected.as_ref().copied(), "{text}");
        }
    }

    #[test]
    fn web_addresses_may_be_http() {
        for (text, expected) in [
            ("https://github.com", Some("https://github.com")),
            ("http://ghe.example:8080/git/", Some("http://ghe.example:8080/git")),
            ("https://user:secret@ghe.example", None),
            ("https://ghe.example/?x", None),
            ("javascript:alert(1)", None),
            ("ghe.example", None),
            ("", None),
        ] {
            assert_eq!(parse_web_address(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn segments_and_queries_are_encoded() {
        let api = ApiUrl::parse("https://ghe.example/api/v3").unwrap();
        let url = api.resource(&["repos", "o", "../../x?y"], &[("head", "o:a&b=c#d")]);
        let expected = "https://ghe.example/api/v3/repos/o/..%2F..%2Fx%3Fy?head=o%3Aa%26b%3Dc%23d";
        assert_eq!(url.as_str(), expected);
        assert_eq!(api.graphql().as_str(), "https://ghe.example/api/graphql");
        let api = ApiUrl::parse("https://api.github.com").unwrap();
        assert_eq!(api.resource(&["user"], &[]).as_str(), "https://api.github.com/user");
        assert_eq!(api.graphql().as_str(), "https://api.github.com/graphql");
    }
}
