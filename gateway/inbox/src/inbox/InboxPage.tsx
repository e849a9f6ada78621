import { Drawer } from '@mantine/core';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useCallback, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ViewName } from '../api/types';
import { useShortcuts } from '../keyboard/shortcuts';
import { useSession } from '../live/context';
import { useScreen } from '../shell/useScreen';
import { LIST_WIDTH, PANEL_WIDTH, prefer, usePreferences } from '../state/preferences';
import { NoConversation } from './EmptyInbox';
import css from './inbox.module.css';
import { ListPane } from './list/ListPane';
import { ContactPanel } from './panel/ContactPanel';
import { ResizeHandle } from './ResizeHandle';
import { Thread } from './thread/Thread';
import { undoLast } from './useConversationActions';
import { ViewsNav } from './views/ViewsNav';

export type OpenBy = 'key' | 'pointer';

export function InboxPage() {
  const { view } = useParams({ from: '/shell/inbox/$view' });
  const { conversationId = null } = useParams({ strict: false });
  const { unread = false } = useSearch({ from: '/shell/inbox/$view' });
  const screen = useScreen();
  const { listWidth, panelWidth, panelOpen } = usePreferences();
  const [drawer, setDrawer] = useState(false);
  const { open, openedBy, back } = useOpenConversation(view, unread);
  useTellTheServer(conversationId);

  const togglePanel = useCallback(() => {
    if (screen.panelBeside) prefer({ panelOpen: !usePreferences.getState().panelOpen });
    else setDrawer((shown) => !shown);
  }, [screen.panelBeside]);
  useShortcuts({
    'mod+z': undoLast,
    escape: () => (inComposer() ? focusRows() : back()),
    ...(conversationId && { i: togglePanel }),
  });

  const showList = screen.listBeside || conversationId === null;
  const showThread = screen.listBeside || conversationId !== null;
  const panelBeside = screen.panelBeside && panelOpen && conversationId !== null;
  return (
    <>
      {screen.viewsBeside && <ViewsNav view={view} />}
      {showList && (
        <div className={css.listSlot} style={screen.listBeside ? { width: listWidth } : undefined}>
          <ListPane view={view} unread={unread} openId={conversationId} onOpen={open} />
          {screen.listBeside && (
            <ResizeHandle
              value={listWidth}
              limits={LIST_WIDTH}
              grows="end"
              onChange={(width) => prefer({ listWidth: width })}
            />
          )}
        </div>
      )}
      {showThread && (
        <main className={css.main}>
          {conversationId ? (
            <Thread
              key={conversationId}
              id={conversationId}
              focusComposer={openedBy === 'key'}
              onBack={screen.listBeside ? null : back}
              onTogglePanel={togglePanel}
              panelShown={panelBeside || drawer}
              onClosed={(next) => (next ? open(next, 'key') : back())}
            />
          ) : (
            <NoConversation view={view} />
          )}
        </main>
      )}
      {panelBeside && (
        <div className={css.panelSlot} style={{ width: panelWidth }}>
          <ResizeHandle
            value={panelWidth}
            limits={PANEL_WIDTH}
            grows="start"
            onChange={(width) => prefer({ panelWidth: width })}
          />
          <ContactPanel conversationId={conversationId} onClose={togglePanel} />
        </div>
      )}
      {!screen.panelBeside && conversationId && (
        <PanelDrawer opened={drawer} onClose={() => setDrawer(false)}>
          <ContactPanel conversationId={conversationId} onClose={() => setDrawer(false)} />
        </PanelDrawer>
      )}
    </>
  );
}

function PanelDrawer(props: { opened: boolean; onClose: () => void; children: React.ReactNode }) {
  const { t } = useTranslation();
  return (
    <Drawer.Root opened={props.opened} onClose={props.onClose} size={320} position="right" padding={0}>
      <Drawer.Overlay color="var(--veil)" backgroundOpacity={1} />
      <Drawer.Content aria-label={t('panel.title')}>{props.children}</Drawer.Content>
    </Drawer.Root>
  );
}

function useOpenConversation(view: ViewName, unread: boolean) {
  const navigate = useNavigate();
  const [openedBy, setOpenedBy] = useState<OpenBy>('pointer');
  const search = unread ? ({ unread: true } as const) : {};
  const open = (conversationId: string, by: OpenBy) => {
    setOpenedBy(by);
    void navigate({ to: '/inbox/$view/$conversationId', params: { view, conversationId }, search });
  };
  const back = () => void navigate({ to: '/inbox/$view', params: { view }, search });
  return { open, openedBy, back };
}

const inComposer = () => document.activeElement?.matches('[data-composer]') ?? false;
const focusRows = () => document.querySelector<HTMLElement>('[data-rows]')?.focus();

/** Colleagues see who is on a conversation, so the server must know which one is open here. */
function useTellTheServer(conversationId: string | null) {
  const { connection } = useSession();
  useEffect(() => {
    connection.view(conversationId);
    return () => connection.view(null);
  }, [connection, conversationId]);
}
