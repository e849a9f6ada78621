import { Button } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { number } from '../../i18n/format';
import { Failed, Loading, Refused } from '../../settings/parts';
import settings from '../../settings/settings.module.css';
import { useChange } from '../../settings/useChange';
import type { Import } from '../types';
import { importKeys, imports, rejectedFile, reportQuery } from './api';
import { Figures } from './Figures';
import css from './import.module.css';

type Props = { known: Import; onBack: () => void; onStarted: (id: string, rows: number) => void };

/** What the file would do, before it does it. */
export function Report({ known, onBack, onStarted }: Props) {
  const { t } = useTranslation();
  const { data: report, error, refetch } = useQuery(reportQuery(known.id));
  const run = useChange(() => imports.run(known.id), {
    stale: [importKeys.all],
    onDone: ({ id }) => onStarted(id, report?.rows ?? 0),
  });
  if (error) return <Failed error={error} retry={() => void refetch()} />;
  if (!report) return <Loading />;
  const reasons = Object.entries(report.reasons).sort(([, a], [, b]) => b - a);
  return (
    <div className={settings.ask}>
      <Figures
        figures={{ rows: report.rows, valid: report.valid, fixed: report.fixed, rejected: report.rejected }}
      />
      {reasons.length > 0 && (
        <ul className={css.reasons}>
          {reasons.map(([reason, rows]) => (
            <li key={reason}>
              <bdi dir="auto">{reason}</bdi>
              <strong>{number(rows)}</strong>
            </li>
          ))}
        </ul>
      )}
      {report.examples.length > 0 && (
        <details className={css.examples}>
          <summary>{t('contactImport.examples')}</summary>
          <ol>
            {report.examples.map(({ line, reason }) => (
              <li key={line}>
                <span>{t('contactImport.line', { line: number(line) })}</span>
                <bdi dir="auto">{reason}</bdi>
              </li>
            ))}
          </ol>
        </details>
      )}
      <Refused text={run.text} />
      <div className={settings.row}>
        <Button disabled={report.valid === 0} loading={run.busy} onClick={() => run.run()}>
          {t('contactImport.bring', { rows: number(report.valid) })}
        </Button>
        <Button variant="default" onClick={onBack}>
          {t('contactImport.back')}
        </Button>
        {report.rejected > 0 && (
          <Button
            component="a"
            href={rejectedFile(known.id)}
            download
            variant="default"
            leftSection={<IconDownload size={16} />}
          >
            {t('contactImport.rejectedFile', { rows: number(report.rejected) })}
          </Button>
        )}
      </div>
    </div>
  );
}
