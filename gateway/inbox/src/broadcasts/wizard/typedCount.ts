const ARABIC_INDIC = /[٠-٩]/g;
const SEPARATORS = /[\s.,'’٬\u00a0\u202f]/g;

/** A count as somebody types it: with any separator of thousands, and in the digits of their keyboard. `null`: not a count. */
export function typedCount(text: string): number | null {
  const digits = text
    .trim()
    .replace(ARABIC_INDIC, (digit) => String((digit.codePointAt(0) ?? 0) - 0x0660))
    .replace(SEPARATORS, '');
  return /^\d{1,9}$/.test(digits) ? Number(digits) : null;
}
