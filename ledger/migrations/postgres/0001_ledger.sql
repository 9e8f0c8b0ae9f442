-- The ledger, as in SQLite's migration. Ids are 20 characters that sort by time, and texts sort by their bytes. Times are milliseconds
-- since 1970. What is PHI stands here only as a keyed hash (32 bytes) or sealed.

-- Unpacks a JSON array of texts as SQLite's function of that name does, so that the statements can be the same.
CREATE FUNCTION json_each(list TEXT) RETURNS TABLE (key BIGINT, value TEXT) LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT e.ordinal - 1, e.value FROM json_array_elements_text(list::json) WITH ORDINALITY AS e (value, ordinal)
$$;

-- Each writer's last commit, in the commit itself: after a cut it tells whether the commit came through.
CREATE TABLE commit_mark (
    writer TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    batch  BIGINT NOT NULL,
    at     TIMESTAMPTZ NOT NULL DEFAULT now()
);

CREATE TABLE receipt (
    id          TEXT COLLATE "C" PRIMARY KEY NOT NULL CHECK (length(id) = 20),
    partner     TEXT COLLATE "C" NOT NULL,
    door        TEXT COLLATE "C" NOT NULL,
    state       TEXT COLLATE "C" NOT NULL CHECK (state IN ('staged', 'received', 'translated', 'quarantined')),
    object      TEXT COLLATE "C" NOT NULL,
    name_hash   BYTEA CHECK (length(name_hash) = 32),
    name_sealed BYTEA,
    response_to TEXT COLLATE "C",
    size        BIGINT NOT NULL DEFAULT 0,
    digest      BYTEA CHECK (length(digest) = 32),
    reason      TEXT COLLATE "C",
    staged_at   BIGINT NOT NULL,
    received_at BIGINT,
    finished_at BIGINT
);
CREATE INDEX receipt_by_partner ON receipt (partner, id);
CREATE INDEX receipt_by_name ON receipt (partner, name_hash) WHERE name_hash IS NOT NULL;
CREATE INDEX receipt_by_state ON receipt (state, id);

CREATE TABLE interchange (
    id             TEXT COLLATE "C" PRIMARY KEY NOT NULL CHECK (length(id) = 20),
    receipt        TEXT COLLATE "C" NOT NULL REFERENCES receipt (id),
    partner        TEXT COLLATE "C" NOT NULL,
    ordinal        BIGINT NOT NULL,
    sender         TEXT COLLATE "C" NOT NULL,
    receiver       TEXT COLLATE "C" NOT NULL,
    control_number BIGINT NOT NULL,
    test           BOOLEAN NOT NULL,
    state          TEXT COLLATE "C" NOT NULL CHECK (state IN ('staged', 'accepted', 'rejected', 'duplicate')),
    original       TEXT COLLATE "C",
    reason         TEXT COLLATE "C",
    began_at       BIGINT NOT NULL,
    settled_at     BIGINT,
    UNIQUE (receipt, ordinal)
);

-- What accepted interchanges have taken: the keys make two acceptances of one number, or of one content, impossible (L3).
CREATE TABLE accepted_number (
    partner        TEXT COLLATE "C" NOT NULL,
    sender         TEXT COLLATE "C" NOT NULL,
    receiver       TEXT COLLATE "C" NOT NULL,
    control_number BIGINT NOT NULL,
    interchange    TEXT COLLATE "C" NOT NULL REFERENCES interchange (id),
    accepted_at    BIGINT NOT NULL,
    PRIMARY KEY (partner, sender, receiver, control_number)
);
CREATE TABLE accepted_content (
    partner     TEXT COLLATE "C" NOT NULL,
    sender      TEXT COLLATE "C" NOT NULL,
    receiver    TEXT COLLATE "C" NOT NULL,
    digest      BYTEA NOT NULL CHECK (length(digest) = 32),
    interchange TEXT COLLATE "C" NOT NULL REFERENCES interchange (id),
    accepted_at BIGINT NOT NULL,
    PRIMARY KEY (partner, sender, receiver, digest)
);

