import { UnstyledButton } from '@mantine/core';
import { IconPlayerPauseFilled, IconPlayerPlayFilled } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { mediaUrl } from '../../../api/client';
import type { ContentOf } from '../../../api/types';
import { duration } from '../../../i18n/format';
import css from './contents.module.css';
import { BARS, readSound } from './waveform';

/** As a whole it is not mirrored: sound runs the same way in every language. */
export function VoicePlayer({ content, meta }: { content: ContentOf<'audio'>; meta: ReactNode }) {
  const { t } = useTranslation();
  const { media } = content;
  const audio = useRef<HTMLAudioElement>(null);
  const [at, setAt] = useState(0);
  const [playing, setPlaying] = useState(false);
  const ready = media.state === 'ready';
  const { data: sound } = useQuery({
    queryKey: ['sound', media.id],
    queryFn: () => readSound(mediaUrl(media.id)),
    enabled: ready,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
  const length = sound?.seconds ?? 0;
  // A sound of half a second is not one of none.
  const shownLength = duration(Math.max(1, length));
  const played = length > 0 ? at / length : 0;
  const kind = t(content.voice ? 'kind.voice' : 'kind.sound');

  const seek = (event: React.MouseEvent<HTMLElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    if (audio.current && length > 0)
      audio.current.currentTime = ((event.clientX - box.x) / box.width) * length;
  };
  return (
    <>
      <span className={css.voice} dir="ltr">
        <UnstyledButton
          className={css.play}
          disabled={!ready}
          aria-label={t(playing ? 'media.pause' : 'media.play', { kind, length: shownLength })}
          onClick={() => (playing ? audio.current?.pause() : void audio.current?.play())}
        >
          {playing ? <IconPlayerPauseFilled size={15} /> : <IconPlayerPlayFilled size={15} />}
        </UnstyledButton>
        <span className={css.wave} onClick={seek} aria-hidden>
          {Array.from({ length: BARS }, (_, index) => (
            <i
              // biome-ignore lint/suspicious/noArrayIndexKey: a bar is its place.
              key={index}
              data-played={(index + 0.5) / BARS < played || undefined}
              style={{ height: `${Math.round(12 + (sound?.bars[index] ?? 0) * 88)}%` }}
            />
          ))}
        </span>
        <span className={css.length}>{sound ? (at > 0 ? duration(at) : shownLength) : ''}</span>
        {meta}
      </span>
      {!ready && (
        <span className={css.note}>
          {media.state === 'failed'
            ? t('media.failed', { reason: media.reason ?? '' }).trim()
            : t('media.pending')}
        </span>
      )}
      {ready && (
        // biome-ignore lint/a11y/useMediaCaption: a voice message has no transcript yet.
        <audio
          ref={audio}
          src={mediaUrl(media.id)}
          preload="none"
          onPlay={() => setPlaying(true)}
          onPause={() => setPlaying(false)}
          onTimeUpdate={(event) => setAt(event.currentTarget.currentTime)}
          onEnded={() => setAt(0)}
        />
      )}
    </>
  );
}
