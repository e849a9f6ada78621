import type { Me, MyPreferences } from '../api/administration';
import { api } from '../api/client';
import { LANGUAGES, type LanguageCode, switchLanguage } from '../i18n';
import { prefer } from './preferences';

/** What follows a person to other devices. The device keeps it as well and does not wait for the server. */
type Carried = MyPreferences;

let carried: Carried = {};
let owner: string | null = null;

/** At sign-in, what the account says replaces what this device has; what it does not say stays. */
export function takePreferences(me: Me, setTheme: (theme: 'light' | 'dark' | 'auto') => void) {
  // A change of direction mounts everything anew; what was chosen since must not be taken back by it.
  if (owner === me.account.email) return;
  owner = me.account.email;
  const { preferences } = me;
  carried = preferences;
  const language = LANGUAGES.find((one) => one.code === preferences.language)?.code;
  if (language) void switchLanguage(language);
  if (preferences.single_keys !== undefined) prefer({ singleKeys: preferences.single_keys });
  const { theme } = preferences;
  if (theme === 'light' || theme === 'dark' || theme === 'auto') setTheme(theme);
}

/** Not worth an error message: the choice holds on this device, and the next one is sent with it. */
export function carry(change: Carried) {
  carried = { ...carried, ...change };
  void api.put('/me/preferences', carried).catch(() => {});
}

export function preferLanguage(language: LanguageCode) {
  void switchLanguage(language);
  carry({ language });
}

export function preferSingleKeys(on: boolean) {
  prefer({ singleKeys: on });
  carry({ single_keys: on });
}
