import type { Words } from '../../i18n';
import type { What } from '../types';

type Told = { title: string; text?: string | undefined };

/** What happened, in a sentence; and what somebody wrote, as they wrote it. */
export function told(what: What, t: Words): Told {
  switch (what.kind) {
    case 'created':
      return { title: t('contacts.happened.created') };
    case 'imported':
      return { title: t('contacts.happened.imported', { file: what.file_name }) };
    case 'consent': {
      const { opted, source, by, text } = what.entry;
      const how = by ? t('contacts.happened.by', { name: by.name }) : t(`contacts.source.${source}`);
      return { title: t(`contacts.happened.opted.${opted}`, { how }), text: text ?? undefined };
    }
    case 'note':
      return { title: t('contacts.happened.note', { name: what.note.by.name }), text: what.note.text };
    case 'merged': {
      const { by, name, phone, bsuid } = what.merge;
      const other = name ?? phone ?? bsuid ?? t('contact.unnamed');
      // Who has no name is the server: nobody asked for it.
      return {
        title: by.name
          ? t('contacts.happened.merged', { name: by.name, other })
          : t('contacts.happened.mergedByItself', { other }),
      };
    }
    case 'edited':
      return { title: t('contacts.happened.edited', { name: what.by.name }), text: changed(what, t) };
    case 'campaign':
      return {
        title: t('contacts.happened.campaign', {
          name: what.name,
          state: t(`contacts.happened.state.${what.state}`),
        }),
      };
  }
}

function changed(what: Extract<What, { kind: 'edited' }>, t: Words): string {
  const things = [
    what.name && t('contacts.name'),
    what.language && t('contacts.language'),
    ...what.fields,
    ...what.tags_added.map((tag) => t('contacts.happened.tagAdded', { tag })),
    ...what.tags_removed.map((tag) => t('contacts.happened.tagRemoved', { tag })),
  ];
  return things.filter(Boolean).join(' · ');
}
