-- The status log: its head, entries, tiles, commits and limits (registry/log).

-- name: log_head
select origin, size, root, note, fresh_s, term, next_index from log_head where k = 1;

-- name: log_head_insert
insert into log_head (k, origin, size, root, note, fresh_s, term, next_index) values (1, $1, $2, $3, $4, $5, $6, $7);

-- name: log_head_term
-- A sequencer that starts deposes the one before it.
update log_head set term = $2 where k = 1 and term = $1;

-- name: log_head_commit
-- The compare-and-swap by which the log grows: size and term are those that were read.
update log_head set size = $3, root = $4, note = $5, fresh_s = $6, next_index = $7 where k = 1 and size = $1 and term = $2;

-- name: log_head_fresh
-- The heartbeat: the same size, and time only forward.
update log_head set note = $3, fresh_s = $4 where k = 1 and size = $1 and term = $2 and fresh_s < $4;

-- name: log_entry_insert
insert into log_entry (position, leaf) values ($1, $2);

-- name: log_entries
select leaf from log_entry where position >= $1 and position < $2 order by position;

-- name: log_entry_all
select position, leaf from log_entry order by position;

-- name: log_tile_put
insert into log_tile (level, tile, width, hashes) values ($1, $2, $3, $4)
on conflict (level, tile) do update set width = excluded.width, hashes = excluded.hashes;

-- name: log_tile
select width, hashes from log_tile where level = $1 and tile = $2;

-- name: log_tile_count
select count(*) from log_tile;

-- name: log_commit_insert
insert into log_commit (size, first, note) values ($1, $2, $3);

-- name: log_commit
select first, note from log_commit where size = $1;

-- name: log_commit_all
select size, first, note from log_commit order by size;

-- name: log_commit_newest
select size from log_commit order by size desc limit $1;

-- name: log_limit_raise
-- $4 is the least step: 1 where what is named again must be higher, 0 where it may stay.
insert into log_limit (type, id, value) values ($1, $2, $3)
on conflict (type, id) do update set value = excluded.value where excluded.value >= log_limit.value + $4;

-- name: log_limit_all
select type, id, value from log_limit order by type, id;
