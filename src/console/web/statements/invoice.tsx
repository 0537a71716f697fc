import { Text } from '@mantine/core';
import { showDecimal } from '../figures/figures.js';
import { differenceOf, showDifference } from './difference.js';

/** `Invoiced 1,250.50 · counted 1,219.483676 · difference +31.016324 (+2.5%)` */
export function Invoice({ invoiced, counted }: { invoiced: string; counted: string | null }) {
  return (
    <Text size="sm" data-testid="invoice">
      Invoiced {showDecimal(invoiced)} · counted {showDecimal(counted ?? '0')} · difference{' '}
      <strong>{showDifference(differenceOf(invoiced, counted), counted)}</strong>
    </Text>
  );
}
