//! Verifies that a request comes from Slack. Pure.
//! <https://docs.slack.dev/authentication/verifying-requests-from-slack>
//!
//! The signature covers the bytes of the body as Slack sent them. A body that was parsed and serialized
//! again, or that is still in base64, has another signature.

use alerting::hash;
use aws::channel::SigningSecret;
use diagnosis::Timestamp;
use ring::hmac;

/// A request is valid for 5 minutes, and Slack's clock may differ from ours by as much.
pub(crate) const WINDOW_SECONDS: u64 = 5 * 60;

/// The headers of a signed request.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Signed<'a> {
    /// `X-Slack-Request-Timestamp`: seconds since the epoch.
    pub(crate) timestamp: &'a str,
    /// `X-Slack-Signature`: `v0=` and 64 hex digits.
    pub(crate) signature: &'a str,
}

impl Signed<'_> {
    /// Whether the signature is well-formed and its time is valid at `now`.
    pub(crate) fn is_timely(&self, now: Timestamp) -> bool {
        let digits =
            !self.timestamp.is_empty() && self.timestamp.bytes().all(|b| b.is_ascii_digit());
        let seconds: Option<i64> = self.timestamp.parse().ok().filter(|_| digits);
        let age = seconds.map(|seconds| (now.as_millis() / 1_000).abs_diff(seconds));
        age.is_some_and(|age| age <= WINDOW_SECONDS) && self.tag().is_some()
    }

    /// Whether the request was signed with the secret. Compares in constant time.
    pub(crate) fn holds(&self, body: &[u8], secret: &SigningSecret) -> bool {
        let Some(tag) = self.tag() else { return false };
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose());
        let mut signed = format!("v0:{}:", self.timestamp).into_bytes();
        signed.extend_from_slice(body);
        hmac::verify(&key, &signed, &tag).is_ok()
    }

    /// An id of the request, from its signature. Upper-case and lower-case digits give the same id.
    pub(crate) fn request(&self) -> Option<String> {
        Some(format!("{:016x}", hash::of(&[&self.tag()?])))
    }

    fn tag(&self) -> Option<[u8; 32]> {
        let hex = self.signature.strip_prefix("v0=")?.as_bytes();
        let mut tag = [0; 32];
        if hex.len() != 2 * tag.len() {
            return None;
        }
        for (byte, pair) in tag.iter_mut().zip(hex.chunks_exact(2)) {
            let digit = |at: usize| char::from(pair[at]).to_digit(16);
            *byte = (digit(0)? * 16 + digit(1)?) as u8;
        }
        Some(tag)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use aws::channel::SigningSecret;
    use diagnosis::Timestamp;
    use ring::hmac;

    use super::Signed;

    /// The example in Slack's documentation.
    pub(crate) const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
    const TIMESTAMP: &str = "1531420618";
    const BODY: &str = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow\
        &channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner\
        &command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands\
        %2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN\
        &trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
    const SIGNATURE: &str = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";

    const SIGNED: Signed<'_> = Signed { timestamp: TIMESTAMP, signature: SIGNATURE };

    fn secret(text: &str) -> SigningSecret {
        text.parse().unwrap()
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000)
    }

    /// The signature that Slack would make.
    pub(crate) fn sign(secret: &str, timestamp: &str, body: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let tag = hmac::sign(&key, format!("v0:{timestamp}:{body}").as_bytes());
        tag.as_ref().iter().fold("v0=".to_owned(), |hex, byte| format!("{hex}{byte:02x}"))
    }

    #[test]
    fn slacks_own_example_holds() {
        assert!(SIGNED.is_timely(at(1_531_420_618)));
        assert!(SIGNED.holds(BODY.as_bytes(), &secret(SECRET)));
        assert_eq!(sign(SECRET, TIMESTAMP, BODY), SIGNATURE);
    }

    #[test]
    fn nothing_else_holds() {
        let other = format!("{BODY} ");
        let last = SIGNATURE.replace("503", "504");
        for (what, body, timestamp, signature, of) in [
            ("another body", other.as_str(), TIMESTAMP, SIGNATURE, SECRET),
            ("no body", "", TIMESTAMP, SIGNATURE, SECRET),
            ("another time", BODY, "1531420619", SIGNATURE, SECRET),
            ("another secret", BODY, TIMESTAMP, SIGNATURE, "8f742231b10e8888abcd99yyyzzz85a6"),
            ("another signature", BODY, TIMESTAMP, last.as_str(), SECRET),
            ("none", BODY, TIMESTAMP, "", SECRET),
            ("without its version", BODY, TIMESTAMP, &SIGNATURE[3..], SECRET),
            ("cut", BODY, TIMESTAMP, &SIGNATURE[..65], SECRET),
        ] {
            let signed = Signed { timestamp, signature };
            assert!(!signed.holds(body.as_bytes(), &secret(of)), "{what}");
        }
    }

    #[test]
    fn a_request_is_the_same_however_its_signature_is_written() {
        let upper = SIGNATURE.to_uppercase().replace("V0", "v0");
        let other = SIGNATURE.replace("503", "504");
        let request = |signature| Signed { signature, ..SIGNED }.request();
        assert!(SIGNED.request().is_some());
        assert_eq!(request(&upper), SIGNED.request());
        assert_ne!(request(&other), SIGNED.request());
        assert_eq!(request(""), None);
    }

    #[test]
    fn a_request_is_good_for_five_minutes() {
        let sent = 1_531_420_618;
        for (now, good) in [
            (sent, true),
            (sent + 300, true),
            (sent + 301, false),
            (sent - 300, true),
            (sent - 301, false),
            (0, false),
        ] {
            assert_eq!(SIGNED.is_timely(at(now)), good, "{now}");
        }
        for timestamp in
            ["", "soon", "+1531420618", " 1531420618", "1531420618.0", "99999999999999999999"]
        {
            assert!(!Signed { timestamp, ..SIGNED }.is_timely(at(sent)), "{timestamp}");
        }
        for signature in [
            "",
            "v0=",
            "v1=a2",
            "v0=zz114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
        ] {
            assert!(!Signed { signature, ..SIGNED }.is_timely(at(sent)), "{signature}");
        }
    }
}