-- item_count is counted up as items are staged, apart from the items themselves: conservation compares the two (L6).
CREATE TABLE transaction_set (
    id                   TEXT COLLATE "C" PRIMARY KEY NOT NULL CHECK (length(id) = 20),
    interchange          TEXT COLLATE "C" NOT NULL REFERENCES interchange (id),
    ordinal              BIGINT NOT NULL,
    group_control_number BIGINT NOT NULL,
    guide                TEXT COLLATE "C" NOT NULL,
    object               TEXT COLLATE "C" NOT NULL,
    state                TEXT COLLATE "C" NOT NULL CHECK (state IN ('open', 'accepted', 'rejected')),
    item_count           BIGINT NOT NULL DEFAULT 0 CHECK (item_count >= 0),
    UNIQUE (interchange, ordinal)
);

-- An item's own state says only what its set, its interchange and its delivery do not: see item_now.
CREATE TABLE item (
    id          TEXT COLLATE "C" PRIMARY KEY NOT NULL CHECK (length(id) = 20),
    set_id      TEXT COLLATE "C" NOT NULL REFERENCES transaction_set (id),
    ordinal     BIGINT NOT NULL,
    destination TEXT COLLATE "C",
    state       TEXT COLLATE "C" NOT NULL
        CHECK (state IN ('waiting', 'rejected', 'assigned', 'acknowledged', 'answered', 'quarantined')),
    delivery    TEXT COLLATE "C",
    attempts    BIGINT NOT NULL DEFAULT 0,
    start       BIGINT NOT NULL,
    length      BIGINT NOT NULL,
    claim_hash  BYTEA,
    member_hash BYTEA,
    sealed      BYTEA
) WITH (fillfactor = 45);
-- What changes on an item's way (state, delivery, attempts) stands in no index, not even in a condition of one, and each page has room for a
-- second version of its rows: so a change writes no index anew (a HOT update), which would cost several times as much.
-- Serves claiming in order.
CREATE INDEX item_by_set ON item (set_id, destination, ordinal);
CREATE INDEX item_by_claim ON item (claim_hash) WHERE claim_hash IS NOT NULL;
CREATE INDEX item_by_member ON item (member_hash) WHERE member_hash IS NOT NULL;

-- Lanes: sets that were released and may still hold items for a destination. One row a set and destination, gone when none waits; no item
-- whose ordinal is below `first` waits.
CREATE TABLE deliverable (
    destination TEXT COLLATE "C" NOT NULL,
    set_id      TEXT COLLATE "C" NOT NULL REFERENCES transaction_set (id),
    first       BIGINT NOT NULL,
    PRIMARY KEY (destination, set_id)
);

CREATE TABLE delivery (
    id             TEXT COLLATE "C" PRIMARY KEY NOT NULL CHECK (length(id) = 20),
    partner        TEXT COLLATE "C" NOT NULL,
    state          TEXT COLLATE "C" NOT NULL CHECK (state IN ('sending', 'sent', 'unknown', 'acknowledged', 'refused')),
    payload        TEXT COLLATE "C" NOT NULL,
    control_number BIGINT NOT NULL,
    item_count     BIGINT NOT NULL,
    reads_only     BOOLEAN NOT NULL,
    over_by        BIGINT NOT NULL,
    changed_at     BIGINT NOT NULL,
    UNIQUE (partner, control_number)
);
CREATE INDEX delivery_by_state ON delivery (state, partner, id);

-- What each delivery carried, refused ones too: an item's history.
CREATE TABLE delivery_item (
    delivery   TEXT COLLATE "C" NOT NULL REFERENCES delivery (id),
    position   BIGINT NOT NULL,
    item       TEXT COLLATE "C" NOT NULL REFERENCES item (id),
    set_number BIGINT NOT NULL,
    PRIMARY KEY (delivery, position)
);
CREATE UNIQUE INDEX delivery_item_by_item ON delivery_item (item, delivery);

