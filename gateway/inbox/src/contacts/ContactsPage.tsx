import { Button, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconDownload, IconFilter, IconPlus, IconSearch, IconUpload } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { contactsQuery } from '../api/queries';
import { number } from '../i18n/format';
import { useScreen } from '../shell/useScreen';
import { useRights } from '../state/permissions';
import { exportFile } from './api';
import { ContactDetail } from './ContactDetail';
import { ContactTable } from './ContactTable';
import css from './contacts.module.css';
import { NewContactDialog } from './NewContactDialog';
import { countQuery, EVERYBODY, peopleQuery } from './segment/api';
import type { Node } from './types';

const SegmentPanel = lazy(() => import('./segment/SegmentPanel'));
const ImportDialog = lazy(() => import('./import/ImportDialog'));

const PAUSE_MS = 300;
const TEXT_MAX = 100;

export function ContactsPage() {
  const { t } = useTranslation();
  const { contactId = null } = useParams({ strict: false });
  const { listBeside, viewsBeside } = useScreen();
  const [segment, setSegment] = useState(false);
  const [tree, setTree] = useState<Node | null>(null);
  const [text, setText] = useState('');
  const [asked] = useDebouncedValue(text.trim(), PAUSE_MS);
  const navigate = useNavigate();
  const everybody = useQuery(countQuery(EVERYBODY));
  // Beside the segment there is room for the list and one more only on a large screen.
  const showList = (listBeside || contactId === null) && (!segment || viewsBeside);
  const close = () => {
    setSegment(false);
    setTree(null);
  };
  return (
    <>
      <Suspense>{segment && <SegmentPanel onTree={setTree} onClose={close} />}</Suspense>
      {showList && (
        <main className={css.page}>
          <header className={css.head}>
            <h1>{t('nav.contacts')}</h1>
            {everybody.data && <span className={css.total}>{number(everybody.data.contacts)}</span>}
            <span className={css.spring} />
            <TextInput
              className={css.search}
              type="search"
              leftSection={<IconSearch size={16} />}
              aria-label={t('contacts.search')}
              placeholder={t('contacts.search')}
              dir="auto"
              maxLength={TEXT_MAX}
              value={text}
              onChange={(event) => setText(event.currentTarget.value)}
            />
            <Actions />
          </header>
          <div className={css.bar}>
            {!segment && (
              <Button
                variant="subtle"
                leftSection={<IconFilter size={16} />}
                onClick={() => setSegment(true)}
              >
                {t('contacts.segments')}
              </Button>
            )}
            <span className={css.order}>{t(tree || asked ? 'contacts.oldest' : 'contacts.newest')}</span>
            <span className={css.spring} />
            <Export />
          </div>
          {tree || asked ? (
            <Matches tree={tree ?? EVERYBODY} text={asked} openId={contactId} />
          ) : (
            <Everybody openId={contactId} />
          )}
        </main>
      )}
      {contactId && (
        <ContactDetail key={contactId} id={contactId} onClose={() => void navigate({ to: '/contacts' })} />
      )}
    </>
  );
}

function Actions() {
  const { t } = useTranslation();
  const { importContacts, writeContacts } = useRights();
  const [open, setOpen] = useState<'import' | 'new' | null>(null);
  return (
    <span className={css.actions}>
      {importContacts && (
        <Button variant="default" leftSection={<IconUpload size={16} />} onClick={() => setOpen('import')}>
          {t('contacts.import')}
        </Button>
      )}
      {writeContacts && (
        <Button leftSection={<IconPlus size={16} />} onClick={() => setOpen('new')}>
          {t('contacts.new')}
        </Button>
      )}
      <Suspense>{open === 'import' && <ImportDialog onClose={() => setOpen(null)} />}</Suspense>
      {open === 'new' && <NewContactDialog onClose={() => setOpen(null)} />}
    </span>
  );
}

/** Whatever is shown, the file has everybody: its name says so. */
function Export() {
  const { t } = useTranslation();
  const { exportContacts } = useRights();
  if (!exportContacts) return null;
  return (
    <Button
      component="a"
      href={exportFile}
      download
      variant="subtle"
      leftSection={<IconDownload size={16} />}
    >
      {t('contacts.export')}
    </Button>
  );
}

function Everybody({ openId }: { openId: string | null }) {
  const { t } = useTranslation();
  const query = useInfiniteQuery(contactsQuery);
  return (
    <ContactTable
      query={query}
      openId={openId}
      emptyTitle={t('contacts.emptyTitle')}
      emptyText={t('contacts.emptyText')}
    />
  );
}

type MatchesProps = { tree: Node; text: string; openId: string | null };

function Matches({ tree, text, openId }: MatchesProps) {
  const { t } = useTranslation();
  const query = useInfiniteQuery(peopleQuery(tree, text));
  return (
    <ContactTable
      query={query}
      openId={openId}
      emptyTitle={t('contacts.nobody')}
      emptyText={t(text ? 'contacts.nobodyFound' : 'contacts.nobodyText')}
    />
  );
}
