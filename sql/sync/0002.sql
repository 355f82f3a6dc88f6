-- Requests that a clinician rejected. A recorded rejection is final (PROTOCOL 4), so none is ever dropped: a request may stay open
-- for longer than anything else here is remembered.
create table rejected (request_id text primary key) strict, without rowid;
