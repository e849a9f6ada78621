export type Token = { text: string; kind: 'key' | 'string' | 'other' };
export type Line = { tokens: Token[]; indent: number };

const PIECES = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/gu;

/**
 * Lays the text out without parsing it into values: what Meta sent must be shown digit for digit,
 * and a body that is not JSON at all must still be readable.
 */
export function layOut(raw: string): Line[] {
  const pieces = raw.match(PIECES) ?? [];
  const lines: Line[] = [];
  let line: Line = { tokens: [], indent: 0 };
  let depth = 0;
  const endLine = () => {
    if (line.tokens.length > 0) lines.push(line);
    line = { tokens: [], indent: depth };
  };
  for (const [at, piece] of pieces.entries()) {
    const next = pieces[at + 1];
    if (piece === '}' || piece === ']') {
      const emptyPair = pieces[at - 1] === (piece === '}' ? '{' : '[');
      depth -= 1;
      if (!emptyPair) endLine();
      if (line.tokens.length === 0) line.indent = depth;
      line.tokens.push({ text: piece, kind: 'other' });
    } else if (piece === '{' || piece === '[') {
      line.tokens.push({ text: piece, kind: 'other' });
      depth += 1;
      if (next !== (piece === '{' ? '}' : ']')) endLine();
    } else if (piece === ',') {
      line.tokens.push({ text: piece, kind: 'other' });
      endLine();
    } else if (piece === ':') line.tokens.push({ text: ': ', kind: 'other' });
    else
      line.tokens.push({
        text: piece,
        kind: next === ':' ? 'key' : piece.startsWith('"') ? 'string' : 'other',
      });
  }
  endLine();
  return lines;
}

/** Words the error puts in quotes; the lines that hold them are the ones to look at. */
export function suspects(error: string | null): string[] {
  return [...(error ?? '').matchAll(/[`'"“]([^`'"”]{2,})[`'"”]/gu)].map((match) => match[1] ?? '');
}

export const isSuspect = (line: Line, words: string[]) =>
  words.some((word) => line.tokens.some((token) => token.text === `"${word}"`));
