import { useTranslation } from 'react-i18next';
import type { Content, Preview } from '../../api/types';
import { KindIcon } from '../thread/KindIcon';
import { Ticks } from '../thread/Ticks';
import css from './list.module.css';

/** Kinds whose own words are enough; the others are named before their caption. */
const SELF_EXPLAINING: readonly Content['type'][] = ['text', 'template', 'choice', 'system'];

export function Snippet({
  preview,
  draft,
}: {
  preview: Preview | null | undefined;
  draft: string | undefined;
}) {
  const { t } = useTranslation();
  if (draft) {
    return (
      <span className={css.snippet}>
        <span className={css.draft}>{t('list.draft')}</span> <bdi>{draft}</bdi>
      </span>
    );
  }
  if (!preview) return <span className={css.snippet}>{t('list.noMessages')}</span>;
  const named = !SELF_EXPLAINING.includes(preview.kind);
  return (
    <span className={css.snippet}>
      {preview.direction === 'out' && preview.delivery && <Ticks state={preview.delivery} size={15} />}
      {named && <KindIcon kind={preview.kind} size={15} />}
      <bdi dir="auto" className={css.snippetText}>
        {named ? [t(`kind.${preview.kind}`), preview.snippet].filter(Boolean).join(' · ') : preview.snippet}
      </bdi>
    </span>
  );
}
