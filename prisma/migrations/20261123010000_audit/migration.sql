-- Who did what, when, from where. The key is named by its id and, since keys can be relabelled or gone, by its label then.
create table audit_event (
  id        bigint generated always as identity primary key,
  at        timestamptz(3) not null default now(),
  key_id    uuid,
  key_label text,
  address   text,
  action    text not null,
  agent_id  text collate "C",
  subject   text,
  details   json
);
create trigger audit_event_append_only before update or delete on audit_event
  for each row execute function refuse_change();
