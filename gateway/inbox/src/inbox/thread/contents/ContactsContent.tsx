import { IconAddressBook } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { ContentOf } from '../../../api/types';
import css from './contents.module.css';

export function ContactsContent({ content, meta }: { content: ContentOf<'contacts'>; meta: ReactNode }) {
  return (
    <>
      {content.contacts.map((contact) => (
        <span key={contact.name + contact.phones.join()} className={css.card}>
          <IconAddressBook size={20} aria-hidden />
          <span className={css.cardText}>
            <bdi>{contact.name}</bdi>
            {contact.organization && <bdi>{contact.organization}</bdi>}
            {[...contact.phones, ...contact.emails].map((way) => (
              <bdi key={way} dir="ltr">
                {way}
              </bdi>
            ))}
          </span>
        </span>
      ))}
      {meta}
    </>
  );
}
