import { Button } from '@mantine/core';
import { IconEye, IconLock, IconTemplate } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Words } from '../../i18n';
import { clockTime, daysBetween, shortDay } from '../../i18n/format';
import { useThread } from '../thread/context';
import css from './composer.module.css';

export function ClosedWindow({ closedAt }: { closedAt: number | null }) {
  const { t } = useTranslation();
  const { chooseTemplate } = useThread();
  return (
    <div className={css.closed}>
      <span className={css.closedIcon}>
        <IconLock size={18} aria-hidden />
      </span>
      <div className={css.closedText}>
        <strong>{closedTitle(closedAt, t)}</strong>
        <span>{t(chooseTemplate ? 'composer.closedText' : 'composer.closedNoTemplate')}</span>
      </div>
      {chooseTemplate && (
        <Button leftSection={<IconTemplate size={16} />} onClick={chooseTemplate}>
          {t('message.chooseTemplate')}
        </Button>
      )}
    </div>
  );
}

function closedTitle(at: number | null, t: Words): string {
  if (at === null) return t('composer.neverOpened');
  const now = Date.now();
  const when = daysBetween(at, now) === 0 ? clockTime(at) : `${shortDay(at, now)}, ${clockTime(at)}`;
  return t('composer.closedAt', { when });
}

export function ReadOnly() {
  const { t } = useTranslation();
  return (
    <div className={css.closed}>
      <span className={css.closedIcon}>
        <IconEye size={18} aria-hidden />
      </span>
      <div className={css.closedText}>
        <strong>{t('composer.readOnly')}</strong>
        <span>{t('composer.readOnlyText')}</span>
      </div>
    </div>
  );
}
