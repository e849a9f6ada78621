import { useTranslation } from 'react-i18next';
import type { Conversation, NewContent } from '../../api/types';
import { useSession } from '../../live/context';
import { enqueue } from '../../live/outbox';
import { contactName } from '../../people/names';
import { newKey } from '../../state/local';
import type { Attachment } from './useAttachments';

/** Everything goes through the outbox, online or not: one way, one order, one key per message. */
export function useSend(conversation: Conversation) {
  const { t } = useTranslation();
  const { sender } = useSession();
  const queue = (content: NewContent, shown: string, replyTo: string | null) =>
    enqueue({
      key: newKey(),
      conversation_id: conversation.id,
      to: contactName(conversation.contact, t('contact.unnamed')),
      content,
      shown,
      reply_to: replyTo,
      at: Date.now(),
      refused: null,
    });
  return (text: string, attachments: Attachment[], replyTo: string | null) => {
    // The words belong to the last file as its caption, as WhatsApp itself does it.
    for (const [index, { media, file }] of attachments.entries()) {
      if (!media) continue;
      const caption = index === attachments.length - 1 && text !== '' ? { caption: text } : {};
      queue(
        { type: 'media', media_id: media.id, ...caption },
        [file.name, caption.caption].filter(Boolean).join(' · '),
        index === 0 ? replyTo : null,
      );
    }
    if (attachments.length === 0) queue({ type: 'text', body: text }, text, replyTo);
    void sender.flush();
  };
}
