import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { TestStep } from './integration-queries.ts';
import { runTest } from './test-lines.ts';

/** A connection test with its steps as they come: of a saved integration, or of what the body describes. */
export function useTest(path: string) {
  const queries = useQueryClient();
  const [steps, setSteps] = useState<readonly TestStep[]>([]);
  const test = useMutation({
    mutationFn: (body: object | null) => {
      setSteps([]);
      return runTest(path, body, (step) => setSteps((before) => [...before, step]));
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ['log-integrations'] }),
  });
  return { ...test, steps: test.data?.steps ?? steps };
}
