import { IconAt, IconFingerprint, IconPhone } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { Contact, ListedContact } from '../api/types';
import { countryName } from '../i18n/format';
import { RowWindow } from '../inbox/list/RowWindow';
import { Face } from '../people/Face';
import { contactName } from '../people/names';
import { readablePhone } from '../people/phone';
import { useDay } from '../settings/when';
import { useNow } from '../state/clock';
import css from './contacts.module.css';
import { MarketingChip } from './facts/MarketingChip';
import { atMidnight } from './fields';

const TAGS_SHOWN = 3;

export function ContactRow({
  contact,
  offset,
  open,
}: {
  contact: ListedContact;
  offset: number;
  open: boolean;
}) {
  const { t } = useTranslation();
  const day = useDay();
  const now = useNow();
  const owner = contact.newest?.assignee;
  const name = contactName(contact, t('contact.unnamed'));
  return (
    <li className={css.row} style={{ transform: `translateY(${offset}px)` }}>
      <Link
        to="/contacts/$contactId"
        params={{ contactId: contact.id }}
        aria-current={open || undefined}
        className={css.link}
      >
        <span className={css.name}>
          <Face id={contact.id} name={name} size={28} />
          <bdi className="clip">{name}</bdi>
        </span>
        <ReachedBy contact={contact} />
        <span className={css.faint} data-from="wide">
          {contact.country ? countryName(contact.country) : '–'}
        </span>
        <span>
          <MarketingChip consent={contact.marketing} />
        </span>
        <span className={css.tags} data-from="wider">
          {contact.tags?.slice(0, TAGS_SHOWN).map((tag) => (
            <bdi key={tag} className="clip">
              {tag}
            </bdi>
          ))}
        </span>
        <span data-from="widest">
          {contact.newest ? <RowWindow until={contact.newest.window_until} now={now} /> : '–'}
        </span>
        <span className={css.faint} data-from="wide">
          {contact.last_message_on ? day(atMidnight(contact.last_message_on)) : '–'}
        </span>
        <span className={css.end} data-from="widest">
          {owner ? <Face id={owner.id} name={owner.name} size={22} solid label={owner.name} /> : '–'}
        </span>
      </Link>
    </li>
  );
}

function ReachedBy({ contact }: { contact: Contact }) {
  if (contact.username) {
    return (
      <span className={css.reached}>
        <IconAt size={14} aria-hidden /> <bdi dir="ltr">{contact.username}</bdi>
      </span>
    );
  }
  if (contact.phone) {
    return (
      <span className={css.reached}>
        <IconPhone size={14} aria-hidden /> <bdi dir="ltr">{readablePhone(contact.phone)}</bdi>
      </span>
    );
  }
  return (
    <span className={css.reached}>
      <IconFingerprint size={14} aria-hidden /> <bdi className="mono clip">{contact.bsuid}</bdi>
    </span>
  );
}
