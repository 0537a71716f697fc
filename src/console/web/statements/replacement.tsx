import { Table } from '@mantine/core';
import type { Count, Figures, Statement } from '../api/types.js';
import { FigureCell, FigureHead } from '../elements/figure-cell.js';
import { subtract } from '../figures/decimal.js';
import { creditsOf, showDecimal, tokensOf, withSign } from '../figures/figures.js';
import { differenceOf } from './difference.js';
import { amountIn, currenciesOf } from './since-closing.js';

interface Row {
  name: string;
  old: string | null;
  new: string | null;
  /** It is a difference itself. */
  isSigned?: true;
}

const textOf = (count: Count | null) => (count === null ? null : String(count));

/** What a replacement changes, before it is made: the figures that were frozen, those that will be, and what lies between. */
export function Replacement({
  replaced,
  now,
  invoiced,
}: {
  replaced: Statement;
  now: Figures;
  /** Null where nothing is to be compared, or what was typed is no figure. */
  invoiced: string | null;
}) {
  const document = replaced.document;
  if (!document) return null;
  const then = document.totals;
  const counted = creditsOf(now.usage);
  const rows: Row[] = [
    { name: 'Messages', old: textOf(then.messages), new: textOf(now.messages) },
    {
      name: 'Messages with usage',
      old: textOf(then.messages_with_usage),
      new: textOf(now.messages_with_usage),
    },
    { name: 'Tokens', old: textOf(tokensOf(then.usage)), new: textOf(tokensOf(now.usage)) },
    { name: 'Credits', old: creditsOf(then.usage), new: counted },
    ...currenciesOf(then.cost, now.cost).map((currency) => ({
      name: `Cost in ${currency}`,
      old: amountIn(then.cost, currency),
      new: amountIn(now.cost, currency),
    })),
    { name: 'Invoiced credits', old: document.invoiced_credits, new: invoiced },
    {
      name: 'Invoice difference',
      old: document.difference,
      new: invoiced === null ? null : differenceOf(invoiced, counted),
      isSigned: true,
    },
  ];
  return (
    <Table.ScrollContainer minWidth={0} type="native" tabIndex={0}>
      <Table withTableBorder className="compared">
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">
              <span className="skip">Figure</span>
            </Table.Th>
            <FigureHead>Old</FigureHead>
            <FigureHead>New</FigureHead>
            <FigureHead>Difference</FigureHead>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <Table.Tr key={row.name}>
              <Table.Th scope="row">{row.name}</Table.Th>
              <FigureCell>{shown(row, row.old)}</FigureCell>
              <FigureCell>{shown(row, row.new)}</FigureCell>
              <FigureCell>{changeOf(row)}</FigureCell>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

const shown = ({ isSigned }: Row, figure: string | null) =>
  isSigned && figure !== null ? withSign(figure) : showDecimal(figure);

/** Unknown on one side is no difference that could be told. */
const changeOf = ({ old, new: now }: Row): string =>
  old === null || now === null ? showDecimal(null) : withSign(subtract(now, old));
