import { useTranslation } from 'react-i18next';
import { number } from '../../i18n/format';
import { Card, CopyField } from '../../settings/parts';
import broadcasts from '../broadcasts.module.css';
import type { Campaign, Progress } from '../types';
import { addressOf, exampleOf } from './example';
import css from './run.module.css';

type Props = { campaign: Campaign; progress: Progress };

/** How the business's own systems add people, with all but the secret filled in. */
export function AddPeople({ campaign, progress }: Props) {
  const { t } = useTranslation();
  const { total } = progress.counts;
  if (progress.frozen.is_whole)
    return (
      <p role="status" className={broadcasts.note}>
        {t('broadcasts.triggered.closed', { count: total, people: number(total) })}
      </p>
    );
  const address = addressOf(campaign, window.location.origin);
  return (
    <Card
      title={t('broadcasts.triggered.title')}
      text={t('broadcasts.triggered.text')}
      aside={t('broadcasts.triggered.soFar', { count: total, people: number(total) })}
    >
      <CopyField label={t('broadcasts.triggered.address')} value={address} />
      <p>{t('broadcasts.triggered.example')}</p>
      <pre className={css.example} dir="ltr">
        <code>{exampleOf(campaign, window.location.origin)}</code>
      </pre>
      <p className={broadcasts.faint}>{t('broadcasts.triggered.key')}</p>
    </Card>
  );
}
