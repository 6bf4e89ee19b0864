//! What the tests of a ledger put into it, and how they look at it.

use diagnosis::{Cause, Confidence, Timestamp};

use crate::counting::{BatchId, CauseCounts, Exemplar, MinuteCounts};
use crate::incident::{Event, History, Incident, IncidentId};
use crate::notify::{ChannelId, Content};
use crate::rules::Severity;
use crate::source::Source;
use crate::store::contract::now;
use crate::store::{Committed, Condition, Failure, Ledger, OutboxRow, Settlement, Transition};

pub(super) const TIMED_OUT: Cause = Cause::LambdaTimedOut;
pub(super) const QUOTA: Cause = Cause::UsagePlanQuotaExceeded;

pub(super) fn source(prefix: &str) -> Source {
    Source::LogGroup(format!("/{prefix}"))
}

pub(super) fn minute() -> i64 {
    now().minute()
}

/// The `n`th batch that falls into a shard.
pub(super) fn batch(shard: u8, n: u64) -> BatchId {
    BatchId((u64::from(shard) << 60) | n)
}

pub(super) fn counts(requests: u64, causes: &[(Cause, u64)]) -> MinuteCounts {
    MinuteCounts { requests, causes: causes.iter().copied().collect(), ..MinuteCounts::default() }
}

pub(super) fn incident(source: &Source, cause: Cause, minute: i64) -> Incident {
    Incident {
        id: IncidentId::new("123456789012", source, cause, minute),
        source: source.clone(),
        log_group: "/shop".to_owned(),
        rule: "server-errors".to_owned(),
        severity: Severity::Critical,
        opening_cause: cause,
        cause,
        confidence: Confidence::Medium,
        covered: vec![cause, Cause::GatewayTimeoutUnattributed],
        window_start: minute - 4,
        opened_at: Timestamp::of_minute(minute),
        resolved_at: None,
        seq: 1,
        history: History::default(),
    }
}

pub(super) fn resolved(incident: &Incident, at: Timestamp) -> Incident {
    Incident { resolved_at: Some(at), seq: incident.seq + 1, ..incident.clone() }
}

/// A channel that only the test with this prefix uses.
pub(super) fn channel(prefix: &str, which: u8) -> ChannelId {
    ChannelId::sms(format!("+{which} {prefix}"))
}

pub(super) fn row(channel: &ChannelId, incident: &Incident, seq: u64) -> OutboxRow {
    OutboxRow {
        incident: incident.id.clone(),
        opened_at: incident.opened_at,
        seq,
        event: Event::Opened,
        channel: channel.clone(),
        content: Content::Slack {
            body: serde_json::json!({"text": format!("number {seq} \u{2603}")}),
        },
        created_at: now(),
        due: now().plus_millis(1),
        attempts: 0,
        condition: Condition::Always,
        failure: None,
        names_members: false,
        stand_in_at: None,
        critical_opening: false,
        reason: None,
    }
}

pub(super) fn exemplar(cause: Cause, request_id: &str) -> Exemplar {
    Exemplar {
        cause,
        confidence: Confidence::High,
        time: now(),
        request_id: Some(request_id.to_owned()),
        integration_request_id: None,
        route: Some("POST /orders \u{2603}".to_owned()),
        status: Some(504),
        latency_ms: None,
        evidence: vec![("$context.status".to_owned(), "504".to_owned())],
        api_type: Some(diagnosis::ApiType::Rest),
        missing_fields: Vec::new(),
        filter: r#"status in [504, "504"]"#.to_owned(),
    }
}

/// Nobody answered.
pub(super) fn failure() -> Failure {
    Failure { reason: "Slack did not answer".to_owned(), may_have_arrived: true }
}

pub(super) fn sent() -> Settlement {
    Settlement::Done { message_ref: None }
}

pub(super) fn retry_at(due: Timestamp) -> Settlement {
    Settlement::RetryAt { due, failure: failure() }
}

pub(super) async fn commit<L: Ledger>(
    ledger: &L,
    read_version: u64,
    incident: &Incident,
    outbox: Vec<OutboxRow>,
) -> Committed {
    let transition = Transition { read_version, incident: incident.clone(), outbox };
    ledger.commit(&transition).await.unwrap()
}

pub(super) async fn errors<L: Ledger>(
    ledger: &L,
    source: &Source,
    from: i64,
    to: i64,
) -> (u64, CauseCounts) {
    let counters = ledger.counters(source, from, to).await.unwrap();
    (counters.requests(0, i64::MAX), counters.errors(0, i64::MAX, |_, _| true))
}

/// Opens an incident that owes the rows with these numbers.
pub(super) async fn owing<L: Ledger>(
    ledger: &L,
    prefix: &str,
    channel: &ChannelId,
    seqs: &[u64],
) -> Incident {
    let opened = incident(&source(prefix), TIMED_OUT, minute());
    let rows = seqs.iter().map(|&seq| row(channel, &opened, seq)).collect();
    assert_eq!(commit(ledger, 0, &opened, rows).await, Committed::Done);
    opened
}

pub(super) async fn pending<L: Ledger>(ledger: &L, channel: &ChannelId) -> Vec<u64> {
    ledger.pending(channel, None, 100).await.unwrap().iter().map(|row| row.seq).collect()
}

/// The log groups that live sources of this test carry, in the order they came in.
pub(super) async fn live<L: Ledger>(ledger: &L, prefix: &str, since: i64) -> Vec<(Source, String)> {
    let live = ledger.live_sources(since).await.unwrap();
    let of_test = |source: &Source| source.to_string().contains(prefix);
    live.into_iter()
        .filter(|live| of_test(&live.source))
        .map(|live| (live.source, live.log_group))
        .collect()
}
