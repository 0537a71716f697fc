-- Versions before this one left the time zone and the date style of their sessions to the server, while Prisma takes
-- every session to be in UTC: elsewhere it stored the times it was given shifted. This row says up to which line of the
-- audit trail those versions wrote, how their sessions were set by default when this version was first started, and what
-- was done about it. In a new database the audit trail is empty, and there is nothing to do.
create table earlier_sessions (
  only_row         boolean primary key default true check (only_row),
  last_audit_event bigint not null,
  time_zone        text,
  date_style       text,
  reported_at      timestamptz(3),
  repaired_at      timestamptz(3),
  repaired_zone    text
);
insert into earlier_sessions (last_audit_event) select coalesce(max(id), 0) from audit_event;
