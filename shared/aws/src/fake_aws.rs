//! A listener that answers what a test tells it to.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use aws_config::Region;
use aws_credential_types::Credentials;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::Clients;

/// Status and body of an answer; none: silence.
pub(crate) type Answer = Option<(u16, &'static str)>;

/// Listens until the test ends; keeps the requests it got.
pub(crate) struct FakeAws {
    pub(crate) clients: Arc<Clients>,
    requests: Arc<Mutex<Vec<String>>>,
}

impl FakeAws {
    pub(crate) async fn start(answers: impl IntoIterator<Item = Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let mut answers: VecDeque<Answer> = answers.into_iter().collect();
        let seen = requests.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = Vec::new();
                while !is_whole(&request) && stream.read_buf(&mut request).await.unwrap() > 0 {}
                seen.lock().unwrap().push(String::from_utf8(request).unwrap());
                let Some((status, body)) = answers.pop_front().expect("no call more") else {
                    tokio::spawn(async move {
                        std::future::pending::<()>().await;
                        drop(stream);
                    });
                    continue;
                };
                let length = body.len();
                let answer = format!(
                    "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\n\
                     connection: close\r\ncontent-length: {length}\r\n\r\n{body}"
                );
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        let config = Clients::config_loader()
            .endpoint_url(address)
            .region(Region::from_static("eu-west-1"))
            .credentials_provider(Credentials::new("111122223333", "local", None, None, "test"))
            .load()
            .await;
        Self { clients: Arc::new(Clients::with(config)), requests }
    }

    pub(crate) fn calls(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    length.is_none_or(|length| body.len() >= length.parse().unwrap())
}
