-- Who has a key, and whether it has ended: asked when an access token is given and at each request.

-- name: access_find_officer
-- Ended too where the institution has.
select o.body, o.id, coalesce(o.ended_ms, i.ended_ms, 0) from officer o
left join institution i on i.id = o.body
where o.key = $1;

-- name: access_find_app
select p.id, coalesce(p.ended_ms, i.ended_ms, 0) from app p
join institution i on i.id = p.institution
where p.key = $1;

-- name: access_find_holder
select practitioner, coalesce(ended_ms, 0) from binding where thumbprint = $1;
