//! JSON lines of other web servers and load balancers, which hold a `status` too.
//!
//! API Gateway accepts no log format without a request id, and makes ids of two shapes. A line without
//! one of them and with a key that another server's format is made of is that server's.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html>

use memchr::memmem;

use super::AccessRecord;
use crate::Field;

/// Keys of nginx, Caddy, Traefik, Envoy, `CloudFront` and of load balancers, in that order.
const KEYS: [&str; 9] = [
    "\"remote_addr\"",
    "\"body_bytes_sent\"",
    "\"upstream_status\"",
    "\"http.log.access",
    "\"DownstreamStatus\"",
    "\"upstream_cluster\"",
    "\"x-edge-",
    "\"x_edge_",
    "\"elb_status_code\"",
];

/// Whether the line that `record` was read from is another server's.
pub(crate) fn wrote(line: &str, record: &AccessRecord<'_>) -> bool {
    let of_gateway = [Field::RequestId, Field::ExtendedRequestId]
        .into_iter()
        .any(|field| record.get(field).is_some_and(looks_like_the_gateways));
    !of_gateway && KEYS.iter().any(|key| memmem::find(line.as_bytes(), key.as_bytes()).is_some())
}

/// A UUID or 11 bytes of base64, at a glance: every healthy line comes by here.
fn looks_like_the_gateways(id: &str) -> bool {
    match id.as_bytes() {
        bytes if bytes.len() == 36 => bytes[8] == b'-',
        bytes => bytes.len() == 16 && bytes[15] == b'=',
    }
}

#[cfg(test)]
mod tests {
    use crate::{Line, Reader};

    #[test]
    fn lines_of_other_servers_and_look_alikes() {
        for (line, of_gateway) in [
            (
                r#"{"remote_addr":"203.0.113.7","request":"GET / HTTP/1.1","status":"502","body_bytes_sent":"157"}"#,
                false,
            ),
            (
                r#"{"remote_addr":"203.0.113.7","status":"502","request_id":"6f1e1f1c6f0c4a469e2a0c5b7c6ad2b1"}"#,
                false,
            ),
            (
                r#"{"level":"info","logger":"http.log.access.log0","request":{"method":"GET"},"status":502}"#,
                false,
            ),
            (
                r#"{"remote_addr":"203.0.113.7","status":"502","requestId":"6f1e1f1c-6f0c-4a46-9e2a-0c5b7c6ad2b1"}"#,
                true,
            ),
            (r#"{"requestId":"mine","status":"502","path":"/remote_addr"}"#, true),
            (r#"{"status":"502","path":"/x"}"#, true),
        ] {
            let read = Reader::default().line(line);
            assert_eq!(matches!(read, Line::Access(_)), of_gateway, "{line}");
        }
    }
}
