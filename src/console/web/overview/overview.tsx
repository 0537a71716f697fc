import { Stack } from '@mantine/core';
import { Completeness } from '../elements/completeness.js';
import { PageTitle } from '../elements/page-title.js';
import { ErrorState, Waiting } from '../elements/states.js';
import { Course } from './course.js';
import { Exports } from './exports.js';
import { Filters } from './filters.js';
import { TopConversations } from './top-conversations.js';
import { Totals } from './totals.js';
import { useCourse, usePrevious, useQuestion } from './use-report.js';

/** What came in, and what it cost. */
export default function Overview() {
  const course = useCourse();
  const previous = usePrevious();
  const { range, tz, agent } = useQuestion();
  return (
    <Stack gap="lg">
      <PageTitle title="Overview" about="Usage and cost." />
      <Filters />
      {course.error && <ErrorState error={course.error} again={() => void course.refetch()} />}
      {course.isPending && <Waiting height={520} />}
      {course.data && (
        <>
          <Totals report={course.data} previous={previous.data} />
          <Course report={course.data} />
          <Completeness facts={course.data.completeness} question={{ ...range, tz, agent }} />
          <TopConversations />
          <Exports />
        </>
      )}
    </Stack>
  );
}
