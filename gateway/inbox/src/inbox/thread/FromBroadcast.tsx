import { IconSpeakerphone } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { Broadcast } from './grouping';
import css from './thread.module.css';

/** Over what a broadcast sent. Who may not see broadcasts is not told which one. */
export function FromBroadcast({ broadcast }: { broadcast: Broadcast }) {
  const { t } = useTranslation();
  return (
    <span className={css.caption}>
      <IconSpeakerphone size={13} aria-hidden /> {t('message.broadcast')}
      {broadcast && (
        <Link to="/broadcasts/$campaignId" params={{ campaignId: broadcast.id }} className="link">
          <bdi>{broadcast.name}</bdi>
        </Link>
      )}
    </span>
  );
}
