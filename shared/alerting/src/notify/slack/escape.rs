//! Text for the places where Slack reads markup.

/// Slack's three control characters, the ampersand first.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
