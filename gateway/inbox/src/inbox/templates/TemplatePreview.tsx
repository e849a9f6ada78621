import { IconFile, IconMapPin, IconPhoto, IconShoppingBag, IconVideo } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Template } from '../../api/types';
import { clockTime } from '../../i18n/format';
import { Face } from '../../people/Face';
import { useNow } from '../../state/clock';
import css from './picker.module.css';
import { fill, type Piece, type Values } from './templateText';

const HEADER_ICONS = {
  image: IconPhoto,
  video: IconVideo,
  document: IconFile,
  location: IconMapPin,
  product: IconShoppingBag,
};

export function TemplatePreview({
  template,
  values,
  business,
}: {
  template: Template;
  values: Values;
  business: string;
}) {
  const { t } = useTranslation();
  const now = useNow();
  const { header } = template;
  const HeaderIcon = header && header.kind !== 'text' ? HEADER_ICONS[header.kind] : null;
  return (
    <section className={css.preview} aria-label={t('picker.preview')}>
      <h3 className={css.previewTitle}>{t('picker.preview')}</h3>
      <div className={css.business}>
        <Face id={business} name={business} size={28} solid />
        <span>
          <bdi>{business}</bdi>
          <small>{t('picker.business')}</small>
        </span>
      </div>
      <div className={css.card}>
        {HeaderIcon && (
          <span className={css.cardMedia}>
            <HeaderIcon size={28} stroke={1.5} aria-hidden />
          </span>
        )}
        <div className={css.cardBody}>
          {header?.kind === 'text' && header.text && (
            <strong>
              <Pieces pieces={fill(header.text, 'header', null, values)} />
            </strong>
          )}
          <p dir="auto">
            <Pieces pieces={fill(template.body, 'body', null, values)} />
          </p>
          {template.footer && (
            <small>
              <bdi>{template.footer}</bdi>
            </small>
          )}
          <time>{clockTime(now)}</time>
        </div>
        {template.buttons.map((button, index) => (
          <span key={`${button.kind}-${button.text}`} className={css.cardButton}>
            <bdi>{button.text}</bdi>
            {'url' in button && button.url && (
              <small dir="ltr" className="clip">
                <Pieces pieces={fill(button.url, 'button', index, values)} />
              </small>
            )}
          </span>
        ))}
      </div>
      <p className={css.previewFoot}>{t('picker.tinted')}</p>
    </section>
  );
}

function Pieces({ pieces }: { pieces: Piece[] }) {
  return pieces.map((piece, index) =>
    // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of one text never change places.
    piece.variable ? <mark key={index}>{piece.text}</mark> : <span key={index}>{piece.text}</span>,
  );
}
