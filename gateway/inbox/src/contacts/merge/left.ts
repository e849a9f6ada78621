import type { Words } from '../../i18n';
import type { FieldDefinition, Left } from '../types';

const UNDO_MS = 30 * 86_400_000;

export const isUndoable = (at: number, now: number) => now - at <= UNDO_MS;

/** What was changed since a merge, in words. */
export const leftWords = (left: Left[], fields: FieldDefinition[], t: Words) =>
  left.map((what) => word(what, fields, t));

function word(what: Left, fields: FieldDefinition[], t: Words): string {
  if (typeof what !== 'string') return fields.find(({ key }) => key === what.field)?.name ?? what.field;
  switch (what) {
    case 'name':
      return t('contacts.name');
    case 'username':
      return t('contacts.username');
    case 'phone':
      return t('panel.phone');
    case 'bsuid':
      return 'BSUID';
    case 'language':
      return t('contacts.language');
    case 'marketing':
      return t('contacts.marketing');
  }
}
