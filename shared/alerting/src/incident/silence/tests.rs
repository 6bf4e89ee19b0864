use diagnosis::{Cause, Timestamp};

use crate::incident::{BadSilence, Fits, Scope, Silence};
use crate::source::Source;

const HOUR_MS: i64 = 3_600_000;

fn now() -> Timestamp {
    Timestamp::from_millis(1_741_770_840_000)
}

fn scope(api: &[&str], stage: &[&str], cause: &[&str], route: &[&str]) -> Scope {
    let owned = |list: &[&str]| list.iter().map(|&pattern| pattern.to_owned()).collect();
    Scope { api: owned(api), stage: owned(stage), cause: owned(cause), route: owned(route) }
}

fn silence(scope: Scope) -> Silence {
    Silence::new(scope, now(), now().plus_millis(HOUR_MS), "ann").unwrap()
}

#[test]
fn what_a_silence_is_about() {
    use Fits::{ByRoutes, No, Yes};
    let stage = Source::Stage { api_id: "a1b2c3d4e5".to_owned(), stage: "prod".to_owned() };
    let group = Source::LogGroup("/shop".to_owned());
    for (source, scope, fits) in [
        (&stage, scope(&[], &[], &[], &[]), Yes),
        (&stage, scope(&["a1b2c3d4e5"], &[], &[], &[]), Yes),
        (&stage, scope(&["a1b2c3d4e"], &[], &[], &[]), No),
        (&stage, scope(&["a1b2*"], &["prod"], &[], &[]), Yes),
        (&stage, scope(&["a1b2*"], &["dev", "prod"], &[], &[]), Yes),
        (&stage, scope(&["a1b2*"], &["dev"], &[], &[]), No),
        (&stage, scope(&[], &[], &["lambda-*"], &[]), Yes),
        // what it was called when it opened
        (&stage, scope(&[], &[], &["gateway-timeout-unattributed"], &[]), Yes),
        (&stage, scope(&[], &[], &["lambda"], &[]), No),
        (&stage, scope(&[], &[], &[], &["POST /orders"]), ByRoutes),
        (&stage, scope(&[], &["dev"], &[], &["POST /orders"]), No),
        // lines that tell no API are known by their log group
        (&group, scope(&["/shop"], &[], &[], &[]), Yes),
        (&group, scope(&["/other"], &[], &[], &[]), No),
        (&group, scope(&[], &["prod"], &[], &[]), No),
        (&group, scope(&[], &["*"], &[], &[]), Yes),
        // by the API's name, which is known by more than its id
        (&stage, scope(&["orders-*"], &[], &[], &[]), Yes),
        (&stage, scope(&["orders"], &[], &[], &[]), No),
    ] {
        let causes = [Cause::LambdaTimedOut, Cause::GatewayTimeoutUnattributed];
        let found = silence(scope.clone()).fits(
            source,
            source.api_id().and(Some("orders-api")),
            "/shop",
            causes,
        );
        assert_eq!(found, fits, "{scope:?} on {source}");
    }
}

#[test]
fn a_silence_for_a_route_hides_no_other_route() {
    let silence = silence(scope(&[], &[], &[], &["POST /orders*", "GET /cart"]));
    for (routes, fits) in [
        (&["POST /orders"][..], true),
        (&["POST /orders/{id}", "GET /cart"], true),
        (&["POST /orders", "GET /stock"], false),
        (&[], false),
    ] {
        let routes: Vec<(String, u64)> = routes.iter().map(|r| ((*r).to_owned(), 1)).collect();
        assert_eq!(silence.fits_routes(&routes), fits, "{routes:?}");
    }
}

#[test]
fn a_silence_ends_and_fits_its_row() {
    let long = "x".repeat(201);
    let many = vec!["x"; 21];
    let day = 24 * HOUR_MS;
    for (scope, millis, wanted) in [
        (Scope::default(), 1, Ok(())),
        (Scope::default(), 0, Err(BadSilence::Over)),
        (Scope::default(), -1, Err(BadSilence::Over)),
        (Scope::default(), 30 * day, Ok(())),
        (Scope::default(), 30 * day + 1, Err(BadSilence::TooLong)),
        (scope(&[&long], &[], &[], &[]), day, Err(BadSilence::TooMuch)),
        (scope(&[], &[], &[], &many), day, Err(BadSilence::TooMuch)),
        (scope(&[], &[], &[&long[1..]], &many[1..]), day, Ok(())),
    ] {
        let made = Silence::new(scope, now(), now().plus_millis(millis), &"n".repeat(999));
        assert!(made.iter().all(|silence| silence.author.len() == 200));
        assert_eq!(made.map(|_| ()), wanted, "{millis}");
    }
}

#[test]
fn the_same_scope_has_the_same_id_and_no_other() {
    let id = |scope: Scope| silence(scope).id;
    assert_eq!(id(scope(&["a"], &[], &[], &[])), id(scope(&["a"], &[], &[], &[])));
    for other in [
        scope(&[], &["a"], &[], &[]),
        scope(&["a", "b"], &[], &[], &[]),
        scope(&["ab"], &[], &[], &[]),
        scope(&["a"], &["b"], &[], &[]),
    ] {
        assert_ne!(id(other.clone()), id(scope(&["a"], &[], &[], &[])), "{other:?}");
    }
}

#[test]
fn a_silence_with_an_unknown_list_is_not_read_as_a_wider_one() {
    let row = serde_json::to_value(silence(scope(&["a1b2c3d4e5"], &[], &[], &[]))).unwrap();
    let with = |name: &str, value: serde_json::Value| {
        let mut row = row.clone();
        row["scope"][name] = value;
        serde_json::from_value::<Silence>(row).ok()
    };
    assert!(with("severity", serde_json::json!(["warning"])).is_none());
    assert!(with("severity", serde_json::json!("warning")).is_none());
    assert!(with("severity", serde_json::json!([])).is_some(), "an empty list means all");
    assert!(with("cause", serde_json::json!(["cause-of-tomorrow"])).is_some());
    // a field beside the scope narrows nothing
    let mut row = row;
    row["note"] = serde_json::json!("deployment");
    assert!(serde_json::from_value::<Silence>(row).is_ok());
}
