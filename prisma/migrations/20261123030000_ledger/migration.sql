-- What a credit costs from a local day on. Rows are only ever added: of those of one agent, currency and day the one
-- recorded last counts, and as_of asks for what was known at an instant.
create table credit_price (
  id          bigint generated always as identity primary key,
  agent_id    text collate "C" not null references agent,
  from_day    date not null,
  currency    text not null,
  per_credit  numeric not null,
  recorded_at timestamptz(3) not null default now()
);
