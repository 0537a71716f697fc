import { Paper, Text } from '@mantine/core';
import type { Count, Figures, Money, UsageReport } from '../api/types.js';
import { Unpriced } from '../elements/unpriced.js';
import { useUnpricedAgents } from '../elements/use-unpriced-agents.js';
import { changeInPermille, isZero } from '../figures/decimal.js';
import { creditsOf, showDecimal, showShort, tokensOf, UNKNOWN } from '../figures/figures.js';
import { showSpan } from '../time/range.js';
import { useQuestion } from './use-report.js';

interface Card {
  name: string;
  /** With all its digits, or null where it is unknown. */
  value: string | null;
  change: string;
}

/** The sums of the range, each against as much of the period before. */
export function Totals({ report, previous }: { report: UsageReport; previous: UsageReport | undefined }) {
  const { range, tz, agent } = useQuestion();
  const now = report.totals;
  const unpriced = report.completeness.unpriced_credits ?? '0';
  const unpricedAgents = useUnpricedAgents({ ...range, tz, agent }, unpriced);
  const changes = (read: (figures: Figures) => string | null) => ({
    value: read(now),
    change: changeOf(read(now), previous, read),
  });
  const amountIn = (currency: string) => (figures: Figures) =>
    figures.cost.find((money) => money.currency === currency)?.amount ?? null;
  const cards: Card[] = [
    { name: 'Credits', ...changes(({ usage }) => creditsOf(usage)) },
    { name: 'Tokens', ...changes(({ usage }) => textOf(tokensOf(usage))) },
    { name: 'Messages', ...changes(({ messages }) => String(messages)) },
    ...now.cost.map(({ currency }: Money) => ({
      name: `Cost in ${currency}`,
      ...changes(amountIn(currency)),
    })),
  ];
  if (now.cost.length === 0) {
    const isUsed = !isZero(creditsOf(now.usage) ?? '0');
    cards.push({
      name: 'Cost',
      value: null,
      change: isUsed ? 'No price configured' : 'No usage in this period',
    });
  }
  const firstCost = cards.find(({ name }) => name.startsWith('Cost'));
  return (
    <div className="cards">
      {cards.map((card) => (
        <Paper key={card.name} withBorder p="md">
          <Text size="sm" c="dimmed">
            {card.name}
          </Text>
          <Text
            className="figure"
            title={card.value === null ? undefined : showDecimal(card.value)}
            data-testid={`total-${card.name.toLowerCase().replaceAll(' ', '-')}`}
          >
            {card.value === null ? UNKNOWN : showShort(card.value)}
          </Text>
          <Text size="xs" c="dimmed">
            {card.change}
          </Text>
          {card === firstCost && !isZero(unpriced) && (
            <Text size="xs" mt={4}>
              <Unpriced credits={unpriced} agents={unpricedAgents} />
            </Text>
          )}
        </Paper>
      ))}
    </div>
  );
}

const textOf = (count: Count | null) => (count === null ? null : String(count));

function changeOf(
  now: string | null,
  previous: UsageReport | undefined,
  read: (figures: Figures) => string | null,
): string {
  if (!previous) return '';
  const then = read(previous.totals);
  const permille = then === null ? null : changeInPermille(now ?? '0', then);
  const span = showSpan(previous.from, previous.to);
  if (then === null || permille === null) return `No data for ${span}`;
  if (permille === 0) return `No change (${span})`;
  return `${permille > 0 ? '▲' : '▼'} ${Math.abs(permille) / 10}% vs ${showShort(then)} (${span})`;
}
