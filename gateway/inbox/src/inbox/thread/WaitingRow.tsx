import { IconAlertCircle } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { clockTime } from '../../i18n/format';
import { useSession } from '../../live/context';
import { type OutboxEntry, tryAgain, withdraw } from '../../live/outbox';
import { Ticks } from './Ticks';
import css from './thread.module.css';

/** Written on this device, not yet taken by the server: a clock, never a tick. */
export function WaitingRow({ entry, first }: { entry: OutboxEntry; first: boolean }) {
  const { t } = useTranslation();
  const { sender } = useSession();
  const refused = entry.refused !== null;
  return (
    <div className={css.row} data-direction="out" data-first={first || undefined}>
      <article
        className={css.bubble}
        data-direction="out"
        data-state={refused ? 'failed' : undefined}
        aria-label={t('thread.waitingLabel', { time: clockTime(entry.at), text: entry.shown })}
        tabIndex={-1}
      >
        <bdi dir="auto">{entry.shown}</bdi>
        <span className={css.meta}>
          <time>{clockTime(entry.at)}</time>
          <Ticks state={refused ? 'failed' : 'queued'} />
        </span>
      </article>
      {refused && (
        <div className={css.below} data-tone="red">
          <span className={css.why}>
            <IconAlertCircle size={14} aria-hidden />
            <span>{t('outbox.refused', { reason: entry.refused })}</span>
          </span>
          <button
            type="button"
            className="link"
            onClick={() => {
              tryAgain(entry.key);
              void sender.flush();
            }}
          >
            {t('message.sendAgain')}
          </button>
          <button type="button" className={css.quiet} onClick={() => withdraw(entry.key)}>
            {t('message.remove')}
          </button>
        </div>
      )}
    </div>
  );
}
