-- Alerts (registry/domain/alerts.c).

-- name: alerts_raise
insert into alert (at_ms, kind, about, authority, detail) values ($1, $2, $3, $4, $5) on conflict (kind, about) do nothing;

-- name: alerts_list
select id, at_ms, kind, about, detail from alert
where id < $2 and (authority = $1 or authority is null)
order by id desc limit $3;
