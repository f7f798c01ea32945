//! A GitHub Enterprise Server with a private certificate authority, reached through a proxy.
//!
//! The action is a process; the fake GitHub is a TLS server of ours, reached through a proxy with `CONNECT`. The host's name
//! does not resolve, so only the proxy can reach it.

use crate::action::{Action, StepResult};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;

const HOST: &str = "github.example";

/// A TLS server in front of the fake GitHub, and a proxy that connects to it for any host.
struct Network {
    tls: u16,
    proxy: u16,
    /// The targets of the proxy's requests.
    proxy_requests: Arc<Mutex<Vec<String>>>,
    /// The certificate authority, as PEM.
    authority: String,
    runtime: Option<tokio::runtime::Runtime>,
}

impl Network {
    fn start(fake_url: &str) -> Network {
        let double = fake_url.trim_start_matches("http://").to_owned();
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        let runtime = builder.worker_threads(1).enable_all().build().expect("a runtime");
        let bind = || runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
        let (tls, proxy, proxy_requests) = (bind(), bind(), Arc::default());
        let port = |listener: &TcpListener| listener.local_addr().expect("an address").port();
        let (authority, acceptor) = certificates();
        let network = Network {
            tls: port(&tls),
            proxy: port(&proxy),
            proxy_requests: Arc::clone(&proxy_requests),
            authority,
            runtime: None,
        };
        runtime.spawn(serve_tls(tls, acceptor, double));
        runtime.spawn(serve_proxy(proxy, network.tls, proxy_requests));
        Network { runtime: Some(runtime), ..network }
    }

    fn proxy_requests(&self) -> Vec<String> {
        let mut requests = self.proxy_requests.lock().expect("no panic").clone();
        requests.dedup();
        requests
    }

    fn close(mut self) {
        self.runtime.take().expect("running").shutdown_background();
    }
}

/// A certificate authority, and a server certificate that it signed.
fn certificates() -> (String, TlsAcceptor) {
    let mut authority_params = rcgen::CertificateParams::new(Vec::new()).expect("parameters");
    authority_params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let key = rcgen::KeyPair::generate().expect("a key");
    let authority = authority_params.self_signed(&key).expect("a certificate").pem();
    let issuer = rcgen::Issuer::new(authority_params, key);
    let names = [HOST, "localhost"].map(str::to_owned).to_vec();
    let key = rcgen::KeyPair::generate().expect("a key");
    let server_params = rcgen::CertificateParams::new(names).expect("parameters");
    let certificate = server_params.signed_by(&key, &issuer).expect("a certificate");
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key.into())
        .expect("a server");
    (authority, TlsAcceptor::from(Arc::new(config)))
}

async fn serve_tls(listener: TcpListener, acceptor: TlsAcceptor, double: String) {
    while let Ok((stream, _)) = listener.accept().await {
        let (acceptor, double) = (acceptor.clone(), double.clone());
        tokio::spawn(async move {
            // A client that does not trust us goes away.
            let Ok(mut stream) = acceptor.accept(stream).await else { return };
            let Ok(mut upstream) = TcpStream::connect(double).await else { return };
            let _ = copy_bidirectional(&mut stream, &mut upstream).await;
        });
    }
}

async fn serve_proxy(listener: TcpListener, tls: u16, proxy_requests: Arc<Mutex<Vec<String>>>) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let proxy_requests = Arc::clone(&proxy_requests);
        tokio::spawn(async move {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                match stream.read_u8().await {
                    Ok(byte) => head.push(byte),
                    Err(_) => return,
                }
            }
            let head = String::from_utf8_lossy(&head).into_owned();
            let target = head.split(' ').nth(1).unwrap_or_default().to_owned();
            proxy_requests.lock().expect("no panic").push(format!("{} {target}", &head[..7]));
            let Ok(mut upstream) = TcpStream::connect(("127.0.0.1", tls)).await else { return };
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
            let _ = copy_bidirectional(&mut stream, &mut upstream).await;
        });
    }
}

