//! Who and what failing requests were about: routes and callers.

use std::collections::{BTreeMap, BTreeSet};

use diagnosis::{AccessRecord, Cause, Field, redact};

use crate::counting::AuthoritativeLog;
use crate::counting::top_callers::{self, CallerBucket, CallersOfBatch, TopCallers};
use crate::hash;

/// A batch keeps at most this many routes per cause; the rest counts under [`OTHER_ROUTES`].
pub const MAX_ROUTES_PER_CAUSE: usize = 20;

/// The name of the routes beyond [`MAX_ROUTES_PER_CAUSE`].
pub const OTHER_ROUTES: &str = "other routes";

/// How many buckets callers are hashed into. With linear counting, 1,024 buckets tell about 3,000
/// callers apart within a few per cent.
pub const CALLER_BUCKETS: u16 = 1_024;

/// Raw paths are hashed into this many buckets, each named by the first path seen in it: a scanner that
/// tries a million paths adds no million rows.
const PATH_BUCKETS: u64 = 64;

/// Longer routes are cut.
pub(super) const MAX_ROUTE_CHARS: usize = 120;

/// What errors are counted under, beside their cause.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum RouteKey {
    /// The template of a route, or [`OTHER_ROUTES`].
    Template(String),
    /// The bucket of a raw path; its name is in [`Breakdown::path_names`].
    PathBucket(u8),
}

/// Routes and callers of failed requests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Breakdown {
    /// Errors by cause and route.
    pub routes: RouteCounts,
    /// The first path seen in each bucket.
    pub path_names: BTreeMap<u8, String>,
    /// Buckets that a caller fell into.
    pub callers: BTreeSet<u16>,
    /// The top callers of each batch, by bucket.
    pub top_callers: TopCallers,
    /// Requests whose caller is known.
    pub with_caller: u64,
    /// Errors by cause and route, as an execution log tells them: see [`AuthoritativeLog`].
    pub execution: RouteCounts,
}

/// Errors by cause and route.
pub type RouteCounts = BTreeMap<(Cause, RouteKey), u64>;

impl Breakdown {
    /// Adds one failed request, and its caller to those of the batch.
    pub(crate) fn add_request(
        &mut self,
        cause: Cause,
        record: &AccessRecord<'_>,
        callers: &mut CallersOfBatch,
    ) {
        if let Some(route) = route(record) {
            let key = if names_template(record) {
                RouteKey::Template(route)
            } else {
                let bucket = (hash::of(&[route.as_bytes()]) % PATH_BUCKETS) as u8;
                self.path_names.entry(bucket).or_insert(route);
                RouteKey::PathBucket(bucket)
            };
            add_route(&mut self.routes, cause, key);
        }
        if let Some((kind, identity)) = top_callers::caller(record) {
            let hash = top_callers::hash_of(identity);
            self.callers.insert((hash % u64::from(CALLER_BUCKETS)) as u16);
            self.with_caller += 1;
            callers.add(hash, kind, identity);
        }
    }

    /// Adds one failed request of an execution log, which names the template of its route.
    pub(crate) fn add_execution_request(&mut self, cause: Cause, route: Option<&str>) {
        if let Some(route) = route {
            let name = redact::text(route, MAX_ROUTE_CHARS);
            add_route(&mut self.execution, cause, RouteKey::Template(name));
        }
    }

    /// Adds another part.
    pub fn add(&mut self, other: &Self) {
        for ((cause, route), count) in &other.routes {
            *self.routes.entry((*cause, route.clone())).or_default() += count;
        }
        for (bucket, name) in &other.path_names {
            self.path_names.entry(*bucket).or_insert_with(|| name.clone());
        }
        self.callers.extend(&other.callers);
        for (bucket, busy) in &other.top_callers {
            top_callers::add_bucket(&mut self.top_callers, *bucket, busy);
        }
        self.with_caller += other.with_caller;
        for ((cause, route), count) in &other.execution {
            *self.execution.entry((*cause, route.clone())).or_default() += count;
        }
    }

    /// Leaves what `log` counts.
    #[must_use]
    pub fn counted_by(mut self, log: AuthoritativeLog) -> Self {
        let execution = std::mem::take(&mut self.execution);
        if log == AuthoritativeLog::Execution {
            self.add(&Self { routes: execution, ..Self::default() });
        }
        self
    }

    /// The caller with the most failed requests. Buckets are shared, so it may be two.
    pub fn top_caller(&self) -> Option<&CallerBucket> {
        self.top_callers.values().max_by_key(|busy| busy.errors)
    }

    /// How many callers there were, estimated from the buckets that stayed empty (linear counting).
    pub fn caller_count(&self) -> u64 {
        let buckets = f64::from(CALLER_BUCKETS);
        let empty = (buckets - self.callers.len() as f64).max(1.0);
        (buckets * (buckets / empty).ln()).round() as u64
    }

