import { ActionIcon, Button, Select, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconPlus, IconSpeakerphone, IconTrash, IconX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Ask, Refused } from '../../settings/parts';
import settings from '../../settings/settings.module.css';
import { useChange } from '../../settings/useChange';
import { useDay } from '../../settings/when';
import { showToast } from '../../shell/toast';
import { useRights } from '../../state/permissions';
import type { Node, Segment } from '../types';
import { countQuery, segmentKeys, segments, segmentsQuery } from './api';
import { Reached } from './Reached';
import { Rules } from './RuleCard';
import { fromTree, type Group, type Match, newGroup, newRule, sameTree, toTree } from './rules';
import css from './segment.module.css';

type Props = { onTree: (tree: Node) => void; onClose: () => void };

const PAUSE_MS = 300;

/** Conditions that read like a sentence; each says its own count, the foot the whole and whom of it one may write to. */
export default function SegmentPanel({ onTree, onClose }: Props) {
  const { t } = useTranslation();
  const rights = useRights();
  const [known, setKnown] = useState<Segment | null>(null);
  const [name, setName] = useState('');
  const [root, setRoot] = useState<Group>(() => newGroup('all', [newRule()]));
  const list = useQuery(segmentsQuery);
  const [naming, setNaming] = useState(false);
  const { tree, places } = toTree(root);
  // What is saved may have groups of nothing, which these pages leave out.
  const before = known && toTree(fromTree(known.tree)).tree;
  const changed = naming || (before !== null && !sameTree(before, tree));
  const [asked] = useDebouncedValue(JSON.stringify(tree), PAUSE_MS);
  const count = useQuery(countQuery(JSON.parse(asked) as Node));
  // The counts of the question before this one belong to other rules.
  const fresh = count.data && !count.isPlaceholderData && asked === JSON.stringify(tree);
  const countOf = (id: string) => (fresh ? (count.data.parts[places.get(id) ?? -1] ?? null) : null);
  useEffect(() => onTree(JSON.parse(asked) as Node), [asked, onTree]);
  const open = (segment: Segment | null) => {
    setKnown(segment);
    setNaming(false);
    setName(segment?.name ?? '');
    setRoot(segment ? fromTree(segment.tree) : newGroup('all', [newRule()]));
  };
  const save = useChange(() => segments.save(known?.id ?? null, name.trim(), tree), {
    stale: [segmentKeys.list],
    onDone: (saved) => {
      setKnown(saved);
      setNaming(false);
      showToast({ tone: 'ac', title: t('segment.saved', { name: saved.name }) });
    },
  });
  return (
    <aside className={css.panel} aria-label={t('segment.title')} data-pane tabIndex={-1}>
      <header className={css.head}>
        <Select
          className={css.choose}
          aria-label={t('segment.choose')}
          placeholder={t('segment.new')}
          clearable
          value={known?.id ?? null}
          data={list.data?.map((one) => ({ value: one.id, label: one.name })) ?? []}
          onChange={(id) => open(list.data?.find((one) => one.id === id) ?? null)}
        />
        {known && rights.manageSegments && <Remove segment={known} onGone={() => open(null)} />}
        <ActionIcon aria-label={t('segment.close')} onClick={onClose}>
          <IconX size={18} />
        </ActionIcon>
      </header>
      <div className={css.rules}>
        {known && <SavedLine segment={known} />}
        <div className={css.lead}>
          <span>{t('segment.match.lead')}</span>
          <Select
            className={css.not}
            aria-label={t('segment.match.label')}
            allowDeselect={false}
            value={root.match}
            data={(['all', 'any'] as const).map((value) => ({ value, label: t(`segment.match.${value}`) }))}
            onChange={(match) => setRoot({ ...root, match: match as Match })}
          />
        </div>
        <Rules group={root} countOf={countOf} onChange={setRoot} />
        <Button
          variant="light"
          className={css.add}
          leftSection={<IconPlus size={14} />}
          onClick={() => setRoot({ ...root, rules: [...root.rules, newGroup()] })}
        >
          {t('segment.addGroup')}
        </Button>
      </div>
      <footer className={css.foot}>
        <Reached count={count.data ?? null} error={count.error} busy={!fresh} />
        {rights.manageSegments && (!known || changed) && (
          <form
            className={css.save}
            onSubmit={(event) => {
              event.preventDefault();
              if (name.trim()) save.run();
            }}
          >
            <TextInput
              aria-label={t('segment.name')}
              placeholder={t('segment.name')}
              dir="auto"
              maxLength={100}
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
            />
            <Button type="submit" variant="default" loading={save.busy} disabled={name.trim() === ''}>
              {t(known ? 'segment.saveChanges' : 'segment.save')}
            </Button>
          </form>
        )}
        <Refused text={save.text} />
        {known && !changed && (rights.manageSegments || rights.writeBroadcasts) && (
          <Next segment={known} onRename={() => setNaming(true)} />
        )}
      </footer>
    </aside>
  );
}

function SavedLine({ segment }: { segment: Segment }) {
  const { t } = useTranslation();
  const day = useDay();
  return <p className={css.faint}>{t('segment.live', { day: day(segment.saved_at) })}</p>;
}

/** What is left to do with a segment that is saved as it is shown. */
function Next({ segment, onRename }: { segment: Segment; onRename: () => void }) {
  const { t } = useTranslation();
  const rights = useRights();
  const navigate = useNavigate();
  return (
    <div className={settings.row}>
      {rights.manageSegments && (
        <Button variant="default" onClick={onRename}>
          {t('segment.rename')}
        </Button>
      )}
      {rights.writeBroadcasts && (
        <Button
          leftSection={<IconSpeakerphone size={16} />}
          onClick={() => void navigate({ to: '/broadcasts/new', search: { segment: segment.id } })}
        >
          {t('segment.broadcast')}
        </Button>
      )}
    </div>
  );
}

function Remove({ segment, onGone }: { segment: Segment; onGone: () => void }) {
  const { t } = useTranslation();
  const [asking, setAsking] = useState(false);
  const remove = useChange(() => segments.remove(segment.id), {
    stale: [segmentKeys.list],
    onDone: () => {
      setAsking(false);
      onGone();
    },
  });
  return (
    <>
      <ActionIcon aria-label={t('segment.delete', { name: segment.name })} onClick={() => setAsking(true)}>
        <IconTrash size={18} />
      </ActionIcon>
      {asking && (
        <Ask title={t('segment.deleteTitle', { name: segment.name })} onClose={() => setAsking(false)}>
          <p>{t('segment.deleteText')}</p>
          <Refused text={remove.text} />
          <div className={settings.row}>
            <Button variant="outline" loading={remove.busy} onClick={() => remove.run()}>
              {t('segment.deleteSure')}
            </Button>
          </div>
        </Ask>
      )}
    </>
  );
}
