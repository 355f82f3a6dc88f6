-- Status indexes, and what is asked before one is given.

-- name: status_find_binding
-- What an index of a binding says, and whatever would forbid a new one.
select b.practitioner, b.thumbprint, b.licence, coalesce(b.ended_ms, 0),
    case when a.ended_ms is not null or (a.to_s <> 0 and a.to_s <= $2) then 1 else 0 end,
    coalesce(l.ended_ms, 0), coalesce(i.ended_ms, 0), coalesce(p.deceased_ms, 0), a.institution
from binding b
join affiliation a on a.id = b.affiliation
join licence l on l.id = b.licence
join institution i on i.id = a.institution
join practitioner p on p.id = b.practitioner
where b.id = $1;

-- name: status_find_order
-- The heaviest order that stands: revoked before suspended. What is here has taken effect, whatever a clock says that went back since.
select code, reason, interim, 0 from standing_order
where lifted_ms is null and licence = $1
union all
select code, reason, interim, 1 from standing_order
where lifted_ms is null and practitioner = $2
order by 1, 3
limit 1;

-- name: status_find_cut
-- The latest time that an institution, an issuer key or everything is cut at.
select coalesce(max(cut_ms), 0) from cut
where kind = 5 or (kind = 1 and name = $1) or (kind = 4 and name = $2);

-- name: status_insert
insert into status_index (idx, binding, code, reason, ended_ms, deed, issued, issued_until_s) values ($1, $2, 0, 0, null, null, 0, 0);

-- name: status_end
-- What ended stays ended: from live, or from suspended to another code.
update status_index set code = $2, reason = $3, ended_ms = $4, deed = $5
where idx = $1 and $2 > 0 and (code = 0 or (code = 2 and $2 <> 2));

-- name: status_open_of_binding
-- Indexes that can still end: the live one, and what is suspended, if asked for.
select s.idx from status_index s
where s.binding = $1 and s.idx > $2 and (s.code = 0 or (s.code = 2 and $3 = 1))
order by s.idx limit 256;

-- name: status_open_of_licence
select s.idx from binding b join status_index s on s.binding = b.id
where b.licence = $1 and s.idx > $2 and (s.code = 0 or (s.code = 2 and $3 = 1))
order by s.idx limit 256;

-- name: status_open_of_affiliation
select s.idx from binding b join status_index s on s.binding = b.id
where b.affiliation = $1 and s.idx > $2 and (s.code = 0 or (s.code = 2 and $3 = 1))
order by s.idx limit 256;

-- name: status_open_of_practitioner
select s.idx from binding b join status_index s on s.binding = b.id
where b.practitioner = $1 and s.idx > $2 and (s.code = 0 or (s.code = 2 and $3 = 1))
order by s.idx limit 256;

-- name: status_bindings_of_binding
-- Bindings whose key has not ended; if asked for, only those with a live index.
select b.id from binding b
where b.id = $1 and b.id > $2 and b.ended_ms is null
    and ($3 = 0 or exists (select 1 from status_index s where s.binding = b.id and s.code = 0))
order by b.id limit 256;

-- name: status_bindings_of_licence
select b.id from binding b
where b.licence = $1 and b.id > $2 and b.ended_ms is null
    and ($3 = 0 or exists (select 1 from status_index s where s.binding = b.id and s.code = 0))
order by b.id limit 256;

-- name: status_bindings_of_affiliation
select b.id from binding b
where b.affiliation = $1 and b.id > $2 and b.ended_ms is null
    and ($3 = 0 or exists (select 1 from status_index s where s.binding = b.id and s.code = 0))
order by b.id limit 256;

-- name: status_bindings_of_practitioner
select b.id from binding b
where b.practitioner = $1 and b.id > $2 and b.ended_ms is null
    and ($3 = 0 or exists (select 1 from status_index s where s.binding = b.id and s.code = 0))
order by b.id limit 256;

-- name: status_ended_by
-- The row keeps the deed that ended it, whatever deed corrects the reason and the time.
select idx from status_index where deed = $1 and idx > $2 and code = $3 order by idx limit 256;

-- name: status_amend
update status_index set reason = $2, ended_ms = $3 where idx = $1;

-- name: status_list_ended
select idx, code from status_index where code <> 0 and idx >= $1 and idx < $2;

-- name: status_list_last
select coalesce(max(idx), -1) from status_index;

-- name: status_list_cuts
-- Cuts of institutions, issuer keys and everything whose credentials may still live.
select kind, name, cut_ms from cut where kind in (1, 4, 5) and cut_ms > $1;

-- name: status_list_cut
-- Live indexes with a credential that has not expired, of keys bound before the cut: of one institution, or all.
select s.idx from status_index s join binding b on b.id = s.binding join affiliation a on a.id = b.affiliation
where s.code = 0 and s.issued_until_s > $3 and s.idx >= $1 and s.idx < $2 and ($4 = 0 or a.institution = $5) and b.bound_ms < $6;
