//! An API's routes, and which of them answers a request.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html>: an HTTP
//! API prefers a route that matches the whole path to a greedy one, and `$default` comes last. REST APIs
//! go down the tree of resources, a fixed part before a parameter, a parameter before `{proxy+}`.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use alerting::StageInfo;
use diagnosis::ApiType;

use super::uri;

const DEFAULT: &str = "$default";

/// Where a route leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Integrated {
    /// To an AWS service, by its address.
    At(String),
    /// To something that is no function.
    Elsewhere,
}

/// All routes of an API, by their key: `GET /orders/{id}`, `$default`, a WebSocket's `sendMessage`.
#[derive(Debug, Default)]
pub(super) struct Routes {
    by_key: BTreeMap<String, Integrated>,
    variables: BTreeMap<String, String>,
}

/// How well a route fits: the greater, the better.
type Fit = (bool, Vec<Part>, bool);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Greedy,
    Parameter,
    Fixed,
}

impl Routes {
    pub(super) fn add(&mut self, key: &str, integrated: Integrated) {
        self.by_key.insert(key.to_owned(), integrated);
    }

    /// Whether an address cannot be read without the stage's variables.
    pub(super) fn need_variables(&self) -> bool {
        self.by_key.values().any(
            |integrated| matches!(integrated, Integrated::At(address) if uri::has_variables(address)),
        )
    }

    pub(super) fn set_variables(&mut self, variables: BTreeMap<String, String>) {
        self.variables = variables;
    }

    pub(super) fn variables(&self) -> &BTreeMap<String, String> {
        &self.variables
    }

    /// Where a request of this route went: the route's key, or a method and a path as they were asked
    /// for. `$context.path` begins with the stage, where the API's own address was called.
    pub(super) fn find(&self, stage: &StageInfo, route: &str) -> Option<&Integrated> {
        if let Some(exact) = self.by_key.get(route) {
            return Some(exact);
        }
        if stage.api_type == ApiType::WebSocket {
            let is_lifecycle = route.starts_with('$');
            return self.by_key.get(DEFAULT).filter(|_| !is_lifecycle);
        }
        let best = route.split_once(' ').and_then(|(method, path)| {
            let path = path.split(['?', '#']).next().unwrap_or_default();
            let inner = path
                .strip_prefix('/')
                .and_then(|path| path.strip_prefix(stage.stage.as_str()))
                .filter(|rest| rest.is_empty() || rest.starts_with('/'));
            inner
                .and_then(|inner| self.best(stage.api_type, method, inner))
                .or_else(|| self.best(stage.api_type, method, path))
        });
        best.or_else(|| self.by_key.get(DEFAULT))
    }

    /// Of equals the first: both would be the same template with other names.
    fn best(&self, api_type: ApiType, method: &str, path: &str) -> Option<&Integrated> {
        self.by_key
            .iter()
            .filter_map(|(key, integrated)| Some((fit(api_type, key, method, path)?, integrated)))
            .min_by_key(|(fit, _)| Reverse(fit.clone()))
            .map(|(_, integrated)| integrated)
    }
}

/// How a route's key fits a request; `None` if it does not.
fn fit(api_type: ApiType, key: &str, method: &str, path: &str) -> Option<Fit> {
    let (of_method, template) = key.split_once(' ')?;
    let same_method = of_method.eq_ignore_ascii_case(method);
    if !same_method && of_method != "ANY" {
        return None;
    }
    let mut parts = Vec::new();
    let mut segments = segments(path);
    for wanted in self::segments(template) {
        let segment = segments.next()?;
        match wanted.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) if name.ends_with('+') => {
                parts.push(Part::Greedy);
                let whole_first = api_type == ApiType::Rest;
                return Some((whole_first, parts, same_method));
            }
            Some(_) => parts.push(Part::Parameter),
            None if wanted == segment => parts.push(Part::Fixed),
            None => return None,
        }
    }
    segments.next().is_none().then_some((true, parts, same_method))
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|segment| !segment.is_empty())
}

#[cfg(test)]
mod tests {
    use alerting::StageInfo;
    use diagnosis::ApiType::{self, Http, Rest, WebSocket};

