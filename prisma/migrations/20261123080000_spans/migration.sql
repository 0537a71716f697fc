-- Sums of longer stretches beside those of quarters of an hour, so that a month or a year is a sum of few rows. All
-- begin at a multiple of their length, days and quarters of days at those of UTC.
alter table usage_bucket add column span integer not null default 900 check (span in (900, 3600, 21600, 86400));
alter table usage_bucket alter column span drop default;
alter table usage_bucket drop constraint usage_bucket_start_check;
alter table usage_bucket add constraint usage_bucket_start_check check (extract(epoch from start)::bigint % span = 0);
alter table usage_bucket drop constraint usage_bucket_pkey;
alter table usage_bucket add primary key (agent_id, span, start, message_type);
drop index usage_bucket_time;

insert into usage_bucket (agent_id, message_type, span, start, messages, messages_with_usage, corrections, redated, totals_mismatched,
  total_tokens, prompt_tokens, completion_tokens, prompt_text_tokens, prompt_audio_tokens, completion_text_tokens,
  completion_audio_tokens, completion_reasoning_tokens, total_credits, text_input_credits, text_output_credits,
  audio_input_credits, audio_output_credits, total_tokens_reporters, prompt_tokens_reporters, completion_tokens_reporters,
  prompt_text_tokens_reporters, prompt_audio_tokens_reporters, completion_text_tokens_reporters,
  completion_audio_tokens_reporters, completion_reasoning_tokens_reporters, total_credits_reporters,
  text_input_credits_reporters, text_output_credits_reporters, audio_input_credits_reporters, audio_output_credits_reporters)
select agent_id, message_type, longer.span, date_bin(make_interval(secs => longer.span), start, '2000-01-01Z'), sum(messages),
  sum(messages_with_usage), sum(corrections), sum(redated), sum(totals_mismatched),
  sum(total_tokens), sum(prompt_tokens), sum(completion_tokens), sum(prompt_text_tokens), sum(prompt_audio_tokens),
  sum(completion_text_tokens), sum(completion_audio_tokens), sum(completion_reasoning_tokens), sum(total_credits),
  sum(text_input_credits), sum(text_output_credits), sum(audio_input_credits), sum(audio_output_credits),
  sum(total_tokens_reporters), sum(prompt_tokens_reporters), sum(completion_tokens_reporters),
  sum(prompt_text_tokens_reporters), sum(prompt_audio_tokens_reporters), sum(completion_text_tokens_reporters),
  sum(completion_audio_tokens_reporters), sum(completion_reasoning_tokens_reporters), sum(total_credits_reporters),
  sum(text_input_credits_reporters), sum(text_output_credits_reporters), sum(audio_input_credits_reporters),
  sum(audio_output_credits_reporters)
from usage_bucket cross join unnest(array[3600, 21600, 86400]) as longer (span)
group by 1, 2, 3, 4;
