import { Fragment, type ReactNode } from 'react';

const MARKS = /(\*[^*\n]+\*|_[^_\n]+_|~[^~\n]+~|```[\s\S]+?```|`[^`\n]+`|https?:\/\/[^\s<>]+)/u;
/** Marks count only at the edges of words: `snake_case_name` and `2*3*4` stay as they are. */
const WORD = /[\p{L}\p{N}]/u;

function piece(text: string, before: string, after: string): ReactNode {
  const inner = text.slice(1, -1);
  if (/^https?:/.test(text)) {
    return (
      <a href={text} target="_blank" rel="noreferrer noopener" dir="ltr">
        {text}
      </a>
    );
  }
  if (text.startsWith('```')) return <code>{text.slice(3, -3)}</code>;
  if (WORD.test(before) || WORD.test(after)) return text;
  switch (text[0]) {
    case '*':
      return <strong>{inner}</strong>;
    case '_':
      return <em>{inner}</em>;
    case '~':
      return <s>{inner}</s>;
    case '`':
      return <code>{inner}</code>;
    default:
      return text;
  }
}

/** WhatsApp's own marks, and links. */
export function FormattedText({ text }: { text: string }) {
  const parts = text.split(MARKS);
  return (
    <bdi dir="auto">
      {parts.map((part, index) => {
        const marked = index % 2 === 1;
        const before = parts[index - 1]?.at(-1) ?? '';
        const after = parts[index + 1]?.at(0) ?? '';
        // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one text never change places.
        return <Fragment key={index}>{marked ? piece(part, before, after) : part}</Fragment>;
      })}
    </bdi>
  );
}
