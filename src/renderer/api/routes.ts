/** Which screen the address names: `#/settings/port`. Pure. */

export const SCREENS = ['receiver', 'studies', 'log', 'settings'] as const;
export type Screen = (typeof SCREENS)[number];

export interface Route {
  readonly screen: Screen;
  /** What the screen is to show: the name of an option, the id of an association. */
  readonly detail?: string;
}

export function parseRoute(hash: string): Route {
  const [, name = '', detail = ''] = /^#\/([a-z]+)(?:\/(.*))?$/.exec(hash) ?? [];
  const screen = SCREENS.find((known) => known === name) ?? 'receiver';
  if (detail === '') return { screen };
  try {
    return { screen, detail: decodeURIComponent(detail) };
  } catch {
    return { screen };
  }
}

export function formatRoute({ screen, detail }: Route): string {
  return detail === undefined ? `#/${screen}` : `#/${screen}/${encodeURIComponent(detail)}`;
}
