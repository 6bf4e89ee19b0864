//! The one HTTP client beside the SDK's.

use std::sync::Arc;
use std::time::Duration;

use rustls::{ClientConfig, RootCertStore};

use crate::error_text;

/// How long a webhook may take in all, a slowly dripping answer included. The engine starts no send with
/// less than 8 s of its invocation left.
pub(super) const DEADLINE: Duration = Duration::from_secs(5);

const CONNECT: Duration = Duration::from_secs(2);

/// How long a connection to AWS is kept for the next call.
const IDLE: Duration = Duration::from_secs(10);

/// A client that talks to one host and trusts nobody else: no redirects, no proxy, and certificates
/// that are compiled in, since parsing the system's bundle would take longer than the whole request.
pub(crate) fn client(deadline: Duration) -> Result<reqwest::Client, String> {
    // A socket that is kept dies while the function is frozen, and the next message with it.
    built(strict()?.pool_max_idle_per_host(0).timeout(deadline))
}

/// The same for many calls in a row, whose time the caller limits.
pub(crate) fn reusing_client() -> Result<reqwest::Client, String> {
    built(strict()?.pool_idle_timeout(IDLE))
}

fn strict() -> Result<reqwest::ClientBuilder, String> {
    Ok(builder()
        .tls_backend_preconfigured(tls().map_err(|error| error_text::innermost(&error))?)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .connect_timeout(CONNECT)
        .user_agent(concat!("gatewatch/", env!("CARGO_PKG_VERSION"))))
}

fn built(builder: reqwest::ClientBuilder) -> Result<reqwest::Client, String> {
    builder.build().map_err(|error| error_text::innermost(&error))
}

fn tls() -> Result<ClientConfig, rustls::Error> {
    let roots = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect::<RootCertStore>();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

#[expect(clippy::disallowed_methods, reason = "the one place that makes an HTTP client")]
fn builder() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
}
