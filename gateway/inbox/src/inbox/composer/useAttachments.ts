import { useState } from 'react';
import { uploadMedia } from '../../api/client';
import { asProblem, type Problem } from '../../api/problem';
import type { Media } from '../../api/types';
import { newKey } from '../../state/local';

export type Attachment = {
  key: string;
  file: File;
  share: number;
  media: Media | null;
  problem: Problem | null;
  cancel: () => void;
};

export function useAttachments() {
  const [attachments, setAttachments] = useState<Attachment[]>([]);
  const change = (key: string, fields: Partial<Attachment>) =>
    setAttachments((all) => all.map((one) => (one.key === key ? { ...one, ...fields } : one)));

  const upload = (key: string, file: File): (() => void) => {
    const abort = new AbortController();
    uploadMedia(file, (share) => change(key, { share }), abort.signal)
      .then((media) => change(key, { media, share: 1 }))
      .catch((error) => {
        if (!abort.signal.aborted) change(key, { problem: asProblem(error) });
      });
    return () => abort.abort();
  };

  return {
    attachments,
    add: (files: Iterable<File>) => {
      for (const file of files) {
        const key = newKey();
        const cancel = upload(key, file);
        setAttachments((all) => [...all, { key, file, share: 0, media: null, problem: null, cancel }]);
      }
    },
    retry: (attachment: Attachment) =>
      change(attachment.key, { problem: null, share: 0, cancel: upload(attachment.key, attachment.file) }),
    remove: (attachment: Attachment) => {
      attachment.cancel();
      setAttachments((all) => all.filter((one) => one.key !== attachment.key));
    },
    clear: () => setAttachments([]),
  };
}
