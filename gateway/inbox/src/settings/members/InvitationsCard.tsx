import { Button } from '@mantine/core';
import { IconMail } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Invitation } from '../../api/administration';
import { administration, invitationsQuery } from '../../api/administrationQueries';
import { api } from '../../api/client';
import { roleName } from '../../people/roles';
import { showToast } from '../../shell/toast';
import { Card, Refused } from '../parts';
import css from '../settings.module.css';
import { useChange } from '../useChange';
import { useDay } from '../when';
import { LinkDialog } from './LinkDialog';

/** Who was asked and has not come yet. Nothing to see means nothing is shown. */
export function InvitationsCard() {
  const { t } = useTranslation();
  const day = useDay();
  const { data } = useQuery(invitationsQuery);
  const [renewed, setRenewed] = useState<Invitation | null>(null);
  const stale = [administration.invitations];
  const renew = useChange((id: string) => api.post<Invitation>(`/invitations/${id}/link`), {
    stale,
    onDone: setRenewed,
  });
  const withdraw = useChange((id: string) => api.remove(`/invitations/${id}`), {
    stale,
    onDone: () => showToast({ tone: 'ac', title: t('invite.withdrawn') }),
  });
  if (!data || data.length === 0) return null;
  return (
    <Card title={t('invite.open', { count: data.length })} flush>
      <Refused text={renew.text ?? withdraw.text} />
      <ul className={css.list}>
        {data.map((one) => (
          <li key={one.id}>
            <IconMail size={20} aria-hidden />
            <div className={css.main}>
              <span>
                <bdi dir="ltr">{one.email}</bdi>
              </span>
              <span className={css.faint}>
                {t('invite.facts', {
                  role: roleName(one.role, t),
                  by: one.invited_by,
                  day: day(one.expires_at),
                })}
              </span>
            </div>
            <Button
              variant="default"
              aria-label={t('invite.renewFor', { email: one.email })}
              onClick={() => renew.run(one.id)}
            >
              {t('invite.renew')}
            </Button>
            <Button
              variant="subtle"
              aria-label={t('invite.withdrawFor', { email: one.email })}
              onClick={() => withdraw.run(one.id)}
            >
              {t('invite.withdraw')}
            </Button>
          </li>
        ))}
      </ul>
      {renewed?.link && (
        <LinkDialog
          title={t('invite.linkTitle', { email: renewed.email })}
          text={t('invite.linkText', { day: day(renewed.expires_at) })}
          link={renewed.link}
          onClose={() => setRenewed(null)}
        />
      )}
    </Card>
  );
}
