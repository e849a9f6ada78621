import { createReadStream, existsSync, statSync } from 'node:fs';
import { extname, join, normalize } from 'node:path';

const DIST = new URL('../dist/', import.meta.url).pathname;
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.woff': 'font/woff',
};
/** The policy the server will have: what breaks under it must break here first. */
const POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' blob: data:; media-src 'self' blob:; connect-src 'self' ws: wss:; object-src 'none'; frame-ancestors 'none'";

export function serveFile(path, response) {
  const wanted = join(DIST, normalize(path));
  const file =
    wanted.startsWith(DIST) && existsSync(wanted) && statSync(wanted).isFile()
      ? wanted
      : join(DIST, 'index.html');
  if (!existsSync(file)) {
    response.writeHead(503).end('dist is missing: npm run build');
    return;
  }
  response.writeHead(200, {
    'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream',
    'Content-Security-Policy': POLICY,
  });
  createReadStream(file).pipe(response);
}

/** A spoken rhythm of noise, so that the drawn wave looks like a voice. */
export function voiceWav(seconds) {
  const rate = 8000;
  const samples = Buffer.alloc(seconds * rate * 2);
  for (let at = 0; at < seconds * rate; at += 1) {
    const time = at / rate;
    const slow = 0.25 + 0.75 * Math.abs(Math.sin(time * 0.61 + 1) * Math.cos(time * 1.7));
    const syllable = slow * Math.abs(Math.sin(time * 3.3)) * Math.abs(Math.sin(time * 0.29 + 2));
    samples.writeInt16LE(Math.round(Math.sin(time * 900 + Math.sin(time * 40)) * syllable * 12000), at * 2);
  }
  const head = Buffer.alloc(44);
  head.write('RIFF', 0);
  head.writeUInt32LE(36 + samples.length, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt32LE(rate * 2, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36);
  head.writeUInt32LE(samples.length, 40);
  return Buffer.concat([head, samples]);
}

export const paperPhoto = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 480 320"><rect width="480" height="320" fill="#8a7560"/><path d="M0 0h480v120L0 220z" fill="#9a856f"/><g transform="rotate(-4 240 160)"><rect x="120" y="-10" width="240" height="350" fill="#f7f3ea"/><circle cx="160" cy="28" r="14" fill="#0a6c70"/><g fill="#b9b2a4"><rect x="150" y="70" width="180" height="10"/><rect x="150" y="100" width="150" height="10"/><rect x="150" y="130" width="180" height="10"/><rect x="150" y="160" width="120" height="10"/><rect x="150" y="190" width="170" height="10"/></g><path d="M200 260q20-40 30 0t30-10 30 5 30-15" fill="none" stroke="#1f3f8e" stroke-width="5"/></g></svg>`;

export const stickerArt = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 128 128"><circle cx="64" cy="64" r="54" fill="#f4c542"/><circle cx="46" cy="54" r="7"/><circle cx="82" cy="54" r="7"/><path d="M40 78q24 26 48 0" fill="none" stroke="#000" stroke-width="6" stroke-linecap="round"/></svg>`;
