import { IconMapPin } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { ContentOf } from '../../../api/types';
import css from './contents.module.css';

/** No map picture: it would tell a third party which customer is where. The link is the reader's choice. */
export function LocationContent({ content, meta }: { content: ContentOf<'location'>; meta: ReactNode }) {
  const { t } = useTranslation();
  const { latitude, longitude } = content;
  const href = `https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=16/${latitude}/${longitude}`;
  return (
    <>
      <a className={css.card} href={href} target="_blank" rel="noreferrer noopener">
        <IconMapPin size={20} aria-hidden />
        <span className={css.cardText}>
          <bdi>{content.name ?? t('kind.location')}</bdi>
          {content.address && <bdi>{content.address}</bdi>}
          <span className="mono">
            {latitude.toFixed(5)}, {longitude.toFixed(5)}
          </span>
        </span>
      </a>
      {meta}
    </>
  );
}
