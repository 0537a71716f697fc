-- `npm run backup` records each backup in the audit. The metric of the newest one must not read the whole audit for it.
create index audit_event_backup on audit_event (at) where action = 'backup.made';
