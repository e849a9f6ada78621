import { type QueryKey, useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { asProblem, type Problem } from '../api/problem';
import { refusal } from '../signin/refusal';

type Options<T> = {
  /** What has to be loaded again. */
  stale?: QueryKey[];
  onDone?: (answer: T) => void;
};

/** One change at the server: its button's state, and in words why it was refused. */
export function useChange<T, V = void>(
  change: (value: V) => Promise<T>,
  { stale = [], onDone }: Options<T> = {},
) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const mutation = useMutation({
    mutationFn: change,
    onSuccess: async (answer) => {
      await Promise.all(stale.map((queryKey) => client.invalidateQueries({ queryKey })));
      onDone?.(answer);
    },
  });
  const problem: Problem | null = mutation.error ? asProblem(mutation.error) : null;
  return {
    run: mutation.mutate,
    busy: mutation.isPending,
    problem,
    text: problem && (problem.status === 0 ? t('error.noAnswer') : refusal(problem, t)),
    reset: mutation.reset,
  };
}
