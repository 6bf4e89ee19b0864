//! The subscription filters of one log group: what there is, what there should be, and the next step.

/// A subscription filter, as far as it matters here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// Its name, unique in its log group.
    pub name: String,
    /// Which lines it delivers.
    pub pattern: String,
    /// The ARN that it delivers to.
    pub destination: String,
}

/// The filter that an attached log group has.
pub type Wanted = Filter;

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FilterStep {
    /// Make or replace the wanted filter.
    Put,
    /// Remove the filter of this name, which delivers to Gatewatch as well.
    Remove(String),
}

/// The next change that brings a log group to what is wanted; `None`: it is as wanted. `attached` is whether
/// the group is to deliver at all. Filters of other names that deliver to Gatewatch's function as well are
/// removed only where `adopts` says so, and those that deliver elsewhere never.
pub(crate) fn next(
    filters: &[Filter],
    wanted: &Wanted,
    attached: bool,
    adopts: bool,
) -> Option<FilterStep> {
    if attached && !filters.contains(wanted) {
        return Some(FilterStep::Put);
    }
    let is_surplus = |filter: &&Filter| {
        let is_ours = filter.destination == wanted.destination;
        let is_named = filter.name == wanted.name;
        is_ours && if is_named { !attached } else { adopts }
    };
    filters.iter().find(is_surplus).map(|filter| FilterStep::Remove(filter.name.clone()))
}
