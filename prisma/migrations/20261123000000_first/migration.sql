-- Identifiers compare bytewise (collate "C") in every database, whatever its locale.
-- Credits and all sums are numeric without a declared scale: numeric(p, s) would round silently.

create table agent (
  id         text collate "C" primary key check (id ~ '^[a-z0-9-]{1,64}$'),
  name       text not null,
  on_invalid text not null default 'reject' check (on_invalid in ('reject', 'accept')),
  created_at timestamptz(3) not null default now()
);

create table api_key (
  id           uuid primary key,
  token_hash   bytea not null unique check (length(token_hash) = 32),
  hint         text not null,
  label        text not null,
  scopes       text[] not null check (scopes <@ array['ingest', 'read', 'admin'] and cardinality(scopes) > 0),
  agent_id     text collate "C" references agent,
  -- The start-up variable a key came from; null for keys made by an administrator.
  origin       text check (origin in ('INGEST_TOKEN', 'ADMIN_TOKEN')),
  created_at   timestamptz(3) not null default now(),
  expires_at   timestamptz(3),
  last_used_at timestamptz(3),
  revoked_at   timestamptz(3),
  check (not ('ingest' = any (scopes)) or agent_id is not null),
  check (not ('admin' = any (scopes)) or agent_id is null)
);
create unique index api_key_live_origin on api_key (origin) where revoked_at is null;

-- One row, moved by every batch under the writer's lock: the last position of the changes feed, and the
-- last recording time, which never goes back even if the server's clock does.
create table ledger_state (
  only_row    boolean primary key default true check (only_row),
  position    bigint not null default 0,
  recorded_at timestamptz(3) not null default '2000-01-01Z'
);
insert into ledger_state default values;

-- What belongs to this instance and to no row: the key that proves a cursor was made here.
create table instance (
  only_row   boolean primary key default true check (only_row),
  cursor_key bytea not null default uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())
);
insert into instance default values;

-- Every authenticated body as it came. received_at is also the time inside id (UUID version 7), so that an
-- id alone leads to its month.
create table delivery (
  agent_id        text collate "C" not null references agent,
  received_at     timestamptz(3) not null,
  id              uuid not null,
  outcome         text not null check (outcome in ('stored', 'repeated', 'revised', 'refused')),
  quarantine      text check (quarantine in ('waiting', 'stored', 'dismissed')),
  conversation_id text collate "C",
  message_id      text collate "C",
  sha256          bytea not null check (length(sha256) = 32),
  bytes           integer not null,
  -- Null for an exact repeat: change.sha256 leads to the delivery that holds the bytes.
  body            bytea,
  problems        json,
  primary key (agent_id, received_at, id),
  check (outcome <> 'refused' or quarantine is not null),
  check (outcome = 'refused' or message_id is not null)
) partition by range (received_at);
create index delivery_message on delivery (agent_id, message_id, received_at, id) where message_id is not null;
create index delivery_quarantine on delivery (agent_id, received_at, id) where quarantine is not null;

-- Makes the partition of the UTC month that holds an instant, unless it is there. Attaching a finished table
-- lets readers and writers of the other months go on; CREATE TABLE … PARTITION OF would lock them out.
create function ensure_delivery_partition(instant timestamptz) returns void language plpgsql as $$
declare
  first_day timestamp := date_trunc('month', instant at time zone 'UTC');
  partition text := 'delivery_' || to_char(first_day, 'YYYY_MM');
begin
  if to_regclass(quote_ident(partition)) is not null then
    return;
  end if;
  perform pg_advisory_xact_lock(hashtext('convoledger.partition'));
  if to_regclass(quote_ident(partition)) is not null then
    return;
  end if;
  execute format('create table %I (like delivery including defaults including constraints)', partition);
  execute format(
    'alter table delivery attach partition %I for values from (%L) to (%L)', partition,
    first_day at time zone 'UTC', (first_day + interval '1 month') at time zone 'UTC'
  );
end $$;

create table conversation (
  agent_id         text collate "C" not null references agent,
  id               text collate "C" not null check (char_length(id) between 1 and 256),
  first_message_at timestamptz(3) not null,
  last_message_at  timestamptz(3) not null,
  messages         bigint not null,
  -- The sum of total_credits, and how many messages reported one: none means unknown, not zero.
  total_credits    numeric not null default 0,
  credit_messages  bigint not null default 0,
  primary key (agent_id, id)
);
create index conversation_recent on conversation (agent_id, last_message_at, id);

-- One row per message_id for ever: this key is what makes a delivery count once.
create table message (
  agent_id          text collate "C" not null,
  id                text collate "C" not null check (char_length(id) between 1 and 256),
  conversation_id   text collate "C" not null,
  message_type      text not null check (message_type in ('ANSWER', 'QUESTION')),
  create_time       timestamptz(3) not null,
  text              text,
  received_at       timestamptz(3) not null,
  recorded_at       timestamptz(3) not null,
  revision          integer not null default 1,
  delivery_id       uuid not null,
  has_usage         boolean not null default false,
  totals_mismatched boolean not null default false,
  redated           boolean not null default false,
  total_tokens                 bigint,
  prompt_tokens                bigint,
  completion_tokens            bigint,
  prompt_text_tokens           bigint,
  prompt_audio_tokens          bigint,
  completion_text_tokens       bigint,
  completion_audio_tokens      bigint,
  completion_reasoning_tokens  bigint,
  total_credits                numeric,
  text_input_credits           numeric,
  text_output_credits          numeric,
  audio_input_credits          numeric,
  audio_output_credits         numeric,
  primary key (agent_id, id),
  foreign key (agent_id, conversation_id) references conversation (agent_id, id)
);
create index message_conversation on message (agent_id, conversation_id, create_time, id);
create index message_time on message (agent_id, create_time, id);

