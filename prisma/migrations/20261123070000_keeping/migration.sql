-- An erased message keeps its row: the ledger points to it, its id stays taken, and its figures go on counting. What it
-- said is gone, and its conversation no longer counts it.
alter table message add column erased_at timestamptz(3),
  add constraint message_erased_is_silent check (erased_at is null or text is null);

-- Refused bodies that name a conversation are erased with it.
create index delivery_quarantined_of on delivery (agent_id, conversation_id)
  where quarantine is not null and conversation_id is not null;

-- How far retention has gone, so that each day looks only at what became old since the last one: bodies of the months
-- before raw_before are gone, but for those that waited in quarantine then; texts of messages dated before
-- content_before are gone, but for those that changes after content_position brought.
create table retention_state (
  only_row         boolean primary key default true check (only_row),
  raw_before       timestamptz(3) not null default '1970-01-01Z',
  content_before   timestamptz(3) not null default '1970-01-01Z',
  content_position bigint not null default 0,
  ran_at           timestamptz(3)
);
insert into retention_state default values;
