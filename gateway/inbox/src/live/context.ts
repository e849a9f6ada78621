import { createContext, use } from 'react';
import type { LiveSession } from './session';

export const LiveContext = createContext<LiveSession | null>(null);

export function useSession(): LiveSession {
  const session = use(LiveContext);
  if (!session) throw new Error('useSession outside the signed-in shell');
  return session;
}
