export const BARS = 44;

export type Sound = { seconds: number; bars: number[] };

/** The loudest moment of each of 44 equal parts, scaled so that the loudest of all is 1. */
export function peaks(samples: Float32Array): number[] {
  const part = Math.max(1, Math.floor(samples.length / BARS));
  const bars = Array.from({ length: BARS }, (_, bar) => {
    let peak = 0;
    for (let at = bar * part; at < Math.min(samples.length, (bar + 1) * part); at += 1)
      peak = Math.max(peak, Math.abs(samples[at] ?? 0));
    return peak;
  });
  const loudest = Math.max(...bars);
  return loudest > 0 ? bars.map((peak) => peak / loudest) : bars;
}

const DECODE_RATE = 8_000;

/** The drawn wave is the real one; a made-up wave would be a picture of nothing. */
export async function readSound(url: string): Promise<Sound> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`sound ${response.status}`);
  const decoder = new OfflineAudioContext(1, 1, DECODE_RATE);
  const buffer = await decoder.decodeAudioData(await response.arrayBuffer());
  return { seconds: buffer.duration, bars: peaks(buffer.getChannelData(0)) };
}
