//! An integration's address, and the function that it names.

use std::borrow::Cow;
use std::collections::BTreeMap;

use alerting::Integration;
use diagnosis::is_plain_name;

const VARIABLE: &str = "${stageVariables.";

/// Lambda's limit for the name of a function is 64 characters.
const MAX_NAME: usize = 64;

/// Whether an address has to be completed with the stage's variables.
pub(super) fn has_variables(uri: &str) -> bool {
    uri.contains(VARIABLE)
}

/// The address with the stage's variables in their places. `None`: the stage lacks one.
pub(super) fn resolved<'u>(
    uri: &'u str,
    variables: &BTreeMap<String, String>,
) -> Option<Cow<'u, str>> {
    if !has_variables(uri) {
        return Some(Cow::Borrowed(uri));
    }
    let mut whole = String::new();
    let mut rest = uri;
    while let Some((before, after)) = rest.split_once(VARIABLE) {
        let (name, after) = after.split_once('}')?;
        whole.push_str(before);
        whole.push_str(variables.get(name)?);
        rest = after;
    }
    whole.push_str(rest);
    Some(Cow::Owned(whole))
}

/// What an address points at. A function stands there as its ARN, by itself (HTTP APIs) or in the path
/// of Lambda's API: `arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/ARN/invocations`.
pub(super) fn integration(uri: &str) -> Integration {
    let name = uri
        .rsplit_once("arn:")
        .filter(|_| uri.starts_with("arn:"))
        .and_then(|(_, arn)| function_of_arn(arn));
    name.map_or(Integration::Other, |name| Integration::Function(name.to_owned()))
}

/// `aws:lambda:REGION:ACCOUNT:function:NAME[:QUALIFIER]`, and the path that goes on behind it.
fn function_of_arn(arn: &str) -> Option<&str> {
    let mut parts = arn.split(':');
    let _partition = parts.next()?;
    if parts.next()? != "lambda" || parts.nth(2)? != "function" {
        return None;
    }
    let name = parts.next()?.split('/').next()?;
    is_plain_name(name, "-_", MAX_NAME).then_some(name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use alerting::Integration;

    use super::{integration, resolved};

    #[test]
    fn functions_are_known_by_their_arn() {
        for (uri, name) in [
            (
                "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:111122223333:function:orders/invocations",
                Some("orders"),
            ),
            (
                "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:111122223333:function:orders:live/invocations",
                Some("orders"),
            ),
            (
                "arn:aws:apigateway:eu-west-1:lambda:path/2021-11-15/functions/arn:aws:lambda:eu-west-1:111122223333:function:chat/response-streaming-invocations",
                Some("chat"),
            ),
            ("arn:aws:lambda:eu-west-1:111122223333:function:orders", Some("orders")),
            ("arn:aws-us-gov:lambda:us-gov-east-1:111122223333:function:a_B-1:7", Some("a_B-1")),
            ("arn:aws:apigateway:eu-west-1:sqs:path/111122223333/orders", None),
            ("arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/orders", None),
            ("arn:aws:states:eu-west-1:111122223333:stateMachine:orders", None),
            ("arn:aws:lambda:eu-west-1:111122223333:layer:orders:1", None),
            ("arn:aws:lambda:eu-west-1:111122223333:function:", None),
            ("arn:aws:lambda:eu-west-1:111122223333:function:${name}", None),
            ("https://example.com/arn:aws:lambda:eu-west-1:1:function:orders", None),
            ("", None),
        ] {
            let wanted = name.map_or(Integration::Other, |n| Integration::Function(n.to_owned()));
            assert_eq!(integration(uri), wanted, "{uri}");
        }
    }

    #[test]
    fn stage_variables_take_their_places() {
        let variables = BTreeMap::from([
            ("fn".to_owned(), "orders:live".to_owned()),
            ("of".to_owned(), "111122223333".to_owned()),
        ]);
        for (uri, wanted) in [
            ("plain", Some("plain")),
            (":function:${stageVariables.fn}/x", Some(":function:orders:live/x")),
            ("${stageVariables.of}:${stageVariables.fn}", Some("111122223333:orders:live")),
            ("${stageVariables.none}", None),
            ("${stageVariables.fn", None),
            ("${other.fn}", Some("${other.fn}")),
        ] {
            assert_eq!(resolved(uri, &variables).as_deref(), wanted, "{uri}");
        }
    }
}