    use super::{Integrated, Routes};

    fn stage(api_type: ApiType) -> StageInfo {
        StageInfo {
            api_id: "a1b2c3".to_owned(),
            api_name: None,
            api_type,
            stage: "prod".to_owned(),
            access_log_group: None,
            format: None,
            execution_logging: None,
        }
    }

    /// Routes whose address is their own key.
    fn routes(keys: &[&str]) -> Routes {
        let mut routes = Routes::default();
        for key in keys {
            routes.add(key, Integrated::At((*key).to_owned()));
        }
        routes
    }

    #[test]
    fn the_most_specific_route_answers() {
        let http = [
            "GET /pets/dog/1",
            "GET /pets/dog/{id}",
            "GET /pets/{proxy+}",
            "ANY /pets/dog/{id}",
            "ANY /{proxy+}",
            "$default",
        ];
        let rest = ["GET /", "GET /pets/{id}", "ANY /pets/{proxy+}", "ANY /{a}/{b}"];
        for (api_type, keys, route, wanted) in [
            // by its key
            (Http, &http[..], "GET /pets/dog/{id}", Some("GET /pets/dog/{id}")),
            (Http, &http, "$default", Some("$default")),
            // AWS's own example
            (Http, &http, "GET /pets/dog/1", Some("GET /pets/dog/1")),
            (Http, &http, "GET /pets/dog/2", Some("GET /pets/dog/{id}")),
            (Http, &http, "POST /pets/dog/2", Some("ANY /pets/dog/{id}")),
            (Http, &http, "GET /pets/cat/1", Some("GET /pets/{proxy+}")),
            (Http, &http, "POST /test/5", Some("ANY /{proxy+}")),
            (Http, &http, "POST /", Some("$default")),
            // as `$context.path` writes it
            (Http, &http, "GET /prod/pets/dog/1", Some("GET /pets/dog/1")),
            (Http, &http, "GET /pets/dog/1?x=1", Some("GET /pets/dog/1")),
            (Http, &http, "GET /production/pets", Some("ANY /{proxy+}")),
            // a whole match comes before a greedy one
            (Http, &["GET /pets/{proxy+}", "GET /{a}/{b}"], "GET /pets/x", Some("GET /{a}/{b}")),
            // a REST API goes down its tree
            (Rest, &rest, "GET /pets/7", Some("GET /pets/{id}")),
            (Rest, &rest, "POST /pets/7", Some("ANY /pets/{proxy+}")),
            (Rest, &rest, "GET /pets/7/toys", Some("ANY /pets/{proxy+}")),
            (Rest, &rest, "GET /cats/7", Some("ANY /{a}/{b}")),
            (Rest, &rest, "GET /prod", Some("GET /")),
            (Rest, &rest, "GET /prod/", Some("GET /")),
            (Rest, &rest, "POST /", None),
            (Rest, &rest, "GET /pets", None),
            (Rest, &rest, "GET", None),
            (Rest, &rest, "", None),
        ] {
            let routes = routes(keys);
            let found = routes.find(&stage(api_type), route);
            let wanted = wanted.map(|key| Integrated::At(key.to_owned()));
            assert_eq!(found, wanted.as_ref(), "{api_type:?} {route}");
        }
    }

    #[test]
    fn a_websocket_sends_unknown_messages_to_the_default() {
        let routes = routes(&["$connect", "$default", "send"]);
        for (route, wanted) in [
            ("send", Some("send")),
            ("$connect", Some("$connect")),
            ("other", Some("$default")),
            ("$disconnect", None),
        ] {
            let wanted = wanted.map(|key| Integrated::At(key.to_owned()));
            assert_eq!(routes.find(&stage(WebSocket), route), wanted.as_ref(), "{route}");
        }
    }

    #[test]
    fn variables_are_asked_for_where_an_address_needs_them() {
        let mut routes = routes(&["GET /"]);
        assert!(!routes.need_variables());
        routes.add("GET /x", Integrated::At("arn:…:${stageVariables.fn}".to_owned()));
        assert!(routes.need_variables());
    }
}
