//! What the ports promise, as tests that every store passes. A new store is one line in `suite!`.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "the helpers of a test are a test")]

mod accounts;
mod administration;
mod administration_sequences;
mod alerts;
mod audit;
mod blobs;
mod blobs_s3;
mod campaign_added;
mod campaign_fixture;
mod campaign_sequences;
mod campaigns;
mod clashes;
mod contact_changes;
mod contacts;
mod conversations;
mod cql_costs;
mod cql_faults;
mod cql_file_first;
mod cql_holds;
mod cql_inbox_log;
mod cql_keys;
mod cql_relocation;
mod cql_rotation;
mod cql_server;
mod crash;
mod cutting_proxy;
mod directory;
mod event_log;
mod fixture;
mod hints;
mod inbox_log;
mod isolation;
mod leases;
mod media;
mod merging;
mod messages;
mod notes;
mod observation;
mod order;
mod outbox;
mod outreach;
mod races;
mod redis_server;
mod relocation;
mod s3_server;
mod sealed;
mod sequences;
mod sessions;
mod sqlite_file;
mod templates;

use storage::cql::CqlStore;
use storage::memory::MemoryStore;
use storage::sqlite::{SqliteOptions, SqliteStore};

/// A store of one test, with what must outlive it.
struct Fresh<S, P> {
    store: S,
    _place: P,
}

fn fresh_memory() -> Fresh<MemoryStore, ()> {
    Fresh { store: MemoryStore::new(), _place: () }
}

fn fresh_sqlite() -> Fresh<SqliteStore, tempfile::TempDir> {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(dir.path(), SqliteOptions::default()).unwrap();
    Fresh { store, _place: dir }
}

async fn fresh_cql() -> Fresh<CqlStore, cql_server::Installation> {
    let installation = cql_server::Installation::new();
    Fresh { store: installation.node().await, _place: installation }
}

macro_rules! suite {
    ($($port:ident { $($test:ident)* })*) => {
        suite!(@store memory (crate::fresh_memory()) $($port { $($test)* })*);
        suite!(@store sqlite (crate::fresh_sqlite()) $($port { $($test)* })*);
        suite!(@store cql (crate::fresh_cql().await) $($port { $($test)* })*);
    };
    (@store $store:ident ($fresh:expr) $($port:ident { $($test:ident)* })*) => {
        mod $store {
            $(mod $port {
                $(#[tokio::test]
                async fn $test() {
                    let fresh = $fresh;
                    crate::$port::$test(&fresh.store).await;
                })*
            })*
        }
    };
}

