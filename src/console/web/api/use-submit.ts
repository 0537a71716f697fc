import { useMutation } from '@tanstack/react-query';
import { useRef } from 'react';

/**
 * Something that must be sent once. A second click does nothing while the first is under way, also in the same tick,
 * when nothing has been drawn as busy yet.
 */
export function useSubmit<Answer, Input = void>(send: (input: Input) => Promise<Answer>) {
  const isUnderWay = useRef(false);
  const mutation = useMutation({
    mutationFn: send,
    // Waiting for a connection would send later what somebody has given up by then.
    networkMode: 'always',
    onSettled: () => {
      isUnderWay.current = false;
    },
  });
  return {
    submit: (input: Input) => {
      if (isUnderWay.current) return;
      isUnderWay.current = true;
      mutation.mutate(input);
    },
    isBusy: mutation.isPending,
    problem: mutation.error,
    /** What came of the last one; undefined before, and while the next one is under way. */
    answer: mutation.data,
  };
}
