const LINE = 22;
const CHARS_PER_LINE = 80;
const LEAST = 120;
const MOST = 560;

/**
 * How high a frame for this mail should begin, in pixels. The frame may run no script and has no
 * origin of ours, so nobody can measure it: the words are counted, pictures and tables get room,
 * and the reader makes it higher where that was too little.
 */
export function firstHeight(text: string, quoted: string, pictures: number): number {
  const lines = `${text}\n${quoted}`
    .split('\n')
    .reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / CHARS_PER_LINE)), 0);
  const height = 48 + lines * LINE * 1.25 + pictures * 160;
  return Math.round(Math.min(MOST, Math.max(LEAST, height)));
}

/** The next step when it was too little. */
export function taller(height: number): number {
  return Math.min(6000, Math.round(height * 2));
}
