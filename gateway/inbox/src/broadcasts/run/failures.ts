import type { FailureClass, Progress, RecipientClass } from '../types';

export type FailureLine = {
  /** What the list of people is asked for. */
  class: RecipientClass;
  /** Words for the class. */
  kind: 'unknown' | 'parked' | FailureClass;
  /** As the server told it; for doubts, and whom our own cap holds back, the page has the words. */
  text: string | null;
  people: number;
};

const ORDER: readonly FailureClass[] = [
  'try_later',
  'person_limit',
  'capped',
  'opted_out',
  'permanent',
  'our_mistake',
];
const PER_CLASS = 5;

/** One line for each class, doubts first: a doubt may still become anything. */
export function failureLines({ counts, failures }: Pick<Progress, 'counts' | 'failures'>): FailureLine[] {
  const doubts: FailureLine[] = [
    { class: 'unknown', kind: 'unknown', text: null, people: counts.unknown },
    { class: 'parked', kind: 'parked', text: null, people: counts.parked },
  ];
  const lines = ORDER.map((kind): FailureLine => {
    const rows = failures.filter((row) => row.class === kind).sort((a, b) => b.people - a.people);
    return {
      class: `failed_${kind}`,
      kind,
      // Nobody at WhatsApp said it.
      text: kind === 'capped' ? null : told(rows),
      people: rows.reduce((sum, row) => sum + row.people, 0),
    };
  });
  return [...doubts, ...lines].filter((line) => line.people > 0);
}

/** `The number has no WhatsApp (131026). Blocked (131050)`: each reason once, with all of its codes. */
function told(rows: Progress['failures']): string {
  const reasons = new Map<string, number[]>();
  for (const { text, code } of rows) {
    const reason = text.replace(/\.$/, '');
    const codes = reasons.get(reason) ?? [];
    // Some reasons say their code themselves.
    reasons.set(reason, code && !reason.includes(String(code)) ? [...codes, code] : codes);
  }
  return [...reasons]
    .slice(0, PER_CLASS)
    .map(([text, codes]) => (codes.length > 0 ? `${text} (${codes.join(', ')})` : text))
    .join('. ');
}

export const notOut = (lines: FailureLine[]) => lines.reduce((sum, line) => sum + line.people, 0);

/** What would fail again has no button. */
export const canBeTriedAgain = (kind: FailureLine['kind']): kind is FailureClass =>
  kind === 'try_later' || kind === 'person_limit' || kind === 'our_mistake' || kind === 'capped';
