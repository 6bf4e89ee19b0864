//! What happened at the gateway: the truth that the engine must find out, and the batches in which
//! CloudWatch Logs delivers it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::sync::OnceLock;

use alerting::{BatchCounts, Source};
use base64::Engine as _;
use diagnosis::decode::{self, Payload};
use diagnosis::{Cause, Timestamp};
use fastrand::Rng;
use serde_json::json;

use crate::faults::Faults;
use crate::scenario::{Failure, Scenario};

pub(crate) const ACCOUNT: &str = "123456789012";
pub(crate) const LOG_GROUP: &str = "/shop";
pub(crate) const MINUTE_MS: i64 = 60_000;
/// The first minute with traffic: 2025-03-12 09:40 UTC.
pub(crate) const FIRST_MINUTE: i64 = 29_029_540;

/// A secret as it may stand in a log line. No message may contain it.
pub(crate) const SECRET: &str = "c2VjcmV0LXRva2VuLW9mLWEtdXNlcg";

/// How the ids of all APIs of the simulation begin.
const API_PREFIX: &str = "a1b2c3d";

/// Digits after that.
const API_DIGITS: usize = 3;

/// One line, as the engine must count it.
#[derive(Debug, Clone)]
struct Request {
    source: usize,
    minute: i64,
    failure: Option<Failure>,
}

/// One delivery.
#[derive(Debug, Clone)]
pub(crate) struct Batch {
    pub(crate) payload: String,
    /// When CloudWatch Logs hands it over.
    pub(crate) arrives: i64,
    /// Failed requests, by source and minute.
    pub(crate) errors: BTreeMap<(usize, i64), i64>,
    /// All requests, by source and minute.
    pub(crate) requests: BTreeMap<(usize, i64), i64>,
}

/// All of a run.
#[derive(Debug)]
pub(crate) struct Traffic {
    pub(crate) scenario: Scenario,
    pub(crate) sources: Vec<Source>,
    pub(crate) batches: Vec<Batch>,
    /// Failed requests of each source, minute and failure.
    pub(crate) failed: BTreeMap<(usize, i64, Failure), i64>,
}

impl Traffic {
    pub(crate) fn chosen(rng: &mut Rng, faults: &Faults) -> Self {
        let scenario = Scenario::chosen(rng);
        let mut failed: BTreeMap<(usize, i64, Failure), i64> = BTreeMap::new();
        for trouble in &scenario.troubles {
            for minute in trouble.from..trouble.until {
                *failed.entry((trouble.source, minute, trouble.failure)).or_default() +=
                    trouble.errors;
            }
        }
        let most_healthy = if scenario.sources > 20 { 2 } else { 8 };
        let mut batches = Vec::new();
        for minute in FIRST_MINUTE..FIRST_MINUTE + scenario.minutes {
            let mut requests = Vec::new();
            for source in 0..scenario.sources {
                let mut add = |failure, count| {
                    requests.extend((0..count).map(|_| Request { source, minute, failure }));
                };
                for failure in Failure::ALL {
                    let errors = failed.get(&(source, minute, failure));
                    add(Some(failure), errors.copied().unwrap_or(0));
                }
                if minute == FIRST_MINUTE {
                    // A healthy source stays under every threshold for good.
                    add(Some(Failure::Code), 1);
                }
                add(None, rng.i64(0..most_healthy));
            }
            rng.shuffle(&mut requests);
            let pieces = rng.usize(1..=3);
            let size = requests.len().div_ceil(pieces).max(1);
            for piece in requests.chunks(size) {
                let delay = delay(rng, faults);
                let batch = Batch::of(piece, batches.len(), minute * MINUTE_MS + delay, rng);
                if rng.f64() < faults.repeated {
                    let again = batch.arrives + rng.i64(1..20 * MINUTE_MS);
                    batches.push(Batch { arrives: again, ..batch.clone() });
                }
                batches.push(batch);
            }
        }
        // Reordered, too: they arrive by their times, which overlap.
        batches.sort_by_key(|batch| batch.arrives);
        let sources = (0..scenario.sources).map(source).collect();
        Self { scenario, sources, batches, failed }
    }

    /// What the counters must hold in the end: requests and errors by source and minute, each batch once.
    pub(crate) fn truth(&self) -> BTreeMap<(usize, i64), (i64, i64)> {
        let mut seen = BTreeSet::new();
        let mut truth: BTreeMap<(usize, i64), (i64, i64)> = BTreeMap::new();
        for batch in self.batches.iter().filter(|batch| seen.insert(&batch.payload)) {
            for (place, requests) in &batch.requests {
                truth.entry(*place).or_default().0 += requests;
            }
            for (place, errors) in &batch.errors {
                truth.entry(*place).or_default().1 += errors;
            }
        }
        truth
    }

