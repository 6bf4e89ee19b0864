//! Plays a day through the engine: batches as they come, the sweep at each full minute.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use alerting::{
    Accepted, Channel, ChannelId, ChannelKind, Delivery, Engine, Invocation, LogMode, MemoryLedger,
    Notification, Rules, SendError, Sent, Settings,
};
use base64::Engine as _;
use diagnosis::Timestamp;
use fastrand::Rng;
use serde_json::json;

use crate::day::{Api, Day};
use crate::lines;

const MINUTE_MS: i64 = 60_000;

/// Midnight of the day: 2025-03-12.
pub(crate) const MIDNIGHT: i64 = 29_028_960;

/// CloudWatch Logs delivers what it has every so often.
const DELIVERY_MS: i64 = 20_000;

/// And some seconds after it happened.
const DELAY_MS: i64 = 5_000;

/// A day, and the time until its last incident is over.
const MINUTES: i64 = 24 * 60 + 90;

/// A channel that takes everything.
struct Answering(ChannelId);

impl Channel for Answering {
    fn id(&self) -> &ChannelId {
        &self.0
    }

    async fn send(&self, _: Delivery<'_>) -> Result<Sent, SendError> {
        Ok(Sent::default())
    }
}

fn ready<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("nothing here waits"),
    }
}

/// What people were told, in order.
pub(crate) fn play(day: &Day) -> Vec<Notification> {
    let mut batches = deliveries(day);
    let clock = Rc::new(Cell::new(Timestamp::of_minute(MIDNIGHT)));
    let now = clock.clone();
    let settings = Settings {
        account: "123456789012".to_owned(),
        accepted: Accepted::Everything,
        region: None,
        rules: Rules::built_in(),
        log_mode: LogMode::All,
    };
    let channels = [ChannelKind::Slack, ChannelKind::Sms, ChannelKind::Email]
        .map(|kind| Answering(ChannelId::only(kind)));
    let engine = Engine::new(MemoryLedger::default(), channels.into(), move || now.get(), settings);
    let mut told = Vec::new();
    for minute in MIDNIGHT..MIDNIGHT + MINUTES {
        let later = batches.split_off(&((minute + 1) * MINUTE_MS));
        for ((time, payloads), n) in std::mem::replace(&mut batches, later).into_iter().zip(0..) {
            clock.set(Timestamp::from_millis(time));
            for (payload, m) in payloads.iter().zip(0..) {
                let id = format!("ingest-{minute}-{n}-{m}");
                let call = Invocation { id: &id, deadline: clock.get().plus_millis(30_000) };
                told.extend(ready(engine.ingest(payload.as_bytes(), call)).unwrap().notifications);
            }
        }
        clock.set(Timestamp::of_minute(minute + 1));
        let id = format!("sweep-{minute}");
        let call = Invocation { id: &id, deadline: clock.get().plus_millis(30_000) };
        told.extend(ready(engine.sweep(call)).notifications);
        engine.ledger().forget_before(minute - 24 * 60);
    }
    told
}

/// The payloads of the day by the time that they are delivered.
fn deliveries(day: &Day) -> BTreeMap<i64, Vec<String>> {
    let mut rng = Rng::with_seed(20_250_312);
    let mut deliveries: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    for api in &day.apis {
        for minute in api.awake.clone() {
            let mut requests = requests(api, minute, &mut rng);
            requests.sort_by_key(|(time, _)| *time);
            for of_delivery in requests.chunk_by(|a, b| a.0 / DELIVERY_MS == b.0 / DELIVERY_MS) {
                let late = match &day.late {
                    Some((when, minutes)) if when.contains(&minute) => minutes * MINUTE_MS,
                    _ => 0,
                };
                let end = (of_delivery[0].0 / DELIVERY_MS + 1) * DELIVERY_MS;
                let payload = payload(&api.id, of_delivery);
                deliveries.entry(end + DELAY_MS + late).or_default().push(payload);
            }
        }
    }
    deliveries
}

/// An API's requests in one minute: when, and the line.
fn requests(api: &Api, minute: i64, rng: &mut Rng) -> Vec<(i64, String)> {
    let mut requests = Vec::new();
    let begin = (MIDNIGHT + minute) * MINUTE_MS;
    let troubles = || api.troubles.iter().filter(|trouble| trouble.when.contains(&minute));
    for _ in 0..api.traffic {
        let time = begin + rng.i64(0..MINUTE_MS);
        let share = rng.f64();
        let mut sum = 0.0;
        let trouble = troubles().find(|trouble| {
            sum += trouble.share;
            share < sum
        });
        let failure = trouble.map(|trouble| trouble.failure);
        let route = trouble.map_or("/orders", |trouble| trouble.route);
        requests.push((time, lines::line(&api.id, time, failure, route, rng)));
    }
    for trouble in troubles() {
        for _ in 0..trouble.extra {
            let time = begin + rng.i64(0..MINUTE_MS);
            let line = lines::line(&api.id, time, Some(trouble.failure), trouble.route, rng);
            requests.push((time, line));
        }
    }
    requests
}

fn payload(api: &str, requests: &[(i64, String)]) -> String {
    let events: Vec<_> = requests
        .iter()
        .enumerate()
        .map(|(n, (time, line))| json!({"id": format!("{time}-{n}"), "timestamp": time, "message": line}))
        .collect();
    let envelope = json!({
        "messageType": "DATA_MESSAGE", "owner": "123456789012", "logGroup": "/shop", "logStream": api,
        "subscriptionFilters": ["gatewatch"], "logEvents": events,
    });
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(envelope.to_string().as_bytes()).unwrap();
    let data = base64::prelude::BASE64_STANDARD.encode(encoder.finish().unwrap());
    json!({"awslogs": {"data": data}}).to_string()
}
