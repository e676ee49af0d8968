/** How fast each association is at the moment, from what it has received so far. Pure. */

interface Reading {
  readonly time: number;
  readonly bytes: number;
}

export type Readings = ReadonlyMap<string, readonly Reading[]>;

/** Bytes per second are averaged over this long. */
const WINDOW = 4000;

/** Adds what is known now; forgets associations that are gone and readings that are old. */
export function readOff(
  readings: Readings,
  associations: readonly { readonly associationId: string; readonly bytes: number }[],
  time: number,
): Readings {
  return new Map(
    associations.map(({ associationId, bytes }) => {
      const old = readings.get(associationId) ?? [];
      const kept = old.filter((reading) => time - reading.time <= WINDOW && reading.time < time);
      return [associationId, [...kept, { time, bytes }]];
    }),
  );
}

/** Bytes per second; undefined until there are two readings. */
export function rateOf(readings: Readings, associationId: string): number | undefined {
  const all = readings.get(associationId);
  const first = all?.[0];
  const last = all?.at(-1);
  if (!first || !last || last.time === first.time) return undefined;
  return Math.max(0, ((last.bytes - first.bytes) * 1000) / (last.time - first.time));
}
