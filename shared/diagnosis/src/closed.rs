//! Closed enums with stable ids. The ids are contracts: they stand in JSON, in rules and in the
//! ledger, so each enum round-trips through them and lists every variant.

/// Declares an enum whose variants carry a stable id each.
///
/// Ids are kebab-case, unless the outside world has given them (such as `REST`). The literal after `as`
/// names the enum in the error about an unknown id. Besides the enum itself, with `Debug`, `Clone`,
/// `Copy`, `PartialEq`, `Eq`, `Hash`, `PartialOrd` and `Ord`, this makes
/// - `ALL`, every variant in the order of declaration, and `as_str`, the id;
/// - `Display` and serde's `Serialize`, which write the id;
/// - `FromStr` and serde's `Deserialize`, which take nothing but an id.
///
/// Attributes are kept, so that more can be derived. The user's crate needs no dependency for it.
///
/// ```
/// diagnosis::closed_enum! {
///     /// Which lines are delivered.
///     #[derive(Default)]
///     pub enum Delivery as "kind of delivery" {
///         /// Every line.
///         #[default]
///         Everything = "everything",
///         OnlyErrors = "only-errors",
///     }
/// }
///
/// assert_eq!(Delivery::ALL, [Delivery::Everything, Delivery::OnlyErrors]);
/// assert_eq!(Delivery::default().as_str(), "everything");
/// assert_eq!(Delivery::OnlyErrors.to_string(), "only-errors");
/// assert_eq!("only-errors".parse(), Ok(Delivery::OnlyErrors));
///
/// let error = "some".parse::<Delivery>().unwrap_err();
/// assert_eq!(error.to_string(), "unknown kind of delivery `some`");
///
/// assert_eq!(serde_json::to_string(&Delivery::OnlyErrors).unwrap(), r#""only-errors""#);
/// assert!(serde_json::from_str::<Delivery>(r#""OnlyErrors""#).is_err());
/// ```
#[macro_export]
macro_rules! closed_enum {
    (
        $(#[$meta:meta])*
        $visibility:vis enum $name:ident as $what:literal {
            $( $(#[$variant_meta:meta])* $variant:ident = $id:literal ),+ $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        $visibility enum $name {
            $( $(#[$variant_meta])* #[doc = concat!("`", $id, "`")] $variant, )+
        }

        impl $name {
            /// Every variant, in declaration order.
            $visibility const ALL: &'static [Self] = &[ $( Self::$variant, )+ ];

            /// The stable id.
            $visibility const fn as_str(self) -> &'static str {
                match self { $( Self::$variant => $id, )+ }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::UnknownId;

            fn from_str(id: &str) -> ::std::result::Result<Self, Self::Err> {
                Self::ALL
                    .iter()
                    .copied()
                    .find(|known| known.as_str() == id)
                    .ok_or_else(|| $crate::UnknownId::new($what, id))
            }
        }

        impl $crate::macro_support::serde::Serialize for $name {
            fn serialize<S: $crate::macro_support::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::std::result::Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> $crate::macro_support::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::macro_support::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::std::result::Result<Self, D::Error> {
                $crate::macro_support::from_id(deserializer)
            }
        }
    };
}

/// What [`closed_enum!`] uses in the crates that call it.
#[doc(hidden)]
pub mod macro_support {
    use std::borrow::Cow;
    use std::fmt::Display;
    use std::str::FromStr;

    use serde::de::{Deserialize as _, Deserializer, Error as _};

    pub use serde;

    /// Reads an id and the variant that carries it.
    pub fn from_id<'de, T: FromStr<Err: Display>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<T, D::Error> {
        Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// An id that no variant carries.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown {what} `{id}`")]
pub struct UnknownId {
    what: &'static str,
    id: String,
}

impl UnknownId {
    /// For [`closed_enum!`]. Keeps the first 80 characters of the id.
    #[doc(hidden)]
    pub fn new(what: &'static str, id: &str) -> Self {
        Self { what, id: id.chars().take(80).collect() }
    }
}

#[cfg(test)]
mod tests {
    use crate::{ApiType, Cause, Confidence, Family, Fault, LogSource, RetryAdvice};

    #[derive(Debug, Clone, Copy, PartialEq)]
    enum Ids {
        KebabCase,
        /// By AWS.
        Given,
    }

    #[test]
    fn every_id_round_trips_and_is_kebab_case_or_given() {
        fn check<T>(ids: Ids, all: &[T], id: fn(T) -> &'static str)
        where
            T: Copy + PartialEq + std::fmt::Debug + std::str::FromStr,
            T::Err: std::fmt::Debug,
        {
            for &variant in all {
                let id = id(variant);
                assert_eq!(id.parse::<T>().ok(), Some(variant));
                let is_kebab_case = id.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
                assert_eq!(is_kebab_case, ids == Ids::KebabCase, "{id}");
            }
        }
        check(Ids::KebabCase, Cause::ALL, Cause::as_str);
        check(Ids::KebabCase, Family::ALL, Family::as_str);
        check(Ids::KebabCase, Fault::ALL, Fault::as_str);
        check(Ids::KebabCase, RetryAdvice::ALL, RetryAdvice::as_str);
        check(Ids::KebabCase, Confidence::ALL, Confidence::as_str);
        check(Ids::KebabCase, LogSource::ALL, LogSource::as_str);
        check(Ids::Given, ApiType::ALL, ApiType::as_str);
    }

    #[test]
    fn an_unknown_id_is_an_error_that_names_it() {
        let error = "lambda-exploded".parse::<Cause>().unwrap_err();
        assert_eq!(error.to_string(), "unknown cause `lambda-exploded`");
        assert!("rest".parse::<ApiType>().is_err());
    }

    #[test]
    fn json_holds_the_id() {
        for (api_type, json) in [
            (ApiType::Rest, r#""REST""#),
            (ApiType::Http, r#""HTTP""#),
            (ApiType::WebSocket, r#""WEBSOCKET""#),
        ] {
            assert_eq!(serde_json::to_string(&api_type).unwrap(), json);
            assert_eq!(serde_json::from_str::<ApiType>(json).ok(), Some(api_type));
        }
        let error = serde_json::from_str::<ApiType>(r#""SOAP""#).unwrap_err();
        assert!(error.to_string().starts_with("unknown kind of API `SOAP`"), "{error}");
        assert!(serde_json::from_str::<ApiType>("1").is_err());
    }

    #[test]
    fn a_private_enum_keeps_its_derives() {
        closed_enum! {
            #[derive(Default)]
            enum Answer as "answer" {
                Yes = "yes",
                #[default]
                No = "no"
            }
        }
        assert_eq!((Answer::default(), "yes".parse()), (Answer::No, Ok(Answer::Yes)));
    }
}
