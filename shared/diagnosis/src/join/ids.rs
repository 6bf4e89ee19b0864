//! The ids that lines share, as numbers: nothing is kept of an id but what finds it again. Each kind has
//! a space of its own, since a client may choose API Gateway's id to be one of Lambda's.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, DefaultHasher, Hasher};

use crate::execution::telling_id;
use crate::{Field, Line};

/// Whose id it is, the most trustworthy first.
#[derive(Debug, Clone, Copy)]
pub(super) enum Space {
    /// `$context.extendedRequestId`.
    Extended,
    /// Lambda's request id, `$context.integration.requestId`.
    Lambda,
    /// `$context.requestId`, which clients may choose.
    Gateway,
}

const SPACES: [Space; 3] = [Space::Extended, Space::Lambda, Space::Gateway];

/// The longest id that joins.
const MAX_ID: usize = 128;

/// More ids than one of each kind that are kept of a request.
const MAX_MORE: usize = 8;

/// The number of an id: 128 bits, so that no two ids of a log are taken for one.
pub(super) type IdHash = u128;

/// One id of each kind, by [`Space`].
pub(super) type Ids = [Option<IdHash>; 3];

/// The ids in one line.
pub(super) fn of(line: &Line<'_>) -> Ids {
    let [extended, lambda, gateway] = match line {
        Line::Access(record) => [
            record.get(Field::ExtendedRequestId),
            record
                .get(Field::IntegrationRequestId)
                .or_else(|| in_text(record.get(Field::IntegrationError)?)),
            record.get(Field::RequestId),
        ],
        Line::Execution(line) => {
            [line.extended_request_id(), line.integration_request_id(), line.request_id]
        }
        Line::Lambda(line) => [None, line.request_id.as_deref(), None],
        Line::Foreign | Line::Unreadable => [None; 3],
    };
    [
        extended.and_then(|id| hash_of(Space::Extended, id)),
        lambda.and_then(|id| hash_of(Space::Lambda, id)),
        gateway.and_then(|id| hash_of(Space::Gateway, id)),
    ]
}

/// The ids without Lambda's.
pub(super) const fn without_lambda([extended, _, gateway]: Ids) -> Ids {
    [extended, None, gateway]
}

/// The ids of a request: the first of each kind, and others that its lines have brought.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct IdSet {
    first: Ids,
    more: Vec<IdHash>,
}

impl IdSet {
    pub(super) const fn get(&self, space: Space) -> Option<IdHash> {
        self.first[space as usize]
    }

    pub(super) fn add(&mut self, ids: &Ids) {
        for (slot, id) in self.first.iter_mut().zip(ids) {
            match (&slot, id) {
                (None, Some(_)) => *slot = *id,
                (Some(known), Some(id))
                    if known != id && !self.more.contains(id) && self.more.len() < MAX_MORE =>
                {
                    self.more.push(*id);
                }
                _ => {}
            }
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.add(&other.first);
        for id in &other.more {
            if !self.more.contains(id) && self.more.len() < MAX_MORE {
                self.more.push(*id);
            }
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = IdHash> {
        self.first.iter().flatten().chain(&self.more).copied()
    }

    /// Whether it is the request that somebody calls by this id, whosever it is.
    pub(super) fn names(&self, id: &str) -> bool {
        SPACES
            .iter()
            .filter_map(|space| hash_of(*space, id))
            .any(|id| self.iter().any(|known| known == id))
    }
}

/// Lambda's request id in what Lambda says of a failed function: behind `RequestId: `, or before
/// `Task timed out`.
fn in_text(error: &str) -> Option<&str> {
    if let Some((_, rest)) = error.split_once("RequestId: ") {
        return rest.split_whitespace().next().filter(|id| crate::access::is_uuid(id));
    }
    let (before, _) = error.split_once(" Task timed out after ")?;
    before.split_whitespace().next_back().filter(|id| crate::access::is_uuid(id))
}

/// The number of an id. `None`: it tells requests apart from nothing, or is longer than ids are.
fn hash_of(space: Space, id: &str) -> Option<IdHash> {
    let id = if matches!(space, Space::Gateway) { telling_id(id)? } else { id };
    if id.is_empty() || id.len() > MAX_ID {
        return None;
    }
    // Without a random seed: the same lines always join the same way.
    let half = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        hasher.write_u8(salt);
        hasher.write_u8(space as u8);
        hasher.write(id.as_bytes());
        u128::from(hasher.finish())
    };
    Some(half(0) << 64 | half(1))
}

/// Which open request an id belongs to: the one that was seen with it last.
#[derive(Debug, Default)]
pub(super) struct Index {
    requests: HashMap<IdHash, u64, BuildHasherDefault<AlreadyHashed>>,
}

/// Ids are numbers that are spread evenly, so their lower half serves as it is.
#[derive(Debug, Default)]
pub(super) struct AlreadyHashed(u64);

impl Hasher for AlreadyHashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0 << 8 | u64::from(*byte);
        }
    }

    fn write_u128(&mut self, id: u128) {
        self.0 = id as u64;
    }
}

impl Index {
    /// The requests that share an id with the line.
    pub(super) fn find(&self, ids: &Ids) -> [Option<u64>; 3] {
        ids.map(|id| self.requests.get(&id?).copied())
    }

    pub(super) fn put(&mut self, id: IdHash, number: u64) {
        self.requests.insert(id, number);
    }

    /// Forgets an id, unless another request has it by now.
    pub(super) fn remove(&mut self, id: IdHash, number: u64) {
        if self.requests.get(&id) == Some(&number) {
            self.requests.remove(&id);
        }
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.requests.is_empty()
    }
}
