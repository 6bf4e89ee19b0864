//! Rows that cannot be read. `plant` puts one into the ledger.

use super::samples::{TIMED_OUT, exemplar, incident, minute, resolved, row, source};
use super::time::now;
use crate::incident::{Scope, Silence};
use crate::notify::{ChannelId, ChannelKind};
use crate::store::{BadRow, Committed, Ledger, Transition, UnreadableRow};

/// What was set aside since this was last asked, of this test's rows: a ledger may be shared.
fn reported(ledger: &impl Ledger, prefix: &str) -> Vec<UnreadableRow> {
    let mut rows = ledger.unreadable_rows();
    rows.retain(|row| row.of.contains(prefix) || row.key.contains(prefix) || row.kind == "message");
    rows
}

pub async fn a_bad_incident_is_set_aside_and_the_others_are_read(
    ledger: &impl Ledger,
    prefix: &str,
    plant: impl AsyncFn(BadRow),
) {
    let source = source(prefix);
    let opened = incident(&source, TIMED_OUT, minute());
    let transition = Transition { read_version: 0, incident: opened.clone(), outbox: Vec::new() };
    assert_eq!(ledger.commit(&transition).await, Ok(Committed::Done));
    assert_eq!(reported(ledger, prefix), []);
    plant(BadRow::Incident(source.clone())).await;
    for _ in 0..2 {
        let state = ledger.state(&source).await.unwrap();
        assert_eq!((state.version, &state.incidents[..]), (1, std::slice::from_ref(&opened)));
    }
    let found = reported(ledger, prefix);
    assert_eq!(found, [BadRow::Incident(source.clone()).reported(&found[0].key)], "once");
    assert_eq!(reported(ledger, prefix), [], "and not again before it is read again");
    ledger.state(&source).await.unwrap();
    assert_eq!(reported(ledger, prefix).len(), 1);
    // The source can still be changed.
    let incident = resolved(&opened, now());
    let transition = Transition { read_version: 1, incident, outbox: Vec::new() };
    assert_eq!(ledger.commit(&transition).await, Ok(Committed::Done));
}

pub async fn a_bad_open_incident_hides_no_other(
    ledger: &impl Ledger,
    prefix: &str,
    plant: impl AsyncFn(BadRow),
) {
    let good = source(&format!("{prefix}-good"));
    let opened = incident(&good, TIMED_OUT, minute());
    let transition = Transition { read_version: 0, incident: opened, outbox: Vec::new() };
    ledger.commit(&transition).await.unwrap();
    plant(BadRow::OpenIncident(source(&format!("{prefix}-bad")))).await;
    let open = ledger.open_incidents().await.unwrap();
    assert!(open.iter().any(|open| open.source == good));
    let live = ledger.live_sources(now().minute()).await.unwrap();
    assert!(live.iter().any(|live| live.source == good));
    let found = reported(ledger, prefix);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].kind, "open incident");
}

pub async fn a_bad_message_holds_up_no_other(
    ledger: &impl Ledger,
    prefix: &str,
    plant: impl AsyncFn(BadRow),
) {
    let channel = ChannelId { kind: ChannelKind::Sms, address: Some(prefix.to_owned()) };
    let source = source(prefix);
    let opened = incident(&source, TIMED_OUT, minute());
    let outbox = vec![row(&channel, &opened, 1)];
    let transition = Transition { read_version: 0, incident: opened, outbox: outbox.clone() };
    ledger.commit(&transition).await.unwrap();
    plant(BadRow::Message(channel.clone())).await;
    reported(ledger, prefix);
    assert_eq!(ledger.pending(&channel, None, 1).await.unwrap(), outbox);
    let found = reported(ledger, prefix);
    assert_eq!(found, [BadRow::Message(channel).reported(&found[0].key)]);
    assert!(!format!("{found:?}").contains(prefix), "an address is not shown");
}

pub async fn a_bad_silence_hides_nothing_and_no_other(
    ledger: &impl Ledger,
    prefix: &str,
    plant: impl AsyncFn(BadRow),
) {
    let scope = Scope { api: vec![prefix.to_owned()], ..Scope::default() };
    let silence = Silence::new(scope, now(), now().plus_millis(60_000), "ann").unwrap();
    assert_eq!(ledger.add_silence(&silence).await, Ok(None));
    plant(BadRow::Silence(format!("{prefix}-bad"))).await;
    let silences = ledger.silences(now()).await.unwrap();
    assert!(silences.contains(&silence));
    let found = reported(ledger, prefix);
    assert_eq!(found, [BadRow::Silence(String::new()).reported(&format!("{prefix}-bad"))]);
}

pub async fn a_bad_log_group_is_unknown(
    ledger: &impl Ledger,
    prefix: &str,
    plant: impl AsyncFn(BadRow),
) {
    let name = format!("/{prefix}/bad");
    plant(BadRow::LogGroup(name.clone())).await;
    assert_eq!(ledger.log_group(&name).await, Ok(None));
    let found = reported(ledger, prefix);
    assert_eq!(found, [BadRow::LogGroup(name).reported(&found[0].key)]);
}

pub async fn a_bad_exemplar_hides_no_other(
    ledger: &impl Ledger,
    prefix: &str,
    plant: impl AsyncFn(BadRow),
) {
    let (source, minute) = (source(prefix), now().minute());
    let kept = exemplar(TIMED_OUT, "r1");
    ledger.put_exemplar(&source, minute, 0, &kept).await.unwrap();
    plant(BadRow::Exemplar(source.clone(), minute)).await;
    assert_eq!(ledger.exemplars(&source, minute, minute).await.unwrap(), [kept]);
    let found = reported(ledger, prefix);
    assert_eq!(found, [BadRow::Exemplar(source, minute).reported(&found[0].key)]);
}
