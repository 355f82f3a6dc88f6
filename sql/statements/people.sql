-- Practitioners, licences, affiliations (registry/domain/enrolment.c, people*.c).

-- name: practitioner_read
select id, name, birth_date, deceased_ms, deed from practitioner where id = $1;

-- name: practitioner_insert
insert into practitioner (id, name, birth_date, deed) values ($1, $2, $3, $4);

-- name: practitioner_update
update practitioner set name = $2, birth_date = $3 where id = $1;

-- name: practitioner_set_deceased
update practitioner set deceased_ms = $2 where id = $1;

-- name: practitioner_by_identifier
select practitioner from practitioner_identifier where system = $1 and value = $2;

-- name: practitioners_by_number
select distinct practitioner from licence where number = $1 order by practitioner limit $2;

-- name: practitioners_by_name
select id from practitioner where name >= $1 and name < $2 order by name, id limit $3;

-- name: identifier_insert
insert into practitioner_identifier (system, value, practitioner) values ($1, $2, $3) on conflict do nothing;

-- name: identifier_delete
delete from practitioner_identifier where system = $1 and value = $2 and practitioner = $3;

-- name: identifiers_of
select system, value from practitioner_identifier where practitioner = $1 order by system, value;

-- name: licence_read
select id, practitioner, profession, level, jurisdiction, number, specialty, privileges, conditions, independent_since,
    licensed_until, assurance, validated_s, ended_ms, deed
from licence where id = $1;

-- name: licences_by_number
select id, practitioner, jurisdiction, ended_ms from licence where number = $1 and profession = $2;

-- name: licences_of
select id from licence where practitioner = $1 order by id;

-- name: licence_insert
insert into licence (id, practitioner, profession, level, jurisdiction, number, specialty, privileges, conditions,
    independent_since, licensed_until, assurance, validated_s, deed)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, $13);

-- name: licence_update
update licence set profession = $2, level = $3, jurisdiction = $4, number = $5, specialty = $6, privileges = $7,
    conditions = $8, independent_since = $9, licensed_until = $10 where id = $1;

-- name: licence_set_conditions
update licence set conditions = $2 where id = $1;

-- name: licence_end
update licence set ended_ms = $2 where id = $1;

-- name: licence_event_insert
insert into licence_event (licence, at_ms, deed, what) values ($1, $2, $3, $4);

-- name: licence_events
-- Behind that which brought it.
select at_ms, deed, what from licence_event where licence = $1 order by id;

-- name: affiliation_read
select practitioner, licence, institution, ended_ms from affiliation where id = $1;

-- name: affiliation_insert
insert into affiliation (id, practitioner, licence, institution, basis, consent, from_s, to_s, deed)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: affiliation_update
update affiliation set basis = $2, consent = $3, from_s = $4, to_s = $5 where id = $1;

-- name: affiliation_end
update affiliation set ended_ms = $2 where id = $1;

-- name: affiliations_of
select id, licence, institution, basis, consent, from_s, to_s, ended_ms from affiliation where practitioner = $1 order by id;

-- name: affiliations_of_licence
select institution from affiliation
where practitioner = (select practitioner from licence where id = $1) and licence = $1 and ended_ms is null;

-- name: affiliation_of_licence_at
select id from affiliation
where practitioner = (select practitioner from licence where id = $1) and licence = $1 and institution = $2 and ended_ms is null;

-- name: affiliations_at
select id, licence from affiliation where practitioner = $1 and institution = $2 and ended_ms is null order by id;

-- name: person_is_at
select 1 from affiliation where practitioner = $1 and institution = $2 limit 1;

-- name: bindings_of
select b.id, b.licence, b.affiliation, b.thumbprint, b.ended_ms, a.institution,
    (select max(s.idx) from status_index s where s.binding = b.id),
    (select s.code from status_index s where s.binding = b.id order by s.idx desc limit 1)
from binding b join affiliation a on a.id = b.affiliation where b.practitioner = $1 order by b.id;
