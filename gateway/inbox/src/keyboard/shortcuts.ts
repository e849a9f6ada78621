import { useEffect, useRef } from 'react';
import { usePreferences } from '../state/preferences';
import { inField, keyName, Sequences } from './sequences';

export type Bindings = Record<string, () => void>;

/** Innermost last: an open page overrides what the shell offers under the same key. */
const layers: { current: Bindings }[] = [];

function merged(): ReadonlyMap<string, () => void> {
  return new Map(layers.flatMap((layer) => Object.entries(layer.current)));
}

/** Offers keys while the component is mounted. */
export function useShortcuts(bindings: Bindings) {
  const layer = useRef(bindings);
  layer.current = bindings;
  useEffect(() => {
    layers.push(layer);
    return () => {
      layers.splice(layers.indexOf(layer), 1);
    };
  }, []);
}

const LAYER = '[role="dialog"], [role="menu"], [role="listbox"][data-combobox]';

/** Single keys never reach a field, an open dialog or menu, or the browser's own chords. */
function isForUs(event: KeyboardEvent, sequences: Sequences, layered: boolean): boolean {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing)
    return false;
  if (event.key === 'Escape') return !layered;
  if (inField(event.target)) return false;
  if (event.key.length === 1 && !usePreferences.getState().singleKeys) return false;
  return !layered || sequences.waits(Date.now());
}

const PLAIN = /^(Arrow|Enter)/;

export function useShortcutListener() {
  useEffect(() => {
    const sequences = new Sequences(merged);
    let layered = false;
    // Looked at first of all: the layer itself may be gone before the key arrives here.
    const look = () => {
      layered = document.querySelector(LAYER) !== null;
    };
    const onKey = (event: KeyboardEvent) => {
      if (event.key === 'F6') {
        event.preventDefault();
        focusNextPane(event.shiftKey ? -1 : 1);
        return;
      }
      if ((event.ctrlKey || event.metaKey) && keyName(event) === 'z' && !inField(event.target)) {
        if (sequences.press('mod+z', Date.now())) event.preventDefault();
        return;
      }
      if (!isForUs(event, sequences, layered)) return;
      // Enter and arrows belong to the control that has the focus, except in the conversation list.
      if (
        PLAIN.test(event.key) &&
        !(event.target instanceof Element && event.target.matches('[data-rows], body'))
      )
        return;
      if (sequences.press(keyName(event), Date.now())) event.preventDefault();
    };
    window.addEventListener('keydown', look, { capture: true });
    document.addEventListener('keydown', onKey);
    return () => {
      window.removeEventListener('keydown', look, { capture: true });
      document.removeEventListener('keydown', onKey);
    };
  }, []);
}

function focusNextPane(step: 1 | -1) {
  const panes = [...document.querySelectorAll<HTMLElement>('[data-pane]')].filter(
    (pane) => pane.offsetParent !== null,
  );
  const current = panes.findIndex((pane) => pane.contains(document.activeElement));
  const next = panes[(current + step + panes.length) % panes.length];
  const target = next?.querySelector<HTMLElement>('[data-pane-focus]');
  (target ?? next)?.focus();
}
