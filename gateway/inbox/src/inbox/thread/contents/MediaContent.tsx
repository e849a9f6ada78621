import { Modal, UnstyledButton } from '@mantine/core';
import { IconPhotoOff, IconVideo } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { mediaUrl } from '../../../api/client';
import type { ContentOf, Media } from '../../../api/types';
import css from './contents.module.css';
import { FormattedText } from './FormattedText';

function Caption({ caption, meta }: { caption: string | null; meta: ReactNode }) {
  return (
    <span className={css.caption}>
      {caption && <FormattedText text={caption} />}
      {meta}
    </span>
  );
}

/** The box has its size before the file is there, so the thread never jumps. */
function Missing({ media, box }: { media: Media; box: string | undefined }) {
  const { t } = useTranslation();
  return (
    <span className={box} data-missing>
      <IconPhotoOff size={20} aria-hidden />
      <span>
        {media.state === 'failed'
          ? t('media.failed', { reason: media.reason ?? '' }).trim()
          : t('media.pending')}
      </span>
    </span>
  );
}

export function ImageContent({ content, meta }: { content: ContentOf<'image'>; meta: ReactNode }) {
  const { t } = useTranslation();
  const [opened, setOpened] = useState(false);
  const description = content.caption ?? t('media.noDescription');
  const { media } = content;
  return (
    <span className={css.visual}>
      {media.state === 'ready' ? (
        <UnstyledButton
          className={css.box}
          aria-label={t('media.open', { description })}
          onClick={() => setOpened(true)}
        >
          <img src={mediaUrl(media.id)} alt={description} loading="lazy" decoding="async" />
        </UnstyledButton>
      ) : (
        <Missing media={media} box={css.box} />
      )}
      <Caption caption={content.caption} meta={meta} />
      <Modal
        opened={opened}
        onClose={() => setOpened(false)}
        size="auto"
        title={t('kind.image')}
        closeButtonProps={{ 'aria-label': t('common.close') }}
      >
        <img className={css.full} src={mediaUrl(media.id)} alt={description} />
      </Modal>
    </span>
  );
}

export function VideoContent({ content, meta }: { content: ContentOf<'video'>; meta: ReactNode }) {
  const { media } = content;
  const neverLoaded = media.state !== 'ready';
  if (neverLoaded && content.caption) {
    return (
      <>
        <IconVideo size={18} className={css.inlineIcon} aria-hidden />
        <FormattedText text={content.caption} />
        {meta}
      </>
    );
  }
  return (
    <span className={css.visual}>
      {neverLoaded ? (
        <Missing media={media} box={css.box} />
      ) : (
        // biome-ignore lint/a11y/useMediaCaption: people's videos on WhatsApp carry no captions.
        <video className={css.box} src={mediaUrl(media.id)} controls preload="metadata" />
      )}
      <Caption caption={content.caption} meta={meta} />
    </span>
  );
}

export function StickerContent({ content, meta }: { content: ContentOf<'sticker'>; meta: ReactNode }) {
  const { t } = useTranslation();
  return (
    <span className={css.visual}>
      {content.media.state === 'ready' ? (
        <img
          className={css.sticker}
          src={mediaUrl(content.media.id)}
          alt={t('kind.sticker')}
          loading="lazy"
        />
      ) : (
        <Missing media={content.media} box={css.sticker} />
      )}
      {meta}
    </span>
  );
}
