-- What countersign-registry fsck and doctor read.

-- name: fsck_deed_all
-- Accepted deeds in their order.
select number, chain, hash, text from deed where number is not null order by number;

-- name: fsck_deed_head
select number, chain from deed_head where k = 1;

-- name: fsck_index_all
select s.idx, s.code, s.reason, s.deed, b.practitioner, b.thumbprint
from status_index s join binding b on b.id = s.binding order by s.idx;

-- name: doctor_interim
-- Interim suspensions that nobody has confirmed, and by when the first had to be.
select count(*), min(confirm_by_s) from standing_order where interim = 1 and lifted_ms is null;
