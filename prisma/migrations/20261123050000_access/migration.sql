-- TRUNCATE fires no row trigger, so append-only needs a second one.
create trigger audit_event_not_truncated before truncate on audit_event
  for each statement execute function refuse_change();
create trigger usage_entry_not_truncated before truncate on usage_entry
  for each statement execute function refuse_change();
create index audit_event_time on audit_event (at, id);

-- How often nobody could be told from the credentials, so that a sender that sets no header, or an old one, is found.
-- One row for each lane and each way to present a token: bounded, whatever is sent.
create table refused_authentication (
  lane         text not null check (lane in ('webhook', 'v1')),
  presented    text not null check (presented in ('nothing', 'header', 'path')),
  count        bigint not null,
  first_at     timestamptz(3) not null,
  last_at      timestamptz(3) not null,
  last_address text not null,
  primary key (lane, presented)
);
