//! Reads a request from Slack: which button was pressed, and who pressed it. Pure.
//! <https://docs.slack.dev/reference/interaction-payloads/block_actions-payload>

use alerting::{Action, Target};
use diagnosis::{is_plain_name, redact};
use serde::Deserialize;

/// At most 80 characters of a user's name are stored.
const MAX_NAME: usize = 80;

/// An interaction of a user, as Slack reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Interaction {
    /// A user pressed a button that acts.
    Press(Press),
    /// Needs no action: a button that opens a page, or Slack's check of the certificate.
    Ignored,
    /// Not in Slack's format.
    Unreadable,
}

/// A press of a button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Press {
    pub(crate) action: Action,
    pub(crate) target: Target,
    /// The user's id in Slack, for an answer.
    pub(crate) user: String,
    /// The user's name, for other people.
    pub(crate) name: String,
}

#[derive(Deserialize)]
struct Payload {
    #[serde(rename = "type")]
    kind: String,
    user: Option<User>,
    #[serde(default)]
    actions: Vec<PressedButton>,
}

#[derive(Deserialize)]
struct User {
    id: String,
    name: Option<String>,
    username: Option<String>,
}

#[derive(Deserialize)]
struct PressedButton {
    action_id: String,
    #[serde(default)]
    value: Option<String>,
}

impl Interaction {
    /// Reads the body: a form whose field `payload` holds JSON.
    pub(crate) fn read(body: &[u8]) -> Self {
        let mut fields = url::form_urlencoded::parse(body);
        let payload = match fields.next() {
            Some((name, value)) if name == "payload" => value,
            Some((name, _)) if name == "ssl_check" => return Self::Ignored,
            _ => return Self::Unreadable,
        };
        let Ok(payload) = serde_json::from_str::<Payload>(&payload) else {
            return Self::Unreadable;
        };
        if payload.kind != "block_actions" {
            return Self::Ignored;
        }
        let Some(user) = payload.user else { return Self::Unreadable };
        let Some(pressed) = payload.actions.first() else { return Self::Unreadable };
        let Ok(action) = pressed.action_id.parse() else { return Self::Ignored };
        let target = pressed.value.as_deref().unwrap_or_default().parse();
        let (Ok(target), true) = (target, is_id(&user.id)) else { return Self::Unreadable };
        let name = user.name.or(user.username).unwrap_or_default();
        let name = redact::truncate(redact::printable(&name).trim(), MAX_NAME);
        let name = if name.is_empty() { user.id.clone() } else { name };
        Self::Press(Press { action, target, user: user.id, name })
    }
}

fn is_id(id: &str) -> bool {
    id.len() >= 2 && is_plain_name(id, "", 32)
}

#[cfg(test)]
mod tests {
    use alerting::Action;
    use serde_json::{Value, json};

    use super::{Interaction, Press};

    fn read(payload: &Value) -> Interaction {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("payload", &payload.to_string());
        Interaction::read(form.finish().as_bytes())
    }

    fn pressed(action: &str, value: &str) -> Value {
        json!({
            "type": "block_actions",
            "user": {"id": "U1", "username": "ann.b", "name": "ann", "team_id": "T1"},
            "actions": [{"type": "button", "action_id": action, "value": value, "action_ts": "1.2"}],
            "message": {"blocks": [{"type": "divider"}]},
            "response_url": "https://evil.io/",
        })
    }

    const TARGET: &str = "0123456789ab stage:a1b2c3d4e5/prod";

    #[test]
    fn a_press_is_read() {
        for (id, action) in [
            ("acknowledge", Action::Acknowledge),
            ("silence-1h", Action::SilenceForAnHour),
            ("silence-24h", Action::SilenceForADay),
        ] {
            let press = Press {
                action,
                target: TARGET.parse().unwrap(),
                user: "U1".to_owned(),
                name: "ann".to_owned(),
            };
            assert_eq!(read(&pressed(id, TARGET)), Interaction::Press(press));
        }
    }

    #[test]
    fn names_are_short_and_printable() {
        for (user, name) in [
            (json!({"id": "U1", "username": "ann.b"}), "ann.b"),
            (json!({"id": "U1"}), "U1"),
            (json!({"id": "U1", "name": " "}), "U1"),
            (json!({"id": "U1", "name": "a\nb"}), "a b"),
        ] {
            let mut payload = pressed("acknowledge", TARGET);
            payload["user"] = user;
            let Interaction::Press(press) = read(&payload) else { panic!("{payload}") };
            assert_eq!(press.name, name);
        }
        let mut payload = pressed("acknowledge", TARGET);
        payload["user"]["name"] = json!("a".repeat(10_000));
        let Interaction::Press(press) = read(&payload) else { panic!("{payload}") };
        assert!(press.name.chars().count() <= 81);
    }

    #[test]
    fn other_interactions_are_ignored_and_other_bodies_unreadable() {
        assert_eq!(read(&pressed("open-logs", "")), Interaction::Ignored, "a link");
        assert_eq!(read(&json!({"type": "view_submission"})), Interaction::Ignored);
        assert_eq!(Interaction::read(b"ssl_check=1&token=x"), Interaction::Ignored);
        for payload in [
            json!({}),
            json!([]),
            json!({"type": "block_actions"}),
            json!({"type": "block_actions", "user": {"id": "U1"}, "actions": []}),
            pressed("acknowledge", ""),
            pressed("acknowledge", "0123456789ab"),
            pressed("silence-1h", "0123456789ab nothing:x"),
            {
                let mut payload = pressed("acknowledge", TARGET);
                payload["user"]["id"] = json!("<!channel>");
                payload
            },
        ] {
            assert_eq!(read(&payload), Interaction::Unreadable, "{payload}");
        }
        for body in ["", "payload", "payload=%7B", "payload=\u{0}", "{}", "a=b&payload=%7B%7D"] {
            assert_eq!(Interaction::read(body.as_bytes()), Interaction::Unreadable, "{body}");
        }
        assert_eq!(Interaction::read(&[0xff; 64]), Interaction::Unreadable);
    }
}
