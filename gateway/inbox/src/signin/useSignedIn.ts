import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { keys } from '../api/queries';
import type { Me } from '../api/types';
import { useSessionEnded } from '../live/session';
import { home } from '../state/permissions';

/** Goes in: to where the person wanted to go, else to the first page of their role. */
export function useSignedIn() {
  const client = useQueryClient();
  const navigate = useNavigate();
  return (me: Me, back: string | null = null) => {
    useSessionEnded.setState({ ended: null });
    client.setQueryData(keys.me, me);
    void navigate({ to: back ?? home(me.permissions) });
  };
}
