//! The suite that every backend passes: the invariants of the ledger, each a function that takes a [`Harness`]. A backend's tests run
//! them all with [`crate::ledger_contract!`].

// A suite's assertions are its purpose; it is compiled into tests alone.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

pub mod answers;
pub mod audit;
pub mod deliveries;
pub mod files;
pub mod given;
pub mod inquiries;
pub mod interchanges;
pub mod keys;
#[cfg(test)]
pub(crate) mod model;
pub mod notifications;
pub mod numbers;
pub mod outbox;
pub mod receipts;
pub mod recovery;
pub mod settling;
pub mod timeline;

use std::sync::Arc;

use async_trait::async_trait;

use crate::Ledger;

/// Opens a backend on storage of its own.
#[async_trait]
pub trait Harness: Send + Sync {
    /// Opens the harness's storage: empty at first, and again as it was left. The ledger before may be dropped without a farewell.
    async fn open(&self) -> Arc<dyn Ledger>;
}

/// Makes a test of every function of the suite. `$harness` is an expression that gives a fresh [`Harness`].
#[macro_export]
macro_rules! ledger_contract {
    ($harness:expr) => {
        $crate::ledger_contract!(@tests $harness;
            receipts: receives_with_its_job_or_not_at_all, survives_a_sudden_end, discards_only_what_is_staged,
                refuses_illegal_ends, tries_a_quarantined_receipt_again, finds_orphans, finds_receipts_by_name_and_partner;
            interchanges: releases_nothing_before_acceptance, refuses_to_accept_open_sets, refuses_a_wrong_item_count,
                lets_nothing_of_a_rejected_set_travel, rejects_every_item_of_a_rejected_interchange,
                tells_same_content_from_same_number, burns_nothing_when_rejecting, forgets_after_the_window,
                accepts_one_of_two_concurrent_twins, starts_a_translation_over, keeps_what_was_settled_before_a_restart,
                discards_what_a_duplicate_staged, refuses_more_items_than_a_call_may_carry;
            deliveries: hands_each_item_to_one_delivery, takes_all_items_or_none, keeps_items_in_order, puts_items_that_come_back_in_their_place,
                never_sends_an_unknown_item_again, leaves_no_delivery_unknown_that_holds_no_item, gives_refused_items_back_until_attempts_end,
                turns_calls_cut_by_a_crash_into_unknown, finds_a_delivery_by_each_of_its_numbers,
                refuses_illegal_delivery_changes;
            recovery: takes_up_only_calls_that_should_be_over, believes_a_slow_process_that_its_call_arrived,
                tells_a_slow_process_that_its_call_was_settled, lets_one_of_two_processes_deliver,
                gives_up_no_upload_that_was_received;
            settling: settles_items_on_their_own, ends_an_unknown_delivery_with_its_last_item,
                releases_only_what_was_surely_not_taken, leaves_items_that_are_past_an_outcome,
                receives_a_response_with_what_it_settles;
            numbers: gives_unique_numbers_under_fifty_tasks, explains_every_gap, refuses_unreserved_and_used_numbers,
                ends_at_nine_digits;
            answers: records_each_answer_once, lets_a_late_answer_settle_an_unknown_item,
                refuses_answers_of_strangers, never_moves_an_answered_item_back, finds_answers_by_source;
            notifications: queues_one_for_each_new_answer, leases_fairly_and_to_one_caller, ends_once;
            outbox: leases_each_job_to_one_caller, counts_attempts_of_workers_that_die, returns_without_counting,
                hears_nothing_but_done_of_a_lease_that_was_taken_over,
                quarantines_and_releases, lists_lanes_so_that_none_starves, tells_depth_and_age, survives_a_sudden_end;
            files: gives_original_acknowledgments_again, alarms_for_missing_acknowledgments,
                lists_and_deletes_out_files_per_partner, opens_and_clears_an_alarm_once;
            keys: reserves_a_key_once, takes_over_a_stale_key, keeps_branch_keys;
            inquiries: commits_an_inquiry_at_once, commits_nothing_of_an_inquiry_that_fails;
            audit: chains_entries_across_concurrent_writers;
            timeline: tells_an_items_whole_life, hides_other_partners_rows, counts_states, holds_conservation_all_along
        );
    };
    (@tests $harness:expr; $($module:ident: $($name:ident),+);+) => {
        $(mod $module {
            use super::*;
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
                async fn $name() {
                    $crate::contract::$module::$name(&$harness).await;
                }
            )+
        })+
    };
}
