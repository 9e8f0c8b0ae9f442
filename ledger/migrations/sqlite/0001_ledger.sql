-- The ledger. Ids are 20 characters that sort by time. Times are milliseconds since 1970. What is PHI stands here only as a keyed hash
-- (32 bytes) or sealed. Tables whose key is an id have no other key than that (WITHOUT ROWID), since rows come in the order of their ids.

CREATE TABLE receipt (
    id          TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 20),
    partner     TEXT NOT NULL,
    door        TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('staged', 'received', 'translated', 'quarantined')),
    object      TEXT NOT NULL,
    name_hash   BLOB CHECK (length(name_hash) = 32),
    name_sealed BLOB,
    response_to TEXT,
    size        INTEGER NOT NULL DEFAULT 0,
    digest      BLOB CHECK (length(digest) = 32),
    reason      TEXT,
    staged_at   INTEGER NOT NULL,
    received_at INTEGER,
    finished_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX receipt_by_partner ON receipt (partner, id);
CREATE INDEX receipt_by_name ON receipt (partner, name_hash) WHERE name_hash IS NOT NULL;
CREATE INDEX receipt_by_state ON receipt (state, id);

CREATE TABLE interchange (
    id             TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 20),
    receipt        TEXT NOT NULL REFERENCES receipt (id),
    partner        TEXT NOT NULL,
    ordinal        INTEGER NOT NULL,
    sender         TEXT NOT NULL,
    receiver       TEXT NOT NULL,
    control_number INTEGER NOT NULL,
    test           INTEGER NOT NULL CHECK (test IN (0, 1)),
    state          TEXT NOT NULL CHECK (state IN ('staged', 'accepted', 'rejected', 'duplicate')),
    original       TEXT,
    reason         TEXT,
    began_at       INTEGER NOT NULL,
    settled_at     INTEGER,
    UNIQUE (receipt, ordinal)
) STRICT, WITHOUT ROWID;

-- What accepted interchanges have taken: the keys make two acceptances of one number, or of one content, impossible (L3).
CREATE TABLE accepted_number (
    partner        TEXT NOT NULL,
    sender         TEXT NOT NULL,
    receiver       TEXT NOT NULL,
    control_number INTEGER NOT NULL,
    interchange    TEXT NOT NULL REFERENCES interchange (id),
    accepted_at    INTEGER NOT NULL,
    PRIMARY KEY (partner, sender, receiver, control_number)
) STRICT, WITHOUT ROWID;
CREATE TABLE accepted_content (
    partner     TEXT NOT NULL,
    sender      TEXT NOT NULL,
    receiver    TEXT NOT NULL,
    digest      BLOB NOT NULL CHECK (length(digest) = 32),
    interchange TEXT NOT NULL REFERENCES interchange (id),
    accepted_at INTEGER NOT NULL,
    PRIMARY KEY (partner, sender, receiver, digest)
) STRICT, WITHOUT ROWID;

-- item_count is counted up as items are staged, apart from the items themselves: conservation compares the two (L6).
CREATE TABLE transaction_set (
    id                   TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 20),
    interchange          TEXT NOT NULL REFERENCES interchange (id),
    ordinal              INTEGER NOT NULL,
    group_control_number INTEGER NOT NULL,
    guide                TEXT NOT NULL,
    object               TEXT NOT NULL,
    state                TEXT NOT NULL CHECK (state IN ('open', 'accepted', 'rejected')),
    item_count           INTEGER NOT NULL DEFAULT 0 CHECK (item_count >= 0),
    UNIQUE (interchange, ordinal)
) STRICT, WITHOUT ROWID;

-- An item's own state says only what its set, its interchange and its delivery do not: see item_now.
CREATE TABLE item (
    id          TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 20),
    set_id      TEXT NOT NULL REFERENCES transaction_set (id),
    ordinal     INTEGER NOT NULL,
    destination TEXT,
    state       TEXT NOT NULL
        CHECK (state IN ('waiting', 'rejected', 'assigned', 'acknowledged', 'answered', 'quarantined')),
    delivery    TEXT,
    attempts    INTEGER NOT NULL DEFAULT 0,
    start       INTEGER NOT NULL,
    length      INTEGER NOT NULL,
    claim_hash  BLOB,
    member_hash BLOB,
    sealed      BLOB
) STRICT, WITHOUT ROWID;
-- Serves claiming in order, and counting by state without reading a row.
CREATE INDEX item_by_set ON item (set_id, state, destination, ordinal, delivery);
CREATE INDEX item_by_claim ON item (claim_hash) WHERE claim_hash IS NOT NULL;
CREATE INDEX item_by_member ON item (member_hash) WHERE member_hash IS NOT NULL;

