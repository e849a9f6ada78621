import { useTranslation } from 'react-i18next';
import type { Message } from '../../api/types';
import { useThread } from './context';
import { quoteText } from './messageText';
import css from './thread.module.css';

type Props = { reply: NonNullable<Message['reply_to']>; customer: string };

export function Quote({ reply, customer }: Props) {
  const { t } = useTranslation();
  const { jumpTo, find } = useThread();
  const quoted = reply.id === null ? undefined : find(reply.id);
  // The server's words leave out what kind it was: a photo without a caption would quote as nothing.
  const text = quoted ? quoteText(quoted, t) : reply.snippet;
  // What a broadcast or a program sent has no author.
  const nobodys = quoted?.direction === 'out' ? t('thread.business') : customer;
  const words = (
    <>
      <bdi className={css.quoteAuthor}>{reply.author ?? nobodys}</bdi>
      <bdi className="clip">{text || t('message.earlier')}</bdi>
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
