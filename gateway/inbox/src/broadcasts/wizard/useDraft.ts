import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, useState } from 'react';
import { asProblem, type Problem } from '../../api/problem';
import { campaigns, keys } from '../api';
import { canBeKept, sameDraft } from '../plan';
import type { Campaign, CampaignRow, Draft } from '../types';

/** Long enough that a word is finished, short enough that nothing is lost with a closed lid. */
const PAUSE_MS = 1_000;
const AGAIN_MS = 5_000;

export type DraftState = {
  draft: Draft;
  change: (draft: Draft) => void;
  saved: Campaign | null;
  savedAt: number | null;
  problem: Problem | null;
  /** Nothing that is on the page is missing on the server. */
  settled: boolean;
  /** Another person has saved it meanwhile: nothing is saved by itself until one of the two is chosen. */
  conflict: boolean;
  save: () => Promise<Campaign | null>;
  /** Something else has changed about it than what is on the page. */
  adopt: (campaign: Campaign) => void;
  /** Something else was refused because of another person's change. */
  refused: (problem: Problem) => void;
  takeTheirs: () => Promise<void>;
  keepMine: () => Promise<void>;
  remove: () => Promise<void>;
};

/** A draft on the page and on the server. One request at a time; what is typed meanwhile is saved after it. */
export function useDraft(initial: Campaign | null, fallback: Draft): DraftState {
  const client = useQueryClient();
  const first = initial ? { name: initial.name, plan: initial.plan } : fallback;
  const [draft, setDraft] = useState<Draft>(first);
  const [saved, setSaved] = useState(initial);
  const [kept, setKept] = useState(first);
  const [savedAt, setSavedAt] = useState<number | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const latest = useRef(draft);
  const base = useRef({ campaign: initial, draft: first });
  const saving = useRef<Promise<Campaign | null> | null>(null);
  const stopped = useRef(false);

  const accept = useCallback(
    (campaign: Campaign, as: Draft) => {
      base.current = { campaign, draft: as };
      client.setQueryData<CampaignRow>(keys.one(campaign.id), (old) => old && { ...old, campaign });
      void client.invalidateQueries({ queryKey: keys.list });
      setSaved(campaign);
      setKept(as);
      setSavedAt(Date.now());
      setProblem(null);
    },
    [client],
  );

  const save = useCallback((): Promise<Campaign | null> => {
    const all = async () => {
      for (;;) {
        const next = latest.current;
        const { campaign, draft: known } = base.current;
        if (!canBeKept(next) || (campaign && sameDraft(next, known))) return campaign;
        const answer = await (campaign
          ? campaigns.save(campaign.id, campaign.revision, next)
          : campaigns.create(next));
        accept(answer, next);
      }
    };
    saving.current ??= all()
      .catch((error) => {
        setProblem(asProblem(error));
        return null;
      })
      .finally(() => {
        saving.current = null;
      });
    return saving.current;
  }, [accept]);

  const change = useCallback((next: Draft) => {
    latest.current = next;
    setDraft(next);
  }, []);

  const conflict = problem?.code === 'conflict';
  const exists = saved !== null;
  useEffect(() => {
    if (!exists || conflict || sameDraft(draft, base.current.draft)) return;
    const timer = setTimeout(() => void save(), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [draft, exists, conflict, save]);

  useEffect(() => {
    // The network was away, not the draft wrong: it is saved when the network is back.
    if (!exists || !problem?.mayRepeat) return;
    const timer = setTimeout(() => void save(), AGAIN_MS);
    return () => clearTimeout(timer);
  }, [exists, problem, save]);

  useEffect(
    () => () => {
      if (base.current.campaign && !stopped.current) void save();
    },
    [save],
  );

  const theirs = async () => {
    const id = base.current.campaign?.id;
    return id ? (await campaigns.read(id)).campaign : null;
  };
  const settled = async (then: (campaign: Campaign) => void) => {
    try {
      const campaign = await theirs();
      if (campaign) then(campaign);
    } catch (error) {
      setProblem(asProblem(error));
    }
  };
  return {
    draft,
    change,
    saved,
    savedAt,
    problem,
    // By what was sent, not by what came back: the server may write the same plan in another way.
    settled: saved !== null && sameDraft(draft, kept),
    conflict,
    refused: setProblem,
    save,
    adopt: (campaign) => accept(campaign, base.current.draft),
    takeTheirs: () =>
      settled((campaign) => {
        const as = { name: campaign.name, plan: campaign.plan };
        change(as);
        accept(campaign, as);
      }),
    keepMine: () =>
      settled((campaign) => {
        base.current = { campaign, draft: { name: campaign.name, plan: campaign.plan } };
        setProblem(null);
        void save();
      }),
    remove: async () => {
      const { campaign } = base.current;
      if (!campaign) return;
      await campaigns.remove(campaign);
      stopped.current = true;
    },
  };
}
