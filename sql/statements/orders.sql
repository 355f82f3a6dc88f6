-- Orders, codes and keys as deeds change them (registry/domain/orders.c, enrolment.c, amendments.c).

-- name: order_insert
insert into standing_order (deed, licence, practitioner, code, reason, interim, confirm_by_s, effective_ms)
values ($1, $2, $3, $4, $5, $6, $7, $8);

-- Two have decided: what one had ordered in the interim is confirmed.
-- name: order_confirm
update standing_order set interim = 0 where licence = $1 and interim <> 0 and lifted_ms is null;

-- name: order_lift
update standing_order set lifted_ms = $2 where deed = $1 and lifted_ms is null;

-- name: order_correct
update standing_order set effective_ms = $2, reason = $3, confirm_by_s = $4 where deed = $1;

-- The heaviest first.
-- name: orders_standing
select code from standing_order where licence = $1 and lifted_ms is null order by code limit 1;

-- Suspensions that an authority gave, or one whose jurisdictions all lie within its own.
-- name: orders_lift
update standing_order set lifted_ms = $3 where licence = $1 and lifted_ms is null and code = 2
    and exists (select 1 from deed d where d.hash = standing_order.deed and (d.body = $2
        or not exists (select 1 from authority_jurisdiction o where o.authority = d.body
            and not exists (select 1 from authority_jurisdiction a where a.authority = $2
                            and (a.jurisdiction = o.jurisdiction or a.jurisdiction = substr(o.jurisdiction, 1, 2))))));

-- Licences of a person, or of a number, on which an order stands, or will: $4 to $5 are the kinds of orders. Ended ones too: an order
-- outlives the enrolment that was voided.
-- name: orders_beside
select l.jurisdiction from licence l
where (l.practitioner = $1 or l.number = $2) and l.profession = $3
    and (exists (select 1 from standing_order o where o.licence = l.id and o.lifted_ms is null)
         or exists (select 1 from deed d where d.licence = l.id and d.state = 2 and d.kind between $4 and $5));

-- Whether any order stands, or will, on a person or on one of her licences; $4: the kind of a death.
-- name: orders_on_person
select 1 from standing_order o where o.practitioner = $1 and o.lifted_ms is null
union all
select 1 from licence l join standing_order o on o.licence = l.id and o.lifted_ms is null where l.practitioner = $1
union all
select 1 from deed d where d.practitioner = $1 and d.state = 2 and (d.kind between $2 and $3 or d.kind = $4)
limit 1;

-- name: order_next_unconfirmed
select o.deed, o.licence, o.confirm_by_s, d.body from standing_order o join deed d on d.hash = o.deed
where o.interim = 1 and o.lifted_ms is null and o.confirm_by_s <= $1 order by o.confirm_by_s limit 1;

-- name: order_escalate
update standing_order set interim = 2 where deed = $1;

-- name: activation_insert
insert into activation (handle, deed, code, practitioner, licence, affiliation, expires_s, failures, state)
values ($1, $2, $3, $4, $5, $6, $7, 0, 1);

-- name: activation_of_deed
select state, binding from activation where deed = $1;

-- name: activation_void
update activation set state = 3 where deed = $1 and state = 1;

-- name: activation_void_of_licence
update activation set state = 3 where licence = $1 and state = 1;

-- name: activation_void_of_practitioner
update activation set state = 3 where practitioner = $1 and state = 1;

-- name: activation_void_of_affiliation
update activation set state = 3 where affiliation = $1 and state = 1;

-- name: binding_of_holder
select b.id, b.practitioner, b.licence, b.ended_ms, a.institution from binding b join affiliation a on a.id = b.affiliation
where b.thumbprint = $1;

-- name: binding_end_key
update binding set ended_ms = $2 where id = $1;

-- name: indexes_of_deed
select idx from status_index where deed = $1 order by idx limit $2;

-- name: orders_status
select code, deed from standing_order where licence = $1 and lifted_ms is null
union all
select code, deed from standing_order where practitioner = $2 and lifted_ms is null
order by 1 limit 1;
