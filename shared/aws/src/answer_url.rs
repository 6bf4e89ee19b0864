//! The URL at which CloudFormation waits for the answer of a custom resource.

use std::time::Duration;

use crate::channel::http::client;
use crate::error_text;

/// One try.
const DEADLINE: Duration = Duration::from_secs(5);

/// CloudFormation would wait for an hour: it is worth some tries.
const TRIES: u32 = 4;

/// The pause after the first try; it doubles.
const PAUSE: Duration = Duration::from_millis(500);

/// Puts an answer at the URL, which is signed for a body without a content type.
pub async fn answer(url: &str, body: String) -> Result<(), String> {
    let client = client(DEADLINE)?;
    let mut pause = PAUSE;
    let mut failure = String::new();
    for _ in 0..TRIES {
        let sent = client.put(url).header("content-type", "").body(body.clone()).send().await;
        failure = match sent {
            Ok(response) if response.status().is_success() => return Ok(()),
            Ok(response) => format!("CloudFormation's URL answered {}", response.status()),
            // Without the URL: it is as good as a signature.
            Err(error) => error_text::innermost(&error.without_url()),
        };
        tokio::time::sleep(pause).await;
        pause *= 2;
    }
    Err(failure)
}
