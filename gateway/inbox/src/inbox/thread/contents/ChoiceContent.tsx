import { IconHandFinger } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { ContentOf } from '../../../api/types';
import css from './contents.module.css';

export function ChoiceContent({ content, meta }: { content: ContentOf<'choice'>; meta: ReactNode }) {
  const { t } = useTranslation();
  return (
    <>
      <span className={css.kindLine}>
        <IconHandFinger size={13} aria-hidden /> {t(`choice.${content.kind}`)}
      </span>
      <bdi dir="auto">{content.title}</bdi>
      {content.description && (
        <bdi dir="auto" className={css.note}>
          {content.description}
        </bdi>
      )}
      {meta}
    </>
  );
}
