import type { Words } from '../i18n';
import { longDate, number } from '../i18n/format';
import type { FieldDefinition, FieldKind, FieldValue } from './types';

/** A day of the wire, `2026-11-23`, as a moment of that day here. */
export const atMidnight = (day: string) => new Date(`${day}T00:00:00`).getTime();

export function fieldText(value: FieldValue, t: Words): string {
  switch (value.kind) {
    case 'text':
      return value.value;
    case 'number':
      return number(value.value);
    case 'date':
      return longDate(atMidnight(value.value));
    case 'yes_no':
      return t(value.value ? 'contacts.yes' : 'contacts.no');
  }
}

/** What a form holds of a field: always text, empty where nothing is known. */
export function written(value: FieldValue | undefined): string {
  if (!value) return '';
  return value.kind === 'yes_no' ? (value.value ? 'yes' : 'no') : String(value.value);
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** `null`: it is no value of that kind. */
export function readValue(kind: FieldKind, text: string): FieldValue | null {
  const trimmed = text.trim();
  switch (kind) {
    case 'text':
      return trimmed ? { kind, value: trimmed } : null;
    case 'number': {
      const value = Number(trimmed);
      return trimmed && Number.isFinite(value) ? { kind, value } : null;
    }
    case 'date':
      return DAY.test(trimmed) ? { kind, value: trimmed } : null;
    case 'yes_no':
      return trimmed === 'yes' || trimmed === 'no' ? { kind, value: trimmed === 'yes' } : null;
  }
}

type Known = {
  name?: string | null | undefined;
  language?: string | null | undefined;
  tags?: string[] | undefined;
  fields?: Record<string, FieldValue> | undefined;
};
export type Form = { name: string; language: string; tags: string[]; fields: Record<string, string> };

export const formOf = ({ name, language, tags, fields = {} }: Known): Form => ({
  name: name ?? '',
  language: language ?? '',
  tags: tags ?? [],
  fields: Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, written(value)])),
});

/** Only what differs goes out: two who edit different things do not undo each other. */
export function changeOf(known: Known, form: Form, definitions: FieldDefinition[]) {
  const before = formOf(known);
  const differs = definitions.filter(({ key }) => (before.fields[key] ?? '') !== (form.fields[key] ?? ''));
  const set = differs.flatMap(({ key, kind }): [string, FieldValue][] => {
    const value = readValue(kind, form.fields[key] ?? '');
    return value ? [[key, value]] : [];
  });
  const name = form.name.trim();
  const language = form.language.trim();
  return {
    ...(name !== before.name && { name: name || null }),
    ...(language !== before.language && { language: language || null }),
    add_tags: form.tags.filter((tag) => !before.tags.includes(tag)),
    remove_tags: before.tags.filter((tag) => !form.tags.includes(tag)),
    fields: Object.fromEntries(set),
    remove_fields: differs.map(({ key }) => key).filter((key) => !set.some(([other]) => other === key)),
  };
}

/** What programs call a field whose name a person typed; unlike those that there are. */
export function keyFor(name: string, taken: string[]): string {
  const plain = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[\u0300-\u036f]/g, '')
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, KEY_MAX - 3);
  const base = plain || 'field';
  for (let no = 1; ; no += 1) {
    const key = no === 1 ? base : `${base}_${no}`;
    if (!taken.includes(key)) return key;
  }
}

const KEY_MAX = 40;
