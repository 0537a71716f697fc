-- Conversations by what they cost. Nobody reported a figure: that is unknown, and stands below zero, since credits are
-- never negative. A page then begins inside the index at any depth, which a null could not do.
create index conversation_dearest on conversation
  (agent_id, (case when credit_messages > 0 then total_credits else -1 end), id);

-- Questions may be few among millions of answers, or none at all.
create index message_question on message (agent_id, create_time, id) where message_type = 'QUESTION';

-- Only the beginning of a name: one of several kilobytes would not fit an index, and its delivery would fail.
create index flow_output_component on flow_output (agent_id, left(from_component_name, 64), message_id)
  where from_component_name is not null;
