import { Alert, Button, Paper, PasswordInput, Stack, Text, Title } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { readAddress } from '../address.js';
import { tell } from '../api/request.js';
import { SESSION } from './session.js';

const LINK = /^#signin=([\w-]+)$/;

/** The only place that sees a token, on its way to the server: nothing of it is kept in the page. */
export function SignIn() {
  const queries = useQueryClient();
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const isLinkTried = useRef(false);

  const signIn = async (presented: { token: string } | { code: string }) => {
    setBusy(true);
    setProblem(null);
    try {
      await tell('POST', '/console/session', presented);
      await queries.invalidateQueries({ queryKey: SESSION });
    } catch (error) {
      const isSpent = 'code' in presented;
      setProblem(
        isSpent
          ? 'This link was used already, or is more than an hour old. Sign in with the administrator’s token.'
          : (error as Error).message,
      );
      setBusy(false);
    }
  };

  useEffect(() => {
    const code = LINK.exec(window.location.hash)?.[1];
    // Effects run twice in development, and a link works once.
    if (!code || isLinkTried.current) return;
    isLinkTried.current = true;
    window.history.replaceState(null, '', '#/');
    void signIn({ code });
  });

  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const token = String(new FormData(event.currentTarget).get('token') ?? '');
    if (token.trim() === '') setProblem('Enter the token of a key.');
    else void signIn({ token });
  };

  const isLeading = readAddress(window.location.hash).path !== '/';
  return (
    <main className="sign-in">
      <Paper withBorder p="xl" radius="md" className="sign-in-card">
        <form onSubmit={submit}>
          <Stack>
            <div>
              <Title order={1} size="h2">
                Convoledger
              </Title>
              <Text c="dimmed">
                {isLeading
                  ? 'Sign in to see the page behind this link.'
                  : 'Who said what, and what did it cost.'}
              </Text>
            </div>
            {problem && (
              <Alert color="red" role="alert" variant="light" title="Not signed in">
                {problem}
              </Alert>
            )}
            <PasswordInput
              name="token"
              label="Token"
              description="Of a key with the scope read or admin. The first start printed one as ADMIN_TOKEN."
              autoComplete="off"
              data-autofocus
              autoFocus
            />
            <Button type="submit" loading={isBusy}>
              Sign in
            </Button>
          </Stack>
        </form>
      </Paper>
    </main>
  );
}
