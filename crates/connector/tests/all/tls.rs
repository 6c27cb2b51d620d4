//! Certificates: verified against the system's and the configured authorities, or loudly not at all.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use frappe_sync_connector::{CertificateCheck, FrappeSite, SiteConfig};
use frappe_sync_model::{Site as _, SiteErrorKind};

use crate::scripted_site::quick_config;

// Made for these tests alone; the key protects nothing.
const CERTIFICATE: &[u8] = include_bytes!("certificates/localhost.pem");
const KEY: &[u8] = include_bytes!("certificates/localhost.key");
const PONG: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\
    content-length: 18\r\nconnection: close\r\n\r\n{\"message\":\"pong\"}";

/// Answers every request with `pong`, under a certificate for `localhost` of an authority of its own.
async fn tls_site() -> (SiteConfig, JoinSet<()>) {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![CertificateDer::from_pem_slice(CERTIFICATE).unwrap()],
            PrivateKeyDer::from_pem_slice(KEY).unwrap(),
        )
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut server = JoinSet::new();
    server.spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(mut stream) = acceptor.accept(stream).await {
                let mut request = [0; 4096];
                // One small request arrives whole; a client that hangs up is no concern here.
                if stream.read(&mut request).await.is_ok() {
                    let _sent = stream.write_all(PONG).await;
                    let _closed = stream.shutdown().await;
                }
            }
        }
    });
    (quick_config(&format!("https://localhost:{port}")), server)
}

fn authority() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/all/certificates/authority.pem")
}

#[tokio::test]
async fn a_certificate_of_an_unknown_authority_is_a_failure_of_tls() {
    let (config, _server) = tls_site().await;
    let site = FrappeSite::new(config).unwrap();
    let error = site.ping().await.unwrap_err();
    assert_eq!(error.kind, SiteErrorKind::Tls);
    assert!(error.message.contains("`ca_file`"), "{error}");
    // There is no use in trying again.
    assert_eq!(site.request_counts().read, 1);
}

#[tokio::test]
async fn an_authority_of_the_ca_file_counts_beside_the_systems() {
    let (config, _server) = tls_site().await;
    let config = SiteConfig {
        ca_file: Some(authority()),
        ..config
    };
    FrappeSite::new(config).unwrap().ping().await.unwrap();
}

#[tokio::test]
async fn without_the_check_any_certificate_will_do() {
    let (config, _server) = tls_site().await;
    let config = SiteConfig {
        certificates: CertificateCheck::None,
        ..config
    };
    FrappeSite::new(config).unwrap().ping().await.unwrap();
}

#[tokio::test]
async fn something_that_does_not_speak_tls_is_a_failure_of_tls() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let mut server = JoinSet::new();
    server.spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _sent = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
            let mut hello = [0; 4096];
            let _read = stream.read(&mut hello).await;
        }
    });
    let error = FrappeSite::new(quick_config(&url))
        .unwrap()
        .ping()
        .await
        .unwrap_err();
    assert_eq!(error.kind, SiteErrorKind::Tls);
}
