import { Table, type TableTdProps, type TableThProps } from '@mantine/core';

/** A number in a table: right-aligned, every digit as wide as the other. */
export const FigureCell = (props: TableTdProps) => <Table.Td className="num" {...props} />;

export const FigureHead = (props: TableThProps) => <Table.Th className="num" scope="col" {...props} />;