-- Runs of control numbers, used or not. They tile 1 to the next number of their kind; one without used_by is a gap with its reason (L5).
CREATE TABLE control_number (
    partner     TEXT COLLATE "C" NOT NULL,
    kind        TEXT COLLATE "C" NOT NULL CHECK (kind IN ('ISA13', 'GS06', 'ST02')),
    first       BIGINT NOT NULL CHECK (first >= 1),
    count       BIGINT NOT NULL CHECK (count >= 1 AND first + count - 1 <= 999999999),
    used_by     TEXT COLLATE "C",
    reason      TEXT COLLATE "C" NOT NULL,
    reserved_at BIGINT NOT NULL,
    PRIMARY KEY (partner, kind, first)
);

CREATE TABLE acknowledgment (
    object      TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    partner     TEXT COLLATE "C" NOT NULL,
    interchange TEXT COLLATE "C" NOT NULL REFERENCES interchange (id),
    kind        TEXT COLLATE "C" NOT NULL,
    out_name    TEXT COLLATE "C",
    given_at    BIGINT NOT NULL
);
CREATE INDEX acknowledgment_by_interchange ON acknowledgment (interchange);

CREATE TABLE owed_acknowledgment (
    delivery TEXT COLLATE "C" NOT NULL REFERENCES delivery (id),
    kind     TEXT COLLATE "C" NOT NULL,
    partner  TEXT COLLATE "C" NOT NULL,
    due_at   BIGINT NOT NULL,
    came_at  BIGINT,
    PRIMARY KEY (delivery, kind)
);
CREATE INDEX owed_acknowledgment_open ON owed_acknowledgment (due_at) WHERE came_at IS NULL;

CREATE TABLE out_file (
    partner     TEXT COLLATE "C" NOT NULL,
    name        TEXT COLLATE "C" NOT NULL,
    object      TEXT COLLATE "C" NOT NULL,
    size        BIGINT NOT NULL,
    kind        TEXT COLLATE "C" NOT NULL,
    receipt     TEXT COLLATE "C" REFERENCES receipt (id),
    appeared_at BIGINT NOT NULL,
    fetched_at  BIGINT,
    -- The partner took it away. The row stays: what is done again must not give it a second time.
    removed     BOOLEAN NOT NULL DEFAULT FALSE,
    PRIMARY KEY (partner, name)
);
CREATE INDEX out_file_listed ON out_file (partner, name) WHERE NOT removed;
CREATE INDEX out_file_by_receipt ON out_file (receipt) WHERE receipt IS NOT NULL;

CREATE TABLE answer (
    id          TEXT COLLATE "C" PRIMARY KEY NOT NULL CHECK (length(id) = 20),
    item        TEXT COLLATE "C" NOT NULL REFERENCES item (id),
    delivery    TEXT COLLATE "C" REFERENCES delivery (id),
    source      TEXT COLLATE "C" NOT NULL REFERENCES receipt (id),
    ordinal     BIGINT NOT NULL,
    kind        TEXT COLLATE "C" NOT NULL,
    outcome     TEXT COLLATE "C" NOT NULL,
    advance     TEXT COLLATE "C" NOT NULL CHECK (advance IN ('acknowledged', 'answered', 'note')),
    object      TEXT COLLATE "C" NOT NULL,
    start       BIGINT NOT NULL,
    length      BIGINT NOT NULL,
    answered_at BIGINT NOT NULL,
    UNIQUE (item, source, ordinal)
);
CREATE INDEX answer_by_source ON answer (source, id);

