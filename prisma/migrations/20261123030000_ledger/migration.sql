-- What a credit costs from a local day on, until the next price of the same currency. Never changed: a price that was
-- wrong is followed by another one for the same day, and what was reported with the first can still be explained.
create table credit_price (
  id          bigint generated always as identity primary key,
  agent_id    text collate "C" not null references agent,
  from_day    date not null,
  currency    text not null check (currency ~ '^[A-Z]{3}$'),
  per_credit  numeric not null check (per_credit >= 0 and per_credit < 'Infinity'),
  -- Taken under the writer's lock like that of an entry, so that `as_of` cuts prices as cleanly as usage.
  recorded_at timestamptz(3) not null default clock_timestamp()
);
create index credit_price_day on credit_price (agent_id, currency, from_day);
create trigger credit_price_append_only before update or delete on credit_price
  for each row execute function refuse_change();

-- A closed month: the bytes of the document that was handed out, and what it was made from. A statement is replaced by
-- a later one that names it, so that a row of this table never changes either.
create table statement (
  id                uuid primary key,
  period            text not null check (period ~ '^\d{4}-(0[1-9]|1[0-2])$'),
  tz                text not null,
  -- Null: all agents together.
  agent_id          text collate "C" references agent,
  range_from        timestamptz(3) not null,
  range_to          timestamptz(3) not null check (range_to > range_from),
  as_of             timestamptz(3) not null,
  closed_at         timestamptz(3) not null,
  -- The key's id, and its label at that time: a key can be relabelled or gone.
  closed_by_key     uuid,
  closed_by         text,
  replaces          uuid unique references statement,
  reason            text check (replaces is null or reason is not null),
  invoiced_credits  numeric,
  document          bytea not null,
  sha256            bytea not null check (sha256 = sha256(document))
);
-- One beginning for each month and agent, whatever the zone, and at most one successor of each statement: together
-- they leave exactly one that counts.
create unique index statement_first on statement (period, coalesce(agent_id, '')) where replaces is null;
create index statement_period on statement (period, agent_id);
create trigger statement_append_only before update or delete on statement
  for each row execute function refuse_change();
