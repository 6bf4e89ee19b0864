//! The callers with the most failed requests, of one batch and of many.
//!
//! Whole keys, principals and addresses are not kept: a caller is a hash, and a name of which nobody can
//! make the identity again.

use std::collections::BTreeMap;

use diagnosis::{AccessRecord, Field};

use crate::hash;

/// A batch adds so many of its callers.
const MAX_PER_BATCH: usize = 3;

/// They are counted in this many buckets.
pub const TOP_CALLER_BUCKETS: u64 = 64;

/// At most 512 callers are counted per batch: one that comes after all of these is no top caller.
const MAX_SEEN: usize = 512;

/// Of an identity that looks random, so many last characters are shown.
const TAIL: usize = 4;

/// Shorter identities have no tail: it would be half of them.
const MIN_RANDOM: usize = 10;

/// The failed requests of the top callers that fell into one bucket.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallerBucket {
    /// Failed requests.
    pub errors: u64,
    /// What kind of identity the first of them is, and so much of it as may be shown.
    pub name: String,
}

/// Top callers by bucket.
pub type TopCallers = BTreeMap<u8, CallerBucket>;

/// Who called: the API key, else the principal, else the address.
pub(crate) fn caller<'a>(record: &'a AccessRecord<'_>) -> Option<(Field, &'a str)> {
    const IDENTITIES: [Field; 6] = [
        Field::ApiKeyId,
        Field::AuthorizerPrincipalId,
        Field::UserArn,
        Field::Caller,
        Field::User,
        Field::SourceIp,
    ];
    IDENTITIES.into_iter().find_map(|field| Some((field, record.get(field)?)))
}

/// The callers of one batch and minute, counted exactly.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct CallersOfBatch {
    seen: BTreeMap<u64, CallerBucket>,
}

impl CallersOfBatch {
    /// Adds a failed request of a caller.
    pub(crate) fn add(&mut self, hash: u64, kind: Field, identity: &str) {
        if self.seen.len() >= MAX_SEEN && !self.seen.contains_key(&hash) {
            return;
        }
        let caller = self
            .seen
            .entry(hash)
            .or_insert_with(|| CallerBucket { errors: 0, name: shown(kind, identity) });
        caller.errors += 1;
    }

    /// The top callers, by bucket. Depends on nothing but who called how often.
    pub(crate) fn top_callers(&self) -> TopCallers {
        let mut callers: Vec<(&u64, &CallerBucket)> = self.seen.iter().collect();
        callers.sort_by_key(|(hash, caller)| (std::cmp::Reverse(caller.errors), **hash));
        let mut top_callers = TopCallers::new();
        for (hash, caller) in callers.into_iter().take(MAX_PER_BATCH) {
            add_bucket(&mut top_callers, (hash % TOP_CALLER_BUCKETS) as u8, caller);
        }
        top_callers
    }
}

/// Adds to a bucket; the first name stays.
pub(crate) fn add_bucket(top_callers: &mut TopCallers, bucket: u8, other: &CallerBucket) {
    let sum = top_callers.entry(bucket).or_default();
    sum.errors += other.errors;
    if sum.name.is_empty() {
        sum.name.clone_from(&other.name);
    }
}

/// The number that a caller is counted under.
pub(crate) fn hash_of(identity: &str) -> u64 {
    hash::of(&[identity.as_bytes()])
}

/// A name for people: the kind, and the tail of what looks random. Names that persons have chosen, and
/// addresses, are not shown at all.
fn shown(kind: Field, identity: &str) -> String {
    let kind = match kind {
        Field::ApiKeyId => "API key",
        Field::AuthorizerPrincipalId => "principal",
        Field::SourceIp => return "one address".to_owned(),
        _ => "IAM identity",
    };
    let looks_random = identity.len() >= MIN_RANDOM
        && identity.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && identity.bytes().any(|byte| byte.is_ascii_digit());
    let tail = identity.get(identity.len().saturating_sub(TAIL)..).filter(|_| looks_random);
    match tail.filter(|tail| tail.bytes().all(|byte| byte.is_ascii_alphanumeric())) {
        Some(tail) => format!("{kind} …{tail}"),
        None => format!("one {kind}"),
    }
}

#[cfg(test)]
mod tests {
    use diagnosis::Field;

    use super::{CallersOfBatch, MAX_SEEN, hash_of, shown};

    #[test]
    fn a_name_gives_nobody_away() {
        for (kind, identity, name) in [
            (Field::ApiKeyId, "a1b2c3k3x9", "API key …k3x9"),
            (Field::ApiKeyId, "shortkey1", "one API key"),
            (Field::SourceIp, "203.0.113.7", "one address"),
            (Field::AuthorizerPrincipalId, "user@example.com", "one principal"),
            (Field::AuthorizerPrincipalId, "alexandramorgan", "one principal"),
            (
                Field::AuthorizerPrincipalId,
                "6f1e1f1c-6f0c-4a46-9e2a-0c5b7c6ad2b1",
                "principal …d2b1",
            ),
            (Field::UserArn, "arn:aws:iam::123456789012:user/alex", "one IAM identity"),
            (Field::Caller, "AIDAEXAMPLE1234567890", "IAM identity …7890"),
            (Field::ApiKeyId, "<!channel>1234567", "one API key"),
            (Field::ApiKeyId, "123456789\u{202e}", "one API key"),
            (Field::ApiKeyId, "1234567890--", "one API key"),
        ] {
            assert_eq!(shown(kind, identity), name, "{identity}");
        }
    }

    #[test]
    fn a_batch_names_its_three_busiest_whatever_their_order() {
        let calls: Vec<String> = (1..=20).flat_map(|n| vec![format!("key-000{n:03}"); n]).collect();
        let top_callers = |calls: &mut dyn Iterator<Item = &String>| {
            let mut callers = CallersOfBatch::default();
            for key in calls {
                callers.add(hash_of(key), Field::ApiKeyId, key);
            }
            callers.top_callers()
        };
        let found = top_callers(&mut calls.iter());
        assert_eq!(found, top_callers(&mut calls.iter().rev()));
        assert_eq!(found.values().map(|bucket| bucket.errors).sum::<u64>(), 18 + 19 + 20);
        let most = found.values().max_by_key(|bucket| bucket.errors).unwrap();
        assert_eq!((most.errors, most.name.as_str()), (20, "API key …0020"));
    }

    #[test]
    fn a_crowd_takes_no_memory() {
        let mut callers = CallersOfBatch::default();
        for n in 0..100_000_u64 {
            callers.add(n, Field::SourceIp, "203.0.113.7");
        }
        assert_eq!(callers.seen.len(), MAX_SEEN);
    }
}
