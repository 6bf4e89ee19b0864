//! What a day is made of: APIs, their ordinary traffic, and what goes wrong with them when.

use std::ops::Range;

use diagnosis::Cause;

use crate::lines::Failure;

/// Minutes of the day: `at(14, 30)`.
pub(crate) const fn at(hour: i64, minute: i64) -> i64 {
    hour * 60 + minute
}

/// A day: from midnight to midnight.
#[derive(Debug, Clone, Default)]
pub(crate) struct Day {
    pub(crate) apis: Vec<Api>,
    /// What people must be told of. Whatever else they are told is a false alarm.
    pub(crate) incidents: Vec<Real>,
    /// CloudWatch Logs is so many minutes late with what happened in a time.
    pub(crate) late: Option<(Range<i64>, i64)>,
}

/// One API and its traffic.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    pub(crate) id: String,
    /// Requests a minute.
    pub(crate) traffic: u32,
    /// Minutes of the day in which anybody calls it.
    pub(crate) awake: Range<i64>,
    pub(crate) troubles: Vec<Trouble>,
}

/// Something that goes wrong for a while.
#[derive(Debug, Clone)]
pub(crate) struct Trouble {
    pub(crate) failure: Failure,
    /// Minutes of the day.
    pub(crate) when: Range<i64>,
    /// The share of the API's requests that fail of it.
    pub(crate) share: f64,
    /// Requests a minute that come on top of the ordinary ones and all fail of it.
    pub(crate) extra: u32,
    pub(crate) route: &'static str,
}

/// What people must be told.
#[derive(Debug, Clone)]
pub(crate) struct Real {
    /// The API; `None` for many at once, of which the telling may come API by API or together.
    pub(crate) api: Option<String>,
    pub(crate) cause: Cause,
    /// From when on a person would call it broken.
    pub(crate) broken_from: i64,
    /// How often it may be told: its opening and resolution, and what becomes worse in between.
    pub(crate) most_messages: usize,
}

impl Day {
    pub(crate) fn with(mut self, api: Api) -> Self {
        self.apis.push(api);
        self
    }

    /// What people must be told of this API.
    pub(crate) fn real(mut self, api: &str, cause: Cause, broken_from: i64) -> Self {
        let api = Some(api.to_owned());
        self.incidents.push(Real { api, cause, broken_from, most_messages: 3 });
        self
    }

    /// The last named incident may be told so often.
    pub(crate) fn in_messages(mut self, most: usize) -> Self {
        if let Some(last) = self.incidents.last_mut() {
            last.most_messages = most;
        }
        self
    }
}

/// An API with so many requests a minute.
pub(crate) fn api(id: &str, traffic: u32) -> Api {
    Api { id: id.to_owned(), traffic, awake: 0..24 * 60, troubles: Vec::new() }
}

impl Api {
    /// It is called for a part of the day only.
    pub(crate) fn awake(self, awake: Range<i64>) -> Self {
        Self { awake, ..self }
    }

    /// A share of its requests fails for a while.
    pub(crate) fn fails(mut self, failure: Failure, when: Range<i64>, share: f64) -> Self {
        self.troubles.push(Trouble { failure, when, share, extra: 0, route: "/orders" });
        self
    }

    /// Somebody sends requests on top, all of which fail.
    pub(crate) fn gets(mut self, extra: u32, failure: Failure, when: Range<i64>) -> Self {
        self.troubles.push(Trouble { failure, when, share: 0.0, extra, route: "/orders" });
        self
    }
}
