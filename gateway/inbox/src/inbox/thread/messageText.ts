import type { Content, Message } from '../../api/types';

type Translate = (key: string) => string;

/** One line of words for a message: quotes, labels for screen readers, copying. */
export function contentText(content: Content, t: Translate): string {
  switch (content.type) {
    case 'text':
    case 'template':
    case 'system':
      return content.body;
    case 'image':
    case 'video':
    case 'document':
      return [t(`kind.${content.type}`), content.caption ?? t('message.noDescription')].join(', ');
    case 'audio':
      return t(content.voice ? 'kind.voice' : 'kind.sound');
    case 'location':
      return [t('kind.location'), content.name ?? content.address].filter(Boolean).join(', ');
    case 'contacts':
      return [t('kind.contacts'), ...content.contacts.map((contact) => contact.name)].join(', ');
    case 'choice':
      return content.title;
    case 'sticker':
    case 'order':
    case 'unsupported':
      return t(`kind.${content.type}`);
    case 'reaction':
      return content.emoji ?? '';
  }
}

/** As in the list: the kind, then the caption where there is one. */
export function quoteText(message: Message, t: Translate): string {
  const { content } = message;
  if (message.revoked || !('caption' in content)) return messageText(message, t);
  return [t(`kind.${content.type}`), content.caption].filter(Boolean).join(' · ');
}

export const messageText = (message: Message, t: Translate) =>
  message.revoked ? t('message.revoked') : contentText(message.content, t);
