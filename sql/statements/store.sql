-- What the store itself keeps: which migrations made its schema.

-- name: migration_table
create table if not exists migration (
    number integer primary key,
    hash blob not null,          -- SHA-256 of its text
    applied_ms integer not null
) strict;

-- name: migration_all
select number, hash from migration order by number;

-- name: migration_insert
insert into migration (number, hash, applied_ms) values ($1, $2, $3);

-- name: migration_exists
-- Whether this is a store at all.
select count(*) from sqlite_schema where type = 'table' and name = 'migration';
