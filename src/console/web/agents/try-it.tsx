import { Alert, Button, Group, Paper, Stack, Text, Title } from '@mantine/core';
import { useState } from 'react';
import { Refused } from '../api/request.js';
import { useSubmit } from '../api/use-submit.js';
import { Copy } from '../elements/copy.js';
import { Raw } from '../elements/raw.js';
import { ErrorState } from '../elements/states.js';

/** Two deliveries to send: one that only asks whether it would be taken, and one that is stored and counts. */
export function TryIt({ address, token }: { address: string; token: string | null }) {
  // The ids are new for each page, so that the sample can be sent more than once.
  const [now] = useState(() => Math.floor(Date.now() / 1_000));
  const test = JSON.stringify({ istest: true });
  const sample = JSON.stringify({
    conversation_id: `test-${now}`,
    message_id: `test-${now}`,
    create_time: now,
    output: [{ content: { text: 'Hello from the test.' } }],
    usage: {
      tokens: { total_tokens: 29, prompt_tokens: 19, completion_tokens: 10 },
      credits: { text_input_credits: 0.0123, text_output_credits: 0.045 },
    },
  });
  const commandOf = (body: string) =>
    `curl ${address} -H 'Authorization: Bearer ${token ?? '<the ingest token>'}' -H 'Content-Type: application/json' -d '${body}'`;
  return (
    <Paper withBorder p="md">
      <Stack>
        <Title order={2} size="h4">
          Try it
        </Title>
        <Step
          title="1. Test the connection"
          about={'Stores nothing. The answer is {"code":200,"msg":"success"} if URL and token are right.'}
          command={commandOf(test)}
        />
        {token && <SendTest address={address} token={token} body={test} />}
        <Step
          title="2. Send a sample message"
          about="Stores a message that counts 0.0573 credits in every report. Erasing it later keeps the credits."
          command={commandOf(sample)}
        />
      </Stack>
    </Paper>
  );
}

function Step({ title, about, command }: { title: string; about: string; command: string }) {
  return (
    <div>
      <Group justify="space-between" gap="xs">
        <Text size="sm" fw={600}>
          {title}
        </Text>
        <Copy value={command} name={`the command: ${title.slice(3)}`} />
      </Group>
      <Text size="sm" c="dimmed" mb="xs">
        {about}
      </Text>
      <Raw label={`Command: ${title.slice(3)}`}>{command}</Raw>
    </div>
  );
}

/** Sends the test from here. A test leaves no trace on the server, so only its own answer can show that it arrived. */
function SendTest({ address, token, body }: { address: string; token: string; body: string }) {
  const { submit, isBusy, problem, answer } = useSubmit(async () => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const received = await fetch(address, { method: 'POST', headers, body, credentials: 'omit' }).catch(
      () => {
        throw new Refused(0, 'The server cannot be reached. Is it running, and are you online?');
      },
    );
    if (!received.ok) throw new Refused(received.status, `The test was answered ${received.status}.`);
    return received.status;
  });
  return (
    <>
      <Group>
        <Button variant="default" size="sm" loading={isBusy} onClick={() => submit()}>
          Send test
        </Button>
      </Group>
      <div aria-live="polite">
        {problem && <ErrorState error={problem} />}
        {answer !== undefined && (
          <Alert color="green" variant="light" title="Test received">
            Answered {answer}. URL and token are right; nothing was stored.
          </Alert>
        )}
      </div>
    </>
  );
}
