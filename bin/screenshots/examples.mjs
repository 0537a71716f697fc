/** Days back from now that the examples reach. */
const DAYS = 45;

const TALKS = [
  ['When do you open on Sunday?', 'We open at nine on Sundays, and close at six.', 'Opening hours'],
  ['Where is my parcel?', 'It left our warehouse this morning and arrives tomorrow.', 'Parcel tracking'],
  ['Can I return the lamp?', 'Yes, within thirty days. I have sent you a label.', 'Returns'],
  ['Do you have it in blue?', 'In blue it is back in stock from Thursday.', 'Catalogue'],
];

/**
 * Sends conversations as AltaBots would, some of them unreadable, and sets prices.
 * @returns the id of the conversation that is worth a picture
 */
export async function fillWithExamples(url, { INGEST_TOKEN, ADMIN_TOKEN }) {
  const post = async (path, body, token) => {
    const answer = await fetch(url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return answer.json().catch(() => null);
  };
  const administer = (path, body) => post(path, body, ADMIN_TOKEN);

  await administer('/v1/agents', { id: 'sales', name: 'Sales' });
  await administer('/v1/agents', { id: 'support', name: 'Support' });
  const tokens = [INGEST_TOKEN];
  for (const agent of ['sales', 'support']) {
    const key = await administer('/v1/keys', { label: `AltaBots, ${agent}`, scopes: ['ingest'], agent });
    if (key?.token) tokens.push(key.token);
    await administer(`/v1/agents/${agent}/prices`, {
      from: '2020-01-01',
      currency: 'USD',
      per_credit: '0.01',
    });
  }
  await administer('/v1/agents/default/prices', { from: '2020-01-01', currency: 'USD', per_credit: '0.01' });

  const now = Math.floor(Date.now() / 1_000);
  let seed = 7;
  const random = () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  let shown = '';
  for (let n = 0; n < 400; n++) {
    const token = tokens[Math.floor(random() * tokens.length)];
    const [question, answer, component] = TALKS[n % TALKS.length];
    const start = now - Math.floor(random() * DAYS * 86_400) - 60;
    const conversation_id = `6911aa00aa00aa00aa00${String(n).padStart(4, '0')}`;
    const prompt = 200 + Math.floor(random() * 2_000);
    const completion = 20 + Math.floor(random() * 300);
    const ids = { conversation_id, create_time: start };
    await post('/webhook', { ...ids, message_id: `q${n}`, message_type: 'QUESTION', text: question }, token);
    const reply = {
      ...ids,
      create_time: start + 4,
      message_id: `a${n}`,
      output: [
        {
          from_component_name: component,
          from_component_branch: '1',
          content: {
            text: answer,
            audio: n % 5 === 0 ? [{ audio: 'https://files.example/a.mp3', transcript: answer }] : [],
          },
        },
      ],
      usage: {
        tokens: { total_tokens: prompt + completion, prompt_tokens: prompt, completion_tokens: completion },
        credits: {
          text_input_credits: `${(prompt * 0.0002).toFixed(4)}`,
          text_output_credits: `${(completion * 0.0006).toFixed(4)}`,
        },
      },
    };
    await post('/webhook', reply, token);
    if (n % 20 === 0 && token === INGEST_TOKEN) {
      shown = conversation_id;
      await post('/webhook', { ...reply, text: `${answer} Is there anything else?` }, token);
      const more = {
        ...ids,
        create_time: start + 60,
        message_id: `t${n}`,
        text: 'No, thank you! مرحبا <b>שלום</b>',
      };
      await post('/webhook', { ...more, message_type: 'QUESTION' }, token);
    }
  }
  const broken = [
    '{"message_id": "m1", "conversation_id": "c1", "create_time": 1790000000, "usage": {"tokens": {"total_tokens": -1}}}',
    '{"message_id": "m2", "conversation_id": "c1", "create_time": 1790000000, "text": "cut off',
    '{"conversation_id": "c1", "create_time": 1790000000, "text": "no id"}',
  ];
  for (const body of broken) await post('/webhook', body, INGEST_TOKEN);
  const lastMonth = new Date(Date.UTC(new Date().getUTCFullYear(), new Date().getUTCMonth() - 1, 1));
  const period = lastMonth.toISOString().slice(0, 7);
  await administer('/v1/statements', { period, tz: 'Europe/Berlin', invoiced_credits: '100' });
  const late = {
    message_id: 'late',
    conversation_id: 'late',
    create_time: Math.floor(lastMonth / 1_000) + 86_400,
  };
  await post('/webhook', { ...late, text: 'late', usage: { credits: { total_credits: 1.5 } } }, INGEST_TOKEN);
  return shown;
}
