import { Button } from '@mantine/core';
import { IconCloudOff, IconRefresh } from '@tabler/icons-react';
import { useRouter } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { StateCard } from './StateCard';
import css from './shell.module.css';

export function PageFailed() {
  const { t } = useTranslation();
  const router = useRouter();
  return (
    <main className={css.failed}>
      <StateCard Icon={IconCloudOff} title={t('error.pageTitle')} text={t('error.pageText')}>
        <Button
          leftSection={<IconRefresh size={16} />}
          onClick={() => void router.navigate({ to: '/' }).then(() => router.invalidate())}
        >
          {t('error.tryAgain')}
        </Button>
      </StateCard>
    </main>
  );
}
