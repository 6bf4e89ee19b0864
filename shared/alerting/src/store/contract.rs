//! What every ledger promises, as tests: each function checks the promise that it is named for.
//!
//! [`ledger_contract!`](crate::ledger_contract) makes a `#[test]` of each. A ledger may be shared by all
//! of them: everything a function writes is named after its `prefix`. All times lie around [`now`], far
//! in the future, so that no row expires by the real clock while a test runs; a ledger that has a clock
//! must be given one that shows [`now`].

#![allow(missing_docs, reason = "the names say it")]
#![allow(clippy::missing_panics_doc, clippy::unwrap_used, reason = "these are tests")]

mod channels;
mod counting;
mod incidents;
mod interactions;
mod inventory;
mod outbox;
mod rules;
mod samples;
mod silences;
mod sources;
mod time;
mod unreadable;

pub use channels::*;
pub use counting::*;
pub use incidents::*;
pub use interactions::*;
pub use inventory::*;
pub use outbox::*;
pub use rules::*;
pub use silences::*;
pub use sources::*;
pub use time::{now, ready};
pub use unreadable::*;

/// A `#[test]` for each promise. `$ledger` is a future that makes a ledger, run anew for each test, and
/// `$block_on` runs a future to its end: for a ledger whose futures are ready at once,
/// [`ready`](crate::store::contract::ready) will do.
#[macro_export]
macro_rules! ledger_contract {
    ($ledger:expr, $block_on:expr) => {
        $crate::ledger_contract! { @each $ledger, $block_on;
            a_redelivered_batch_changes_no_counter,
            a_redelivered_batch_changes_no_detail,
            batches_of_a_minute_add_up_whatever_their_shard,
            details_of_a_minute_add_up_whatever_their_shard,
            counters_are_read_by_minute_both_ends_included,
            details_are_read_by_minute_both_ends_included,
            a_range_that_ends_before_it_begins_is_empty,
            every_cause_can_be_counted_at_once,
            every_cause_of_both_logs_can_be_counted_at_once,
            details_of_any_size_are_kept_whole_and_once,
            the_first_name_of_a_path_bucket_is_kept,
            the_busiest_callers_add_up_by_bucket,
            lines_among_which_some_cannot_be_read_are_counted,
            an_execution_log_counts_until_an_access_log_is_noted,
            an_execution_log_counts_again_an_hour_after_the_last_line_of_an_access_log,
            the_first_exemplar_in_a_place_is_kept,
            exemplars_come_by_minute_then_cause_then_place,
            a_source_is_live_since_its_minute_and_once,
            an_earlier_note_takes_nothing_back,
            a_note_tells_which_log_counts,
            a_live_source_shows_the_log_group_that_counts,
            a_source_with_an_open_incident_is_live_however_old,
            a_source_is_live_until_its_last_incident_is_resolved,
            a_source_is_silent_until_lines_of_any_log_come,
            the_hours_in_which_lines_came_are_remembered_for_a_day,
            a_silent_source_is_kept_unless_lines_have_come,
            the_version_goes_up_with_each_commit,
            a_stale_commit_changes_nothing,
            the_same_transition_twice_is_a_conflict,
            a_commit_brings_all_its_rows,
            the_state_holds_open_and_just_resolved_incidents,
            a_new_incident_does_not_replace_the_one_before_it,
            sources_do_not_see_each_others_incidents,
            open_incidents_are_known_until_they_are_resolved,
            a_silence_is_kept_until_it_ends,
            the_same_is_silenced_once,
            a_silence_is_ended_by_the_first,
            slots_go_to_the_first_few_of_each_severity_and_stay_with_them,
            a_request_is_carried_out_for_who_is_first,
            a_request_that_is_forgotten_may_come_again,
            rows_are_owed_by_incident_and_number_up_to_a_limit,
            channels_do_not_see_each_others_rows,
            a_lease_keeps_others_out_until_it_ends,
            a_holder_may_take_its_lease_again,
            leases_are_per_incident_and_channel,
            a_sent_row_is_owed_no_more,
            a_failed_row_stays_owed_for_later,
            a_row_is_settled_once,
            who_lost_its_lease_settles_nothing,
            an_older_row_does_not_take_the_last_number_back,
            rows_lie_by_opening_then_incident_then_number,
            rows_are_settled_together,
            a_dropped_row_was_not_sent,
            a_lease_that_is_given_back_is_free_and_not_abandoned,
            what_may_have_arrived_counts_as_sent,
            where_a_message_is_kept_is_remembered,
            conditions_are_kept,
            a_channel_is_open_until_something_is_known,
            a_pause_is_never_shortened,
            a_parking_is_never_shortened,
            a_channel_that_works_again_is_open,
            channels_do_not_see_each_others_state,
            text_messages_are_counted_by_number_and_day,
            text_messages_are_counted_over_all_numbers,
            a_quarter_of_the_text_messages_is_reserved,
            openings_leave_the_rest_to_any_message,
            names_with_marks_are_kept_apart,
            a_cause_is_first_seen_once,
            a_cause_unseen_for_eight_days_is_new_again,
            causes_last_seen_too_long_ago_are_left_out,
            sources_do_not_see_each_others_causes,
            details_are_read_minute_by_minute,
            the_rules_kept_last_are_kept,
            a_log_group_is_known_until_it_is_forgotten,
            log_groups_do_not_see_each_others_stages,
            as_many_stages_are_kept_as_a_row_may_have,
            a_refresh_is_changed_by_the_first,
            an_attachment_is_changed_by_the_first,
        }
    };
    (@each $ledger:expr, $block_on:expr; $($promise:ident,)+) => {
        $(
            #[test]
            fn $promise() {
                ($block_on)(async {
                    let ledger = ($ledger).await;
                    $crate::contract::$promise(&ledger, stringify!($promise)).await;
                });
            }
        )+
    };
}

/// The same for the promises about rows that cannot be read. `$planting` is a future that makes a ledger and a
/// function that puts a [`BadRow`](crate::BadRow) into it.
#[macro_export]
macro_rules! ledger_contract_on_bad_rows {
    ($planting:expr, $block_on:expr) => {
        $crate::ledger_contract_on_bad_rows! { @each $planting, $block_on;
            a_bad_incident_is_set_aside_and_the_others_are_read,
            a_bad_open_incident_hides_no_other,
            a_bad_message_holds_up_no_other,
            a_bad_silence_hides_nothing_and_no_other,
            a_bad_log_group_is_unknown,
            a_bad_exemplar_hides_no_other,
        }
    };
    (@each $planting:expr, $block_on:expr; $($promise:ident,)+) => {
        $(
            #[test]
            fn $promise() {
                ($block_on)(async {
                    let (ledger, plant) = ($planting).await;
                    $crate::contract::$promise(&*ledger, stringify!($promise), plant).await;
                });
            }
        )+
    };
}
