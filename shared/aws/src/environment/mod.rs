//! Environment variables: which there are, and how they are read.

mod variable;

use std::fmt::Display;
use std::str::FromStr;

pub use variable::{LIBRARY_VARIABLES, LibraryVariable, Row, SetBy, Variable};

/// A variable that keeps a function from starting.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the environment variable {} {problem}", .variable.row().name)]
pub struct BadVariable {
    variable: Variable,
    problem: String,
}

/// The environment variables of this process, or a test's substitute. An empty variable counts as not set,
/// because a template cannot leave one out.
#[derive(Debug, Clone, Copy)]
pub struct Variables<F>(F);

impl Variables<fn(Variable) -> Option<String>> {
    /// The variables of this process.
    pub fn of_process() -> Self {
        Self(|variable| std::env::var(variable.row().name).ok())
    }
}

impl<F: Fn(Variable) -> Option<String>> Variables<F> {
    /// Variables that a function looks up.
    pub const fn new(look_up: F) -> Self {
        Self(look_up)
    }

    /// The value of a variable; `None` if it is not set.
    pub fn optional(&self, variable: Variable) -> Option<String> {
        (self.0)(variable).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    /// The value of a variable; an error if it is not set.
    pub fn required(&self, variable: Variable) -> Result<String, BadVariable> {
        let problem = || BadVariable { variable, problem: "is not set".to_owned() };
        self.optional(variable).ok_or_else(problem)
    }

    /// The parsed value of a variable; `None` if it is not set.
    pub fn parsed<T>(&self, variable: Variable) -> Result<Option<T>, BadVariable>
    where
        T: FromStr,
        T::Err: Display,
    {
        self.optional(variable).map(|value| parse(variable, &value)).transpose()
    }

    /// The parsed parts of a variable between commas; none if it is not set.
    pub fn list<T>(&self, variable: Variable) -> Result<Vec<T>, BadVariable>
    where
        T: FromStr,
        T::Err: Display,
    {
        let value = self.optional(variable).unwrap_or_default();
        let parts = value.split(',').map(str::trim).filter(|part| !part.is_empty());
        parts.map(|part| parse(variable, part)).collect()
    }
}

fn parse<T>(variable: Variable, text: &str) -> Result<T, BadVariable>
where
    T: FromStr,
    T::Err: Display,
{
    text.parse().map_err(|error: T::Err| BadVariable {
        variable,
        problem: format!("cannot be used: {error}"),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{LIBRARY_VARIABLES, Variable, Variables};
    use crate::channel::PhoneNumber;

    const SET: Variable = Variable::SmsPhoneNumbers;

    fn variable(value: &'static str) -> Variables<impl Fn(Variable) -> Option<String>> {
        Variables::new(move |variable| (variable == SET).then(|| value.to_owned()))
    }

    #[test]
    fn what_is_empty_is_not_set() {
        for (value, found) in [("a", Some("a")), (" a\n", Some("a")), ("", None), (" ", None)] {
            assert_eq!(variable(value).optional(SET).as_deref(), found, "{value}");
        }
        assert_eq!(variable("a").optional(Variable::Table), None);
        let error = variable("").required(SET).unwrap_err().to_string();
        assert_eq!(error, "the environment variable GATEWATCH_SMS_PHONE_NUMBERS is not set");
    }

    #[test]
    fn lists_are_cut_at_commas() {
        for (value, found) in
            [("", &[][..]), ("a", &["a"]), ("a,b", &["a", "b"]), (" a , ,b,", &["a", "b"])]
        {
            assert_eq!(variable(value).list::<String>(SET).unwrap(), found, "{value}");
        }
        let numbers = variable("+12025550123,+4915112345678").list::<PhoneNumber>(SET).unwrap();
        assert_eq!(numbers.len(), 2);
    }

    #[test]
    fn a_bad_part_is_named_by_its_variable() {
        let error = variable("+12025550123,12").list::<PhoneNumber>(SET).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the environment variable GATEWATCH_SMS_PHONE_NUMBERS cannot be used: a phone number must \
             be in E.164 form, such as +12025550123"
        );
    }

    #[test]
    fn each_name_is_listed_once() {
        let ours = Variable::ALL.iter().map(|variable| variable.row().name);
        let names: BTreeSet<&str> = ours.collect();
        assert_eq!(names.len(), Variable::ALL.len());
        let of_libraries: BTreeSet<&str> = LIBRARY_VARIABLES.iter().map(|row| row.name).collect();
        assert_eq!(of_libraries.len(), LIBRARY_VARIABLES.len());
    }

    #[test]
    fn a_meaning_is_a_sentence() {
        let ours =
            Variable::ALL.iter().map(|variable| (variable.row().name, variable.row().meaning));
        let of_libraries = LIBRARY_VARIABLES.iter().map(|row| (row.name, row.meaning));
        for (name, meaning) in ours.chain(of_libraries) {
            assert!(meaning.trim().ends_with('.'), "{name}");
        }
    }
}
