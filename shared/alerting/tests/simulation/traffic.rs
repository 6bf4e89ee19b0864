//! What happened at the gateway: the truth that the engine is to find out, and the batches in which
//! CloudWatch Logs tells it.

use std::collections::BTreeMap;
use std::io::Write as _;

use alerting::Source;
use base64::Engine as _;
use fastrand::Rng;
use serde_json::json;

use crate::faults::Faults;

pub(crate) const ACCOUNT: &str = "123456789012";
pub(crate) const MINUTE_MS: i64 = 60_000;
/// The first minute with traffic: 2025-03-12 09:40 UTC.
pub(crate) const FIRST_MINUTE: i64 = 29_029_540;
const MINUTES: i64 = 8;

/// What a secret in a log line looks like. Nobody may ever receive it.
pub(crate) const SECRET: &str = "c2VjcmV0LXRva2VuLW9mLWEtdXNlcg";

/// A source that is to fail has so many errors in its bad minute: more than any built-in rule asks for,
/// whatever else its traffic was.
const OUTAGE_ERRORS: i64 = 12;

/// One line, as the engine is to count it.
#[derive(Debug, Clone)]
struct Request {
    source: usize,
    minute: i64,
    failed: bool,
}

/// One delivery.
#[derive(Debug, Clone)]
pub(crate) struct Batch {
    pub(crate) payload: String,
    /// When CloudWatch Logs hands it over.
    pub(crate) arrives: i64,
    /// Failed requests in it, by source and minute.
    pub(crate) errors: BTreeMap<(usize, i64), i64>,
    /// All requests in it, by source and minute.
    pub(crate) requests: BTreeMap<(usize, i64), i64>,
}

/// All of a run.
#[derive(Debug)]
pub(crate) struct Traffic {
    pub(crate) sources: Vec<Source>,
    /// The minute in which each source fails, if it does.
    pub(crate) broken: Vec<Option<i64>>,
    pub(crate) batches: Vec<Batch>,
}

impl Traffic {
    pub(crate) fn chosen(rng: &mut Rng, faults: &Faults) -> Self {
        // More than three that fail together are told as one.
        let count = [1, 2, 3, 5][rng.usize(..4)];
        let sources = (0..count)
            .map(|n| Source::Stage { api_id: api_id(n), stage: "prod".to_owned() })
            .collect();
        let broken: Vec<Option<i64>> = (0..count)
            .map(|_| (rng.u8(..3) > 0).then(|| FIRST_MINUTE + rng.i64(2..MINUTES - 1)))
            .collect();
        let mut batches = Vec::new();
        for minute in FIRST_MINUTE..FIRST_MINUTE + MINUTES {
            let mut requests = Vec::new();
            for (source, broken) in broken.iter().enumerate() {
                let errors = if *broken == Some(minute) {
                    OUTAGE_ERRORS
                } else {
                    // A healthy source stays under every threshold for good.
                    i64::from(minute == FIRST_MINUTE)
                };
                let healthy = rng.i64(0..8);
                requests.extend((0..errors).map(|_| Request { source, minute, failed: true }));
                requests.extend((0..healthy).map(|_| Request { source, minute, failed: false }));
            }
            rng.shuffle(&mut requests);
            let pieces = rng.usize(1..=3);
            let size = requests.len().div_ceil(pieces).max(1);
            for piece in requests.chunks(size) {
                let late = rng.f64() < faults.hours_late;
                let delay = if late {
                    rng.i64(1..4) * 60 * MINUTE_MS + rng.i64(0..MINUTE_MS)
                } else {
                    MINUTE_MS + rng.i64(0..MINUTE_MS)
                };
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
        Self { sources, broken, batches }
    }

    /// What the counters must hold in the end: requests and errors by source and minute, each batch once.
    pub(crate) fn truth(&self) -> BTreeMap<(usize, i64), (i64, i64)> {
        let mut seen = std::collections::BTreeSet::new();
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
}

impl Batch {
    fn of(requests: &[Request], number: usize, arrives: i64, rng: &mut Rng) -> Self {
        let mut errors = BTreeMap::new();
        let mut all = BTreeMap::new();
        let mut events = Vec::new();
        for (n, request) in requests.iter().enumerate() {
            let place = (request.source, request.minute);
            *all.entry(place).or_default() += 1;
            if request.failed {
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
    let mut line = json!({
        "requestId": format!("r-{time}"),
        "apiId": api_id(request.source),
        "stage": "prod",
        "requestTimeEpoch": time.to_string(),
        "httpMethod": "GET",
        "resourcePath": "/orders",
        "status": if request.failed { "502" } else { "200" },
        "ip": "203.0.113.7",
    });
    if request.failed {
        line["error.responseType"] = json!("INTEGRATION_FAILURE");
        line["integrationErrorMessage"] =
            json!(format!("Lambda Customer Function Error: Authorization: Bearer {SECRET}"));
    }
    line.to_string()
}

fn payload(events: &serde_json::Value) -> String {
    let envelope = json!({
        "messageType": "DATA_MESSAGE", "owner": ACCOUNT, "logGroup": "/shop", "logStream": "s",
        "subscriptionFilters": ["gatewatch"], "logEvents": events,
    });
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(envelope.to_string().as_bytes()).unwrap();
    let data = base64::prelude::BASE64_STANDARD.encode(encoder.finish().unwrap());
    json!({"awslogs": {"data": data}}).to_string()
}

/// As long as API Gateway's are.
fn api_id(source: usize) -> String {
    format!("a1b2c3d4e{source}")
}
