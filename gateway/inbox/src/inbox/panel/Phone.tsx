import { Button, Tooltip } from '@mantine/core';
import { IconEye, IconEyeOff } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { Revealed } from '../../api/administration';
import { api } from '../../api/client';
import { asProblem } from '../../api/problem';
import type { Contact } from '../../api/types';
import { isMasked, readablePhone } from '../../people/phone';
import { showToast } from '../../shell/toast';
import { useRights } from '../../state/permissions';
import { CopyText } from './CopyText';
import css from './panel.module.css';

/** The number as far as one may see it. What was revealed is kept nowhere: leaving the contact hides it again. */
export function Phone({ contact }: { contact: Contact }) {
  const { t } = useTranslation();
  const rights = useRights();
  const reveal = useMutation({
    mutationFn: () => api.post<Revealed>(`/contacts/${contact.id}/reveal`),
    gcTime: 0,
    onError: (error) =>
      showToast({
        tone: 'red',
        title: t('panel.notRevealed'),
        text: asProblem(error).detail || t('error.noAnswer'),
      }),
  });
  const phone = reveal.data?.phone ?? contact.phone;
  if (!phone) {
    return (
      <span className={css.faint}>
        <IconEyeOff size={14} aria-hidden /> {t('panel.notShared')}
      </span>
    );
  }
  if (!isMasked(phone))
    return <CopyText text={phone} shown={readablePhone(phone)} label={t('panel.copyPhone')} />;
  return (
    <span className={css.masked}>
      <bdi dir="ltr">{phone}</bdi>
      {rights.reveal ? (
        <Tooltip label={t('panel.revealHint')}>
          <Button
            variant="light"
            leftSection={<IconEye size={14} />}
            aria-description={t('panel.revealHint')}
            loading={reveal.isPending}
            onClick={() => reveal.mutate()}
          >
            {t('panel.reveal')}
          </Button>
        </Tooltip>
      ) : (
        <Tooltip label={t('panel.maskedHint')}>
          <IconEyeOff size={14} role="img" aria-label={t('panel.maskedHint')} />
        </Tooltip>
      )}
    </span>
  );
}
