// How fast the mock's broadcasts are.

export const wave = (second) => Math.sin(second * 1.7) * 0.5 + Math.sin(second / 3.1) * 0.4;

/** How the big one went in its first minutes: it starts slowly, and WhatsApp asks it to slow down for 40 s. */
export function firstMinutes(second) {
  const slow = second >= 280 && second < 324;
  const allowed = slow ? 13.4 : 26.7;
  if (second < 75) return { sent: 9 + second * 0.235 + wave(second), allowed };
  if (slow) return { sent: Math.max(11.4, 26.7 - (second - 280)) + wave(second) * 0.5, allowed };
  if (second >= 324 && second < 336) return { sent: 13 + (second - 324) * 1.1, allowed };
  return { sent: 26.2 + wave(second) * 0.5, allowed };
}
