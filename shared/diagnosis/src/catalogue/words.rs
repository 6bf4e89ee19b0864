//! The words of the catalogue, one module for each kind of error. Titles go into SMS, where
//! one character outside GSM-7 leaves a message 70 characters instead of 160.

mod access_denied;
mod bad_gateway;
mod bad_request;
mod internal_error;
mod limits;
mod links;
mod not_found;
mod refused;
mod service_unavailable;
mod timeouts;
mod unattributed;
mod unauthorized;

use super::Entry;

/// The entries of each module. Together they are in the order of `Cause::ALL`.
const KINDS: [&[Entry]; 11] = [
    bad_request::ENTRIES,
    unauthorized::ENTRIES,
    access_denied::ENTRIES,
    not_found::ENTRIES,
    refused::ENTRIES,
    limits::ENTRIES,
    internal_error::ENTRIES,
    bad_gateway::ENTRIES,
    service_unavailable::ENTRIES,
    timeouts::ENTRIES,
    unattributed::ENTRIES,
];

const COUNT: usize = {
    let (mut count, mut kind) = (0, 0);
    while kind < KINDS.len() {
        count += KINDS[kind].len();
        kind += 1;
    }
    count
};

/// Every cause's entry: `entry` finds them by place.
pub(super) static ENTRIES: [Entry; COUNT] = {
    let mut entries = [KINDS[0][0]; COUNT];
    let (mut at, mut kind) = (0, 0);
    while kind < KINDS.len() {
        let (mut place, of_kind) = (0, KINDS[kind]);
        while place < of_kind.len() {
            entries[at] = of_kind[place];
            at += 1;
            place += 1;
        }
        kind += 1;
    }
    entries
};
