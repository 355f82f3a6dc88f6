-- Authorities, institutions, officers, apps; root notes and policies (registry/domain).

-- name: body_is_authority
select 1 from authority_jurisdiction where authority = $1 limit 1;

-- name: authority_covers
select 1 from authority_jurisdiction where authority = $1 and (jurisdiction = $2 or jurisdiction = substr($2, 1, 2)) limit 1;

-- name: authority_forget_jurisdictions
delete from authority_jurisdiction;

-- name: authority_add_jurisdiction
insert into authority_jurisdiction (authority, jurisdiction) values ($1, $2) on conflict do nothing;

-- name: institution_read
select id, authority, name, jurisdiction, identifiers, ended_ms from institution where id = $1;

-- name: institution_insert
insert into institution (id, authority, name, jurisdiction, identifiers, deed) values ($1, $2, $3, $4, $5, $6);

-- What would hang in the air without it.
-- name: institution_is_used
select 1 where exists (select 1 from officer where body = $1 and ended_ms is null)
    or exists (select 1 from app where institution = $1 and ended_ms is null)
    or exists (select 1 from affiliation where institution = $1 and ended_ms is null);

-- name: institution_end
update institution set ended_ms = $2 where id = $1;

-- name: institutions_of_authority
select distinct i.id, i.authority, i.name, i.jurisdiction, i.identifiers, i.ended_ms
from institution i join authority_jurisdiction a on a.authority = $1
where i.id > $2 and (a.jurisdiction = i.jurisdiction or a.jurisdiction = substr(i.jurisdiction, 1, 2))
order by i.id limit $3;

-- name: officer_read
select key, ended_ms, name, role, added_ms from officer where body = $1 and id = $2;

-- name: officer_keys
select id, key from officer where body = $1;

-- name: officer_insert
insert into officer (body, id, name, role, vkey, key, added_ms, deed) values ($1, $2, $3, $4, $5, $6, $7, $8);

-- First officers, of the trust root: a line that brought one before brings nothing.
-- name: officer_insert_first
insert into officer (body, id, name, role, vkey, key, added_ms) values ($1, $2, $3, $4, $5, $6, $7)
on conflict (body, id) do nothing;

-- name: officer_end
update officer set ended_ms = $3 where body = $1 and id = $2 and ended_ms is null;

-- name: officers_in_office
select count(*) from officer where body = $1 and ended_ms is null;

-- One key, one role: whether somebody has it already.
-- name: key_is_taken
select 1 where exists (select 1 from officer where key = $1) or exists (select 1 from app where key = $1)
    or exists (select 1 from binding where key = $1);

-- An officer who is the practitioner: by id, by an identifier, or by key.
-- name: officer_is_practitioner
select 1 where $1 = $2 or exists (select 1 from practitioner_identifier where practitioner = $1 and value = $2)
    or exists (select 1 from binding where practitioner = $1 and key = $3);

-- name: app_read
select institution, ended_ms from app where id = $1;

-- name: app_insert
insert into app (id, institution, tool, acts, settings, jurisdictions, vkey, key, deed) values ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: app_end
update app set ended_ms = $2 where id = $1 and ended_ms is null;

-- Where a tool is deployed, outside an authority's jurisdictions.
-- name: tool_is_used_elsewhere
select 1 from app p join institution i on i.id = p.institution
where p.tool = $2 and p.ended_ms is null and not exists (select 1 from authority_jurisdiction a where a.authority = $1
    and (a.jurisdiction = i.jurisdiction or a.jurisdiction = substr(i.jurisdiction, 1, 2))) limit 1;

-- name: root_note_read
select hash from root_note where version = $1;

-- name: root_note_last
select max(version) from root_note;

-- name: root_note_insert
insert into root_note (version, hash, note) values ($1, $2, $3);

-- name: policy_note_insert
insert into policy_note (name, hash, id, version, note) values ($1, $2, $3, $4, $5) on conflict (name) do nothing;

-- name: policy_note_by_version
select hash from policy_note where id = $1 and version = $2;

-- name: policy_note_read
select note from policy_note where name = $1 and hash = $2;

-- name: policy_version_published
select max(version) from policy_note where id = $1 and deed is not null;

-- name: policy_publish
update policy_note set deed = $2 where name = $1;

-- name: cut_highest
select max(cut_ms) from cut where kind = $1 and name = $2;

-- name: cut_insert
insert into cut (kind, name, cut_ms, deed) values ($1, $2, $3, $4);
