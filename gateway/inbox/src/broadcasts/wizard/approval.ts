import type { Campaign } from '../types';

/** Nobody answers what is partly theirs. */
export function mayAnswer({ author, editor, approval }: Campaign, id: string): boolean {
  const own = [author.id, editor.id, approval?.kind === 'asked' ? approval.by.id : null];
  return !own.includes(id);
}