-- A lease is a due time in the future.
CREATE TABLE notification (
    id       TEXT COLLATE "C" PRIMARY KEY NOT NULL CHECK (length(id) = 20),
    partner  TEXT COLLATE "C" NOT NULL,
    kind     TEXT COLLATE "C" NOT NULL,
    answer   TEXT COLLATE "C" NOT NULL REFERENCES answer (id),
    state    TEXT COLLATE "C" NOT NULL CHECK (state IN ('queued', 'delivered', 'abandoned')),
    attempts BIGINT NOT NULL DEFAULT 0,
    due_at   BIGINT NOT NULL,
    last     TEXT COLLATE "C"
);
CREATE INDEX notification_due ON notification (partner, due_at, id) WHERE state = 'queued';
CREATE INDEX notification_by_answer ON notification (answer);

CREATE TABLE outbox (
    id         TEXT COLLATE "C" PRIMARY KEY NOT NULL CHECK (length(id) = 20),
    lane       TEXT COLLATE "C" NOT NULL,
    queue      TEXT COLLATE "C" NOT NULL,
    partner    TEXT COLLATE "C" NOT NULL,
    kind       TEXT COLLATE "C" NOT NULL,
    reference  TEXT COLLATE "C" NOT NULL,
    state      TEXT COLLATE "C" NOT NULL CHECK (state IN ('ready', 'quarantined')),
    attempt    BIGINT NOT NULL DEFAULT 0,
    leased     BOOLEAN NOT NULL DEFAULT FALSE,
    due_at     BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    reason     TEXT COLLATE "C"
);
CREATE INDEX outbox_due ON outbox (lane, due_at, id) WHERE state = 'ready';
CREATE INDEX outbox_by_reference ON outbox (reference);

CREATE TABLE idempotency_key (
    partner     TEXT COLLATE "C" NOT NULL,
    key_hash    BYTEA NOT NULL CHECK (length(key_hash) = 32),
    request     BYTEA NOT NULL CHECK (length(request) = 32),
    status      BIGINT,
    kind        TEXT COLLATE "C",
    body        TEXT COLLATE "C",
    reserved_at BIGINT NOT NULL,
    done_at     BIGINT,
    PRIMARY KEY (partner, key_hash)
);
CREATE INDEX idempotency_key_by_age ON idempotency_key (reserved_at);

CREATE TABLE branch_key (
    partner    TEXT COLLATE "C" NOT NULL,
    kind       TEXT COLLATE "C" NOT NULL CHECK (kind IN ('branch', 'search')),
    version    BIGINT NOT NULL CHECK (version >= 1),
    root       TEXT COLLATE "C",
    wrapped    BYTEA,
    created_at BIGINT NOT NULL,
    -- A process that may only seal made it for itself.
    own        BOOLEAN NOT NULL,
    PRIMARY KEY (partner, kind, version),
    CHECK ((root IS NULL) = (wrapped IS NULL))
);

CREATE TABLE alarm (
    id         BIGINT PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY,
    kind       TEXT COLLATE "C" NOT NULL,
    subject    TEXT COLLATE "C" NOT NULL,
    reason     TEXT COLLATE "C",
    opened_at  BIGINT NOT NULL,
    cleared_at BIGINT,
    count      BIGINT NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX alarm_open ON alarm (kind, subject) WHERE cleared_at IS NULL;

CREATE TABLE audit (
    seq     BIGINT PRIMARY KEY,
    at      BIGINT NOT NULL,
    actor   TEXT COLLATE "C" NOT NULL,
    action  TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    detail  BYTEA,
    hash    BYTEA NOT NULL CHECK (length(hash) = 32)
);

-- Changes of state that no other column tells the time and cause of. Items have a row here only when they were settled alone.
CREATE TABLE event (
    id      BIGINT PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY,
    subject TEXT COLLATE "C" NOT NULL,
    at      BIGINT NOT NULL,
    state   TEXT COLLATE "C" NOT NULL,
    actor   TEXT COLLATE "C" NOT NULL,
    reason  TEXT COLLATE "C",
    note    BYTEA
);
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
