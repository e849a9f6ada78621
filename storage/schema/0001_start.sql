-- Times are milliseconds since 1970. Bodies, frames, raws, errors and jobs are sealed (codec.rs); what is looked for by
-- something of a person is a keyed hash of it. Organizations have a small key here, because
-- sixteen bytes in every index entry would be most of the index.

-- One row: what only the keyring can compute that the file belongs to.
CREATE TABLE keyring (
    proof BLOB NOT NULL
) STRICT;

CREATE TABLE tenant (
    key      INTEGER PRIMARY KEY,
    id       BLOB NOT NULL UNIQUE,
    -- Of the household: everything small about the organization.
    revision INTEGER NOT NULL DEFAULT 0,
    -- NULL: something was stored for it before the organization was.
    body     BLOB,
    -- 1: it is being brought in from another installation, and nobody works with what is there so far.
    arriving INTEGER NOT NULL DEFAULT 0
) STRICT;

-- People of the installation. E-mails and tokens are found by look-up keys.
CREATE TABLE account (
    id       BLOB PRIMARY KEY,
    email    BLOB NOT NULL UNIQUE,
    revision INTEGER NOT NULL,
    body     BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE password_reset (
    hash       BLOB PRIMARY KEY,
    account    BLOB NOT NULL UNIQUE,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE member (
    tenant  INTEGER NOT NULL REFERENCES tenant (key),
    id      BLOB NOT NULL,
    -- NULL: the service member of an API key.
    account BLOB,
    body    BLOB NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX member_of_account ON member (account) WHERE account IS NOT NULL;

CREATE TABLE role (
    tenant INTEGER NOT NULL REFERENCES tenant (key),
    id     BLOB NOT NULL,
    body   BLOB NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE team (
    tenant INTEGER NOT NULL REFERENCES tenant (key),
    id     BLOB NOT NULL,
    body   BLOB NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE segment (
    tenant INTEGER NOT NULL REFERENCES tenant (key),
    id     BLOB NOT NULL,
    body   BLOB NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE contact_import (
    tenant INTEGER NOT NULL REFERENCES tenant (key),
    id     BLOB NOT NULL,
    body   BLOB NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE invitation (
    tenant INTEGER NOT NULL REFERENCES tenant (key),
    id     BLOB NOT NULL,
    token  BLOB NOT NULL UNIQUE,
    body   BLOB NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE api_key (
    tenant       INTEGER NOT NULL REFERENCES tenant (key),
    id           BLOB NOT NULL,
    hash         BLOB NOT NULL UNIQUE,
    last_used_at INTEGER,
    body         BLOB NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;

-- One row per signed-in browser. The body says where it is.
CREATE TABLE session (
    id            BLOB PRIMARY KEY,
    tenant        INTEGER NOT NULL REFERENCES tenant (key),
    account       BLOB NOT NULL,
    member        BLOB NOT NULL,
    token_version INTEGER NOT NULL,
    refresh       BLOB NOT NULL,
    previous      BLOB,
    rotated_at    INTEGER NOT NULL,
    created_at    INTEGER NOT NULL,
    expires_at    INTEGER NOT NULL,
    last_seen_at  INTEGER NOT NULL,
    body          BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_of_account ON session (account);
CREATE INDEX session_of_member ON session (tenant, member);
CREATE INDEX session_by_end ON session (expires_at);

-- One chain of entries per organization. What is in a column is not in the body, so that a changed byte of either shows.
CREATE TABLE audit (
    tenant INTEGER NOT NULL REFERENCES tenant (key),
    n      INTEGER NOT NULL,
    at     INTEGER NOT NULL,
    action TEXT NOT NULL,
    actor  BLOB,
    hash   BLOB NOT NULL,
    body   BLOB NOT NULL
) STRICT;
-- Everything that narrows a page: what does not fit is passed over without reading its row.
CREATE UNIQUE INDEX audit_by_n ON audit (tenant, n, at, action, actor);

-- The last entry that was trimmed and the newest one.
CREATE TABLE audit_end (
    tenant      INTEGER PRIMARY KEY REFERENCES tenant (key),
    anchor_n    INTEGER NOT NULL,
    anchor_hash BLOB NOT NULL,
    head_n      INTEGER NOT NULL,
    head_hash   BLOB NOT NULL
) STRICT;

CREATE TABLE number (
    id     TEXT PRIMARY KEY,
    tenant INTEGER NOT NULL REFERENCES tenant (key),
    waba   TEXT NOT NULL,
    body   BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX number_of_tenant ON number (tenant);
CREATE INDEX number_of_account ON number (waba);

-- An organization's own app at Meta.
CREATE TABLE meta_app (
    tenant INTEGER PRIMARY KEY REFERENCES tenant (key),
    body   BLOB NOT NULL
) STRICT;

-- What was put away stays until newer ones push it out: a redelivery is known by it.
CREATE TABLE alert (
    place     INTEGER PRIMARY KEY,
    tenant    INTEGER NOT NULL REFERENCES tenant (key),
    id        BLOB NOT NULL,
    dismissed INTEGER NOT NULL,
    body      BLOB NOT NULL,
    UNIQUE (tenant, id)
) STRICT;
-- Ends with the place by itself: newest first.
CREATE INDEX alert_of_tenant ON alert (tenant);

-- The local copy of what Meta lists, and drafts. The id is a hash of account, name and language.
CREATE TABLE template (
    place    INTEGER PRIMARY KEY,
    tenant   INTEGER NOT NULL REFERENCES tenant (key),
    id       BLOB NOT NULL,
    waba     TEXT NOT NULL,
    revision INTEGER NOT NULL,
    body     BLOB NOT NULL,
    UNIQUE (tenant, id)
) STRICT;
CREATE INDEX template_of_account ON template (tenant, waba);

-- When an account's whole list was read last.
CREATE TABLE template_sync (
    tenant INTEGER NOT NULL REFERENCES tenant (key),
    waba   TEXT NOT NULL,
    at     INTEGER NOT NULL,
    PRIMARY KEY (tenant, waba)
) STRICT, WITHOUT ROWID;

-- Small rows, so that a mark rewrites little; the raw body is written once, beside it.
CREATE TABLE inbox (
    arrival      INTEGER PRIMARY KEY,
    id           BLOB NOT NULL UNIQUE,
    -- 0: nobody has connected the number.
    tenant       INTEGER NOT NULL,
    number       TEXT,
    field        TEXT NOT NULL,
    kind         TEXT NOT NULL,
    received_at  INTEGER NOT NULL,
    size         INTEGER NOT NULL,
    outcome      INTEGER NOT NULL,
    attempts     INTEGER NOT NULL,
    processed_at INTEGER,
    error        BLOB,
    conversation BLOB
) STRICT;
-- Serves what is unfinished (outcome 0) in order of arrival, and the webhook log as a merge of the four outcomes.
CREATE INDEX inbox_by_outcome ON inbox (tenant, outcome);
CREATE INDEX inbox_unclaimed ON inbox (number) WHERE tenant = 0;

CREATE TABLE inbox_body (
    arrival INTEGER PRIMARY KEY,
    raw     BLOB NOT NULL
) STRICT;

-- Counts by the minute of receipt: a summary adds these up instead of counting items.
CREATE TABLE inbox_tally (
    tenant      INTEGER NOT NULL,
    minute      INTEGER NOT NULL,
    stored      INTEGER NOT NULL,
    processed   INTEGER NOT NULL,
    duplicate   INTEGER NOT NULL,
    quarantined INTEGER NOT NULL,
    PRIMARY KEY (tenant, minute)
) STRICT, WITHOUT ROWID;

CREATE TABLE conversation (
    key              INTEGER PRIMARY KEY,
    tenant           INTEGER NOT NULL,
    id               BLOB NOT NULL,
    contact          BLOB NOT NULL,
    revision         INTEGER NOT NULL,
    -- Messages that ever arrived: places those of the same time.
    arrivals         INTEGER NOT NULL,
    closed           INTEGER NOT NULL,
    assignee         BLOB,
    team             BLOB,
    -- The team that can take it: nobody has it.
    pool             BLOB GENERATED ALWAYS AS (iif(assignee IS NULL, team, NULL)) VIRTUAL,
    -- 0 or 1; the number is in the body, so that a second unread message leaves the indexes alone.
    unread           INTEGER NOT NULL,
    last_activity_at INTEGER NOT NULL,
    body             BLOB NOT NULL,
    UNIQUE (tenant, id)
) STRICT;
-- One index per shape of list, so that each page is a merge of few ranges. "desk" is what lies with one member, or with
-- nobody: then by the team that can take it. "team" is what members of a team have; most conversations are not in it.
CREATE INDEX conversation_list ON conversation (tenant, closed, last_activity_at);
CREATE INDEX conversation_desk ON conversation (tenant, closed, assignee, pool, last_activity_at);
CREATE INDEX conversation_team ON conversation (tenant, closed, team, last_activity_at)
    WHERE team IS NOT NULL AND assignee IS NOT NULL;
CREATE INDEX conversation_list_unread ON conversation (tenant, closed, last_activity_at) WHERE unread = 1;
CREATE INDEX conversation_desk_unread ON conversation (tenant, closed, assignee, pool, last_activity_at) WHERE unread = 1;
CREATE INDEX conversation_team_unread ON conversation (tenant, closed, team, last_activity_at)
    WHERE team IS NOT NULL AND assignee IS NOT NULL AND unread = 1;
CREATE INDEX conversation_of_contact ON conversation (tenant, contact);

-- How many conversations lie with each member and team (empty: with nobody, with none), kept with every commit.
CREATE TABLE conversation_tally (
    tenant      INTEGER NOT NULL,
    assignee    BLOB NOT NULL,
    team        BLOB NOT NULL,
    live        INTEGER NOT NULL,
    live_unread INTEGER NOT NULL,
    closed      INTEGER NOT NULL,
    PRIMARY KEY (tenant, assignee, team)
) STRICT, WITHOUT ROWID;

-- Lies in the order in which it is read: the newest 50 are neighbours.
CREATE TABLE message (
    conversation INTEGER NOT NULL,
    at           INTEGER NOT NULL,
    arrival      INTEGER NOT NULL,
    id           BLOB NOT NULL,
    -- Look-up key of Meta's id, on what went out.
    wamid        BLOB,
    body         BLOB NOT NULL,
    PRIMARY KEY (conversation, at, arrival)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX message_by_id ON message (conversation, id);
CREATE INDEX message_by_wamid ON message (wamid) WHERE wamid IS NOT NULL;

CREATE TABLE parked_status (
    arrival INTEGER PRIMARY KEY,
    tenant  INTEGER NOT NULL,
    wamid   BLOB NOT NULL,
    body    BLOB NOT NULL
) STRICT;
CREATE INDEX parked_status_by_wamid ON parked_status (tenant, wamid);

CREATE TABLE contact (
    key    INTEGER PRIMARY KEY,
    tenant INTEGER NOT NULL,
    id     BLOB NOT NULL,
    body   BLOB NOT NULL,
    -- Raised by every write of any contact: what was read before is brought up to date from here.
    change INTEGER NOT NULL,
    -- Id of the contact that it became part of: it is on no list.
    merged_into BLOB,
    UNIQUE (tenant, id)
) STRICT;
CREATE INDEX contact_by_change ON contact (tenant, change);
-- Ends with the key by itself: newest first. A list by name would need names that can be compared (ADR 0011).
CREATE INDEX contact_by_age ON contact (tenant);

-- What people said about marketing. Nothing in it is ever changed.
CREATE TABLE consent (
    contact INTEGER NOT NULL REFERENCES contact (key),
    at      INTEGER NOT NULL,
    id      BLOB NOT NULL,
    tenant  INTEGER NOT NULL,
    body    BLOB NOT NULL,
    PRIMARY KEY (contact, at, id)
) STRICT, WITHOUT ROWID;

-- What members wrote about a contact, in the order in which it is read.
CREATE TABLE note (
    contact INTEGER NOT NULL REFERENCES contact (key),
    at      INTEGER NOT NULL,
    id      BLOB NOT NULL,
    tenant  INTEGER NOT NULL,
    body    BLOB NOT NULL,
    PRIMARY KEY (contact, at, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX note_by_id ON note (tenant, id);

-- Which contact an identity leads to.
CREATE TABLE identity (
    tenant  INTEGER NOT NULL,
    lookup  BLOB NOT NULL,
    contact INTEGER NOT NULL REFERENCES contact (key),
    -- The identity itself: a look-up key tells nobody, and a person may ask for theirs and take it elsewhere.
    body    BLOB NOT NULL,
    PRIMARY KEY (tenant, lookup)
) STRICT, WITHOUT ROWID;
CREATE INDEX identity_of_contact ON identity (contact);

CREATE TABLE campaign (
    key      INTEGER PRIMARY KEY,
    tenant   INTEGER NOT NULL,
    id       BLOB NOT NULL,
    revision INTEGER NOT NULL,
    -- 1: an actor has something to do for it.
    at_work  INTEGER NOT NULL,
    body     BLOB NOT NULL,
    UNIQUE (tenant, id)
) STRICT;
-- Ends with the key by itself: newest first.
CREATE INDEX campaign_by_age ON campaign (tenant);
CREATE INDEX campaign_at_work ON campaign (tenant, id) WHERE at_work = 1;

-- place = campaign * 2^32 + no. What changes of a recipient, in small rows: neighbours are claimed together and lie on one page.
CREATE TABLE recipient (
    place        INTEGER PRIMARY KEY,
    lane         INTEGER NOT NULL,
    -- Of a test: 1 to 4 gets A to D, 5 waits for the winner. 0: there is one message.
    part         INTEGER NOT NULL,
    -- 0 waiting, 1 under way, 2 unknown, 3 parked, 4 sent, 5 delivered, 6 read, 7 to 12 failed, 13 held by WhatsApp
    class        INTEGER NOT NULL,
    contact      BLOB NOT NULL,
    -- By whose prices it is charged: two letters.
    country      TEXT,
    token        BLOB,
    -- Of the claim, or of the doubt.
    since        INTEGER,
    queued_at    INTEGER NOT NULL,
    accepted_at  INTEGER,
    sent_at      INTEGER,
    delivered_at INTEGER,
    read_at      INTEGER,
    played_at    INTEGER,
    failed_at    INTEGER,
    replied_at   INTEGER,
    clicked_at   INTEGER,
    opted_out_at INTEGER,
    -- Look-up key of Meta's id.
    wamid        BLOB,
    -- Meta's id itself.
    body         BLOB,
    -- Of a failure.
    error        BLOB,
    -- What it was charged as: (first day of the month << 8) + (category << 4) + kind.
    charge       INTEGER,
    -- Look-up key of what added them, where people are added one by one.
    added_by     BLOB
) STRICT;
CREATE UNIQUE INDEX recipient_added ON recipient (added_by) WHERE added_by IS NOT NULL;
CREATE INDEX recipient_waiting ON recipient (lane) WHERE class = 0 AND part < 5;
-- Nobody looks through them before there is a winner.
CREATE INDEX recipient_held ON recipient (lane) WHERE class = 0 AND part = 5;
-- Who is neither waiting nor simply sent: few, and looked for.
CREATE INDEX recipient_apart ON recipient (class) WHERE class NOT IN (0, 4, 5, 6);
CREATE INDEX recipient_by_wamid ON recipient (wamid) WHERE wamid IS NOT NULL;
CREATE INDEX recipient_sent ON recipient (contact, accepted_at) WHERE accepted_at IS NOT NULL;

-- What was written down at the launch: once.
CREATE TABLE recipient_body (
    place INTEGER PRIMARY KEY,
    body  BLOB NOT NULL
) STRICT;

-- How many recipients stand where, kept with every commit.
CREATE TABLE campaign_tally (
    campaign INTEGER NOT NULL,
    lane     INTEGER NOT NULL,
    class    INTEGER NOT NULL,
    code     INTEGER NOT NULL,
    -- 1 replied, 2 tapped a button, 4 stopped marketing
    answers  INTEGER NOT NULL,
    -- Empty and 0 where there is none.
    country  TEXT NOT NULL,
    charge   INTEGER NOT NULL,
    part     INTEGER NOT NULL,
    count    INTEGER NOT NULL,
    PRIMARY KEY (campaign, lane, class, code, answers, country, charge, part)
) STRICT, WITHOUT ROWID;

-- When they took a step, kept like the tallies.
CREATE TABLE campaign_hour (
    campaign INTEGER NOT NULL,
    -- Since 1970.
    hour     INTEGER NOT NULL,
    -- 0 delivered, 1 read, 2 replied
    step     INTEGER NOT NULL,
    count    INTEGER NOT NULL,
    PRIMARY KEY (campaign, hour, step)
) STRICT, WITHOUT ROWID;

-- Whom a business portfolio has written to outside a window: of the last day, and of no export.
CREATE TABLE outreach (
    tenant    INTEGER NOT NULL,
    portfolio TEXT NOT NULL,
    contact   BLOB NOT NULL,
    -- Of the last message.
    at        INTEGER NOT NULL,
    PRIMARY KEY (tenant, portfolio, contact)
) STRICT, WITHOUT ROWID;

CREATE TABLE outbox (
    place  INTEGER PRIMARY KEY,
    tenant INTEGER NOT NULL,
    id     BLOB NOT NULL,
    -- 0 queued, 1 claimed, 2 in doubt, 3 settled
    state  INTEGER NOT NULL,
    token  BLOB,
    since  INTEGER,
    body   BLOB NOT NULL,
    UNIQUE (tenant, id)
) STRICT;
CREATE INDEX outbox_unsettled ON outbox (tenant) WHERE state < 3;

-- place = tenant * 2^40 + n: a frame does not fit into the leaf of an index, so the table has a single integer key.
CREATE TABLE event (
    place        INTEGER PRIMARY KEY,
    conversation BLOB NOT NULL,
    assignee     BLOB,
    team         BLOB,
    was          BLOB,
    was_team     BLOB,
    moved        INTEGER NOT NULL,
    frame        BLOB NOT NULL
) STRICT;

CREATE TABLE event_head (
    tenant INTEGER PRIMARY KEY,
    n      INTEGER NOT NULL
) STRICT;

CREATE TABLE media (
    key          INTEGER PRIMARY KEY,
    tenant       INTEGER NOT NULL,
    id           BLOB NOT NULL,
    conversation BLOB,
    uploader     BLOB,
    body         BLOB NOT NULL,
    -- The job; NULL when there is nothing to fetch.
    due_at       INTEGER,
    attempts     INTEGER NOT NULL,
    job          BLOB,
    UNIQUE (tenant, id)
) STRICT;
CREATE INDEX media_due ON media (due_at) WHERE due_at IS NOT NULL;
