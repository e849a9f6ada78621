import type { Words } from '../../i18n';
import { languageName } from '../../i18n/format';
import { readablePhone } from '../../people/phone';
import { fieldText } from '../fields';
import type { FieldDefinition, MergePreview } from '../types';

export type Row = { key: string; label: string; kept: string; other: string; merged: string };

type Person = MergePreview['kept'];

const list = (tags: string[] | undefined) => (tags ?? []).join(', ');

/** What either has, side by side, with what would become of it. */
export function rowsOf(preview: MergePreview, fields: FieldDefinition[], t: Words): Row[] {
  const lines: [key: string, label: string, read: (person: Person) => string][] = [
    ['name', t('contacts.name'), (person) => person.name ?? ''],
    ['username', t('contacts.username'), (person) => (person.username ? `@${person.username}` : '')],
    ['phone', t('panel.phone'), (person) => (person.phone ? readablePhone(person.phone) : '')],
    ['bsuid', 'BSUID', (person) => person.bsuid ?? ''],
    ['language', t('contacts.language'), (person) => (person.language ? languageName(person.language) : '')],
    [
      'marketing',
      t('contacts.marketing'),
      (person) => t(`segment.marketing.${person.marketing?.state ?? 'not_asked'}`),
    ],
    ['tags', t('contacts.tags'), (person) => list(person.tags)],
    ...fields.map(({ key, name }): [string, string, (person: Person) => string] => [
      `field-${key}`,
      name,
      (person) => {
        const value = person.fields?.[key];
        return value ? fieldText(value, t) : '';
      },
    ]),
  ];
  return lines
    .map(([key, label, read]) => ({
      key,
      label,
      kept: read(preview.kept),
      other: read(preview.other),
      merged: read(preview.merged),
    }))
    .filter(({ kept, other }) => kept !== '' || other !== '');
}

/** Of the other, and not taken over. */
export const isLost = ({ kept, other, key }: Row) =>
  key !== 'tags' && kept !== '' && other !== '' && kept !== other;
