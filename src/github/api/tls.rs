//! Which certificates are trusted: the public ones, the system's, and those of `ca-bundle`.

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::sync::Arc;

/// The variables that name the system's certificates. They reach a container; the files usually do not.
const VARIABLES: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

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

/// A TLS configuration.
pub(super) struct Trust {
    pub config: rustls::ClientConfig,
    /// A note on certificates of the system that could not be read: often the others are enough.
    pub unread: Option<String>,
}

impl Trust {
    /// Trusts the public certificates, the system's, and the bundle's.
    pub(super) fn new(ca_bundle: Option<&[u8]>) -> Result<Trust, ClientError> {
        let mut roots = rustls::RootCertStore::empty();
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        let native = rustls_native_certs::load_native_certs();
        roots.add_parsable_certificates(native.certs);
        if let Some(pem) = ca_bundle {
            let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
            let certificates = certificates.map_err(|_| ClientError::UnreadableBundle)?;
            let (added, _) = roots.add_parsable_certificates(certificates);
            if added == 0 {
                return Err(ClientError::EmptyBundle);
            }
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let is_set = |name: &&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let set: Vec<&str> = VARIABLES.into_iter().filter(is_set).collect();
        let is_unread = !native.errors.is_empty() && !set.is_empty();
        let unread = is_unread.then(|| format!("what {} names cannot be read", set.join(" or ")));
        Ok(Trust { config, unread })
    }
}
