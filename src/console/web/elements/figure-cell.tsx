import { Table } from '@mantine/core';
import type { ReactNode } from 'react';

/** A number in a table: right-aligned, every digit as wide as the other. */
export const FigureCell = ({ children }: { children: ReactNode }) => (
  <Table.Td className="num">{children}</Table.Td>
);

export const FigureHead = ({ children }: { children: ReactNode }) => (
  <Table.Th className="num" scope="col">
    {children}
  </Table.Th>
);
