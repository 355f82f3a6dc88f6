-- Files for import (registry/domain/import*.c).

-- name: import_file_insert
insert into import_file (id, body, officer, template, hash, size, held, state, received_ms, began_ms, read, rows, judged, added, updated,
    unchanged, flagged, rejected, phase, line, done, differing)
values ($1, $2, $3, $4, $5, $6, 0, 1, $7, $7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

-- name: import_file_read
select id, body, officer, template, hash, size, held, state, reason, received_ms, began_ms, read, rows, judged, added, updated,
    unchanged, flagged, rejected, phase, line, done, differing, deed
from import_file where id = $1;

-- name: import_officers
-- Who brought a file, and who signed the deed that applies it.
select o.id, o.key from import_file f join officer o on o.body = f.body and o.id = f.officer where f.id = $1
union
select s.officer, s.key from import_file f join deed_signature s on s.deed = f.deed where f.id = $1;

-- name: import_marks_of
-- By what an officer may be this person: identifiers, keys.
select value, null from practitioner_identifier where practitioner = $1
union all
select null, key from binding where practitioner = $1;

-- name: import_files_of
select id from import_file where body = $1 and id > $2 order by id limit 100;

-- name: import_file_at_work
select id from import_file where state in (2, 3, 5) order by id limit 1;

-- name: import_file_checked
-- The newest whose dry run has ended and that no deed has applied.
select id, added, updated, unchanged, flagged, rejected from import_file
where hash = $1 and body = $2 and template = $3 and state = 4
order by id desc limit 1;

-- name: import_file_held
update import_file set held = $2, state = $3 where id = $1;

-- name: import_file_state
update import_file set state = $2, reason = $3, began_ms = $4, phase = 0, line = 0 where id = $1;

-- name: import_file_staged
update import_file set read = $2, rows = $3 where id = $1;

-- name: import_file_judged
update import_file set judged = judged + $2 + $3 + $4 + $5 + $6, added = added + $2, updated = updated + $3,
    unchanged = unchanged + $4, flagged = flagged + $5, rejected = rejected + $6, phase = $7, line = $8
where id = $1;

-- name: import_file_applied
update import_file set done = done + $2, differing = differing + $3, phase = $4, line = $5 where id = $1;

-- name: import_file_accept
update import_file set state = 5, deed = $2, began_ms = $3, phase = 0, line = 0, done = 0, differing = 0 where id = $1;

-- name: import_part_insert
insert into import_part (file, at, bytes) values ($1, $2, $3);

-- name: import_part_read
select bytes from import_part where file = $1 and at = $2;

-- name: import_file_expire
update import_file set state = 7, reason = $2 where state = 1 and received_ms < $1;

-- name: import_part_left
-- Of a file that was read, or will not be: what it held beside its rows is not kept.
select p.file, p.at from import_part p join import_file f on f.id = p.file
where f.state not in (1, 2, 3) or (f.state = 1 and f.received_ms < $1) limit 1;

-- name: import_part_delete
delete from import_part where file = $1 and at = $2;

-- name: import_row_insert
insert into import_row (file, phase, line, members, outcome, field, reason, other) values ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: import_rows_next
select phase, line, members, outcome, other from import_row
where file = $1 and (phase, line) > ($2, $3) order by phase, line limit $4;

-- name: import_row_outcome
update import_row set outcome = $4, field = $5, reason = $6, other = $7 where file = $1 and phase = $2 and line = $3;

-- name: import_row_person
update import_row set practitioner = $4 where file = $1 and phase = $2 and line = $3;

-- name: import_row_by_line
select phase, members, outcome, practitioner, other from import_row where file = $1 and phase = $2 and line = $3;

-- name: import_rows_report
select line, phase, outcome, field, reason, other from import_row
where file = $1 and (phase, line) > ($2, $3) order by phase, line limit $4;

-- name: import_rows_report_of
select line, phase, outcome, field, reason, other from import_row
where file = $1 and (phase, line) > ($2, $3) and outcome = $5 order by phase, line limit $4;

-- name: import_key_insert
insert into import_key (file, name, line) values ($1, $2, $3) on conflict do nothing;

-- name: import_key_read
select line from import_key where file = $1 and name = $2;

-- name: unit_read
select name from unit where institution = $1 and system = $2 and value = $3;

-- name: unit_insert
insert into unit (institution, system, value, name, deed) values ($1, $2, $3, $4, $5);

-- name: unit_rename
update unit set name = $4 where institution = $1 and system = $2 and value = $3;

-- name: expected_read
select profession, specialty, unit, basis, consent, from_s, to_s from expected where practitioner = $1 and institution = $2;

-- name: expected_of
select institution, unit, basis, consent, from_s, to_s, deed from expected
where practitioner = $1 and (profession = 0 or profession = $2) order by institution;

-- name: expected_write
insert into expected (practitioner, institution, profession, specialty, unit, basis, consent, from_s, to_s, deed)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
on conflict (practitioner, institution) do update set profession = excluded.profession, specialty = excluded.specialty,
    unit = excluded.unit, basis = excluded.basis, consent = excluded.consent, from_s = excluded.from_s, to_s = excluded.to_s;

-- name: expected_end
delete from expected where practitioner = $1 and institution = $2;

-- name: affiliation_unit_write
insert into affiliation_unit (affiliation, system, value) values ($1, $2, $3)
on conflict (affiliation) do update set system = excluded.system, value = excluded.value;

-- name: affiliation_unit_of
select system, value from affiliation_unit where affiliation = $1;

-- name: affiliation_by_licence_at
select id, basis, consent, from_s, to_s from affiliation
where practitioner = (select practitioner from licence where id = $1) and licence = $1 and institution = $2 and ended_ms is null;

-- name: licence_validate
update licence set assurance = 2, validated_s = $2 where id = $1;

-- name: licence_is_elsewhere
-- What another institution vouches for, too, is not for one alone to change.
select 1 from affiliation
where practitioner = (select practitioner from licence where id = $1) and licence = $1 and institution <> $2 and ended_ms is null limit 1;
