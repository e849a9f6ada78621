import { Button } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { keys } from '../../api/queries';
import { Failed, Loading, Refused } from '../../settings/parts';
import settings from '../../settings/settings.module.css';
import { useChange } from '../../settings/useChange';
import { atWork, importKeys, importQuery, imports } from './api';
import { Figures } from './Figures';
import css from './import.module.css';

type Props = {
  id: string;
  /** Rows of the file, where they were counted before. */
  expected: number | null;
  onAnother: () => void;
  onClose: () => void;
};

/** It goes on when the dialog is closed; how far it is can be looked at again. */
export function Outcome({ id, expected, onAnother, onClose }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [asking, setAsking] = useState(false);
  const { data: view, error, refetch } = useQuery(importQuery(id));
  const stage = view?.stage;
  const undo = useChange(() => imports.undo(id), {
    stale: [importKeys.all],
    onDone: () => setAsking(false),
  });
  const again = useChange(() => imports.run(id), { stale: [importKeys.all] });
  useEffect(() => {
    if (stage !== 'done' && stage !== 'undone') return;
    void client.invalidateQueries({ queryKey: keys.contacts });
    void client.invalidateQueries({ queryKey: ['segments', 'count'] });
  }, [client, stage]);
  if (error && !view) return <Failed error={error} retry={() => void refetch()} />;
  if (!view) return <Loading />;
  const { rows, created, changed, unchanged, rejected, left } = view.progress ?? view;
  return (
    <div className={settings.ask}>
      <p role="status">{t(`contactImport.told.${view.stage}`, { name: view.file_name })}</p>
      {stage === 'running' && expected !== null && (
        <progress
          className={css.progress}
          aria-label={t('contactImport.progress')}
          max={expected}
          value={rows}
        />
      )}
      <Figures
        figures={{
          rows,
          created,
          changed,
          unchanged,
          rejected,
          ...(view.stage === 'undone' && { left }),
        }}
      />
      {asking && <p>{t('contactImport.undoText')}</p>}
      <Refused text={undo.text ?? again.text} />
      <div className={settings.row}>
        {!atWork(view) && <Button onClick={onClose}>{t('common.close')}</Button>}
        {view.stage === 'running' && view.progress === null && (
          <Button variant="default" loading={again.busy} onClick={() => again.run()}>
            {t('contactImport.goOn')}
          </Button>
        )}
        {view.stage === 'done' && !asking && (
          <Button variant="default" onClick={() => setAsking(true)}>
            {t('contactImport.undo')}
          </Button>
        )}
        {asking && view.stage === 'done' && (
          <Button variant="outline" loading={undo.busy} onClick={() => undo.run()}>
            {t('contactImport.undoSure')}
          </Button>
        )}
        <Button variant="subtle" onClick={onAnother}>
          {t('contactImport.another')}
        </Button>
      </div>
    </div>
  );
}
