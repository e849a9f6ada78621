import { create } from 'zustand';
import { readLocal, writeLocal } from './local';

type Preferences = {
  listWidth: number;
  panelWidth: number;
  panelOpen: boolean;
  folded: string[];
  singleKeys: boolean;
};

const KEY = 'jetto.preferences';
export const LIST_WIDTH = { min: 280, max: 420, usual: 332 };
export const PANEL_WIDTH = { min: 264, max: 360, usual: 288 };

const usual: Preferences = {
  listWidth: LIST_WIDTH.usual,
  panelWidth: PANEL_WIDTH.usual,
  panelOpen: true,
  folded: [],
  singleKeys: true,
};

export const usePreferences = create<Preferences>(() => ({ ...usual, ...readLocal(KEY, {}) }));

export function prefer(change: Partial<Preferences>) {
  usePreferences.setState(change);
  writeLocal(KEY, usePreferences.getState());
}

export function toggleFold(section: string) {
  const { folded } = usePreferences.getState();
  prefer({
    folded: folded.includes(section) ? folded.filter((name) => name !== section) : [...folded, section],
  });
}
