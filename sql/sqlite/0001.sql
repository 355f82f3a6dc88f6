-- The registry's schema. Times are milliseconds since 1970 (_ms) or NumericDate seconds (_s); hashes and keys are blobs of
-- their bytes; dates are year * 10000 + month * 100 + day, 0 for unknown; JSON columns hold the text that a deed brought.

-- --- the status log (registry/log) ---

create table log_head (
    k integer primary key check (k = 1),
    origin text not null,
    size integer not null,
    root blob not null,
    note text not null,          -- the checkpoint with its newest cosignatures
    fresh_s integer not null,    -- their time: only rises
    term integer not null,       -- of the sequencer that wrote it: rises with each start
    next_index integer not null  -- B leaves so far
) strict;
create table log_entry (position integer primary key, leaf blob not null) strict;
create table log_tile (
    level integer not null,
    tile integer not null,
    width integer not null,
    hashes blob not null,
    primary key (level, tile)
) strict, without rowid;
-- What only rises: of an X leaf the cut of its kind and id, of P the version of a policy, of F the floor, of K the root's version.
create table log_limit (type text not null, id blob not null, value integer not null, primary key (type, id)) strict, without rowid;
-- One commit of the log: its checkpoint as signed then. Its leaves are those behind the commit before.
create table log_commit (size integer primary key, first integer not null, note text not null) strict;

-- --- trust ---

create table root_note (version integer primary key, hash blob not null, note text not null) strict;
create table policy_note (
    name blob primary key,       -- the first 24 bytes of the hash
    hash blob not null,
    id text not null,
    version integer not null,
    note text not null,
    deed blob,                   -- the policy.publish that put it in force; null: held, not in force
    unique (id, version)
) strict, without rowid;

-- --- who acts for whom ---

create table authority_jurisdiction (authority text not null, jurisdiction text not null, primary key (authority, jurisdiction)) strict, without rowid;
create table institution (
    id text primary key,
    authority text not null,
    name text not null,
    jurisdiction text not null,
    identifiers text not null,   -- JSON
    ended_ms integer,            -- its deed was voided
    deed blob                    -- the hash of the deed that made it
) strict, without rowid;
create table officer (
    body text not null,          -- authority or institution
    id text not null,
    name text not null,
    role text not null,
    vkey text not null,
    key blob not null unique,    -- the public key: one key, one officer
    added_ms integer not null,
    ended_ms integer,
    deed blob,                   -- null: of the trust root
    primary key (body, id)
) strict, without rowid;
create table app (
    id text primary key,         -- deployment
    institution text not null references institution,
    tool text not null,
    acts text not null,          -- JSON
    settings text not null,      -- JSON
    jurisdictions text not null, -- JSON
    vkey text not null,
    key blob not null unique,
    ended_ms integer,
    deed blob not null
) strict, without rowid;

-- --- deeds ---

create table deed (
    hash blob primary key,
    id text not null unique,
    kind integer not null,
    body text not null,          -- `at`
    text text not null,
    corrected text,              -- its line of JSON with the members that `correct` replaced; null: as signed
    needs integer not null,      -- how many officers must sign it
    state integer not null,      -- 1 waiting, 2 accepted and not yet effective, 3 effective, 4 expired, 5 voided by an order or a deed
    valid_until_s integer not null,
    received_ms integer not null,
    accepted_ms integer,
    effective_ms integer,        -- when it takes effect, of an accepted one
    number integer unique,       -- of an accepted one, from 1
    chain blob,
    licence text,                -- what it is about, where it names one: for orders that void waiting grants
    practitioner text,
    result text                  -- JSON: the ids that it made
) strict, without rowid;
create index deed_waiting on deed (state, valid_until_s) where state = 1;
create index deed_body on deed (body, number);
create index deed_due on deed (state, effective_ms) where state = 2;
create index deed_licence on deed (licence, state) where licence is not null;
create index deed_practitioner on deed (practitioner, state) where practitioner is not null;
create table deed_signature (
    deed blob not null references deed,
    body text not null,
    officer text not null,
    key blob not null,
    signature blob not null,     -- the 64 bytes behind the key id
    signed_ms integer not null,  -- when it was received
    primary key (deed, key)
) strict, without rowid;
create table deed_head (k integer primary key check (k = 1), number integer not null, chain blob not null) strict;

-- --- people ---

