import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Ask, CopyField } from '../parts';
import css from '../settings.module.css';

type Props = { title: string; text: string; link: string; onClose: () => void };

/** A link is as good as a password until it is used: it is shown once, to be handed over. */
export function LinkDialog({ title, text, link, onClose }: Props) {
  const { t } = useTranslation();
  return (
    <Ask title={title} onClose={onClose} size={560}>
      <p>{text}</p>
      <CopyField label={t('invite.link')} value={link} />
      <div className={css.row}>
        <Button variant="default" onClick={onClose}>
          {t('common.close')}
        </Button>
      </div>
    </Ask>
  );
}