/// How a server is reached.
#[derive(Default)]
struct ConnectionSettings {
    bundle: bool,
    ssl_cert_file: bool,
    /// `SSL_CERT_FILE` names a file that a container does not have.
    missing_file: bool,
    no_proxy: bool,
    use_localhost: bool,
}

/// Runs the action; returns the warnings, the number of comments, and the targets of the proxy's requests.
fn run_action(trust: &ConnectionSettings) -> (StepResult, usize, Vec<String>) {
    let mut action = Action::new().file("results.txt", "test: a.new\nfailure: a.new [\ny\n]\n");
    let network = Network::start(action.github.url());
    action = action.file("authority.pem", &network.authority);
    if trust.bundle {
        action = action.with("ca-bundle", "authority.pem");
    }
    let finished = action.run_step(|program| {
        let host = if trust.use_localhost {
            format!("localhost:{}", network.tls)
        } else {
            HOST.to_owned()
        };
        let pem = program.path("authority.pem");
        program.env("GITHUB_API_URL", &format!("https://{host}/api/v3"));
        program.env("HTTPS_PROXY", &format!("http://127.0.0.1:{}", network.proxy));
        if trust.ssl_cert_file {
            program.env("SSL_CERT_FILE", &pem);
        }
        if trust.missing_file {
            program.env("SSL_CERT_FILE", "/no/such/authority.pem");
        }
        if trust.no_proxy {
            program.env("NO_PROXY", HOST);
        }
    });
    let proxy_requests = network.proxy_requests();
    network.close();
    (finished, action.comments().len(), proxy_requests)
}

#[test]
fn trusted_enterprise_server_is_reached_through_a_proxy() {
    let by_proxy = vec![format!("CONNECT {HOST}:443")];
    let bundle = ConnectionSettings { bundle: true, ..ConnectionSettings::default() };
    let ssl_cert_file = ConnectionSettings { ssl_cert_file: true, ..ConnectionSettings::default() };
    for trust in [bundle, ssl_cert_file] {
        let (finished, comments, proxy_requests) = run_action(&trust);
        assert_eq!((finished.code, comments), (1, 1), "{}", finished.printed);
        assert_eq!((finished.warnings().len(), proxy_requests), (0, by_proxy.clone()));
    }
}

#[test]
fn localhost_is_reached_without_the_proxy() {
    let (finished, comments, proxy_requests) = run_action(&ConnectionSettings {
        bundle: true,
        use_localhost: true,
        ..ConnectionSettings::default()
    });
    assert_eq!((finished.code, comments), (1, 1), "{}", finished.printed);
    assert!(proxy_requests.is_empty(), "{proxy_requests:?}");
}

#[test]
fn untrusted_or_unreachable_server_warns_and_keeps_the_verdict() {
    let untrusted = ConnectionSettings::default();
    let unreachable =
        ConnectionSettings { bundle: true, no_proxy: true, ..ConnectionSettings::default() };
    let missing_file = ConnectionSettings { missing_file: true, ..ConnectionSettings::default() };
    let certificate = "GitHub's certificate is not trusted: invalid peer certificate";
    for (trust, asks_proxy, cause, hint) in [
        (untrusted, true, certificate, "UnknownIssuer: name the server's certificate authority"),
        (missing_file, true, certificate, "UnknownIssuer; what SSL_CERT_FILE names cannot be read"),
        (unreachable, false, "GitHub is not reachable: ", "check GITHUB_API_URL, the network"),
    ] {
        let (finished, comments, proxy_requests) = run_action(&trust);
        assert_eq!((finished.code, comments), (1, 0), "{}", finished.printed);
        assert_eq!(!proxy_requests.is_empty(), asks_proxy, "{proxy_requests:?}");
        let warnings = finished.warnings();
        let [warning] = warnings[..] else { panic!("{warnings:?}") };
        let expected = format!("list changes are not reported, no comment: {cause}");
        assert!(warning.starts_with(&expected) && warning.contains(hint), "{warning}");
        assert_eq!(finished.outputs["conclusion"], "failure");
    }
}
