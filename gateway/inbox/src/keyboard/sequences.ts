const SEQUENCE_MS = 800;

export type Press = { key: string; at: number };

/**
 * Single keys and two-key sequences. A key that is a whole binding and also the start of a longer one
 * (`a`, `a m`) acts at once and still waits for the second key: nobody waits 800 ms for a menu.
 */
export class Sequences {
  private pending: Press | null = null;
  private readonly bindings: () => ReadonlyMap<string, () => void>;

  constructor(bindings: () => ReadonlyMap<string, () => void>) {
    this.bindings = bindings;
  }

  /** True while a first key waits for its second. */
  waits(at: number): boolean {
    return this.pending !== null && at - this.pending.at <= SEQUENCE_MS;
  }

  press(key: string, at: number): boolean {
    const first = this.waits(at) ? this.pending?.key : undefined;
    this.pending = null;
    if (first !== undefined && this.run(`${first} ${key}`)) return true;
    const opens = [...this.bindings().keys()].some((binding) => binding.startsWith(`${key} `));
    if (opens) this.pending = { key, at };
    return this.run(key) || opens;
  }

  private run(binding: string): boolean {
    const action = this.bindings().get(binding);
    action?.();
    return action !== undefined;
  }
}

/** The letter on the key for Latin layouts, its place on the keyboard for Arabic, Devanagari and others. */
export function keyName(event: Pick<KeyboardEvent, 'key' | 'code'>): string {
  if (event.key === '?' || event.key.length > 1) return event.key.toLowerCase();
  if (/^[a-z]$/i.test(event.key)) return event.key.toLowerCase();
  const place = /^Key([A-Z])$/.exec(event.code)?.[1];
  return place ? place.toLowerCase() : event.key;
}

export function inField(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target.matches('input, textarea, select');
}
