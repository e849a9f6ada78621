import { useTranslation } from 'react-i18next';
import type { Message } from '../../api/types';
import { useThread } from './context';
import css from './thread.module.css';

type Props = { reply: NonNullable<Message['reply_to']>; customer: string };

export function Quote({ reply, customer }: Props) {
  const { t } = useTranslation();
  const { jumpTo } = useThread();
  const words = (
    <>
      <bdi className={css.quoteAuthor}>{reply.author ?? customer}</bdi>
      <bdi className="clip">{reply.snippet || t('message.earlier')}</bdi>
    </>
  );
  const original = reply.id;
  if (original === null) return <span className={css.quote}>{words}</span>;
  return (
    <button type="button" className={css.quote} onClick={() => jumpTo(original)}>
      {words}
    </button>
  );
}
