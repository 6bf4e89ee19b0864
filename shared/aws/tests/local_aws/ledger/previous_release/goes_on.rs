//! The engine goes on with what release 0.1.0 stored.

use alerting::{Acknowledgement, IncidentId, Ledger as _, Source};
use diagnosis::Timestamp;

use super::table_0_1_0;
use super::world::{SHOP_GROUP, Scripted, World};
use crate::local::block_on;

/// What a channel was sent since this was last asked: incident and number of each message.
fn sent(channel: &Scripted) -> Vec<(String, u64)> {
    let sent = channel.sent.take();
    sent.into_iter().map(|(incident, seq, _)| (incident, seq)).collect()
}

fn known(id: &str, seq: u64) -> (String, u64) {
    (id.to_owned(), seq)
}

async fn restored() -> (World, Timestamp) {
    let dump = table_0_1_0();
    let world = World::on(&dump.restored_table().await, dump.at).await;
    (world, dump.at)
}

#[test]
fn incidents_are_changed_from_the_version_they_have() {
    block_on(async {
        let (world, _) = restored().await;
        for (source, id, who) in [
            ("stage:storm00001/prod", "247767f1da78", None),
            ("everywhere", "95cb915a830c", None),
            ("stage:a1b2c3d4e5/prod", "1cb359d1d338", Some("Ada Lovelace (U024BE7LH)")),
            ("group:/aws/apigateway/pay#100%", "2bf0a221ea09", Some("Grace Hopper")),
        ] {
            let (source, id): (Source, IncidentId) = (source.parse().unwrap(), id.parse().unwrap());
            let before = world.ledger().state(&source).await.unwrap().version;
            let answer = Box::pin(world.engine.acknowledge(&source, &id, "Mary")).await.unwrap();
            let after = world.ledger().state(&source).await.unwrap().version;
            let (first, changes) = match &answer {
                Acknowledgement::Done(first) | Acknowledgement::Already(first) => {
                    (first, matches!(answer, Acknowledgement::Done(_)))
                }
                other => panic!("{source}: {other:?}"),
            };
            assert_eq!(first.by, who.unwrap_or("Mary"), "{source}");
            assert_eq!((changes, after - before), (who.is_none(), u64::from(who.is_none())));
        }
        let notes = "group:/aws/apigateway/notes 1#2%3".parse().unwrap();
        let id = "82119804f3ed".parse().unwrap();
        let over = Box::pin(world.engine.acknowledge(&notes, &id, "Mary")).await.unwrap();
        let at = Timestamp::from_millis(4_102_478_040_000 + 12 * 60_000);
        assert_eq!(over, Acknowledgement::Resolved(at));
    });
}

#[test]
fn messages_go_out_when_they_are_due() {
    block_on(async {
        let (world, now) = restored().await;
        // Slack and the phone rest, so that e-mail stands in for them.
        let swept = world.sweep().await;
        let [payments, group] = &swept.notifications[..] else {
            panic!("{:?}", swept.notifications)
        };
        assert_eq!(payments.incident.id.as_str(), "2bf0a221ea09");
        // Release 0.1.0 did not keep which members of a group were named, so they are named again.
        assert_eq!(group.incident.id.as_str(), "95cb915a830c");
        assert_eq!(payments.incident.errors, 12_420);
        let said = format!("{:?}", payments.messages);
        for kept in ["Grace Hopper", "pay-refunds", "Runtime exited"] {
            assert!(said.contains(kept), "{kept}: {said}");
        }
        assert_eq!(sent(&world.email), [known("2bf0a221ea09", 7)]);
        assert_eq!([&world.bot, &world.sms, &world.webhook].map(sent), [vec![], vec![], vec![]]);

        // 09:58:30: the four minutes that Slack asked for are over.
        world.hands.set(now.plus_millis(210_000));
        let swept = world.sweep().await;
        assert_eq!((swept.failed_sources, swept.delivery.ledger_errors), (0, 0));
        let [stock] = &swept.notifications[..] else { panic!("{:?}", swept.notifications) };
        assert_eq!(stock.incident.id.as_str(), "f7832bd47aea", "ten minutes without an error");
        let of_bot = [
            // What was owed and what has happened since are one message.
            known("2bf0a221ea09", 8),
            known("1cb359d1d338", 9),
            known("866d71aadfc8", 2),
            // After three new ones, one that has failed before.
            known("a0fc6245cf59", 1),
            known("95cb915a830c", 1),
            known("95cb915a830c", 2),
            // Resolved: those that are open and critical go first.
            known("f7832bd47aea", 3),
            known("247767f1da78", 1),
        ];
        assert_eq!(sent(&world.bot), of_bot);

        // 10:01:00: Slack has sent the others. What e-mail has told of, it tells to its end.
        world.hands.set(now.plus_millis(360_000));
        world.sweep().await;
        assert_eq!(sent(&world.email), [known("2bf0a221ea09", 9)]);
        assert_eq!(sent(&world.sms), []);

        // 10:04:00: the phone is tried again.
        world.hands.set(now.plus_millis(540_000));
        world.sweep().await;
        let of_phone = [
            known("2bf0a221ea09", 8),
            known("247767f1da78", 1),
            known("866d71aadfc8", 1),
            known("a0fc6245cf59", 1),
            known("95cb915a830c", 2),
            known("f7832bd47aea", 3),
        ];
        assert_eq!(sent(&world.sms), of_phone);
        assert_eq!(sent(&world.webhook), []);

        // 10:15:00: and the webhook.
        world.hands.set(now.plus_millis(20 * 60_000));
        world.sweep().await;
        assert_eq!(sent(&world.webhook), [known("2bf0a221ea09", 7)]);
    });
}

#[test]
fn the_rules_that_were_kept_are_in_force() {
    block_on(async {
        let (world, now) = restored().await;
        // Past the passes of the storm.
        world.hands.set(now.plus_millis(5 * 60_000));
        let line = |n: i64| {
            let (at, status) = (now.as_millis() + n, if n < 7 { 502 } else { 200 });
            format!(
                r#"{{"requestId":"c{at}","apiId":"c3h4a5t6w7","stage":"live","requestTimeEpoch":"{at}","httpMethod":"GET","resourcePath":"/","status":"{status}"}}"#
            )
        };
        let report = world.ingest(SHOP_GROUP, &(0..10).map(line).collect::<Vec<_>>()).await;
        let rules: Vec<_> =
            report.notifications.iter().map(|told| told.incident.rule.as_str()).collect();
        assert_eq!(rules, ["backend-pages"], "and none that is built in");
    });
}
