import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { PollDot } from '../shell/LiveDot';
import { useScreen } from '../shell/useScreen';
import { EntryPanel } from './EntryPanel';
import { EntryTable } from './EntryTable';
import css from './log.module.css';
import { SummaryTiles } from './SummaryTiles';
import { useLog } from './useLog';

export function WebhookLogPage() {
  const { t } = useTranslation();
  const { outcome } = useSearch({ from: '/shell/webhook-log' });
  const { entryId = null } = useParams({ strict: false });
  const navigate = useNavigate();
  const { panelBeside } = useScreen();
  const log = useLog(outcome ?? null, entryId !== null);
  const search = outcome ? { outcome } : {};
  const open = (id: string) =>
    void navigate({ to: '/webhook-log/$entryId', params: { entryId: id }, search });
  const close = () => void navigate({ to: '/webhook-log', search });
  const at = log.entries.findIndex((entry) => entry.id === entryId);
  const step = (by: 1 | -1) => {
    const next = log.entries[at + by];
    return next ? () => open(next.id) : null;
  };
  return (
    <div className={css.page}>
      <header className={css.head}>
        <h1>{t('nav.log')}</h1>
        <span className={css.spring} />
        {!entryId && <PollDot answering={!log.query.isError} />}
        <span className={css.headNote}>{t(entryId ? 'log.frozen' : 'log.follows')}</span>
      </header>
      <div className={css.columns}>
        {(panelBeside || entryId === null) && (
          <main className={css.main} data-pane tabIndex={-1}>
            <SummaryTiles outcome={outcome ?? null} />
            <EntryTable log={log} openId={entryId} onOpen={open} />
          </main>
        )}
        {entryId && (
          <EntryPanel key={entryId} id={entryId} onClose={close} onPrevious={step(-1)} onNext={step(1)} />
        )}
      </div>
    </div>
  );
}
