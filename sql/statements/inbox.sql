-- The inbox (registry/domain/inbox.c).

-- name: inbox_forget_expired
delete from inbox where practitioner = $1 and expires_s <= $2;

-- name: inbox_count
-- What waits for a practitioner, and how much of it is this app's; no row for nobody.
select (select count(*) from inbox w where w.practitioner = p.id),
    (select count(*) from inbox w where w.practitioner = p.id and w.app = $2)
from practitioner p where p.id = $1;

-- name: inbox_insert
insert into inbox (practitioner, app, url, expires_s) values ($1, $2, $3, $4);

-- name: inbox_list
select id, app, url, expires_s from inbox where practitioner = $1 and expires_s > $2 order by id;
