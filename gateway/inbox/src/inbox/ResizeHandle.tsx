import { useDirection } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import css from './inbox.module.css';

type Props = {
  value: number;
  limits: { min: number; max: number; usual: number };
  /** The side of the pane its handle stands on. */
  grows: 'start' | 'end';
  onChange: (width: number) => void;
};

const KEY_STEP = 8;

export function ResizeHandle({ value, limits, grows, onChange }: Props) {
  const { t } = useTranslation();
  const { dir } = useDirection();
  const sign = (dir === 'rtl' ? -1 : 1) * (grows === 'end' ? 1 : -1);
  const set = (width: number) => onChange(Math.round(Math.min(limits.max, Math.max(limits.min, width))));
  const drag = (down: React.PointerEvent<HTMLElement>) => {
    const handle = down.currentTarget;
    handle.setPointerCapture(down.pointerId);
    const move = (event: PointerEvent) => set(value + sign * (event.clientX - down.clientX));
    const end = () => handle.removeEventListener('pointermove', move);
    handle.addEventListener('pointermove', move);
    handle.addEventListener('lostpointercapture', end, { once: true });
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: an <hr> cannot be dragged or focused.
    <div
      role="separator"
      tabIndex={0}
      aria-orientation="vertical"
      aria-label={t('common.resize')}
      aria-valuenow={value}
      aria-valuemin={limits.min}
      aria-valuemax={limits.max}
      className={css.resize}
      data-grows={grows}
      onPointerDown={drag}
      onDoubleClick={() => set(limits.usual)}
      onKeyDown={(event) => {
        if (event.key === 'ArrowLeft') set(value - sign * KEY_STEP);
        if (event.key === 'ArrowRight') set(value + sign * KEY_STEP);
      }}
    />
  );
}