-- These may have millions of rows. They keep the order in which they came, with row numbers: clustered by its id, a row's 36 characters
-- would stand in each of its indexes, and names and numbers come in no order, so that their indexes must stay small.
create table practitioner (
    id text primary key,         -- UUIDv7
    name text not null,
    birth_date integer not null,
    deceased_ms integer,
    deed blob not null
) strict;
create table practitioner_identifier (
    system text not null,
    value text not null,
    practitioner text not null references practitioner,
    primary key (system, value)
) strict;
create index practitioner_identifiers on practitioner_identifier (practitioner);
create index practitioner_name on practitioner (name);
create table licence (
    id text primary key,         -- UUIDv7
    practitioner text not null references practitioner,
    profession integer not null,
    level integer not null,
    jurisdiction text not null,  -- JSON array
    number text not null,
    specialty text not null,     -- JSON array
    privileges text not null,    -- JSON object
    conditions text not null,    -- JSON array
    independent_since integer not null,
    licensed_until integer not null,
    assurance integer not null,  -- a word of the vocabulary: attested until a roll validates it
    validated_s integer not null,
    ended_ms integer,            -- its deed was voided
    deed blob not null
) strict;
create index licence_practitioner on licence (practitioner);
create index licence_number on licence (number);
create table affiliation (
    id text primary key,         -- UUIDv7
    practitioner text not null references practitioner,
    licence text not null references licence,
    institution text not null references institution,
    basis integer not null,
    consent integer not null,
    from_s integer not null,
    to_s integer not null,       -- 0: open
    ended_ms integer,
    deed blob not null
) strict;
create index affiliation_practitioner on affiliation (practitioner, institution);
create index affiliation_licence on affiliation (licence);
-- Every change of a licence, with the deed that made it: its history.
create table licence_event (
    id integer primary key,
    licence text not null references licence,
    at_ms integer not null,
    deed blob not null,
    what text not null
) strict;
create index licence_events on licence_event (licence);

-- --- standing orders: what allocation reads again in its own transaction ---

create table standing_order (
    deed blob primary key,
    licence text,                -- of suspend …, reinstate lifts it
    practitioner text,           -- of deceased
    code integer not null,       -- enum end_code
    reason integer not null,
    interim integer not null,    -- 1: until two confirm; 2: they did not in time, and it stands
    confirm_by_s integer not null,
    effective_ms integer not null,
    lifted_ms integer
) strict, without rowid;
create index standing_licence on standing_order (licence) where lifted_ms is null;
create index standing_practitioner on standing_order (practitioner) where lifted_ms is null;
create table cut (id integer primary key, kind integer not null, name blob not null, cut_ms integer not null, deed blob not null) strict;
create index cut_name on cut (kind, name);

-- --- bindings ---

create table activation (
    handle text primary key,     -- the last 12 characters of the deed's id: what a code begins with
    deed blob not null unique,
    code blob not null,          -- SHA-256 of the whole code
    practitioner text not null,
    licence text not null,
    affiliation text not null,
    expires_s integer not null,
    failures integer not null,
    state integer not null,      -- 1 open, 2 redeemed, 3 voided
    binding integer              -- what it was redeemed for: `void` ends it
) strict, without rowid;
create index activation_licence on activation (licence) where state = 1;
create table binding (
    id integer primary key,
    practitioner text not null references practitioner,
    licence text not null references licence,
    affiliation text not null references affiliation,
    thumbprint blob not null unique, -- a holder key is bound once in its life
    key blob not null,
    storage integer not null,    -- the authenticator, words of their vocabularies
    user_auth integer not null,
    attested integer not null,
    proofing integer not null,
    bound_ms integer not null,
    ended_ms integer             -- its key is ended: it gets no further index
) strict;
create index binding_licence on binding (licence);
create index binding_affiliation on binding (affiliation);
create index binding_practitioner on binding (practitioner);
create table status_index (
    idx integer primary key,
    binding integer not null references binding,
    code integer not null,       -- 0 live, else enum end_code
    reason integer not null,
    ended_ms integer,
    deed blob,
    issued integer not null,     -- credentials so far
    issued_until_s integer not null -- the latest exp among them
) strict;
create unique index status_index_live on status_index (binding) where code = 0;
create index status_index_binding on status_index (binding);
create index status_index_deed on status_index (deed) where deed is not null;

-- --- inbox, receipts ---

create table inbox (
    id integer primary key,
    practitioner text not null,
    app text not null,
    url text not null,
    expires_s integer not null
) strict;
create index inbox_practitioner on inbox (practitioner, expires_s);
create table producer (
    deployment text primary key,
    next_seq integer not null,
    head blob not null,
    ack text not null,
    heard_ms integer not null
) strict, without rowid;
create table receipt (
    deployment text not null,
    seq integer not null,
    line text not null,
    head blob not null,          -- behind this line
    primary key (deployment, seq)
) strict, without rowid;
-- Who signed what was released: for look-back.
create table receipt_signer (
    idx integer not null,
    deployment text not null,
    seq integer not null,
    time_ms integer not null,    -- when the gate decided
    signed_s integer not null,
    primary key (idx, deployment, seq)
) strict, without rowid;
-- What became of a release: the newest word.
create table receipt_outcome (
    deployment text not null,
    release_id text not null,
    outcome integer not null,
    primary key (deployment, release_id)
) strict, without rowid;
-- What somebody has to look at: interim suspensions not confirmed, equivocation, silence.
create table alert (
    id integer primary key,
    at_ms integer not null,
    kind text not null,
    about text not null,
    authority text,              -- who is to look; null: every authority
    detail text not null,        -- JSON
    unique (kind, about)
) strict;
