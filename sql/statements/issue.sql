-- Issuing credentials (registry/domain/issue.c): the hot path.

-- name: issue_find
-- Everything that a credential says, by the holder's key, with the newest of its indexes.
select s.idx, s.code, b.practitioner, p.name, l.number, a.institution, l.jurisdiction, l.specialty, l.privileges, l.conditions,
    l.profession, l.level, l.independent_since, l.licensed_until, l.assurance, l.validated_s, a.basis, a.consent, a.from_s, a.to_s,
    b.storage, b.user_auth, b.attested, b.proofing,
    coalesce(b.ended_ms, a.ended_ms, l.ended_ms, i.ended_ms, p.deceased_ms, 0)
from binding b
join status_index s on s.idx = (select max(n.idx) from status_index n where n.binding = b.id)
join affiliation a on a.id = b.affiliation
join licence l on l.id = b.licence
join institution i on i.id = a.institution
join practitioner p on p.id = b.practitioner
where b.thumbprint = $1;

-- name: issue_find_identifiers
select system, value from practitioner_identifier where practitioner = $1 order by system, value limit 16;

-- name: issue_count
update status_index set issued = issued + 1, issued_until_s = max(issued_until_s, $2) where idx = $1;
