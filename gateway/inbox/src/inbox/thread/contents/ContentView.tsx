import type { ReactNode } from 'react';
import type { Content } from '../../../api/types';
import { ChoiceContent } from './ChoiceContent';
import { ContactsContent } from './ContactsContent';
import { DocumentContent } from './DocumentContent';
import { FormattedText } from './FormattedText';
import { LocationContent } from './LocationContent';
import { ImageContent, StickerContent, VideoContent } from './MediaContent';
import { OrderContent } from './OrderContent';
import { TemplateContent } from './TemplateContent';
import { UnsupportedContent } from './UnsupportedContent';
import { VoicePlayer } from './VoicePlayer';

/** `meta` (time and ticks) floats at the end of the last line, so each kind places it itself. */
export function ContentView({ content, meta }: { content: Content; meta: ReactNode }) {
  switch (content.type) {
    case 'text':
      return (
        <>
          <FormattedText text={content.body} />
          {meta}
        </>
      );
    case 'image':
      return <ImageContent content={content} meta={meta} />;
    case 'video':
      return <VideoContent content={content} meta={meta} />;
    case 'audio':
      return <VoicePlayer content={content} meta={meta} />;
    case 'document':
      return <DocumentContent content={content} meta={meta} />;
    case 'sticker':
      return <StickerContent content={content} meta={meta} />;
    case 'location':
      return <LocationContent content={content} meta={meta} />;
    case 'contacts':
      return <ContactsContent content={content} meta={meta} />;
    case 'choice':
      return <ChoiceContent content={content} meta={meta} />;
    case 'order':
      return <OrderContent content={content} meta={meta} />;
    case 'template':
      return <TemplateContent content={content} meta={meta} />;
    case 'unsupported':
      return <UnsupportedContent content={content} meta={meta} />;
    case 'system':
    case 'reaction':
      // Drawn by MessageRow as a centred line, outside of any bubble.
      return null;
  }
}