create table flow_output (
  agent_id              text collate "C" not null,
  message_id            text collate "C" not null,
  position              integer not null,
  from_component_name   text,
  from_component_branch text,
  text                  text,
  -- json, not jsonb: jsonb blows long numbers up and forgets how they were written.
  audio                 json not null,
  more                  json not null,
  primary key (agent_id, message_id, position),
  foreign key (agent_id, message_id) references message (agent_id, id)
);

-- One row per distinct body and per erasure, in the order of their commits.
create table change (
  agent_id        text collate "C" not null,
  position        bigint not null,
  kind            text not null check (kind in ('stored', 'revised', 'erased')),
  conversation_id text collate "C" not null,
  message_id      text collate "C" not null,
  message_type    text not null,
  revision        integer not null,
  delivery_id     uuid,
  sha256          bytea,
  occurred_at     timestamptz(3) not null,
  recorded_at     timestamptz(3) not null,
  -- What this change adds to the counts of messages that were redated and whose totals do not add up.
  redated           smallint not null default 0,
  totals_mismatched smallint not null default 0,
  primary key (agent_id, position),
  foreign key (agent_id, message_id) references message (agent_id, id)
);
create unique index change_body on change (agent_id, message_id, sha256);

-- The ledger. A correction holds differences. reporters_gained and reporters_lost say, one bit for each figure in
-- the order below, which figures this entry began and ceased to report: a sum that nobody reports is unknown.
create table usage_entry (
  agent_id        text collate "C" not null,
  message_id      text collate "C" not null,
  revision        integer not null,
  position        bigint not null,
  kind            text not null check (kind in ('usage', 'correction')),
  conversation_id text collate "C" not null,
  message_type    text not null,
  delivery_id     uuid not null,
  occurred_at     timestamptz(3) not null,
  recorded_at     timestamptz(3) not null,
  reporters_gained integer not null,
  reporters_lost   integer not null,
  total_tokens                 bigint,
  prompt_tokens                bigint,
  completion_tokens            bigint,
  prompt_text_tokens           bigint,
  prompt_audio_tokens          bigint,
  completion_text_tokens       bigint,
  completion_audio_tokens      bigint,
  completion_reasoning_tokens  bigint,
  total_credits                numeric,
  text_input_credits           numeric,
  text_output_credits          numeric,
  audio_input_credits          numeric,
  audio_output_credits         numeric,
  primary key (agent_id, message_id, revision),
  foreign key (agent_id, message_id) references message (agent_id, id)
);
create index usage_entry_time on usage_entry (agent_id, occurred_at, message_id, revision);
create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'rows of % are never changed or deleted', tg_table_name;
end $$;
create trigger usage_entry_append_only before update or delete on usage_entry
  for each row execute function refuse_change();

-- Sums of a quarter of an hour of UTC. Every zone's offset since 2000 is a multiple of it, so that local hours,
-- days, weeks and months of all of them are sums of whole rows.
create table usage_bucket (
  agent_id     text collate "C" not null references agent,
  message_type text not null,
  start        timestamptz(3) not null check (extract(epoch from start)::bigint % 900 = 0),
  messages            bigint not null,
  messages_with_usage bigint not null,
  corrections         bigint not null,
  redated             bigint not null,
  totals_mismatched   bigint not null,
  total_tokens                 numeric not null,
  prompt_tokens                numeric not null,
  completion_tokens            numeric not null,
  prompt_text_tokens           numeric not null,
  prompt_audio_tokens          numeric not null,
  completion_text_tokens       numeric not null,
  completion_audio_tokens      numeric not null,
  completion_reasoning_tokens  numeric not null,
  total_credits                numeric not null,
  text_input_credits           numeric not null,
  text_output_credits          numeric not null,
  audio_input_credits          numeric not null,
  audio_output_credits         numeric not null,
  total_tokens_reporters                 bigint not null,
  prompt_tokens_reporters                bigint not null,
  completion_tokens_reporters            bigint not null,
  prompt_text_tokens_reporters           bigint not null,
  prompt_audio_tokens_reporters          bigint not null,
  completion_text_tokens_reporters       bigint not null,
  completion_audio_tokens_reporters      bigint not null,
  completion_reasoning_tokens_reporters  bigint not null,
  total_credits_reporters                bigint not null,
  text_input_credits_reporters           bigint not null,
  text_output_credits_reporters          bigint not null,
  audio_input_credits_reporters          bigint not null,
  audio_output_credits_reporters         bigint not null,
  primary key (agent_id, message_type, start)
);
create index usage_bucket_time on usage_bucket (start);

insert into agent (id, name) values ('default', 'Default agent');
