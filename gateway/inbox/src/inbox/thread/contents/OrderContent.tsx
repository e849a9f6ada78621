import { IconShoppingCart } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { ContentOf } from '../../../api/types';
import css from './contents.module.css';
import { FormattedText } from './FormattedText';

export function OrderContent({ content, meta }: { content: ContentOf<'order'>; meta: ReactNode }) {
  const { t } = useTranslation();
  return (
    <>
      <span className={css.kindLine}>
        <IconShoppingCart size={13} aria-hidden /> {t('message.order', { count: content.items.length })}
      </span>
      <span className={css.order}>
        {content.items.map((item) => (
          <span key={item.product}>
            <span>
              {item.quantity} × <bdi>{item.product}</bdi>
            </span>
            <bdi dir="ltr">
              {item.price} {item.currency}
            </bdi>
          </span>
        ))}
      </span>
      {content.text && <FormattedText text={content.text} />}
      {meta}
    </>
  );
}
