import { describe, expect, it } from '@jest/globals';
import { displayText } from '../../src/history/display-text.js';
import type { DeliveredMessage } from '../../src/webhook/read-delivery.js';
import { fields, message, PAYLOADS, readText } from './sent.js';

/** A message in the shape of the fixtures' expectations, as far as they go. */
function asExpected({ messageType, text, createTime, output, usage }: DeliveredMessage) {
  const group = (prefix: string, names: string[]) => {
    const figures = usage?.figures as Record<string, unknown> | undefined;
    const entries = names.map((name) => [name, figures?.[`${prefix}_${name}`] ?? null]);
    return entries.every(([, figure]) => figure === null) ? null : Object.fromEntries(entries);
  };
  return {
    message_type: messageType,
    text: displayText(text, output),
    create_time: createTime.toISOString(),
    output: output.map((piece, index) => ({
      position: index + 1,
      from_component_name: piece.componentName,
      from_component_branch: piece.branch,
      content: { text: piece.text, audio: piece.audio, ...piece.more },
    })),
    usage: usage && {
      tokens: {
        total_tokens: usage.figures.total_tokens,
        prompt_tokens: usage.figures.prompt_tokens,
        completion_tokens: usage.figures.completion_tokens,
        prompt_tokens_details: group('prompt', ['text_tokens', 'audio_tokens']),
        completion_tokens_details: group('completion', ['text_tokens', 'audio_tokens', 'reasoning_tokens']),
      },
      credits: {
        total_credits: usage.figures.total_credits,
        text_input_credits: usage.figures.text_input_credits,
        text_output_credits: usage.figures.text_output_credits,
        audio_input_credits: usage.figures.audio_input_credits,
        audio_output_credits: usage.figures.audio_output_credits,
      },
    },
  };
}

describe('the bodies of the sender', () => {
  it.each(PAYLOADS.map((payload) => [payload.name, payload] as const))('%s', (_name, payload) => {
    const reading = readText(payload.body);
    if (payload.status === 400) return expect(fields(reading)).not.toEqual([]);
    if (payload.name.startsWith('probe')) return expect(reading).toEqual({ kind: 'probe' });
    const json = JSON.stringify(asExpected(message(reading)), (_key, value) =>
      typeof value === 'bigint' ? Number(value) : value,
    );
    expect(JSON.parse(json)).toMatchObject(payload.message ?? {});
  });
});
