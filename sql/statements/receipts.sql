-- Receipts and look-back (registry/domain/receipts*.c, lookback.c).

-- name: receipts_find_app
select p.vkey, p.acts, p.settings, p.jurisdictions, coalesce(p.ended_ms, i.ended_ms, 0), i.authority
from app p join institution i on i.id = p.institution
where p.id = $1;

-- name: receipts_find_producer
select next_seq, head from producer where deployment = $1;

-- name: receipts_set_producer
insert into producer (deployment, next_seq, head, ack, heard_ms) values ($1, $2, $3, $4, $5)
on conflict (deployment) do update set next_seq = excluded.next_seq, head = excluded.head, ack = excluded.ack, heard_ms = excluded.heard_ms;

-- name: receipts_hear_producer
update producer set heard_ms = $2 where deployment = $1;

-- name: receipts_find
select line, head from receipt where deployment = $1 and seq = $2;

-- name: receipts_insert
insert into receipt (deployment, seq, line, head) values ($1, $2, $3, $4);

-- name: receipts_insert_signer
insert into receipt_signer (idx, deployment, seq, time_ms, signed_s) values ($1, $2, $3, $4, $5) on conflict do nothing;

-- name: receipts_set_outcome
insert into receipt_outcome (deployment, release_id, outcome) values ($1, $2, $3)
on conflict (deployment, release_id) do update set outcome = excluded.outcome;

-- name: receipts_find_silent
-- Apps that have not been heard since a time: neither by a batch nor by the deed that added them.
select p.id, coalesce(r.heard_ms, d.effective_ms, 0), i.authority
from app p
join institution i on i.id = p.institution
left join producer r on r.deployment = p.id
left join deed d on d.hash = p.deed
where p.ended_ms is null and i.ended_ms is null and coalesce(r.heard_ms, d.effective_ms, 0) <= $1
order by p.id;

-- name: lookback_find
-- Of a licence or of a practitioner; indexes in order, so that a page begins where the one before ended.
select s.idx, r.seq, r.deployment, r.signed_s, e.line, b.licence
from binding b
join status_index s on s.binding = b.id
join receipt_signer r on r.idx = s.idx
join receipt e on e.deployment = r.deployment and e.seq = r.seq
where (b.licence = $1 or b.practitioner = $2) and r.time_ms >= $3
    and (s.idx > $4 or (s.idx = $4 and (r.deployment > $5 or (r.deployment = $5 and r.seq > $6))))
order by s.idx, r.deployment, r.seq
limit $7;

-- name: lookback_outcome
select outcome from receipt_outcome where deployment = $1 and release_id = $2;

-- name: lookback_licences
-- The licences asked about; a practitioner's are all asked about.
select id from licence where id = $1 or practitioner = $2 order by id limit 32;
