import { IconTemplate } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { ContentOf } from '../../../api/types';
import css from './contents.module.css';
import { FormattedText } from './FormattedText';

/** The buttons belong to the customer's phone: shown, not pressable. */
export function TemplateContent({ content, meta }: { content: ContentOf<'template'>; meta: ReactNode }) {
  const { t } = useTranslation();
  return (
    <>
      <span className={css.kindLine}>
        <IconTemplate size={13} aria-hidden />
        {t('kind.template')} <bdi className="mono">{content.name}</bdi> · {categoryName(content.category, t)}
      </span>
      {content.header && (
        <strong className={css.templateHeader}>
          <bdi dir="auto">{content.header}</bdi>
        </strong>
      )}
      <FormattedText text={content.body} />
      {content.cards.map((card, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the cards of a message never change places.
        <FormattedText key={index} text={card.body} />
      ))}
      {content.footer && (
        <bdi dir="auto" className={css.note}>
          {content.footer}
        </bdi>
      )}
      {meta}
      {content.buttons.length > 0 && (
        <span className={css.buttons}>
          {content.buttons.map((button) => (
            <bdi key={button}>{button}</bdi>
          ))}
        </span>
      )}
    </>
  );
}

const CATEGORIES: readonly string[] = ['utility', 'marketing', 'authentication'];

export function categoryName(category: string, t: (key: string) => string): string {
  const known = category.toLowerCase();
  return CATEGORIES.includes(known) ? t(`category.${known}`) : category;
}
