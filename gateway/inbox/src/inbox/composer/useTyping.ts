import { useCallback, useEffect, useRef } from 'react';
import { api } from '../../api/client';
import { useSession } from '../../live/context';

const REPEAT_MS = 5_000;
const REST_MS = 4_000;
/** WhatsApp shows the customer "typing" for 25 s; asking again sooner is only traffic. */
const CUSTOMER_MS = 20_000;

/** Tells colleagues, and the customer, that somebody is writing here. */
export function useTyping(conversationId: string) {
  const { connection } = useSession();
  const told = useRef({ colleagues: 0, customer: 0 });
  const rest = useRef<ReturnType<typeof setTimeout>>(undefined);

  const stop = useCallback(() => {
    clearTimeout(rest.current);
    if (told.current.colleagues > 0)
      connection.say({ type: 'typing', conversation_id: conversationId, typing: false });
    told.current.colleagues = 0;
  }, [connection, conversationId]);

  const typed = useCallback(() => {
    const now = Date.now();
    if (now - told.current.colleagues > REPEAT_MS) {
      told.current.colleagues = now;
      connection.say({ type: 'typing', conversation_id: conversationId, typing: true });
    }
    if (now - told.current.customer > CUSTOMER_MS) {
      told.current.customer = now;
      // A courtesy: when it does not reach the server, nobody has lost anything.
      api.post<void>(`/conversations/${conversationId}/typing`).catch(() => undefined);
    }
    clearTimeout(rest.current);
    rest.current = setTimeout(stop, REST_MS);
  }, [connection, conversationId, stop]);

  useEffect(() => stop, [stop]);
  return { typed, stop };
}
