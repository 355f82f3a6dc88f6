-- What is served as it is kept.

-- name: policy_note_served
select note from policy_note where name = $1;
