import { IconAlertCircle, IconHelpCircle } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Delivery, FailureAction, Message } from '../../api/types';
import { useThread } from './context';
import css from './thread.module.css';

/** What a person can do about a failure. Editing means taking the words into a new message. */
const REMEDY: Record<FailureAction, 'resend' | 'template' | 'edit' | null> = {
  retry: 'resend',
  retry_later: 'resend',
  use_template: 'template',
  fix_content: 'edit',
  fix_number: null,
  fix_account: null,
  // They have stopped marketing: only they can change that.
  wait_for_opt_in: null,
  wait_for_cap: null,
  none: null,
};

export function DeliveryLine({ message }: { message: Message }) {
  const { t } = useTranslation();
  const { delivery } = message;
  if (delivery?.state === 'failed') return <FailedLine message={message} delivery={delivery} />;
  if (delivery?.state !== 'unknown') return null;
  // A failure on an unknown message means that it was parked: only now may a person decide to send it twice.
  if (delivery.failure) return <FailedLine message={message} delivery={delivery} />;
  return (
    <div className={css.below} data-tone="amb">
      <span className={css.why}>
        <IconHelpCircle size={14} aria-hidden />
        <span>{t('message.unknown')}</span>
      </span>
    </div>
  );
}

function FailedLine({ message, delivery }: { message: Message; delivery: Delivery }) {
  const { t } = useTranslation();
  const { resolve, mayReply } = useThread();
  const failure = delivery.failure;
  const parked = delivery.state === 'unknown';
  const words = onlyReason(failure?.text) || t('message.noReason');
  const reason = failure?.code && !words.includes(`(${failure.code})`) ? `${words} (${failure.code})` : words;
  return (
    <div className={css.below} data-tone={parked ? 'amb' : 'red'}>
      <span className={css.why}>
        {parked ? <IconHelpCircle size={14} aria-hidden /> : <IconAlertCircle size={14} aria-hidden />}
        <span>{parked ? t('message.parked', { reason }) : t('message.failed', { reason })}</span>
      </span>
      {failure?.action && <Remedy message={message} action={failure.action} />}
      {failure?.action && mayReply && (
        <button type="button" className={css.quiet} onClick={() => resolve(message, 'dismiss')}>
          {t('message.remove')}
        </button>
      )}
    </div>
  );
}

/** The line begins with these words anyway; an older history holds texts that begin with them, too. */
const onlyReason = (text = '') => text.replace(/^(Not delivered|Outcome unknown)\.\s*/i, '');

function Remedy({ message, action }: { message: Message; action: FailureAction }) {
  const { t } = useTranslation();
  const { resolve, chooseTemplate, edit, mayReply } = useThread();
  const { content } = message;
  switch (REMEDY[action]) {
    case 'resend':
      return mayReply ? (
        <button type="button" className="link" onClick={() => resolve(message, 'resend')}>
          {t('message.sendAgain')}
        </button>
      ) : null;
    case 'template':
      return chooseTemplate ? (
        <button type="button" className="link" onClick={chooseTemplate}>
          {t('message.chooseTemplate')}
        </button>
      ) : null;
    case 'edit':
      return content.type === 'text' && mayReply ? (
        <button type="button" className="link" onClick={() => edit(content.body)}>
          {t('message.editAsNew')}
        </button>
      ) : null;
    case null:
      return null;
  }
}
