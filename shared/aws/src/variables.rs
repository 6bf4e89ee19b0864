//! Environment variables: what a function is told when it is deployed.

use std::fmt::Display;
use std::str::FromStr;

/// A variable that keeps a function from starting.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the environment variable {name} {problem}")]
pub struct BadVariable {
    name: &'static str,
    problem: String,
}

/// Environment variables, or a test's stand-in for them. An empty variable is one that is not set: a
/// template cannot leave one out.
#[derive(Debug, Clone, Copy)]
pub struct Variables<F>(F);

impl Variables<fn(&str) -> Option<String>> {
    /// Those of this process.
    pub fn of_process() -> Self {
        Self(|name| std::env::var(name).ok())
    }
}

impl<F: Fn(&str) -> Option<String>> Variables<F> {
    /// Variables looked up by a function.
    pub const fn new(look_up: F) -> Self {
        Self(look_up)
    }

    /// A variable that may be missing.
    pub fn optional(&self, name: &'static str) -> Option<String> {
        (self.0)(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    /// A variable that may not.
    pub fn required(&self, name: &'static str) -> Result<String, BadVariable> {
        self.optional(name).ok_or_else(|| BadVariable { name, problem: "is not set".to_owned() })
    }

    /// A variable that may be missing, as what its text means.
    pub fn parsed<T>(&self, name: &'static str) -> Result<Option<T>, BadVariable>
    where
        T: FromStr,
        T::Err: Display,
    {
        let parse = |value: String| value.parse().map_err(|error: T::Err| Self::bad(name, &error));
        self.optional(name).map(parse).transpose()
    }

    /// The parts of a variable between commas; none where it is missing.
    pub fn list<T>(&self, name: &'static str) -> Result<Vec<T>, BadVariable>
    where
        T: FromStr,
        T::Err: Display,
    {
        let value = self.optional(name).unwrap_or_default();
        let parts = value.split(',').map(str::trim).filter(|part| !part.is_empty());
        parts.map(|part| part.parse().map_err(|error: T::Err| Self::bad(name, &error))).collect()
    }

    fn bad(name: &'static str, error: &dyn Display) -> BadVariable {
        BadVariable { name, problem: format!("cannot be used: {error}") }
    }
}

#[cfg(test)]
mod tests {
    use super::Variables;
    use crate::channel::PhoneNumber;

    fn variable(value: &'static str) -> Variables<impl Fn(&str) -> Option<String>> {
        Variables::new(move |name| (name == "SET").then(|| value.to_owned()))
    }

    #[test]
    fn what_is_empty_is_not_set() {
        for (value, found) in [("a", Some("a")), (" a\n", Some("a")), ("", None), (" ", None)] {
            assert_eq!(variable(value).optional("SET").as_deref(), found, "{value}");
        }
        assert_eq!(variable("a").optional("OTHER"), None);
        let error = variable("").required("SET").unwrap_err();
        assert_eq!(error.to_string(), "the environment variable SET is not set");
    }

    #[test]
    fn lists_are_cut_at_commas() {
        for (value, found) in
            [("", &[][..]), ("a", &["a"]), ("a,b", &["a", "b"]), (" a , ,b,", &["a", "b"])]
        {
            assert_eq!(variable(value).list::<String>("SET").unwrap(), found, "{value}");
        }
        let numbers = variable("+12025550123,+4915112345678").list::<PhoneNumber>("SET").unwrap();
        assert_eq!(numbers.len(), 2);
    }

    #[test]
    fn a_bad_part_is_named_by_its_variable() {
        let error = variable("+12025550123,12").list::<PhoneNumber>("SET").unwrap_err();
        assert_eq!(
            error.to_string(),
            "the environment variable SET cannot be used: a phone number must be in E.164 form, \
             such as +12025550123"
        );
    }
}
