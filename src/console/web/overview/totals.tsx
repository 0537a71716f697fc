import { Paper, Text } from '@mantine/core';
import type { Figures } from '../api/types.js';
import { changeInPermille } from '../figures/decimal.js';
import { creditsOf, showCount, showDecimal, tokensOf, UNKNOWN } from '../figures/figures.js';

/** The sums of the range, each against the period before. */
export function Totals({ now, previous }: { now: Figures; previous: Figures | undefined }) {
  const text = (value: unknown) => (value === null || value === undefined ? null : String(value));
  const cards = [
    {
      name: 'Credits',
      value: showDecimal(creditsOf(now.usage)),
      change: changeOf(creditsOf(now.usage), creditsOf(previous?.usage)),
    },
    {
      name: 'Tokens',
      value: showCount(tokensOf(now.usage)),
      change: changeOf(text(tokensOf(now.usage)), text(tokensOf(previous?.usage))),
    },
    {
      name: 'Messages',
      value: showCount(now.messages),
      change: changeOf(String(now.messages), text(previous?.messages)),
    },
    ...(now.cost.length > 0
      ? now.cost.map(({ currency, amount }) => ({
          name: `Cost in ${currency}`,
          value: showDecimal(amount),
          change: changeOf(amount, previous?.cost.find((other) => other.currency === currency)?.amount),
        }))
      : [{ name: 'Cost', value: UNKNOWN, change: 'no price is set' }]),
  ];
  return (
    <div className="cards">
      {cards.map(({ name, value, change }) => (
        <Paper key={name} withBorder p="md">
          <Text size="sm" c="dimmed">
            {name}
          </Text>
          <Text className="figure" data-testid={`total-${name.toLowerCase().replaceAll(' ', '-')}`}>
            {value}
          </Text>
          <Text size="xs" c="dimmed">
            {change}
          </Text>
        </Paper>
      ))}
    </div>
  );
}

function changeOf(now: string | null, previous: string | null | undefined): string {
  if (previous === undefined || previous === null) return 'nothing in the period before';
  const permille = changeInPermille(now ?? '0', previous);
  if (permille === null) return 'nothing in the period before';
  if (permille === 0) return `as before (${showDecimal(previous)})`;
  const sign = permille > 0 ? '+' : '−';
  return `${sign}${Math.abs(permille) / 10} % against ${showDecimal(previous)} before`;
}
