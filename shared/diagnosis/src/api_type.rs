//! The kinds of API that API Gateway serves.

use crate::closed_enum;

closed_enum! {
    /// The kind of API that wrote a line. The ids are AWS's own names.
    pub enum ApiType as "kind of API" {
        /// A REST API.
        Rest = "REST",
        /// An HTTP API.
        Http = "HTTP",
        /// A WebSocket API.
        WebSocket = "WEBSOCKET",
    }
}
