//! Which causes, of which sources, on which routes a rule is about.

use diagnosis::{Cause, Family, Fault, catalogue};

use super::Glob;
use crate::source::Source;

/// OR inside a list, AND between lists, an empty list means all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Matcher {
    /// Families.
    pub family: Vec<Family>,
    /// Who must act.
    pub fault: Vec<Fault>,
    /// Causes.
    pub cause: Vec<Cause>,
    /// Causes that are left out.
    pub not_cause: Vec<Cause>,
    /// The API's id or name.
    pub api: Vec<Glob>,
    /// The stage.
    pub stage: Vec<Glob>,
    /// The route.
    pub route: Vec<Glob>,
}

impl Matcher {
    /// Whether the rule is about this cause. `none`, `unknown` and `unparseable` never match: they have
    /// neither family nor fault.
    pub fn matches(&self, cause: Cause) -> bool {
        catalogue::entry(cause).is_some_and(|entry| {
            (self.family.is_empty() || self.family.contains(&entry.family))
                && (self.fault.is_empty() || self.fault.contains(&entry.fault))
                && (self.cause.is_empty() || self.cause.contains(&cause))
                && !self.not_cause.contains(&cause)
        })
    }

    /// Whether the rule is about this source. A log group has neither API nor stage: only a pattern
    /// that fits anything fits it.
    pub fn matches_source(&self, source: &Source, api_name: Option<&str>) -> bool {
        let api_id = source.api_id().unwrap_or_default();
        (fits(&self.api, api_id) || api_name.is_some_and(|name| fits(&self.api, name)))
            && fits(&self.stage, source.stage().unwrap_or_default())
    }

    /// Whether the rule is about this route.
    pub fn matches_route(&self, route: &str) -> bool {
        fits(&self.route, route)
    }
}

fn fits(globs: &[Glob], name: &str) -> bool {
    globs.is_empty() || globs.iter().any(|glob| glob.matches(name))
}

#[cfg(test)]
mod tests {
    use diagnosis::{Cause, Family, Fault};

    use super::{Glob, Matcher};
    use crate::source::Source;

    #[test]
    fn causes_match_by_or_within_and_and_between_keys() {
        let all = Matcher::default();
        let both = Matcher {
            family: vec![Family::Throttled, Family::QuotaExceeded],
            fault: vec![Fault::BackendCapacity],
            ..Matcher::default()
        };
        let but = Matcher { not_cause: vec![Cause::LambdaThrottled], ..both.clone() };
        let one = Matcher { cause: vec![Cause::RouteNotFound], ..Matcher::default() };
        for (matcher, cause, matches) in [
            (&all, Cause::RouteNotFound, true),
            (&all, Cause::None, false),
            (&all, Cause::Unknown, false),
            (&all, Cause::Unparseable, false),
            (&both, Cause::LambdaThrottled, true),
            (&both, Cause::UsagePlanThrottled, false),
            (&both, Cause::LambdaOutOfMemory, false),
            (&but, Cause::LambdaThrottled, false),
            (&but, Cause::BackendThrottled, true),
            (&one, Cause::RouteNotFound, true),
            (&one, Cause::BackendNotFound, false),
        ] {
            assert_eq!(matcher.matches(cause), matches, "{cause} {matcher:?}");
        }
    }

    #[test]
    fn sources_match_by_id_or_name_and_stage() {
        let globs = |patterns: &[&str]| patterns.iter().map(|&glob| Glob::new(glob)).collect();
        let stage = Source::Stage { api_id: "a1b2c3d4e5".to_owned(), stage: "prod".to_owned() };
        let group = Source::LogGroup("/shop".to_owned());
        for (api, stages, of_stage, of_group) in [
            (&[][..], &[][..], true, true),
            (&["*"], &["*"], true, true),
            (&["a1b2c3d4e5"], &[], true, false),
            (&["a1*"], &["prod", "dev"], true, false),
            (&["shop-*"], &[], true, false),
            (&["/shop"], &[], false, false),
            (&["a1*"], &["dev"], false, false),
            (&["b*"], &["prod"], false, false),
        ] {
            let matcher = Matcher { api: globs(api), stage: globs(stages), ..Matcher::default() };
            let of = |source, name| matcher.matches_source(source, name);
            assert_eq!(of(&stage, Some("shop-api")), of_stage, "{api:?} {stages:?}");
            assert_eq!(of(&group, None), of_group, "{api:?} {stages:?}");
        }
    }
}
