//! Stands between the ledger and the local AWS, and gets in the way.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What happens to a request.
pub(crate) enum Fault {
    /// Nothing.
    None,
    /// It does not arrive.
    Lose,
    /// It arrives, and the answer does not come back.
    LoseAnswer,
    /// It arrives, and another answer comes back.
    Answer(String),
    /// It does not arrive, and this comes back.
    AnswerInstead(String),
}

/// An error as DynamoDB writes it.
pub(crate) fn error(code: &str, more: &str) -> String {
    let body = format!(
        r#"{{"__type":"com.amazonaws.dynamodb.v20120810#{code}","message":"for a test"{more}}}"#
    );
    let length = body.len();
    format!(
        "HTTP/1.1 400 Bad Request\r\ncontent-type: application/x-amz-json-1.0\r\n\
         content-length: {length}\r\n\r\n{body}"
    )
}

/// Starts a proxy that asks `plan` about each request: its number, from 0, and its operation. Returns
/// its address. It lives as long as the runtime.
pub(crate) async fn start(
    upstream: &str,
    plan: impl Fn(usize, &str) -> Fault + Send + Sync + 'static,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let upstream = upstream.trim_start_matches("http://").trim_end_matches('/').to_owned();
    let (plan, count) = (Arc::new(plan), Arc::new(AtomicUsize::new(0)));
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let (upstream, plan, count) = (upstream.clone(), plan.clone(), count.clone());
            tokio::spawn(async move {
                let upstream = TcpStream::connect(upstream).await.unwrap();
                let next = || count.fetch_add(1, Ordering::SeqCst);
                serve(client, upstream, |operation| plan(next(), operation)).await;
            });
        }
    });
    address
}

/// Serves one connection until either side ends it, or a fault does.
async fn serve(mut client: TcpStream, mut upstream: TcpStream, plan: impl Fn(&str) -> Fault) {
    while let Some(request) = read_message(&mut client).await {
        let fault = plan(&operation(&request));
        if matches!(fault, Fault::Lose) {
            return;
        }
        if let Fault::AnswerInstead(answer) = fault {
            client.write_all(answer.as_bytes()).await.unwrap();
            continue;
        }
        upstream.write_all(&request).await.unwrap();
        let Some(answer) = read_message(&mut upstream).await else { return };
        let passed_on = match fault {
            Fault::LoseAnswer => return,
            Fault::Answer(other) => client.write_all(other.as_bytes()).await,
            _ => client.write_all(&answer).await,
        };
        if passed_on.is_err() {
            return;
        }
    }
}

/// One request or answer; `None` when the connection ends.
async fn read_message(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut message = Vec::new();
    while !is_whole(&message) {
        let mut chunk = [0; 16_384];
        let read = stream.read(&mut chunk).await.unwrap_or(0);
        if read == 0 {
            return None;
        }
        message.extend_from_slice(&chunk[..read]);
    }
    Some(message)
}

fn is_whole(message: &[u8]) -> bool {
    let Some(end) = message.windows(4).position(|four| four == b"\r\n\r\n") else { return false };
    let length = header(message, "content-length").map_or(0, |length| length.parse().unwrap());
    message.len() >= end + 4 + length
}

/// `UpdateItem` of `x-amz-target: DynamoDB_20120810.UpdateItem`.
fn operation(request: &[u8]) -> String {
    let target = header(request, "x-amz-target").unwrap_or_default();
    target.rsplit('.').next().unwrap_or_default().to_owned()
}

fn header(message: &[u8], wanted: &str) -> Option<String> {
    let text = String::from_utf8_lossy(message);
    let head = text.split("\r\n\r\n").next()?;
    let value = |line: &str| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case(wanted).then(|| value.trim().to_owned())
    };
    head.lines().find_map(value)
}
