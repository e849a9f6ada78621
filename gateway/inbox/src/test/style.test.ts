import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

function files(folder: string, pattern: RegExp): { path: string; text: string }[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && pattern.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path, text: readFileSync(path, 'utf8') }));
}

const styles = files('src', /\.css$/);
const code = files('src', /\.tsx?$/).filter(({ path }) => !path.includes('.test.'));

const PHYSICAL_CSS =
  /^\s*(?:left|right|(?:margin|padding|border)-(?:left|right)[\w-]*|border-(?:top|bottom)-(?:left|right)-radius|float:\s*(?:left|right)|text-align:\s*(?:left|right))\b.*$/gm;
const PHYSICAL_JS =
  /\b(?:marginLeft|marginRight|paddingLeft|paddingRight|borderLeft|borderRight|ml|mr|pl|pr)=?[:{"]/g;
const HEX = /#[0-9a-f]{3,8}\b/gi;

describe('every style', () => {
  it.each(styles)('$path has no physical sides', ({ text }) => {
    expect(text.match(PHYSICAL_CSS)).toBeNull();
  });

  it.each(styles)('$path has no colour numbers', ({ text }) => {
    expect(text.match(HEX)).toBeNull();
  });
});

describe('every component', () => {
  it('has no physical sides and no colour numbers', () => {
    for (const { path, text } of code) {
      expect(text.match(PHYSICAL_JS), path).toBeNull();
      if (!path.endsWith('theme/tokens.ts')) expect(text.match(HEX), path).toBeNull();
    }
  });

  it('stays within 500 lines', () => {
    // What a program writes is as long as what it describes.
    const written = code.filter(({ path }) => !path.endsWith('api/schema.ts'));
    for (const { path, text } of [...written, ...styles])
      expect(text.split('\n').length, path).toBeLessThanOrEqual(500);
  });
});
