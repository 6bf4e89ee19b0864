//! Closed enums with stable ids. The ids are contracts: they stand in JSON, in rules and in the
//! ledger, so each enum round-trips through them and lists every variant.

/// Declares an enum whose variants carry a stable kebab-case (or given) id.
macro_rules! closed_enum {
    (
        $(#[$meta:meta])*
        pub enum $name:ident as $what:literal {
            $( $(#[$variant_meta:meta])* $variant:ident = $id:literal, )+
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name {
            $( $(#[$variant_meta])* #[doc = concat!("`", $id, "`")] $variant, )+
        }

        impl $name {
            /// Every variant, in declaration order.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )+ ];

            /// The stable id.
            pub const fn as_str(self) -> &'static str {
                match self { $( Self::$variant => $id, )+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::closed::UnknownId;

            fn from_str(id: &str) -> Result<Self, Self::Err> {
                Self::ALL
                    .iter()
                    .copied()
                    .find(|known| known.as_str() == id)
                    .ok_or_else(|| $crate::closed::UnknownId::new($what, id))
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let id = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                id.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use closed_enum;

/// An id that no variant carries.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown {what} `{id}`")]
pub struct UnknownId {
    what: &'static str,
    id: String,
}

impl UnknownId {
    pub(crate) fn new(what: &'static str, id: &str) -> Self {
        Self { what, id: id.chars().take(80).collect() }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Cause, Confidence, Family, Fault, RetryAdvice};

    #[test]
    fn every_id_round_trips_and_is_kebab_case() {
        fn check<T>(all: &[T], id: fn(T) -> &'static str)
        where
            T: Copy + PartialEq + std::fmt::Debug + std::str::FromStr,
            T::Err: std::fmt::Debug,
        {
            for &variant in all {
                let id = id(variant);
                assert_eq!(id.parse::<T>().ok(), Some(variant));
                assert!(id.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{id}");
            }
        }
        check(Cause::ALL, Cause::as_str);
        check(Family::ALL, Family::as_str);
        check(Fault::ALL, Fault::as_str);
        check(RetryAdvice::ALL, RetryAdvice::as_str);
        check(Confidence::ALL, Confidence::as_str);
    }

    #[test]
    fn an_unknown_id_is_an_error_that_names_it() {
        let error = "lambda-exploded".parse::<Cause>().unwrap_err();
        assert_eq!(error.to_string(), "unknown cause `lambda-exploded`");
    }
}
