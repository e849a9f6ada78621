import { ActionIcon } from '@mantine/core';
import { IconAlertCircle, IconAlertTriangle, IconInfoCircle, IconX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { Alert } from '../api/administration';
import { administration, alertsQuery } from '../api/administrationQueries';
import { api } from '../api/client';
import { Refused } from '../settings/parts';
import { useChange } from '../settings/useChange';
import { useWhen } from '../settings/when';
import css from './numbers.module.css';

const ICONS: Record<Alert['severity'], typeof IconX> = {
  info: IconInfoCircle,
  warning: IconAlertTriangle,
  critical: IconAlertCircle,
};

/** What WhatsApp told about this number or its account; it stays until somebody puts it away. */
export function Alerts({ phoneNumberId }: { phoneNumberId: string }) {
  const { t } = useTranslation();
  const when = useWhen();
  const { data } = useQuery(alertsQuery);
  const dismiss = useChange((id: string) => api.remove(`/alerts/${id}`), { stale: [administration.alerts] });
  const shown = data?.filter((one) => !one.phone_number_id || one.phone_number_id === phoneNumberId) ?? [];
  return (
    <>
      <Refused text={dismiss.text} />
      {shown.map((one) => {
        const AlertIcon = ICONS[one.severity] ?? IconInfoCircle;
        return (
          <article key={one.id} className={css.alert} data-severity={one.severity}>
            <AlertIcon size={18} aria-hidden />
            <div>
              <h3>
                <bdi>{one.title}</bdi>
              </h3>
              <p>
                <bdi>
                  {one.effect} {one.action}
                </bdi>
              </p>
              <time dateTime={new Date(one.at).toISOString()}>{when(one.at)}</time>
            </div>
            <ActionIcon
              aria-label={t('numbers.dismiss', { title: one.title })}
              onClick={() => dismiss.run(one.id)}
            >
              <IconX size={16} />
            </ActionIcon>
          </article>
        );
      })}
    </>
  );
}
