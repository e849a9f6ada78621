import { IconArrowForwardUp, IconPencil } from '@tabler/icons-react';
import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Message } from '../../api/types';
import { clockTime } from '../../i18n/format';
import { Face } from '../../people/Face';
import { contactName } from '../../people/names';
import { ContentView } from './contents/ContentView';
import { SystemLine } from './contents/SystemLine';
import { useThread } from './context';
import { DeliveryLine } from './DeliveryLine';
import { FromBroadcast } from './FromBroadcast';
import type { Broadcast } from './grouping';
import { MessageActions } from './MessageActions';
import { messageText } from './messageText';
import { Quote } from './Quote';
import { Reactions } from './Reactions';
import { Ticks } from './Ticks';
import css from './thread.module.css';

type Props = { message: Message; broadcast?: Broadcast; first: boolean; last: boolean; marked: boolean };

export const MessageRow = memo(function MessageRow({ message, broadcast, first, last, marked }: Props) {
  const { t } = useTranslation();
  const { conversation } = useThread();
  if (message.content.type === 'system' || message.content.type === 'reaction')
    return <SystemLine message={message} />;
  const incoming = message.direction === 'in';
  const customer = contactName(conversation.contact, t('contact.unnamed'));
  const author = incoming ? customer : (message.author?.name ?? t('thread.business'));
  const state = message.delivery?.state;
  return (
    <div
      className={css.row}
      data-direction={message.direction}
      data-first={first || undefined}
      data-last={last || undefined}
    >
      {incoming && (
        <span className={css.face}>
          {last && <Face id={conversation.contact.id} name={customer} size={24} />}
        </span>
      )}
      <div className={css.stack}>
        <div className={css.line}>
          <article
            className={css.bubble}
            data-direction={message.direction}
            data-state={state === 'failed' || state === 'unknown' ? state : undefined}
            data-kind={message.content.type}
            data-marked={marked || undefined}
            aria-label={[author, clockTime(message.at), messageText(message, t)].join(', ')}
            tabIndex={-1}
          >
            {broadcast !== undefined && <FromBroadcast broadcast={broadcast} />}
            {message.forwarded && (
              <span className={css.caption}>
                <IconArrowForwardUp size={13} aria-hidden /> {t('message.forwarded')}
              </span>
            )}
            {message.referral && <Referral referral={message.referral} />}
            {message.reply_to && <Quote reply={message.reply_to} customer={customer} />}
            {message.revoked ? (
              <span className={css.revoked}>{t('message.revoked')}</span>
            ) : (
              <ContentView content={message.content} meta={<Meta message={message} />} />
            )}
            {message.revoked && <Meta message={message} />}
          </article>
          <MessageActions message={message} />
        </div>
        {message.reactions.length > 0 && <Reactions message={message} />}
        <DeliveryLine message={message} />
      </div>
    </div>
  );
});

function Meta({ message }: { message: Message }) {
  const { t } = useTranslation();
  return (
    <span className={css.meta}>
      {message.edited && (
        <span>
          <IconPencil size={11} aria-hidden /> {t('message.edited')}
        </span>
      )}
      <time dateTime={new Date(message.at).toISOString()}>{clockTime(message.at)}</time>
      {message.delivery && <Ticks state={message.delivery.state} />}
    </span>
  );
}

function Referral({ referral }: { referral: NonNullable<Message['referral']> }) {
  const { t } = useTranslation();
  return (
    <span className={css.quote}>
      <span className={css.quoteAuthor}>{t('message.fromAd')}</span>
      <bdi className="clip">{referral.headline ?? referral.body ?? referral.source_url}</bdi>
    </span>
  );
}
