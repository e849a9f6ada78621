import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Ask, Refused } from '../../settings/parts';
import settings from '../../settings/settings.module.css';
import { useChange } from '../../settings/useChange';
import { keys } from '../api';

type Props = { name: string; onClose: () => void; onDelete: () => Promise<void> };

export function DeleteDialog({ name, onClose, onDelete }: Props) {
  const { t } = useTranslation();
  const remove = useChange(onDelete, { stale: [keys.list] });
  return (
    <Ask title={t('broadcasts.deleteTitle', { name })} onClose={onClose}>
      <p>{t('broadcasts.deleteText')}</p>
      <Refused text={remove.text} />
      <div className={settings.row}>
        <Button variant="outline" loading={remove.busy} onClick={() => remove.run()}>
          {t('broadcasts.deleteDraft')}
        </Button>
        <Button variant="default" onClick={onClose}>
          {t('broadcasts.keepDraft')}
        </Button>
      </div>
    </Ask>
  );
}
