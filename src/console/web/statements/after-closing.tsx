import { Badge, Text } from '@mantine/core';
import { useQueries } from '@tanstack/react-query';
import { pricesOf } from '../agents/use-prices.js';
import type { Statement } from '../api/types.js';
import { showDecimal, showMoney, toCents, withSign } from '../figures/figures.js';
import { addMonths } from '../time/range.js';
import { sinceClosing } from './since-closing.js';

/** What became of a month after it was closed: late deliveries, and prices that were added since. */
export function AfterClosing({ whole }: { whole: Statement }) {
  const since = sinceClosing(whole);
  const isPriceChanged = usePriceChanged(whole, (since?.cost.length ?? 0) > 0);
  if (!since) return null;
  const { adjustments, credits, cost } = since;
  if (adjustments === 0 && cost.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        No changes
      </Text>
    );
  }
  return (
    <>
      {adjustments > 0 && (
        <Badge color="yellow" variant="light" className="strong-badge">
          {adjustments} {adjustments === 1 ? 'adjustment' : 'adjustments'}
        </Badge>
      )}
      {credits && (
        <Text size="xs">
          {withSign(credits.change)} → {showDecimal(credits.now)} credits
        </Text>
      )}
      {cost.map(({ currency, now, change }) => (
        <Text size="xs" key={currency} title={`${showDecimal(now)} ${currency} (${withSign(change)})`}>
          Cost since closing: {showMoney({ amount: now, currency })} ({withSign(change, toCents)})
          {isPriceChanged && ', price changed'}
        </Text>
      ))}
    </>
  );
}

/** Whether a price was added after the closing that reaches into the month. Asked only where the cost is another now. */
function usePriceChanged({ document, period, closed_at }: Statement, isAsked: boolean): boolean {
  const agents = isAsked ? (document?.agents ?? []).map(({ agent }) => agent ?? '') : [];
  const end = addMonths(`${period}-01`, 1);
  return useQueries({
    queries: agents.map(pricesOf),
    combine: (answers) =>
      answers
        .flatMap(({ data }) => data?.data ?? [])
        .some(({ from, recorded_at }) => from < end && new Date(recorded_at) > new Date(closed_at)),
  });
}
