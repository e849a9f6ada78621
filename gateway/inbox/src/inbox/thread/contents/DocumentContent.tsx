import { IconDownload, IconFile } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { mediaUrl } from '../../../api/client';
import type { ContentOf } from '../../../api/types';
import { fileSize } from '../../../i18n/format';
import css from './contents.module.css';
import { FormattedText } from './FormattedText';

export function DocumentContent({ content, meta }: { content: ContentOf<'document'>; meta: ReactNode }) {
  const { t } = useTranslation();
  const { media, caption } = content;
  const name = media.filename ?? t('kind.document');
  const kind = name.split('.').length > 1 ? name.split('.').at(-1)?.toUpperCase() : media.mime;
  const card = (
    <>
      <IconFile size={20} aria-hidden />
      <span className={css.cardText}>
        <bdi className="clip">{name}</bdi>
        <span dir="ltr">
          {[kind, media.size !== null && fileSize(media.size)].filter(Boolean).join(' · ')}
        </span>
      </span>
    </>
  );
  return (
    <>
      {media.state === 'ready' ? (
        <a className={css.card} href={mediaUrl(media.id)} download={name}>
          {card}
          <IconDownload size={16} aria-hidden />
        </a>
      ) : (
        <span className={css.card}>
          {card}
          <span className={css.note}>
            {media.state === 'failed'
              ? t('media.failed', { reason: media.reason ?? '' }).trim()
              : t('media.pending')}
          </span>
        </span>
      )}
      {caption && <FormattedText text={caption} />}
      {meta}
    </>
  );
}