-- Lanes: sets that were released and may still hold items for a destination. One row a set and destination, gone when none waits; no item
-- whose ordinal is below `first` waits.
CREATE TABLE deliverable (
    destination TEXT NOT NULL,
    set_id      TEXT NOT NULL REFERENCES transaction_set (id),
    first       INTEGER NOT NULL,
    PRIMARY KEY (destination, set_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE delivery (
    id             TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 20),
    partner        TEXT NOT NULL,
    state          TEXT NOT NULL CHECK (state IN ('sending', 'sent', 'unknown', 'acknowledged', 'refused')),
    payload        TEXT NOT NULL,
    control_number INTEGER NOT NULL,
    item_count     INTEGER NOT NULL,
    reads_only     INTEGER NOT NULL CHECK (reads_only IN (0, 1)),
    over_by        INTEGER NOT NULL,
    changed_at     INTEGER NOT NULL,
    UNIQUE (partner, control_number)
) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_by_state ON delivery (state, partner, id);

-- What each delivery carried, refused ones too: an item's history.
CREATE TABLE delivery_item (
    delivery   TEXT NOT NULL REFERENCES delivery (id),
    position   INTEGER NOT NULL,
    item       TEXT NOT NULL REFERENCES item (id),
    set_number INTEGER NOT NULL,
    PRIMARY KEY (delivery, position)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX delivery_item_by_item ON delivery_item (item, delivery);

-- Runs of control numbers, used or not. They tile 1 to the next number of their kind; one without used_by is a gap with its reason (L5).
CREATE TABLE control_number (
    partner     TEXT NOT NULL,
    kind        TEXT NOT NULL CHECK (kind IN ('ISA13', 'GS06', 'ST02')),
    first       INTEGER NOT NULL CHECK (first >= 1),
    count       INTEGER NOT NULL CHECK (count >= 1 AND first + count - 1 <= 999999999),
    used_by     TEXT,
    reason      TEXT NOT NULL,
    reserved_at INTEGER NOT NULL,
    PRIMARY KEY (partner, kind, first)
) STRICT, WITHOUT ROWID;

CREATE TABLE acknowledgment (
    object      TEXT PRIMARY KEY NOT NULL,
    partner     TEXT NOT NULL,
    interchange TEXT NOT NULL REFERENCES interchange (id),
    kind        TEXT NOT NULL,
    out_name    TEXT,
    given_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX acknowledgment_by_interchange ON acknowledgment (interchange);

CREATE TABLE owed_acknowledgment (
    delivery TEXT NOT NULL REFERENCES delivery (id),
    kind     TEXT NOT NULL,
    partner  TEXT NOT NULL,
    due_at   INTEGER NOT NULL,
    came_at  INTEGER,
    PRIMARY KEY (delivery, kind)
) STRICT, WITHOUT ROWID;
CREATE INDEX owed_acknowledgment_open ON owed_acknowledgment (due_at) WHERE came_at IS NULL;

CREATE TABLE out_file (
    partner     TEXT NOT NULL,
    name        TEXT NOT NULL,
    object      TEXT NOT NULL,
    size        INTEGER NOT NULL,
    kind        TEXT NOT NULL,
    receipt     TEXT REFERENCES receipt (id),
    appeared_at INTEGER NOT NULL,
    fetched_at  INTEGER,
    -- The partner took it away. The row stays: what is done again must not give it a second time.
    removed     INTEGER NOT NULL DEFAULT 0 CHECK (removed IN (0, 1)),
    PRIMARY KEY (partner, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX out_file_listed ON out_file (partner, name) WHERE NOT removed;
CREATE INDEX out_file_by_receipt ON out_file (receipt) WHERE receipt IS NOT NULL;

CREATE TABLE answer (
    id          TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 20),
    item        TEXT NOT NULL REFERENCES item (id),
    delivery    TEXT REFERENCES delivery (id),
    source      TEXT NOT NULL REFERENCES receipt (id),
    ordinal     INTEGER NOT NULL,
    kind        TEXT NOT NULL,
    outcome     TEXT NOT NULL,
    advance     TEXT NOT NULL CHECK (advance IN ('acknowledged', 'answered', 'note')),
    object      TEXT NOT NULL,
    start       INTEGER NOT NULL,
    length      INTEGER NOT NULL,
    answered_at INTEGER NOT NULL,
    UNIQUE (item, source, ordinal)
) STRICT, WITHOUT ROWID;
CREATE INDEX answer_by_source ON answer (source, id);

-- A lease is a due time in the future.
CREATE TABLE notification (
    id       TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 20),
    partner  TEXT NOT NULL,
    kind     TEXT NOT NULL,
    answer   TEXT NOT NULL REFERENCES answer (id),
    state    TEXT NOT NULL CHECK (state IN ('queued', 'delivered', 'abandoned')),
    attempts INTEGER NOT NULL DEFAULT 0,
    due_at   INTEGER NOT NULL,
    last     TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX notification_due ON notification (partner, due_at, id) WHERE state = 'queued';
CREATE INDEX notification_by_answer ON notification (answer);

CREATE TABLE outbox (
    id         TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 20),
    lane       TEXT NOT NULL,
    queue      TEXT NOT NULL,
    partner    TEXT NOT NULL,
    kind       TEXT NOT NULL,
    reference  TEXT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('ready', 'quarantined')),
    attempt    INTEGER NOT NULL DEFAULT 0,
    leased     INTEGER NOT NULL DEFAULT 0 CHECK (leased IN (0, 1)),
    due_at     INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    reason     TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_due ON outbox (lane, due_at, id) WHERE state = 'ready';
CREATE INDEX outbox_by_reference ON outbox (reference);

CREATE TABLE idempotency_key (
    partner     TEXT NOT NULL,
    key_hash    BLOB NOT NULL CHECK (length(key_hash) = 32),
    request     BLOB NOT NULL CHECK (length(request) = 32),
    status      INTEGER,
    kind        TEXT,
    body        TEXT,
    reserved_at INTEGER NOT NULL,
    done_at     INTEGER,
    PRIMARY KEY (partner, key_hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_key_by_age ON idempotency_key (reserved_at);

CREATE TABLE branch_key (
    partner    TEXT NOT NULL,
    kind       TEXT NOT NULL CHECK (kind IN ('branch', 'search')),
    version    INTEGER NOT NULL CHECK (version >= 1),
    root       TEXT,
    wrapped    BLOB,
    created_at INTEGER NOT NULL,
    -- A process that may only seal made it for itself.
    own        INTEGER NOT NULL CHECK (own IN (0, 1)),
    PRIMARY KEY (partner, kind, version),
    CHECK ((root IS NULL) = (wrapped IS NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE alarm (
    id         INTEGER PRIMARY KEY,
    kind       TEXT NOT NULL,
    subject    TEXT NOT NULL,
    reason     TEXT,
    opened_at  INTEGER NOT NULL,
    cleared_at INTEGER,
    count      INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE UNIQUE INDEX alarm_open ON alarm (kind, subject) WHERE cleared_at IS NULL;

CREATE TABLE audit (
    seq     INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    actor   TEXT NOT NULL,
    action  TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail  BLOB,
    hash    BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

-- Changes of state that no other column tells the time and cause of. Items have a row here only when they were settled alone.
CREATE TABLE event (
    id      INTEGER PRIMARY KEY,
    subject TEXT NOT NULL,
    at      INTEGER NOT NULL,
    state   TEXT NOT NULL,
    actor   TEXT NOT NULL,
    reason  TEXT,
    note    BLOB
) STRICT;
CREATE INDEX event_by_subject ON event (subject, id);
-- What was ever quarantined: the few among which that which is now is found.
CREATE INDEX event_quarantined ON event (subject) WHERE state = 'quarantined';

-- Every item with the state that the world sees. Items of duplicates are no items.
CREATE VIEW item_now AS
SELECT
    i.id, i.set_id, i.ordinal, i.destination, i.delivery, i.attempts, i.start, i.length, i.claim_hash, i.member_hash, i.sealed,
    s.interchange, s.guide, s.object, x.receipt, x.partner AS owner, x.test, x.settled_at AS accepted_at,
    i.state AS own_state,
    CASE i.state
        WHEN 'waiting' THEN CASE
            WHEN x.state = 'rejected' OR s.state = 'rejected' THEN 'rejected'
            ELSE x.state
        END
        WHEN 'assigned' THEN d.state
        ELSE i.state
    END AS state
FROM item i
JOIN transaction_set s ON s.id = i.set_id
JOIN interchange x ON x.id = s.interchange
LEFT JOIN delivery d ON d.id = i.delivery
WHERE x.state <> 'duplicate';
