//! What a test says: that it is one, on which stack, and that nobody has to do anything. It looks like
//! no alert, so that nobody who is woken by it takes it for one.

use diagnosis::{Timestamp, redact};

use crate::notify::{ChannelKind, Content};

/// CloudFormation's limit.
const MAX_STACK: usize = 128;

/// What it is, in a line; `sms` has no room for more.
pub(super) const TITLE: &str = "TEST: Gatewatch can reach you here";

/// What it means.
pub(super) const SENTENCES: &str = "Somebody ran `gatewatch test-alert` to see whether alerts arrive. \
    Nothing is\nwrong, and there is nothing to do: real alerts come the same way.";

/// The test for a kind of channel, of the stack with this name.
pub fn test_alert(kind: ChannelKind, stack: &str, at: Timestamp) -> Content {
    let stack = redact::truncate(&redact::printable(stack), MAX_STACK);
    kind.format().test_message(&stack, at)
}

#[cfg(test)]
mod tests {
    use diagnosis::Timestamp;

    use super::test_alert;
    use crate::notify::tests::check;
    use crate::notify::{ChannelKind, Content};

    /// 2025-03-12T09:14:00Z
    fn at() -> Timestamp {
        Timestamp::from_millis(1_741_770_840_000)
    }

    #[test]
    fn each_channel_gets_its_own() {
        let tests = ChannelKind::ALL
            .iter()
            .map(|kind| test_alert(*kind, "gatewatch", at()))
            .collect::<Vec<_>>();
        insta::assert_json_snapshot!(tests);
    }

    #[test]
    fn whatever_the_stack_is_called_it_stays_within_the_limits() {
        for stack in ["", &"gatewatch-".repeat(100), "<!channel> `x` 😀\r\n\u{202E}{{{{"] {
            for &kind in ChannelKind::ALL {
                let test = test_alert(kind, stack, at());
                assert_eq!(test.kind(), kind);
                check::limits(&test);
                let written = serde_json::to_string(&test).unwrap();
                assert!(!written.contains("action_id"), "nothing to press");
                if let Content::Sms { body } = &test {
                    assert!(body.ends_with("09:14 UTC."), "{body}");
                }
                if let Content::Email { attributes, .. } = test {
                    assert_eq!(
                        attributes.into_iter().collect::<Vec<_>>(),
                        [("event".to_owned(), "test".to_owned())]
                    );
                }
            }
        }
    }
}
