//! The HTTP client underneath, set up as a Frappe site needs it.

use std::time::Duration;

use reqwest::header::{ACCEPT, HeaderMap, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, ClientBuilder};

use crate::{CertificateCheck, ConfigError, SiteConfig};

/// Shorter than the keep-alive of bench's nginx (15 s), so that no request goes down a connection that
/// the site is just closing.
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(10);

/// Makes the client of one site.
///
/// No cookie jar, because a session would win over the key (protocol 2.2); no redirects, because following
/// one turns a POST into a GET; no retries of its own, because it cannot tell what a site did.
pub(crate) fn http_client(config: &SiteConfig) -> Result<Client, ConfigError> {
    let extra = extra_certificates(config)?;
    let headers = headers();
    let build = |roots: Roots| {
        roots
            .apply(builder(config, headers.clone()), extra.clone())
            .build()
    };
    let built = if config.url.is_encrypted() {
        // A container without any certificates of its own cannot build a client on them.
        build(Roots::System).or_else(|_| build(Roots::Bundled))
    } else {
        build(Roots::Bundled)
    };
    built.map_err(|source| ConfigError::Client {
        url: config.url.clone(),
        source: source.without_url(),
    })
}

/// Which certificate authorities count.
enum Roots {
    /// Those of this machine.
    System,
    /// Mozilla's, as built in.
    Bundled,
}

impl Roots {
    fn apply(self, builder: ClientBuilder, extra: Vec<Certificate>) -> ClientBuilder {
        match self {
            Self::System => builder.tls_certs_merge(extra),
            Self::Bundled => {
                let bundled = webpki_root_certs::TLS_SERVER_ROOT_CERTS
                    .iter()
                    .filter_map(|certificate| Certificate::from_der(certificate).ok());
                builder.tls_certs_only(bundled.chain(extra))
            }
        }
    }
}

fn builder(config: &SiteConfig, headers: HeaderMap) -> ClientBuilder {
    let builder = Client::builder()
        .default_headers(headers)
        .user_agent(&config.user_agent)
        .redirect(Policy::none())
        .retry(reqwest::retry::never())
        .gzip(true)
        .connect_timeout(config.connect_timeout)
        .pool_idle_timeout(POOL_IDLE_TIMEOUT);
    match config.certificates {
        CertificateCheck::Full => builder,
        CertificateCheck::None => {
            tracing::warn!(
                site = %config.url,
                "the certificate of this site is not checked: what we log in with is open to whoever is on the way"
            );
            builder.tls_danger_accept_invalid_certs(true)
        }
    }
}

/// Makes the headers that every request carries, whoever we are.
pub(crate) fn headers() -> HeaderMap {
    // Without it errors come back as pages (protocol 1.2).
    HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json"))])
}

fn extra_certificates(config: &SiteConfig) -> Result<Vec<Certificate>, ConfigError> {
    let Some(path) = &config.ca_file else {
        return Ok(Vec::new());
    };
    let pem = std::fs::read(path).map_err(|source| ConfigError::CaFile {
        path: path.clone(),
        source,
    })?;
    match Certificate::from_pem_bundle(&pem) {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err(ConfigError::NoCertificate { path: path.clone() }),
    }
}
