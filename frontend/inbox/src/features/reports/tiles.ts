import type { ReportTile } from '@aftercare/api/reports.ts';

/** A tile, with what nine of ten stay below where the server tells. */
export interface ShownTile {
  tile: ReportTile;
  p90: ReportTile | null;
}

const P90 = '_p90';

/** Every tile once: a ninetieth percentile stands under the figure it belongs to. */
export function shownTiles(tiles: readonly ReportTile[]): ShownTile[] {
  const byKey = new Map(tiles.map((tile) => [tile.key, tile]));
  return tiles
    .filter((tile) => !(tile.key.endsWith(P90) && byKey.has(tile.key.slice(0, -P90.length))))
    .map((tile) => ({ tile, p90: byKey.get(tile.key + P90) ?? null }));
}

/** The large ones on top, and the rest below: never one or two alone in a row. */
export function leadAndRest(tiles: readonly ShownTile[]): [ShownTile[], ShownTile[]] {
  const most = tiles.length === 6 ? 3 : tiles.length === 7 ? 4 : 5;
  return [tiles.slice(0, most), tiles.slice(most)];
}

/** In how many columns the rest stands with the fewest holes. */
export function columnsFor(n: number): number {
  const holes = (columns: number) => (columns - (n % columns)) % columns;
  return [5, 4, 6, 3].reduce((best, each) => (holes(each) < holes(best) ? each : best));
}
