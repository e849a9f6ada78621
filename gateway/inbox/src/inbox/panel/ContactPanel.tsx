import { ActionIcon, Tooltip } from '@mantine/core';
import { IconLayoutSidebarRight } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { contactQuery, conversationQuery } from '../../api/queries';
import type { Contact } from '../../api/types';
import { withWords } from '../../i18n';
import { countryName } from '../../i18n/format';
import { Face } from '../../people/Face';
import { contactName } from '../../people/names';
import { TipWithKeys } from '../../shell/Rail';
import { useRights } from '../../state/permissions';
import { CopyText } from './CopyText';
import { EarlierConversations } from './EarlierConversations';
import { Phone } from './Phone';
import css from './panel.module.css';
import { Section } from './Section';

const ContactFacts = lazy(withWords(() => import('../../contacts/facts/ContactFacts'), 'contacts'));

type Props = { conversationId: string; onClose: () => void };

export function ContactPanel({ conversationId, onClose }: Props) {
  const { t } = useTranslation();
  const rights = useRights();
  const { data: conversation } = useQuery(conversationQuery(conversationId));
  const contact = conversation?.contact;
  const detail = useQuery({ ...contactQuery(contact?.id ?? ''), enabled: !!contact && rights.readContacts });
  return (
    <aside className={css.panel} aria-label={t('panel.title')} data-pane tabIndex={-1}>
      <header className={css.head}>
        <h2>{t('panel.title')}</h2>
        <Tooltip label={<TipWithKeys label={t('panel.hide')} keys="I" />}>
          <ActionIcon aria-label={t('panel.hide')} onClick={onClose}>
            <IconLayoutSidebarRight size={18} className={css.mirrored} />
          </ActionIcon>
        </Tooltip>
      </header>
      <div className={css.scroll}>
        {contact && <Identity contact={contact} />}
        {contact && rights.readContacts && (
          <Suspense>
            <ContactFacts key={contact.id} id={contact.id} said={contact.marketing} />
          </Suspense>
        )}
        {conversation && (
          <Section name="number" title={t('panel.number')}>
            <p>
              <bdi>{conversation.number.name}</bdi>
            </p>
            <p className={css.faint}>
              <bdi dir="ltr">{conversation.number.display}</bdi>
            </p>
          </Section>
        )}
        {rights.readContacts && (
          <Section name="earlier" title={t('panel.earlier')}>
            <EarlierConversations
              conversations={detail.data?.conversations.filter((row) => row.id !== conversationId)}
              failed={detail.isError}
              none={t('panel.noEarlier')}
            />
          </Section>
        )}
      </div>
    </aside>
  );
}

export function Identity({ contact }: { contact: Contact }) {
  const { t } = useTranslation();
  const name = contactName(contact, t('contact.unnamed'));
  return (
    <section className={css.identity}>
      <div className={css.who}>
        <Face id={contact.id} name={name} size={40} />
        <div>
          <h3>
            <bdi>{name}</bdi>
          </h3>
          {contact.username && contact.name && (
            <bdi dir="ltr" className={css.username}>
              @{contact.username}
            </bdi>
          )}
        </div>
      </div>
      <dl className={css.facts}>
        <dt>{t('panel.phone')}</dt>
        <dd>
          <Phone key={contact.id} contact={contact} />
        </dd>
        {contact.bsuid && (
          <>
            <dt>BSUID</dt>
            <dd>
              <CopyText text={contact.bsuid} label={t('panel.copyBsuid')} mono />
            </dd>
          </>
        )}
        {contact.country && (
          <>
            <dt>{t('panel.country')}</dt>
            <dd>{countryName(contact.country)}</dd>
          </>
        )}
      </dl>
    </section>
  );
}
