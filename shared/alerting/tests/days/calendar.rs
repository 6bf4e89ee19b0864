//! The days.

use diagnosis::Cause;

use crate::day::{Day, Real, api, at};
use crate::lines::Failure;

/// A day by its name.
type Named = (&'static str, fn() -> Day);

const ALL_DAY: std::ops::Range<i64> = 0..24 * 60;

pub(crate) const DAYS: [Named; 18] = [
    ("a quiet day with its ordinary share of failures", quiet),
    ("a deployment with a bug on one route, rolled back", bad_deployment),
    ("one failure in the night", one_failure_at_night),
    ("a small API that fails altogether", small_api),
    ("a partner uses up its quota", quota),
    ("a sale that runs into the rate limit", sale),
    ("a scanner tries thousands of paths", scanner),
    ("a backend that comes and goes", flapping),
    ("one request in forty fails for hours", slow_burn),
    ("a region-wide outage of forty APIs", region),
    ("a permission forgotten in a deployment", permission),
    ("a client release that sends invalid bodies", bad_client),
    ("a client that has always sent some invalid bodies", usual_client_errors),
    ("logs that come half an hour after a past outage", late_logs),
    ("slow answers on a Monday morning", slow_answers),
    ("the authorizer fails for everybody", authorizer),
    ("a quota and a timeout on one API at once", two_problems),
    ("an outage that lasts all night", long_outage),
];

/// What fails on any day: one request in five hundred on the server's side, one in fifty on the callers'.
fn ordinary(id: &str, traffic: u32) -> crate::day::Api {
    api(id, traffic)
        .fails(Failure::FunctionThrows, ALL_DAY, 0.002)
        .fails(Failure::ItemIsMissing, ALL_DAY, 0.01)
        .fails(Failure::BodyIsInvalid, ALL_DAY, 0.005)
        .fails(Failure::TokenIsMissing, ALL_DAY, 0.005)
}

fn quiet() -> Day {
    Day::default().with(ordinary("a1b2c3d4e5", 30)).with(ordinary("b1b2c3d4e5", 2))
}

fn bad_deployment() -> Day {
    let shop =
        ordinary("a1b2c3d4e5", 20).fails(Failure::FunctionThrows, at(14, 0)..at(14, 25), 0.3);
    Day::default().with(shop).real("a1b2c3d4e5", Cause::LambdaFunctionError, at(14, 1))
}

fn one_failure_at_night() -> Day {
    let small = api("a1b2c3d4e5", 1).gets(1, Failure::FunctionTimesOut, at(3, 10)..at(3, 11));
    Day::default().with(small)
}

fn small_api() -> Day {
    let small = api("a1b2c3d4e5", 1).fails(Failure::FunctionTimesOut, at(11, 0)..at(11, 40), 1.0);
    // Five requests have failed, and none has not.
    Day::default().with(small).real("a1b2c3d4e5", Cause::LambdaTimedOut, at(11, 5))
}

fn quota() -> Day {
    let partner = ordinary("a1b2c3d4e5", 10).gets(6, Failure::QuotaIsUsedUp, at(16, 0)..at(24, 0));
    Day::default()
        .with(partner)
        .real("a1b2c3d4e5", Cause::UsagePlanQuotaExceeded, at(16, 2))
        .in_messages(5)
}

fn sale() -> Day {
    let shop = ordinary("a1b2c3d4e5", 20).gets(40, Failure::TooFast, at(12, 0)..at(12, 20));
    Day::default().with(shop).real("a1b2c3d4e5", Cause::GatewayThrottled, at(12, 1))
}

fn scanner() -> Day {
    let scanned = ordinary("a1b2c3d4e5", 10).gets(100, Failure::PathIsUnknown, at(2, 0)..at(2, 50));
    Day::default().with(scanned)
}

fn flapping() -> Day {
    let shop = (0..6).fold(ordinary("a1b2c3d4e5", 20), |shop, n| {
        let begin = at(9, 0) + n * 25;
        shop.fails(Failure::BackendIsGone, begin..begin + 8, 0.5)
    });
    // Six outages: the first two are told from beginning to end, the third says that it comes and goes.
    Day::default()
        .with(shop)
        .real("a1b2c3d4e5", Cause::IntegrationNetworkFailure, at(9, 1))
        .in_messages(7)
}

fn slow_burn() -> Day {
    let busy =
        ordinary("a1b2c3d4e5", 60).fails(Failure::IntegrationTimesOut, at(9, 0)..at(12, 0), 0.025);
    // Five minutes have 300 requests, of which seven or eight fail.
    Day::default().with(busy).real("a1b2c3d4e5", Cause::IntegrationTimeout, at(9, 6))
}

fn region() -> Day {
    let day = (0..40).fold(Day::default(), |day, n| {
        let one = api(&format!("a1b2c3d4{n:02}"), 3).awake(at(17, 0)..at(20, 0));
        day.with(one.fails(Failure::BackendIsGone, at(18, 0)..at(18, 40), 0.9))
    });
    let cause = Cause::IntegrationNetworkFailure;
    let together = Real { api: None, cause, broken_from: at(18, 2), most_messages: 13 };
    Day { incidents: vec![together], ..day }
}

fn permission() -> Day {
    let shop =
        ordinary("a1b2c3d4e5", 20).fails(Failure::PermissionIsMissing, at(17, 0)..at(17, 8), 1.0);
    Day::default().with(shop).real("a1b2c3d4e5", Cause::LambdaPermissionMissing, at(17, 0))
}

fn bad_client() -> Day {
    let shop = ordinary("a1b2c3d4e5", 20).fails(Failure::BodyIsInvalid, at(10, 0)..at(11, 0), 0.6);
    // A quarter of an hour has 100 requests after five minutes, and most of them fail.
    Day::default().with(shop).real("a1b2c3d4e5", Cause::RequestBodyInvalid, at(10, 8))
}

fn usual_client_errors() -> Day {
    Day::default().with(ordinary("a1b2c3d4e5", 20).fails(Failure::BodyIsInvalid, ALL_DAY, 0.12))
}

fn late_logs() -> Day {
    let shop =
        ordinary("a1b2c3d4e5", 20).fails(Failure::FunctionTimesOut, at(8, 0)..at(8, 20), 0.5);
    Day { late: Some((at(7, 55)..at(8, 25), 30)), ..Day::default().with(shop) }
}

fn slow_answers() -> Day {
    Day::default().with(ordinary("a1b2c3d4e5", 20).fails(Failure::IsSlow, at(8, 0)..at(8, 10), 0.1))
}

fn authorizer() -> Day {
    let shop =
        ordinary("a1b2c3d4e5", 20).fails(Failure::AuthorizerFails, at(21, 0)..at(21, 30), 1.0);
    Day::default().with(shop).real("a1b2c3d4e5", Cause::AuthorizerFailed, at(21, 0))
}

fn two_problems() -> Day {
    let shop = ordinary("a1b2c3d4e5", 20)
        .fails(Failure::FunctionTimesOut, at(13, 0)..at(13, 30), 0.4)
        .gets(5, Failure::QuotaIsUsedUp, at(13, 0)..at(14, 0));
    Day::default().with(shop).real("a1b2c3d4e5", Cause::LambdaTimedOut, at(13, 1)).real(
        "a1b2c3d4e5",
        Cause::UsagePlanQuotaExceeded,
        at(13, 2),
    )
}

fn long_outage() -> Day {
    let shop =
        ordinary("a1b2c3d4e5", 10).fails(Failure::FunctionIsThrottled, at(0, 30)..at(9, 0), 0.8);
    // Opening, ten times as bad, ten times as bad again, two reminders, resolution.
    Day::default().with(shop).real("a1b2c3d4e5", Cause::LambdaThrottled, at(0, 31)).in_messages(7)
}
