import { cx } from '../cx';
import css from './face.module.css';
import { initials, toneOf } from './names';

type Props = {
  id: string;
  name: string;
  size: 16 | 22 | 24 | 28 | 32 | 36 | 40 | 64;
  /** Members are solid, contacts are soft: who is us and who is them shows without reading. */
  solid?: boolean;
  label?: string;
};

export function Face({ id, name, size, solid = false, label }: Props) {
  const tone = toneOf(id);
  return (
    <span
      className={cx(css.face, solid ? css.solid : css.soft)}
      data-tone={tone}
      data-size={size}
      data-initials={initials(name)}
      {...(label ? { role: 'img', 'aria-label': label, title: label } : { 'aria-hidden': true })}
    />
  );
}
