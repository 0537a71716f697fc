// Realistic deliveries, always the same ones for the same seed: V1 and V2, 300 bytes to 20 kB, 20,000 conversations,
// 1 % exact repeats and 0.5 % revisions of something sent shortly before.

/** A small linear congruential generator: the figures of two runs must be of the same bodies. */
function random(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const WORDS =
  'we open at nine and close late on friday your order has been shipped please check the invoice before refund 你好 我们 营业 时间 заказ отправлен спасибо bestellung lieferung übermorgen größe'.split(
    ' ',
  );

/**
 * @param {number} count how many deliveries
 * @param {{ seed?: number, now?: number }} options
 * @returns {{ body: string, message: string, credits: bigint }[]} credits in units of 10^-6
 */
export function makeDeliveries(count, { seed = 1, now = Date.now() } = {}) {
  const next = random(seed);
  const below = (n) => Math.floor(next() * n);
  const text = (words) => Array.from({ length: words }, () => WORDS[below(WORDS.length)]).join(' ');
  const deliveries = [];
  for (let n = 0; n < count; n++) {
    const earlier = deliveries[n - 1 - below(Math.min(n, 500))];
    if (earlier && next() < 0.01) {
      deliveries.push(earlier);
      continue;
    }
    const revises = earlier && next() < 0.005;
    const message = revises
      ? earlier.message
      : `${seed.toString(16).padStart(4, '0')}${n.toString(16).padStart(20, '0')}`;
    const conversation = revises
      ? earlier.conversation
      : `conv${below(20_000).toString(16).padStart(20, '0')}`;
    // A message is sent seconds after it was made.
    const create_time = revises ? earlier.create_time : Math.floor(now / 1000) - below(60);
    // Most are short; one in a hundred is long.
    const words = next() < 0.01 ? 500 + below(2_500) : 5 + below(60);
    const base = { message_id: message, conversation_id: conversation, create_time };
    if (next() < 0.2) {
      const body = JSON.stringify({
        ...base,
        message_type: next() < 0.5 ? 'QUESTION' : 'ANSWER',
        text: text(words),
        flow_output: [{ content: text(words), branch: '1', from_component_name: 'User Input' }],
      });
      deliveries.push({ body, message, conversation, create_time });
      continue;
    }
    const [prompt, completion, input, output] = [below(4_000), below(800), below(4_000_000), below(900_000)];
    const body = JSON.stringify({
      ...base,
      output: [
        {
          from_component_branch: '2',
          from_component_name: 'Opening hours',
          content: { text: text(words), audio: [] },
        },
      ],
      usage: {
        tokens: {
          total_tokens: prompt + completion,
          prompt_tokens: prompt,
          completion_tokens: completion,
          prompt_tokens_details: { audio_tokens: 0, text_tokens: prompt },
          completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0, text_tokens: completion },
        },
        credits: {
          total_credits: (input + output) / 1e6,
          text_input_credits: input / 1e6,
          text_output_credits: output / 1e6,
          audio_input_credits: 0,
          audio_output_credits: 0,
        },
      },
    });
    deliveries.push({ body, message, conversation, create_time });
  }
  return deliveries;
}