    /// The minutes in which a source surely is in a critical incident, with their failure.
    pub(crate) fn crises(&self) -> impl Iterator<Item = (usize, i64, Failure)> {
        let least = self.scenario.rules.surely_critical();
        self.failed
            .iter()
            .filter(move |((_, _, failure), errors)| failure.is_critical() && **errors >= least)
            .map(|(&crisis, _)| crisis)
    }

    /// The number of a source.
    pub(crate) fn number_of(&self, source: &Source) -> Option<usize> {
        self.sources.iter().position(|known| known == source)
    }
}

/// How long after the beginning of its minute a batch arrives.
fn delay(rng: &mut Rng, faults: &Faults) -> i64 {
    let usual = MINUTE_MS + rng.i64(0..MINUTE_MS);
    if rng.f64() < faults.hours_late {
        return rng.i64(1..4) * 60 * MINUTE_MS + usual;
    }
    if rng.f64() < faults.minutes_late {
        return rng.i64(1..12) * MINUTE_MS + usual;
    }
    usual
}

impl Batch {
    fn of(requests: &[Request], number: usize, arrives: i64, rng: &mut Rng) -> Self {
        let mut errors = BTreeMap::new();
        let mut all = BTreeMap::new();
        let mut events = Vec::new();
        for (n, request) in requests.iter().enumerate() {
            let place = (request.source, request.minute);
            *all.entry(place).or_default() += 1;
            if request.failure.is_some() {
                *errors.entry(place).or_default() += 1;
            }
            let time = request.minute * MINUTE_MS + rng.i64(0..MINUTE_MS);
            events.push(json!({
                "id": format!("{number:028}{n:028}"),
                "timestamp": time,
                "message": line(request, time),
            }));
        }
        Self { payload: payload(&json!(events)), arrives, errors, requests: all }
    }
}

fn line(request: &Request, time: i64) -> String {
    let (status, response_type) = match request.failure {
        None => ("200", ""),
        Some(Failure::Code) => ("502", "INTEGRATION_FAILURE"),
        Some(Failure::Timeout) => ("504", "INTEGRATION_TIMEOUT"),
        Some(Failure::Throttled) => ("429", "THROTTLED"),
        Some(Failure::Quota) => ("429", "QUOTA_EXCEEDED"),
    };
    let mut line = json!({
        "requestId": format!("r-{time}"),
        "apiId": api_id(request.source),
        "stage": "prod",
        "requestTimeEpoch": time.to_string(),
        "httpMethod": "GET",
        "resourcePath": "/orders",
        "status": status,
        "ip": "203.0.113.7",
    });
    if request.failure.is_some() {
        line["error.responseType"] = json!(response_type);
    }
    if request.failure == Some(Failure::Code) {
        line["integrationErrorMessage"] =
            json!(format!("Lambda Customer Function Error: Authorization: Bearer {SECRET}"));
    }
    line.to_string()
}

fn payload(events: &serde_json::Value) -> String {
    let envelope = json!({
        "messageType": "DATA_MESSAGE", "owner": ACCOUNT, "logGroup": LOG_GROUP, "logStream": "s",
        "subscriptionFilters": ["gatewatch"], "logEvents": events,
    });
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(envelope.to_string().as_bytes()).unwrap();
    let data = base64::prelude::BASE64_STANDARD.encode(encoder.finish().unwrap());
    json!({"awslogs": {"data": data}}).to_string()
}

fn source(number: usize) -> Source {
    Source::Stage { api_id: api_id(number), stage: "prod".to_owned() }
}

/// The cause that the engine finds for a failure.
pub(crate) fn cause_of(failure: Failure) -> Cause {
    static CAUSES: OnceLock<BTreeMap<Failure, Cause>> = OnceLock::new();
    let diagnosed = |failure| {
        let request = Request { source: 0, minute: FIRST_MINUTE, failure: Some(failure) };
        let batch = Batch::of(&[request], 0, 0, &mut Rng::with_seed(0));
        let Ok(Payload::Data(batch)) = decode::lambda_event(batch.payload.as_bytes()) else {
            unreachable!("a batch of the simulation's own")
        };
        let now = Timestamp::of_minute(FIRST_MINUTE);
        let counts = BatchCounts::of(&batch, now, diagnosis::diagnose::line, None);
        let minute = counts.minutes.into_values().next().unwrap();
        (failure, minute.counts.causes.into_keys().next().unwrap())
    };
    CAUSES.get_or_init(|| Failure::ALL.map(diagnosed).into())[&failure]
}

/// An id as long as API Gateway's are.
pub(crate) fn api_id(source: usize) -> String {
    format!("{API_PREFIX}{source:0API_DIGITS$}")
}

/// The sources that a text names.
pub(crate) fn named_in(text: &str) -> BTreeSet<usize> {
    text.match_indices(API_PREFIX)
        .filter_map(|(at, _)| {
            let digits = text.get(at + API_PREFIX.len()..at + API_PREFIX.len() + API_DIGITS)?;
            digits.parse().ok()
        })
        .collect()
}
