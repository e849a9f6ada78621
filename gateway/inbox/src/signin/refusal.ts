import type { Problem } from '../api/problem';
import type { Words } from '../i18n';

/** Why it did not work, in words for the person at the door. */
export function refusal(problem: Problem, t: Words): string {
  switch (problem.code) {
    case 'offline':
      return t('signIn.noServer');
    case 'wrong_credentials':
      return t('signIn.refused');
    case 'wrong_code':
      return t('signIn.wrongCode');
    default:
      return problem.detail || t('signIn.refused');
  }
}

/** `90` as `1:30`, for a wait that people watch. */
export function waitText(seconds: number, t: Words): string {
  return seconds < 60
    ? t('signIn.waitSeconds', { count: seconds })
    : t('signIn.waitMinutes', { count: Math.ceil(seconds / 60) });
}
