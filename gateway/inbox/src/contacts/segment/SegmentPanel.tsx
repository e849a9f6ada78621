import { ActionIcon, Button, Select, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconPlus, IconTrash, IconX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Ask, Refused } from '../../settings/parts';
import settings from '../../settings/settings.module.css';
import { useChange } from '../../settings/useChange';
import { showToast } from '../../shell/toast';
import { useRights } from '../../state/permissions';
import { countQuery, segmentKeys, segments, segmentsQuery } from './api';
import { Reached } from './Reached';
import { Rules } from './RuleCard';
import { fromTree, type Group, type Match, newGroup, newRule, toTree } from './rules';
import css from './segment.module.css';
import type { Node, Segment } from './types';

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
  const { tree, places } = toTree(root);
  const [asked] = useDebouncedValue(JSON.stringify(tree), PAUSE_MS);
  const count = useQuery(countQuery(JSON.parse(asked) as Node));
  // The counts of the question before this one belong to other rules.
  const fresh = count.data && !count.isPlaceholderData && asked === JSON.stringify(tree);
  const countOf = (id: string) => (fresh ? (count.data.parts[places.get(id) ?? -1] ?? null) : null);
  useEffect(() => onTree(JSON.parse(asked) as Node), [asked, onTree]);
  const open = (segment: Segment | null) => {
    setKnown(segment);
    setName(segment?.name ?? '');
    setRoot(segment ? fromTree(segment.tree) : newGroup('all', [newRule()]));
  };
  const save = useChange(() => segments.save(known?.id ?? null, name.trim(), tree), {
    stale: [segmentKeys.list],
    onDone: (saved) => {
      setKnown(saved);
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
        {rights.manageSegments && (
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
      </footer>
    </aside>
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
