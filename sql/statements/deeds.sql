-- Deeds, their signatures and their chain (registry/domain/deeds*.c).

-- name: deed_read
select state, id, kind, body, valid_until_s, received_ms, accepted_ms, effective_ms, number, chain, result, text, corrected, needs, licence,
    practitioner
from deed where hash = $1;

-- name: deed_kind
select kind from deed where hash = $1;

-- name: deed_id_is_used
select 1 from deed where id = $1;

-- name: deed_insert
insert into deed (hash, id, kind, body, text, needs, state, valid_until_s, received_ms, licence, practitioner)
values ($1, $2, $3, $4, $5, $6, 1, $7, $8, $9, $10);

-- name: deed_signature_insert
insert into deed_signature (deed, body, officer, key, signature, signed_ms) values ($1, $2, $3, $4, $5, $6)
on conflict do nothing;

-- name: deed_signatures
select body, officer, key, signature, signed_ms from deed_signature where deed = $1 order by signed_ms, officer;

-- An approval counts while its officer is in office.
-- name: deed_approvals
select count(*) from deed_signature s join officer o on o.body = s.body and o.id = s.officer and o.key = s.key
where s.deed = $1 and o.ended_ms is null;

-- name: deed_accept
update deed set state = 2, accepted_ms = $2, effective_ms = $3, number = $4, chain = $5 where hash = $1;

-- An enrolment knows only now whom it made.
-- name: deed_take_effect
update deed set state = 3, result = $2, licence = coalesce($3, licence), practitioner = coalesce($4, practitioner) where hash = $1;

-- name: deed_void
update deed set state = 5 where hash = $1;

-- name: deed_fail
update deed set state = 5, result = $2 where hash = $1;

-- name: deed_correct
update deed set corrected = $2, effective_ms = $3 where hash = $1;

-- Orders void the grants that wait: what names the licence, or the person and no licence yet.
-- name: deed_void_grants_of_licence
update deed set state = 5
where state = 1 and kind in ($3, $4, $5) and (licence = $1 or (licence is null and practitioner = $2));

-- What was to be given back later was decided before this order was, and of another one: it does not lift this.
-- name: deed_void_reinstatements
update deed set state = 5
where state = 2 and kind = $3 and licence = $1 and number < (select o.number from deed o where o.hash = $2);

-- name: deed_void_grants_of_practitioner
update deed set state = 5 where state = 1 and kind in ($2, $3, $4) and practitioner = $1;

-- name: deed_head_read
select number, chain from deed_head where k = 1;

-- name: deed_head_write
insert into deed_head (k, number, chain) values (1, $1, $2)
on conflict (k) do update set number = excluded.number, chain = excluded.chain;

-- name: deed_next_due
select hash, effective_ms from deed where state = 2 order by effective_ms, number limit 1;

-- name: deed_is_overdue
select 1 from deed where state = 2 and effective_ms <= $1 limit 1;

-- name: deed_has_expired
select 1 from deed where state = 1 and valid_until_s <= $1 limit 1;

-- name: deed_expire
update deed set state = 4 where state = 1 and valid_until_s <= $1;

-- The deeds that a body sees: its own; an authority also those of the institutions within its jurisdictions, and those of
-- authorities all of whose jurisdictions lie within its own.
-- name: deed_is_visible
select 1 from deed d where d.hash = $2 and (d.body = $1
    or exists (select 1 from institution i join authority_jurisdiction a on a.authority = $1
               where i.id = d.body and (a.jurisdiction = i.jurisdiction or a.jurisdiction = substr(i.jurisdiction, 1, 2)))
    or (exists (select 1 from authority_jurisdiction o where o.authority = d.body)
        and not exists (select 1 from authority_jurisdiction o where o.authority = d.body
            and not exists (select 1 from authority_jurisdiction a where a.authority = $1
                            and (a.jurisdiction = o.jurisdiction or a.jurisdiction = substr(o.jurisdiction, 1, 2))))));

-- name: deeds_accepted
select d.hash, d.number from deed d where d.number > $2 and (d.body = $1
    or exists (select 1 from institution i join authority_jurisdiction a on a.authority = $1
               where i.id = d.body and (a.jurisdiction = i.jurisdiction or a.jurisdiction = substr(i.jurisdiction, 1, 2)))
    or (exists (select 1 from authority_jurisdiction o where o.authority = d.body)
        and not exists (select 1 from authority_jurisdiction o where o.authority = d.body
            and not exists (select 1 from authority_jurisdiction a where a.authority = $1
                            and (a.jurisdiction = o.jurisdiction or a.jurisdiction = substr(o.jurisdiction, 1, 2))))))
order by d.number limit $3;

-- name: deeds_waiting
select d.hash, d.id from deed d where d.state = 1 and d.valid_until_s > $4 and d.id > $2 and (d.body = $1
    or exists (select 1 from institution i join authority_jurisdiction a on a.authority = $1
               where i.id = d.body and (a.jurisdiction = i.jurisdiction or a.jurisdiction = substr(i.jurisdiction, 1, 2)))
    or (exists (select 1 from authority_jurisdiction o where o.authority = d.body)
        and not exists (select 1 from authority_jurisdiction o where o.authority = d.body
            and not exists (select 1 from authority_jurisdiction a where a.authority = $1
                            and (a.jurisdiction = o.jurisdiction or a.jurisdiction = substr(o.jurisdiction, 1, 2))))))
order by d.id limit $3;
