import { Button, Group, NativeSelect, Stack, Text, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { tell } from '../api/request.js';
import { useSubmit } from '../api/use-submit.js';
import { ErrorState } from '../elements/states.js';
import { problemOfDecimal } from '../figures/typed.js';
import { useZone } from '../session/session.js';
import { addMonths } from '../time/range.js';
import { todayIn } from '../time/zone.js';
import { CURRENCIES } from './currencies.js';

/** Adds a price to those of an agent. It holds for good, so it must not be added twice. */
export function AddPrice({ agent, currency }: { agent: string; currency: string }) {
  const queries = useQueryClient();
  const firstOfMonth = addMonths(todayIn(useZone()), 0);
  const [perCreditProblem, setPerCreditProblem] = useState<string | null>(null);
  const { submit, isBusy, problem } = useSubmit(async (form: HTMLFormElement) => {
    const typed = Object.fromEntries(new FormData(form)) as Record<string, string>;
    await tell('POST', `/v1/agents/${agent}/prices`, { ...typed, per_credit: typed.per_credit?.trim() });
    form.reset();
    await queries.invalidateQueries({ queryKey: ['prices', agent] });
    await queries.invalidateQueries({ queryKey: ['usage'] });
    await queries.invalidateQueries({ queryKey: ['statements'] });
  });
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const wrong = problemOfDecimal(String(new FormData(form).get('per_credit') ?? ''), '0.01');
    setPerCreditProblem(wrong);
    if (wrong === null) submit(form);
  };
  return (
    <form onSubmit={onSubmit}>
      <Stack gap="sm">
        <Text fw={600} size="sm">
          Add a price
        </Text>
        {problem && <ErrorState error={problem} />}
        <Group align="flex-start" gap="sm">
          <TextInput name="from" label="From" type="date" defaultValue={firstOfMonth} required />
          <TextInput
            name="per_credit"
            label="Price per credit"
            inputMode="decimal"
            placeholder="0.01"
            flex="1 1 8rem"
            required
            error={perCreditProblem}
          />
          <NativeSelect
            name="currency"
            label="Currency"
            data={CURRENCIES}
            defaultValue={currency}
            w="12rem"
            required
          />
        </Group>
        <Text size="xs" c="dimmed">
          Effective from 00:00 that day, and ends the price that held until then. Prices can't be deleted; add
          another for the same date to correct one.
        </Text>
        <Button type="submit" loading={isBusy}>
          Add price
        </Button>
      </Stack>
    </form>
  );
}
