-- Files for import: what was uploaded, what each row came to, and who waits for a licence (registry/domain/import*.c).

create table import_file (
    id text primary key,         -- UUIDv7
    body text not null,          -- whose officers brought it
    officer text not null,
    template integer not null,   -- a word of import_templates
    hash blob not null,          -- SHA-256 of the whole, as the officer's program said and the dry run found
    size integer not null,
    held integer not null,       -- bytes that are here
    state integer not null,      -- enum import_state
    reason text,                 -- of a file that failed
    received_ms integer not null,
    began_ms integer not null,   -- when what runs now began: for the rate
    read integer not null,       -- bytes that the dry run has read
    rows integer not null,       -- found in it
    judged integer not null,     -- in the dry run
    added integer not null,      -- of the dry run: what officers sign
    updated integer not null,
    unchanged integer not null,
    flagged integer not null,
    rejected integer not null,
    phase integer not null,      -- how far it was judged or applied: rows up to this one, in this order
    line integer not null,
    done integer not null,       -- rows applied
    differing integer not null,  -- rows that came to something else than in the dry run
    deed blob                    -- that applies it
) strict, without rowid;
create index import_file_at_work on import_file (id) where state in (2, 3, 5);
create index import_file_hash on import_file (hash, body);
create table import_part (file text not null references import_file, at integer not null, bytes blob not null, primary key (file, at)) strict;
create table import_row (
    file text not null references import_file,
    phase integer not null,      -- enum import_phase: organizations, then people, then roles
    line integer not null,       -- in the file, from 1
    members text not null,       -- JSON: what it says, in the words of a deed
    outcome integer not null,    -- enum import_outcome; 0: not judged yet
    field text,
    reason text,
    other integer not null,      -- the line that the reason speaks of; 0: none
    practitioner text,           -- of a person who was applied
    primary key (file, phase, line)
) strict, without rowid;
-- What rows of a file are called by: an identifier, a licence, the id of a resource. The first to have one keeps it.
create table import_key (file text not null, name text not null, line integer not null, primary key (file, name)) strict, without rowid;

-- Places of work inside an institution, as its own files name them.
create table unit (institution text not null references institution, system text not null, value text not null, name text not null,
    deed blob not null, primary key (institution, system, value)) strict, without rowid;
-- People an institution has said work there, of whom no licence is known yet: the regulator's roll brings it.
create table expected (
    practitioner text not null references practitioner,
    institution text not null references institution,
    profession integer not null, -- 0: not said
    specialty text not null,     -- JSON array
    unit text,                   -- system, newline, value
    basis integer not null,
    consent integer not null,
    from_s integer not null,
    to_s integer not null,
    deed blob not null,
    primary key (practitioner, institution)
) strict, without rowid;
-- Where in the institution an affiliation is.
create table affiliation_unit (affiliation text primary key references affiliation, system text not null, value text not null) strict, without rowid;

-- What a status list says beside "live".
create index status_index_ended on status_index (idx, code) where code <> 0;
