/** Digits of the national number in groups, by calling code. */
const GROUPS: Record<string, readonly (readonly number[])[]> = {
  '1': [[3, 3, 4]],
  '7': [[3, 3, 2, 2]],
  '20': [[3, 3, 4]],
  '27': [[2, 3, 4]],
  '30': [[3, 3, 4]],
  '31': [[1, 4, 4]],
  '33': [[1, 2, 2, 2, 2]],
  '34': [[3, 3, 3]],
  '39': [[3, 3, 4]],
  '44': [[4, 6]],
  '49': [
    [3, 3, 4],
    [3, 4, 4],
  ],
  '51': [[3, 3, 3]],
  '52': [
    [2, 4, 4],
    [1, 2, 4, 4],
  ],
  '54': [
    [2, 4, 4],
    [1, 2, 4, 4],
  ],
  '55': [
    [2, 4, 4],
    [2, 5, 4],
  ],
  '56': [[1, 4, 4]],
  '57': [[3, 3, 4]],
  '61': [[3, 3, 3]],
  '62': [
    [3, 3, 4],
    [3, 4, 4],
  ],
  '91': [[5, 5]],
  '92': [[3, 7]],
  '212': [[3, 2, 2, 2]],
  '233': [[2, 3, 4]],
  '234': [[3, 3, 4]],
  '254': [[3, 3, 3]],
  '351': [[3, 3, 3]],
  '880': [[4, 6]],
  '966': [[2, 3, 4]],
  '971': [[2, 3, 4]],
};

/** Calling codes of two digits; what is neither here nor `1` or `7` has three. */
const TWO_DIGITS = new Set(
  (
    '20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 ' +
    '60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98'
  ).split(' '),
);

function callingCode(digits: string): string {
  if (digits.startsWith('1') || digits.startsWith('7')) return digits.slice(0, 1);
  const two = digits.slice(0, 2);
  return TWO_DIGITS.has(two) ? two : digits.slice(0, 3);
}

/** Threes from the front, and no single digit left over at the end. */
function threes(length: number): number[] {
  const groups: number[] = [];
  let left = length;
  while (left > 4) {
    groups.push(3);
    left -= 3;
  }
  return [...groups, left];
}

/** The organization hides numbers: only the last digits came from the server. */
export const isMasked = (phone: string) => phone.includes('•');

/** `+12025550117` as `+1 202 555 0117`. What is no international number stays as it is. */
export function readablePhone(phone: string): string {
  const digits = phone.replace(/[\s().-]/g, '').replace(/^\+/, '');
  if (!/^\d{8,15}$/.test(digits)) return phone;
  const code = callingCode(digits);
  const national = digits.slice(code.length);
  const known = GROUPS[code]?.find(
    (groups) => groups.reduce((sum, length) => sum + length, 0) === national.length,
  );
  const parts: string[] = [];
  let at = 0;
  for (const length of known ?? threes(national.length)) {
    parts.push(national.slice(at, at + length));
    at += length;
  }
  return `+${[code, ...parts].join(' ')}`;
}
