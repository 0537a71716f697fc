import { Alert, Button, Skeleton, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { Refused } from '../api/request.js';

/** Holds the place of what is being fetched, so that nothing jumps when it comes. */
export function Waiting({ height = 240 }: { height?: number }) {
  return (
    <div role="status" aria-label="Loading">
      <Skeleton height={height} />
    </div>
  );
}

/** What went wrong, and what to do about it. */
export function ErrorState({ error, again }: { error: Error; again?: () => void }) {
  return (
    <Alert color="red" variant="light" role="alert" title={titleOf(error)}>
      <Stack gap="sm" align="flex-start">
        <Text size="sm">{error.message}</Text>
        {again && (
          <Button variant="default" size="xs" onClick={again}>
            Try again
          </Button>
        )}
      </Stack>
    </Alert>
  );
}

function titleOf(error: Error): string {
  if (!(error instanceof Refused)) return 'Something went wrong';
  if (error.status === 404) return 'Not there';
  if (error.status === 403) return 'Your key may not see this';
  if (error.status === 410) return 'Erased';
  return error.status === 0 || error.status >= 500
    ? 'The server cannot answer now'
    : 'The server refused this';
}

export function EmptyState({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <Text fw={600}>{title}</Text>
      {children && (
        <Text c="dimmed" size="sm" component="div">
          {children}
        </Text>
      )}
    </div>
  );
}
