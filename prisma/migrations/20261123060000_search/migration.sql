-- What a message is found by. The application makes it, from the words of its text, pieces and transcripts, since only
-- there case, accents and scripts without spaces are the same on every server. Null: stored before there was search.
alter table message add column search tsvector;

-- Entries wait in a list of up to a megabyte before they are sorted in: a delivery then pays for few of them at once,
-- and reading the list takes a search a millisecond or two.
create index message_search on message using gin (search) with (fastupdate = on, gin_pending_list_limit = 1024);
create index message_unsearched on message (agent_id, id) where search is null;

-- Which words are common decides how they are looked for, so more of them are to be known: 2,000 instead of 1,000.
alter table message alter column search set statistics 200;

-- A tsvector holds less than a megabyte and 16,383 positions. What does not fit has its texts here, in parts that
-- overlap, and one marker in message.search.
create table search_part (
  agent_id   text collate "C" not null,
  message_id text collate "C" not null,
  part       integer not null,
  search     tsvector not null,
  primary key (agent_id, message_id, part),
  foreign key (agent_id, message_id) references message (agent_id, id)
);
