import { Button } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import css from './wizard.module.css';

type Props = { onTheirs: () => Promise<void>; onMine: () => Promise<void> };

/** Two people at one draft: neither is overwritten without being asked. */
export function ConflictBox({ onTheirs, onMine }: Props) {
  const { t } = useTranslation();
  const [busy, setBusy] = useState(false);
  const once = (act: () => Promise<void>) => async () => {
    setBusy(true);
    await act();
    setBusy(false);
  };
  return (
    <div role="alert" className={css.conflict}>
      <IconAlertTriangle size={18} aria-hidden />
      <p>
        <strong>{t('broadcasts.conflict.title')}</strong> {t('broadcasts.conflict.text')}
      </p>
      <Button variant="default" disabled={busy} onClick={once(onTheirs)}>
        {t('broadcasts.conflict.theirs')}
      </Button>
      <Button variant="default" disabled={busy} onClick={once(onMine)}>
        {t('broadcasts.conflict.mine')}
      </Button>
    </div>
  );
}
