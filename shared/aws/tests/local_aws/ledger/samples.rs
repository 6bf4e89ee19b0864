//! Things to put into a ledger.

use alerting::contract::now;
use alerting::{
    BatchId, Breakdown, ChannelId, Condition, Content, Event, Exemplar, History, Incident,
    IncidentId, MinuteCounts, OutboxRow, RouteKey, Severity, Source, Transition,
};
use diagnosis::{Cause, Confidence};

pub(crate) fn source(test: &str) -> Source {
    Source::LogGroup(format!("/{test}"))
}

/// A batch that falls into the shard `n % 16`.
pub(crate) fn batch(n: u64) -> BatchId {
    BatchId((n % 16) << 60 | n)
}

pub(crate) fn counts(requests: u64, errors: u64) -> MinuteCounts {
    let causes = [(Cause::LambdaTimedOut, errors)].into();
    MinuteCounts { requests, causes, ..MinuteCounts::default() }
}

/// Breakdown of so many routes with one error each.
pub(crate) fn breakdown(routes: usize) -> Breakdown {
    let route = |n| RouteKey::Template(format!("GET /{}/{n}", "x".repeat(100)));
    Breakdown {
        routes: (0..routes).map(|n| ((Cause::LambdaTimedOut, route(n)), 1)).collect(),
        callers: (0..1_024).collect(),
        ..Breakdown::default()
    }
}

pub(crate) fn exemplar(id: &str) -> Exemplar {
    Exemplar {
        cause: Cause::LambdaTimedOut,
        confidence: Confidence::High,
        time: now(),
        request_id: Some(id.to_owned()),
        integration_request_id: None,
        route: None,
        status: None,
        latency_ms: None,
        evidence: Vec::new(),
        api_type: None,
        missing_fields: Vec::new(),
        filter: String::new(),
    }
}

pub(crate) fn incident(source: &Source, cause: Cause) -> Incident {
    let minute = now().minute();
    Incident {
        id: IncidentId::new("123456789012", source, cause, minute),
        source: source.clone(),
        log_group: "/shop".to_owned(),
        rule: "server-errors".to_owned(),
        severity: Severity::Critical,
        opening_cause: cause,
        cause,
        confidence: Confidence::High,
        covered: vec![cause],
        window_start: minute,
        opened_at: now(),
        resolved_at: None,
        seq: 1,
        history: History::default(),
    }
}

/// A channel that only this test uses.
pub(crate) fn channel(test: &str) -> ChannelId {
    ChannelId::sms(format!("+1 {test}"))
}

/// The first transition of a source: an incident opens and owes a message.
pub(crate) fn opening(test: &str) -> Transition {
    let incident = incident(&source(test), Cause::LambdaTimedOut);
    let row = OutboxRow {
        incident: incident.id.clone(),
        opened_at: now(),
        seq: 1,
        event: Event::Opened,
        channel: channel(test),
        content: Content::Sms { body: "it fails".to_owned() },
        created_at: now(),
        due: now(),
        attempts: 0,
        condition: Condition::Always,
        failure: None,
        names_members: false,
        stand_in_at: None,
        critical_opening: true,
        reason: None,
    };
    Transition { read_version: 0, incident, outbox: vec![row] }
}
