-- A refused body whose very bytes wait already keeps no second copy: body_in is the delivery that holds them.
alter table delivery
  add column quarantine_settled_at timestamptz(3),
  add column dismissed_reason text,
  add column body_in uuid;
create index delivery_state on delivery (quarantine, received_at, id) where quarantine is not null;
create index delivery_quarantined_body on delivery (agent_id, sha256) where quarantine is not null and body is not null;

-- How much waits in each agent's quarantine, so that the bound on it costs one look and not a count. Kept by a
-- trigger: whoever replays, dismisses or erases cannot forget it. Deliveries outside of quarantine do not fire it.
create table quarantine_size (
  agent_id   text collate "C" primary key references agent,
  deliveries bigint not null,
  bytes      bigint not null
);
insert into quarantine_size
select agent_id, count(*), coalesce(sum(length(body)), 0) from delivery where quarantine = 'waiting' group by 1;

create function count_quarantine() returns trigger language plpgsql as $$
declare
  more_deliveries bigint := 0;
  more_bytes bigint := 0;
begin
  if tg_op <> 'DELETE' and new.quarantine = 'waiting' then
    more_deliveries := 1;
    more_bytes := coalesce(length(new.body), 0);
  end if;
  if tg_op <> 'INSERT' and old.quarantine = 'waiting' then
    more_deliveries := more_deliveries - 1;
    more_bytes := more_bytes - coalesce(length(old.body), 0);
  end if;
  if more_deliveries <> 0 or more_bytes <> 0 then
    insert into quarantine_size as known values (coalesce(new.agent_id, old.agent_id), more_deliveries, more_bytes)
    on conflict (agent_id) do update
    set deliveries = known.deliveries + excluded.deliveries, bytes = known.bytes + excluded.bytes;
  end if;
  return null;
end $$;
create trigger delivery_quarantine_in after insert on delivery
  for each row when (new.quarantine is not null) execute function count_quarantine();
create trigger delivery_quarantine_changed after update on delivery
  for each row when (old.quarantine is not null or new.quarantine is not null) execute function count_quarantine();
create trigger delivery_quarantine_out after delete on delivery
  for each row when (old.quarantine is not null) execute function count_quarantine();

-- Written by the writer's own connection whenever somebody asks for readiness: the proof that it can still commit.
create table writer_pulse (
  only_row boolean primary key default true check (only_row),
  at       timestamptz(3) not null default now()
);
insert into writer_pulse default values;

-- Two processes that make the same month at the same moment: the second look has to be a query. Waiting for an advisory
-- lock does not refresh what a session remembers of names, so to_regclass would still not find what the first one made.
create or replace function ensure_delivery_partition(instant timestamptz) returns void language plpgsql as $$
declare
  first_day timestamp := date_trunc('month', instant at time zone 'UTC');
  partition text := 'delivery_' || to_char(first_day, 'YYYY_MM');
begin
  if to_regclass(quote_ident(partition)) is not null then
    return;
  end if;
  perform pg_advisory_xact_lock(hashtext('convoledger.partition'));
  if exists (select from pg_class c join pg_class parent on parent.relnamespace = c.relnamespace
             where c.relname = partition and parent.oid = 'delivery'::regclass) then
    return;
  end if;
  execute format('create table %I (like delivery including defaults including constraints)', partition);
  execute format(
    'alter table delivery attach partition %I for values from (%L) to (%L)', partition,
    first_day at time zone 'UTC', (first_day + interval '1 month') at time zone 'UTC'
  );
end $$;
