-- The time and type of the message, which never change: by them the messages of one component are found in order, however few
-- or however long ago they are. Going back through all messages until the page is full would read millions for a component
-- that was renamed, and sorting all messages of a component that every message has took a second per 300,000.
alter table flow_output add column create_time timestamptz(3), add column message_type text;
update flow_output f set create_time = m.create_time, message_type = m.message_type
  from message m where m.agent_id = f.agent_id and m.id = f.message_id;
alter table flow_output alter column create_time set not null, alter column message_type set not null;

drop index flow_output_component;
-- Only the beginning of a name: one of several kilobytes would not fit an index, and its delivery would fail.
create index flow_output_component on flow_output (agent_id, left(from_component_name, 64), create_time, message_id)
  where from_component_name is not null;
