import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { useSession } from '../../live/context';
import { announce } from '../../shell/announce';
import { isOver, keys, progressQuery } from '../api';
import { tenth } from '../counts';
import type { Campaign, Progress } from '../types';

/** What is known of it now. A phase that has changed is a new revision: the campaign is read again. */
export function useStarted(campaign: Campaign) {
  const client = useQueryClient();
  const query = useQuery(progressQuery(campaign.id));
  const phase = query.data?.phase.kind;
  const known = campaign.phase.kind;
  const { id } = campaign;
  useEffect(() => {
    if (!phase || phase === known) return;
    void client.invalidateQueries({ queryKey: keys.one(id) });
    void client.invalidateQueries({ queryKey: keys.list });
  }, [client, id, phase, known]);
  useWatched(id, phase !== undefined && !isOver({ kind: phase }));
  useTold(query.data);
  return query;
}

/** The server tells its figures as long as somebody looks at this page. */
function useWatched(id: string, goesOn: boolean) {
  const { connection } = useSession();
  useEffect(() => {
    if (!goesOn) return;
    const look = () => connection.watchCampaign(document.hidden ? null : id);
    look();
    document.addEventListener('visibilitychange', look);
    return () => {
      document.removeEventListener('visibilitychange', look);
      connection.watchCampaign(null);
    };
  }, [connection, id, goesOn]);
}

/** Each tenth is told aloud, and nothing between: a voice that counts people helps nobody. */
function useTold(progress: Progress | undefined) {
  const { t } = useTranslation();
  const told = useRef<number | null>(null);
  const done = progress ? tenth(progress.counts) : null;
  useEffect(() => {
    if (done === null) return;
    if (told.current !== null && done > told.current)
      announce(t('broadcasts.toldTenth', { share: done * 10 }));
    told.current = done;
  }, [done, t]);
}