    /// Routes with their errors, of the causes that `wanted` accepts, most errors first.
    pub fn top_routes(&self, wanted: impl Fn(Cause) -> bool) -> Vec<(String, u64)> {
        let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
        for ((cause, route), count) in &self.routes {
            if wanted(*cause) {
                *sums.entry(self.name(route)).or_default() += count;
            }
        }
        let mut routes: Vec<(String, u64)> =
            sums.into_iter().map(|(route, count)| (route.to_owned(), count)).collect();
        routes.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        routes
    }

    /// Errors by cause and route.
    pub fn errors_by_route(&self) -> impl Iterator<Item = (Cause, &str, u64)> {
        self.routes.iter().map(|((cause, route), count)| (*cause, self.name(route), *count))
    }

    fn name<'a>(&'a self, route: &'a RouteKey) -> &'a str {
        match route {
            RouteKey::Template(name) => name,
            RouteKey::PathBucket(bucket) => {
                self.path_names.get(bucket).map_or(OTHER_ROUTES, String::as_str)
            }
        }
    }
}

/// Adds an error to a route, or to the other routes where the cause has too many.
fn add_route(routes: &mut RouteCounts, cause: Cause, key: RouteKey) {
    let of_cause = |routes: &RouteCounts| routes.keys().filter(|(of, _)| *of == cause).count();
    let place = (cause, key);
    let kept = routes.contains_key(&place) || of_cause(routes) < MAX_ROUTES_PER_CAUSE;
    let place = if kept { place } else { (cause, RouteKey::Template(OTHER_ROUTES.to_owned())) };
    *routes.entry(place).or_default() += 1;
}

/// The route a request is counted under: the template, else the path with its ids replaced, so that a
/// million orders are not a million routes.
pub(crate) fn route(record: &AccessRecord<'_>) -> Option<String> {
    let route = record.route()?;
    let name = if names_template(record) { route } else { without_ids(&route) };
    Some(redact::text(&name, MAX_ROUTE_CHARS))
}

fn names_template(record: &AccessRecord<'_>) -> bool {
    record.get(Field::ResourcePath).is_some() || record.get(Field::RouteKey).is_some()
}

/// Replaces the segments of a path that look like ids.
fn without_ids(route: &str) -> String {
    let looks_like_id = |segment: &str| {
        let version =
            segment.strip_prefix('v').is_some_and(|v| v.bytes().all(|b| b.is_ascii_digit()));
        let digits = segment.bytes().filter(u8::is_ascii_digit).count() * usize::from(!version);
        segment.len() > 40 || (digits > 0 && (digits * 3 >= segment.len() || segment.len() >= 16))
    };
    let segments: Vec<&str> = route
        .split('/')
        .map(|segment| if looks_like_id(segment) { "{id}" } else { segment })
        .collect();
    segments.join("/")
}

#[cfg(test)]
mod tests {
    use diagnosis::{Cause, Reader};

    use super::{Breakdown, CallersOfBatch, MAX_ROUTES_PER_CAUSE, OTHER_ROUTES};

    fn breakdown(lines: impl IntoIterator<Item = String>) -> Breakdown {
        let (mut breakdown, mut callers) = (Breakdown::default(), CallersOfBatch::default());
        for line in lines {
            let record = Reader::default().read(&line).unwrap();
            breakdown.add_request(Cause::IntegrationTimeout, &record, &mut callers);
        }
        breakdown
    }

    #[test]
    fn a_scanner_of_many_paths_adds_few_routes() {
        let lines = (0..5_000).map(|n| {
            format!(r#"{{"httpMethod":"GET","path":"/{}.php"}}"#, "x".repeat(n % 997 + 1))
        });
        let breakdown = breakdown(lines);
        assert!(breakdown.routes.len() <= MAX_ROUTES_PER_CAUSE + 1);
        assert_eq!(
            breakdown.top_routes(|_| true).iter().map(|(_, count)| count).sum::<u64>(),
            5_000
        );
    }

    #[test]
    fn routes_beyond_the_limit_count_together() {
        let lines = (0..30).map(|n| format!(r#"{{"httpMethod":"GET","resourcePath":"/r{n:02}"}}"#));
        let routes = breakdown(lines).top_routes(|_| true);
        assert_eq!(routes.len(), MAX_ROUTES_PER_CAUSE + 1);
        assert_eq!(routes[0], (OTHER_ROUTES.to_owned(), 10));
    }

    #[test]
    fn callers_are_estimated_within_a_few_per_cent() {
        for callers in [0_u64, 1, 2, 10, 100, 1_000] {
            let lines = (0..callers).map(|n| format!(r#"{{"apiKeyId":"key-{n}","status":"429"}}"#));
            let estimate = breakdown(lines).caller_count();
            assert!(estimate.abs_diff(callers) * 20 <= callers, "{estimate} for {callers}");
        }
    }

    #[test]
    fn the_same_caller_counts_once() {
        let lines = (0..50).map(|n| format!(r#"{{"ip":"203.0.113.7","requestId":"{n}"}}"#));
        assert_eq!(breakdown(lines).caller_count(), 1);
    }
}
