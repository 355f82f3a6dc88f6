-- The file of a gate that follows a registry (libcountersign-sync). Times are NumericDate seconds (_s) or milliseconds (_ms);
-- hashes and keys are blobs of their bytes.

-- Whose file it is, and what the gate must not fall behind. `checkpoint` is the newest, of exactly these leaves; `seen_s` is the
-- newest time that any evidence had, also that of fresh notes.
create table gate (
    k integer primary key check (k = 1),
    deployment text not null,
    log_size integer not null,
    log_root blob not null,
    evidence_s integer not null,
    seen_s integer not null,
    root_version integer not null,
    distrusted integer not null,
    checkpoint text not null
) strict;
create table root_note (version integer primary key, hash blob not null, note text not null) strict;
create table policy_note (name blob primary key, note text not null) strict, without rowid;
create table leaves (first integer primary key, leaves blob not null) strict;
-- Two histories of one log: both notes, for whoever has to look into it.
create table equivocation (at_ms integer not null, held text not null, seen text not null) strict;

-- When a sign-off was first seen, by the SHA-256 of its text; and which release consumed it, by its id.
create table received (sign_off blob primary key, at_s integer not null) strict, without rowid;
create table consumed (sign_off blob primary key, release_id text not null, at_s integer not null) strict, without rowid;
create table release (
    release_id text primary key,
    input blob not null,         -- SHA-256 of all that was asked
    decided_s integer not null,
    not_after_s integer not null,
    outcome integer not null,    -- 0: none yet; else as receipts have it
    record text,                 -- until the app has said what became of it
    salt blob
) strict, without rowid;
create index release_open on release (decided_s) where outcome = 0;
create index release_by_time on release (decided_s);
create index received_by_time on received (at_s);
create index consumed_by_time on consumed (at_s);

-- Receipts that are not acknowledged yet, each with the head that the chain has behind it.
create table receipt (seq integer primary key, time_ms integer not null, is_permit integer not null, line text not null, head blob not null) strict;
create index receipt_permit on receipt (seq) where is_permit = 1;
create table outbox (
    k integer primary key check (k = 1),
    next_seq integer not null,   -- of the next receipt
    head blob not null,          -- of the chain so far
    acked_seq integer not null,  -- the number that the registry expects next
    acked_head blob not null,
    permits integer not null,    -- receipts of permits that wait
    ack text not null            -- the newest acknowledgement, kept for ever
) strict;
-- Refusals behind the first of their code and minute, until the minute is over.
create table refusal (code integer primary key, minute integer not null, count integer not null, release_id text not null) strict;
