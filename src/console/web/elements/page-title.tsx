import { Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';

/** What a page is about, and what can be done there. */
export function PageTitle({
  title,
  about,
  children,
}: {
  title: string;
  about?: ReactNode;
  children?: ReactNode;
}) {
  return (
    <div className="page-title">
      <div>
        <Title order={1} size="h2">
          {title}
        </Title>
        {about && (
          <Text c="dimmed" size="sm" component="div">
            {about}
          </Text>
        )}
      </div>
      {children && <div className="actions">{children}</div>}
    </div>
  );
}
