-- One-time codes and what they bind (registry/domain/binding.c).

-- name: binding_find_activation
select code, practitioner, licence, affiliation, expires_s, failures, state from activation where handle = $1;

-- name: binding_count_failure
update activation set failures = failures + 1 where handle = $1;

-- name: binding_redeem
update activation set state = 2, binding = $2 where handle = $1 and state = 1;

-- name: binding_find_key
-- A key has one role, and is bound once in its life.
select 1 from officer where key = $1
union all select 1 from app where key = $1
union all select 1 from binding where thumbprint = $2
limit 1;

-- name: binding_insert
insert into binding (practitioner, licence, affiliation, thumbprint, key, storage, user_auth, attested, proofing, bound_ms, ended_ms)
values ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9, null);

-- name: binding_find_own
select id, coalesce(ended_ms, 0) from binding where thumbprint = $1;

-- name: binding_end_own
update binding set ended_ms = $2 where id = $1 and ended_ms is null;
