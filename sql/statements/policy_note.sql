-- The notes of policies, as they are served.

-- name: policy_note_read
select note from policy_note where name = $1;
