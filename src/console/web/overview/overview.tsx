import { Stack } from '@mantine/core';
import { Completeness } from '../elements/completeness.js';
import { PageTitle } from '../elements/page-title.js';
import { ErrorState, Waiting } from '../elements/states.js';
import { Course } from './course.js';
import { Exports } from './exports.js';
import { Filters } from './filters.js';
import { TopConversations } from './top-conversations.js';
import { Totals } from './totals.js';
import { useCourse, usePrevious } from './use-report.js';

/** What came in, and what it cost. */
export default function Overview() {
  const course = useCourse();
  const previous = usePrevious();
  return (
    <Stack gap="lg">
      <PageTitle title="Overview" about="What came in, and what it cost." />
      <Filters />
      {course.error && <ErrorState error={course.error} again={() => void course.refetch()} />}
      {course.isPending && <Waiting height={520} />}
      {course.data && (
        <>
          <Totals now={course.data.totals} previous={previous.data?.totals} />
          <Course report={course.data} />
          <Completeness facts={course.data.completeness} />
          <TopConversations />
          <Exports />
        </>
      )}
    </Stack>
  );
}
