/** Which screen the address names: `#/settings/port`. Pure. */

export const SCREENS = ['receiver', 'studies', 'rules', 'log', 'settings'] as const;
export type Screen = (typeof SCREENS)[number];

export interface Route {
  readonly screen: Screen;
  /** What the screen is to show: the name of an option, the id of an association, a rule set. */
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

/** The parts of the rules screen besides the rule sets. */
export const RULES_TABS = ['quarantine', 'keys', 'tables'] as const;

/** What the rules screen is to show: a rule set, a dry run over a study, or an element of a received object before and after. */
export type RulesDetail =
  | { readonly ruleSet: string }
  | { readonly study: number }
  | { readonly instance: number; readonly tag: string };

export function formatRulesDetail(detail: RulesDetail): string {
  if ('ruleSet' in detail) return `set-${detail.ruleSet}`;
  if ('study' in detail) return `study-${detail.study}`;
  return `instance-${detail.instance}-${detail.tag}`;
}

export function parseRulesDetail(detail = ''): RulesDetail | undefined {
  const [, ruleSet] = /^set-([\w-]+)$/.exec(detail) ?? [];
  if (ruleSet !== undefined) return { ruleSet };
  const [, study] = /^study-(\d{1,15})$/.exec(detail) ?? [];
  if (study !== undefined) return { study: Number(study) };
  const [, instance, tag] = /^instance-(\d{1,15})-([0-9a-f]{8})$/i.exec(detail) ?? [];
  return instance === undefined || tag === undefined ? undefined : { instance: Number(instance), tag };
}