suite! {
    administration {
        an_organization_begins_with_its_people_in_one_commit
        a_household_reads_back_as_it_was_written
        every_write_does_what_the_rules_say
        a_change_of_a_wrong_revision_writes_nothing
        a_change_with_a_taken_email_writes_nothing
        a_use_of_a_key_is_no_change
        organizations_come_in_order_of_name
    }
    accounts {
        an_account_is_updated_over_its_revision
        a_new_name_or_email_goes_to_every_membership
        a_taken_email_changes_nothing
        memberships_span_organizations
        a_reset_is_taken_once_and_replaces_the_one_before
        tokens_lead_to_their_organization
    }
    sessions {
        a_session_reads_back_and_ends
        a_rotation_follows_the_rule
        a_stolen_token_ends_the_session_and_says_so
        ending_members_sessions_leaves_others
        what_has_expired_is_forgotten
    }
    audit {
        records_are_linked_and_read_back
        pages_are_narrowed_and_newest_first
        a_trimmed_chain_goes_on_from_its_anchor
    }
    directory {
        a_number_belongs_to_one_organization
        a_connected_number_takes_over_what_waited_for_it
        a_number_changes_in_what_is_named_and_says_so
        a_disconnected_number_is_nobodys
        an_app_replaces_the_one_before
    }
    outreach {
        whom_a_portfolio_has_written_to_is_known_for_a_day
    }
    alerts {
        an_alert_is_raised_once_and_put_away_once
        what_is_mended_is_forgotten_and_may_be_raised_again
        the_oldest_alerts_make_room
        alerts_are_one_organizations
    }
    templates {
        a_whole_list_brings_changes_and_marks_what_is_gone
        news_change_a_template_at_once_and_an_old_list_does_not_undo_it
        a_draft_is_written_over_its_own_revision
        templates_are_one_organizations
    }
    inbox_log {
        the_same_item_twice_is_stored_once
        what_became_of_an_item_is_written_once
        unfinished_items_come_in_order_of_arrival
        an_item_that_goes_straight_into_quarantine_is_not_unfinished
        attempts_are_counted
        a_replayed_item_is_as_it_came
        the_log_is_read_newest_first_by_outcome
        a_summary_counts_by_outcome_from_its_minute_on
        unclaimed_items_are_counted_by_number
    }
    conversations {
        a_commit_writes_everything
        the_same_commit_twice_is_already_applied_and_marks_a_duplicate
        a_wrong_revision_writes_nothing
        events_get_places_without_a_gap
        a_repeat_marks_only_what_still_waits
        views_show_what_is_in_them
        teams_see_what_is_theirs
        counts_follow_every_change
        pages_of_equal_times_neither_repeat_nor_lose
        a_cursor_of_another_list_is_refused
        conversations_of_a_contact_are_seen_by_those_who_may
    }
    messages {
        history_is_by_time_then_by_arrival
        an_update_replaces_what_is_there_and_only_that
        only_what_went_out_is_found_by_its_wamid
        a_parked_status_is_kept_once_and_taken_once
        an_import_leaves_what_is_there
        an_import_of_strays_writes_nothing
        every_kind_of_content_reads_back_as_it_was
    }
    contacts {
        a_contact_is_found_by_any_of_its_identities
        a_changed_number_leads_to_the_same_contact
        nothing_new_changes_nothing
        contacts_come_newest_first
        an_import_of_contacts_leaves_known_ones
    }
    contact_changes {
        an_edit_changes_what_it_names_and_says_so_once
        a_word_on_marketing_is_on_the_ledger_once_and_heeded_by_its_time
        contacts_are_scanned_oldest_first
        a_count_follows_every_change
        tags_are_counted_with_every_change
        rows_of_a_file_are_taken_in_once_and_taken_back
        a_forgotten_contact_leaves_nothing_and_may_come_again
    }
    merging {
        two_contacts_become_one_and_two_again
        what_is_asked_of_either_is_asked_of_the_one_that_is_kept
        who_became_part_of_another_is_on_no_list_and_not_counted
        a_merge_is_refused_and_ends
        who_is_forgotten_is_forgotten_with_everybody_who_is_the_same_person
    }
    clashes {
        keys_that_lead_to_two_are_a_clash_until_they_are_merged
        a_number_that_moved_leads_to_whom_whatsapp_showed_and_nowhere_else
        a_number_is_lost_by_whoever_became_part_of_them_too
        whom_a_person_has_parted_are_two_for_good
    }
    notes {
        notes_come_newest_first_and_change
        a_contact_has_so_many_notes
        notes_go_with_their_contact
    }
    outbox {
        a_claim_has_one_winner
        a_claim_repeated_by_its_holder_is_still_won
        only_the_holder_releases
        what_is_settled_is_not_in_doubt_again
        an_entry_in_doubt_or_settled_is_opened_again
        unsettled_entries_come_oldest_first
    }
    campaigns {
        a_campaign_is_saved_over_its_revision
        only_a_draft_is_deleted_and_only_of_its_revision
        campaigns_come_newest_first
        those_at_work_are_known
        an_audience_is_written_down_page_by_page
        who_waits_is_listed_by_lane
        who_waits_for_a_winner_is_listed_only_where_they_are_asked_for
        a_claim_of_many_is_won_for_those_that_wait
        what_was_sent_is_counted_and_found
        statuses_settle_before_and_after_the_answer
        what_it_was_charged_as_is_counted_once_whatever_comes_again_or_late
        a_receipt_marks_its_item_once
        a_doubt_is_decided_once
        an_answer_is_counted_with_where_its_person_stands
        recipients_are_listed_by_class
        what_was_sent_to_a_contact_comes_newest_first
        what_reached_people_of_late_is_told_for_many_at_once
        what_whatsapp_holds_is_counted_until_a_status_lets_it_go
        racing_claims_of_many_have_one_winner_each
        another_tenants_campaigns_are_not_there
    }
    campaign_added {
        who_is_added_gets_the_next_number_and_their_key_leads_to_them
        who_was_added_is_sent_to_as_anybody
        a_campaign_that_was_ended_takes_nobody_more_and_knows_who_came
        racing_additions_share_no_number_and_no_key_adds_two
    }
    event_log {
        events_are_read_after_a_place
        a_trimmed_log_keeps_the_newest_and_its_head
        an_empty_log_has_no_range
    }
    media {
        a_job_comes_and_ends_through_commits
        a_postponed_job_is_due_later
        an_upload_belongs_to_the_conversation_it_is_first_sent_in
        an_import_makes_ready_files_known
    }
    isolation {
        another_tenants_ids_find_nothing
        another_tenants_ids_change_nothing
    }
    races {
        racing_claims_have_one_winner
        racing_commits_of_one_revision_have_one_winner
        racing_commits_of_one_message_apply_once
        the_log_has_no_gap_under_concurrent_commits
        racing_changes_of_one_revision_have_one_winner
        racing_accounts_share_no_email
        the_audit_chain_holds_under_concurrent_writes
        racing_uses_of_one_reset_have_one_winner
        racing_rotations_end_in_one_session_or_none
    }
    relocation {
        what_an_organization_has_is_read_in_pages_in_its_order
        an_organization_that_was_brought_in_is_as_it_was_and_goes_on
        what_an_arrival_that_was_cut_short_has_left_is_forgotten
        who_is_not_welcome_changes_nothing
    }
}
