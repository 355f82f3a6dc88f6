-- One statement a block, named by the line above it. Parameters are $1 to $n, bound by name.

-- name: gate_read
select deployment, log_size, log_root, evidence_s, seen_s, root_version, distrusted, checkpoint from gate where k = 1;

-- name: gate_begin
insert into gate values (1, $1, 0, zeroblob(32), 0, 0, 0, 0, '') on conflict (k) do nothing;

-- name: gate_marks
update gate set log_size = $1, log_root = $2, evidence_s = $3, seen_s = $4, root_version = $5, distrusted = $6, checkpoint = $7
where k = 1;

-- name: gate_distrusted
update gate set distrusted = 1 where k = 1;

-- name: root_add
insert into root_note values ($1, $2, $3) on conflict (version) do nothing;

-- name: root_newest
select version, note from root_note order by version desc limit 1;

-- name: root_by_hash
select version from root_note where hash = $1;

-- name: policy_add
insert into policy_note values ($1, $2) on conflict (name) do nothing;

-- name: policy_find
select note from policy_note where name = $1;

-- name: leaves_add
insert into leaves values ($1, $2) on conflict (first) do update set leaves = excluded.leaves;

-- name: leaves_from
select first, leaves from leaves where first + length(leaves) / 48 > $1 order by first;

-- name: leaves_drop
delete from leaves;

-- name: equivocation_add
insert into equivocation values ($1, $2, $3);

-- name: received_find
select at_s from received where sign_off = $1;

-- name: received_add
insert into received values ($1, $2) on conflict (sign_off) do nothing;

-- name: consumed_find
select release_id from consumed where sign_off = $1;

-- name: consumed_add
insert into consumed values ($1, $2, $3);

-- name: release_find
select input, decided_s, not_after_s, outcome, record, salt from release where release_id = $1;

-- name: release_put
insert into release values ($1, $2, $3, $4, 0, $5, $6)
on conflict (release_id) do update set decided_s = excluded.decided_s, not_after_s = excluded.not_after_s, outcome = 0,
    record = excluded.record, salt = excluded.salt;

-- name: release_outcome
update release set outcome = $2, record = null, salt = null where release_id = $1;

-- name: release_unknown
update release set outcome = 3 where release_id = $1;

-- name: release_open
select release_id from release where outcome = 0 limit 1;

-- name: received_prune
delete from received where at_s < $1;

-- name: consumed_prune
delete from consumed where at_s < $1;

-- name: release_prune
delete from release where decided_s < $1;

-- name: outbox_read
select next_seq, head, acked_seq, acked_head, permits from outbox where k = 1;

-- name: outbox_ack
select ack from outbox where k = 1;

-- name: outbox_begin
insert into outbox values (1, 1, $1, 1, $1, 0, '') on conflict (k) do nothing;

-- name: outbox_put
update outbox set next_seq = $1, head = $2, permits = $3 where k = 1;

-- name: outbox_acked
update outbox set acked_seq = $1, acked_head = $2, permits = $3, ack = $4 where k = 1;

-- name: receipt_add
insert into receipt values ($1, $2, $3, $4, $5);

-- name: receipts_from
select seq, line from receipt where seq >= $1 order by seq limit 1000;

-- name: receipt_head
select head from receipt where seq = $1;

-- name: receipt_first
select min(seq) from receipt;

-- name: receipt_permits_below
select count(*) from receipt where seq < $1 and is_permit = 1;

-- name: receipts_drop
delete from receipt where seq < $1;

-- name: permit_oldest
select time_ms from receipt where is_permit = 1 order by seq limit 1;

-- name: refusal_find
select minute, count, release_id from refusal where code = $1;

-- name: refusal_put
insert into refusal values ($1, $2, $3, $4)
on conflict (code) do update set minute = excluded.minute, count = excluded.count, release_id = excluded.release_id;

-- name: refusals_over
select code, minute, count, release_id from refusal where minute < $1 limit 1;

-- name: refusal_drop
delete from refusal where code = $1;

-- name: rejected_find
select 1 from rejected where request_id = $1;

-- name: rejected_add
insert into rejected values ($1) on conflict (request_id) do nothing;
