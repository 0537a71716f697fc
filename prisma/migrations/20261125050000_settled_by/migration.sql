-- Who settled a quarantined delivery: the key, and its label at that time. Null for what was settled before this
-- migration; a command has a label and no key.
alter table delivery
  add column quarantine_settled_key uuid,
  add column quarantine_settled_by text;
