//! A GitHub of one's own: behind a certificate authority that nobody knows, and behind a proxy.
//!
//! In: the action as a process; the double behind a TLS server of ours, reached through a proxy that takes
//! `CONNECT`. Out: what was posted, or one warning that says what is missing. A newcomer's trap: the host's
//! name leads nowhere, so that only the proxy finds it.

use crate::action::{Action, Finished};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;

const HOST: &str = "github.example";

/// A TLS server in front of the double, and a proxy that leads to it whatever it is asked for.
struct Network {
    tls: u16,
    proxy: u16,
    /// Where the proxy was asked to go.
    asked: Arc<Mutex<Vec<String>>>,
    /// The certificate authority, as PEM.
    authority: String,
    runtime: Option<tokio::runtime::Runtime>,
}

impl Network {
    fn before(double: &str) -> Network {
        let double = double.trim_start_matches("http://").to_owned();
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        let runtime = builder.worker_threads(1).enable_all().build().expect("a runtime");
        let bind = || runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
        let (tls, proxy, asked) = (bind(), bind(), Arc::default());
        let port = |listener: &TcpListener| listener.local_addr().expect("an address").port();
        let (authority, acceptor) = certificates();
        let network = Network {
            tls: port(&tls),
            proxy: port(&proxy),
            asked: Arc::clone(&asked),
            authority,
            runtime: None,
        };
        runtime.spawn(serve_tls(tls, acceptor, double));
        runtime.spawn(serve_proxy(proxy, network.tls, asked));
        Network { runtime: Some(runtime), ..network }
    }

    fn asked(&self) -> Vec<String> {
        let mut asked = self.asked.lock().expect("no panic").clone();
        asked.dedup();
        asked
    }

    fn close(mut self) {
        self.runtime.take().expect("running").shutdown_background();
    }
}

/// An authority, and a server whose certificate it signed.
fn certificates() -> (String, TlsAcceptor) {
    let mut of_authority = rcgen::CertificateParams::new(Vec::new()).expect("parameters");
    of_authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let key = rcgen::KeyPair::generate().expect("a key");
    let authority = of_authority.self_signed(&key).expect("a certificate").pem();
    let issuer = rcgen::Issuer::new(of_authority, key);
    let names = [HOST, "localhost"].map(str::to_owned).to_vec();
    let key = rcgen::KeyPair::generate().expect("a key");
    let of_server = rcgen::CertificateParams::new(names).expect("parameters");
    let certificate = of_server.signed_by(&key, &issuer).expect("a certificate");
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
            let Ok(mut behind) = TcpStream::connect(double).await else { return };
            let _ = copy_bidirectional(&mut stream, &mut behind).await;
        });
    }
}

async fn serve_proxy(listener: TcpListener, tls: u16, asked: Arc<Mutex<Vec<String>>>) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let asked = Arc::clone(&asked);
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
            asked.lock().expect("no panic").push(format!("{} {target}", &head[..7]));
            let Ok(mut behind) = TcpStream::connect(("127.0.0.1", tls)).await else { return };
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
            let _ = copy_bidirectional(&mut stream, &mut behind).await;
        });
    }
}

/// What a server is reached with.
#[derive(Default)]
struct Trust {
    bundle: bool,
    ssl_cert_file: bool,
    no_proxy: bool,
    at_localhost: bool,
}

/// Runs the action against it; the warnings, the number of comments, and where the proxy was asked to go.
fn reached(trust: &Trust) -> (Finished, usize, Vec<String>) {
    let mut action = Action::new().file("results.txt", "test: a.new\nfailure: a.new [\ny\n]\n");
    let network = Network::before(action.github.url());
    action = action.file("authority.pem", &network.authority);
    if trust.bundle {
        action = action.with("ca-bundle", "authority.pem");
    }
    let finished = action.step(|program| {
        let host = match trust.at_localhost {
            true => format!("localhost:{}", network.tls),
            false => HOST.to_owned(),
        };
        let pem = program.path("authority.pem");
        program.env("GITHUB_API_URL", &format!("https://{host}/api/v3"));
        program.env("HTTPS_PROXY", &format!("http://127.0.0.1:{}", network.proxy));
        if trust.ssl_cert_file {
            program.env("SSL_CERT_FILE", &pem);
        }
        if trust.no_proxy {
            program.env("NO_PROXY", HOST);
        }
    });
    let asked = network.asked();
    network.close();
    (finished, action.comments().len(), asked)
}

#[test]
fn a_server_of_ones_own_is_reached_through_a_proxy_when_its_authority_is_trusted() {
    let by_proxy = vec![format!("CONNECT {HOST}:443")];
    let bundle = Trust { bundle: true, ..Trust::default() };
    let ssl_cert_file = Trust { ssl_cert_file: true, ..Trust::default() };
    for trust in [bundle, ssl_cert_file] {
        let (finished, comments, asked) = reached(&trust);
        assert_eq!((finished.code, comments), (1, 1), "{}", finished.printed);
        assert_eq!((finished.warnings().len(), asked), (0, by_proxy.clone()));
    }
}

#[test]
fn the_machine_itself_is_reached_past_the_proxy() {
    let (finished, comments, asked) =
        reached(&Trust { bundle: true, at_localhost: true, ..Trust::default() });
    assert_eq!((finished.code, comments), (1, 1), "{}", finished.printed);
    assert!(asked.is_empty(), "{asked:?}");
}

#[test]
fn who_is_not_trusted_or_not_there_costs_one_warning_and_no_verdict() {
    let untrusted = Trust::default();
    let nowhere = Trust { bundle: true, no_proxy: true, ..Trust::default() };
    for (trust, asks_proxy, cause) in [(untrusted, true, "certificate"), (nowhere, false, "")] {
        let (finished, comments, asked) = reached(&trust);
        assert_eq!((finished.code, comments), (1, 0), "{}", finished.printed);
        assert_eq!(!asked.is_empty(), asks_proxy, "{asked:?}");
        // What happens to the list, and the comment.
        let warnings = finished.warnings();
        assert_eq!(warnings.len(), 2, "{warnings:?}");
        let told = warnings[1].starts_with("no comment: GitHub is not reachable");
        assert!(told && warnings[1].contains("ca-bundle"), "{warnings:?}");
        assert!(warnings[1].contains(cause), "{warnings:?}");
        assert_eq!(finished.outputs["conclusion"], "failure");
    }
}
