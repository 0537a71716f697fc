import { Button, Code, Group, Paper, Stack, Text, Title } from '@mantine/core';
import { useState } from 'react';
import { useAddress } from '../address.js';
import { tell } from '../api/request.js';
import type { ApiKey } from '../api/types.js';
import { AgentPicker } from '../elements/agent-picker.js';
import { Copy } from '../elements/copy.js';
import { PageTitle } from '../elements/page-title.js';
import { Raw } from '../elements/raw.js';
import { ErrorState } from '../elements/states.js';
import { FirstDelivery } from './first-delivery.js';

/** Everything that has to be entered at AltaBots, and a test. */
export default function Connect() {
  const agent = useAddress().params.get('agent') ?? 'default';
  const [key, setKey] = useState<ApiKey | null>(null);
  const [problem, setProblem] = useState<Error | null>(null);
  const address = `${window.location.origin}/webhook`;
  const token = key?.token ?? '<the ingest token>';
  const make = async () => {
    try {
      const body = { label: `AltaBots, ${agent}`, scopes: ['ingest'], agent };
      setKey(await tell<ApiKey>('POST', '/v1/keys', body));
    } catch (error) {
      setProblem(error as Error);
    }
  };
  return (
    <Stack gap="lg">
      <PageTitle
        title="Connect AltaBots"
        about={`What to enter there for the agent “${agent}”: its webhook address and its API key.`}
      />
      <div className="filters">
        <AgentPicker always="default" />
      </div>
      <FirstDelivery agent={agent} />
      <Paper withBorder p="md">
        <Stack>
          <Fact name="Webhook address" value={address} />
          <Fact name="Header" value={`Authorization: Bearer ${token}`} />
          <div>
            <Text size="sm" c="dimmed">
              {key
                ? 'This token is shown this once. Keep it where it will be used: only its hash is stored here.'
                : 'Use a token that you have, or make a key for this agent. AltaBots’ own API key can be entered as its token.'}
            </Text>
            {problem && <ErrorState error={problem} />}
            {!key && (
              <Button mt="xs" variant="default" size="sm" onClick={() => void make()}>
                Make a key for it
              </Button>
            )}
          </div>
          <Text size="sm" c="dimmed">
            Where no header can be set, put the token into the address: <Code>{`${address}/${token}`}</Code>
          </Text>
        </Stack>
      </Paper>
      <Test address={address} token={token} />
    </Stack>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <Text size="sm" fw={600}>
        {name}
      </Text>
      <Group gap="sm">
        <span className="mono" data-testid={name}>
          {value}
        </span>
        <Copy value={value} name={name} />
      </Group>
    </div>
  );
}

/** A delivery to paste. Its ids are new for each page, so that it can be sent more than once. */
function Test({ address, token }: { address: string; token: string }) {
  const [now] = useState(() => Math.floor(Date.now() / 1_000));
  const body = JSON.stringify({
    conversation_id: `test-${now}`,
    message_id: `test-${now}`,
    create_time: now,
    output: [{ content: { text: 'Hello from the test.' } }],
    usage: {
      tokens: { total_tokens: 29, prompt_tokens: 19, completion_tokens: 10 },
      credits: { text_input_credits: 0.0123, text_output_credits: 0.045 },
    },
  });
  const command = `curl ${address} -H 'Authorization: Bearer ${token}' -H 'Content-Type: application/json' -d '${body}'`;
  return (
    <Paper withBorder p="md">
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h4">
          Try it
        </Title>
        <Copy value={command} name="the command" />
      </Group>
      <Raw label="The command">{command}</Raw>
    </Paper>
  );
}
