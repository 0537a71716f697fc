-- The scope of those who look after money, without being administrators.
alter table api_key drop constraint api_key_scopes_check;
alter table api_key add constraint api_key_scopes_check
  check (scopes <@ array['ingest', 'read', 'finance', 'admin'] and cardinality(scopes) > 0);

-- What arrived and was neither a first body nor refused, by its outcome: few rows among millions, which a walk through the
-- primary key would read all of. A first body, which is what nearly every delivery is, does not pay for it.
create index delivery_outcome on delivery (agent_id, outcome, received_at, id)
  where outcome in ('repeated', 'revised', 'backfilled');
