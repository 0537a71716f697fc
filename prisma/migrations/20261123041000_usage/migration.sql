-- When a delivery was committed to the ledger, by the clock that all of a batch shares. received_at is taken before the
-- wait for the writer, so only this tells what an answer as of an instant had seen.
alter table delivery add column recorded_at timestamptz(3);
update delivery set recorded_at = received_at;
alter table delivery alter column recorded_at set default clock_timestamp(), alter column recorded_at set not null;

-- When a refused delivery ceased to wait in quarantine.
alter table delivery add column if not exists quarantine_settled_at timestamptz(3);

-- Few messages are ever redated or have totals that do not add up; as_of looks for when they did.
create index change_counted on change (agent_id, occurred_at) where redated <> 0 or totals_mismatched <> 0;
