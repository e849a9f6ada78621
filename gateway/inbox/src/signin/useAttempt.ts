import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asProblem, type Problem } from '../api/problem';
import { refusal, waitText } from './refusal';

/** One form at a door: whether it is being tried, why it was refused, and how long to wait before the next try. */
export function useAttempt() {
  const { t } = useTranslation();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [waitUntil, setWaitUntil] = useState(0);
  const [now, setNow] = useState(Date.now);
  const wait = Math.max(0, Math.ceil((waitUntil - now) / 1000));
  const waiting = wait > 0;
  useEffect(() => {
    if (!waiting) return;
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, [waiting]);

  const attempt = async (work: () => Promise<void>) => {
    setBusy(true);
    setProblem(null);
    try {
      await work();
    } catch (error) {
      const refused = asProblem(error);
      setProblem(refused);
      if (refused.status === 429) {
        setNow(Date.now());
        setWaitUntil(Date.now() + (refused.retryAfter ?? 30) * 1000);
      }
    } finally {
      setBusy(false);
    }
  };

  const tooMany = problem?.status === 429;
  const text = !problem
    ? null
    : tooMany
      ? waiting
        ? t('signIn.tooMany', { wait: waitText(wait, t) })
        : null
      : refusal(problem, t);
  return { attempt, busy, problem, text, waiting, clear: () => setProblem(null) };
}
