/** What is looked for in the list of studies, and how the command is asked for it. Pure. */

import type { CommandArgument, StudyStatus } from '#shared/contract.ts';

/** A column, and which way. */
export interface Sort {
  readonly id: string;
  readonly descending: boolean;
}

export interface Filters {
  readonly search: string;
  readonly patientName: string;
  readonly patientId: string;
  readonly accessionNumber: string;
  readonly description: string;
  readonly modality: string;
  readonly status: StudyStatus | 'any';
  readonly profileId: string;
  /** `YYYY-MM-DD`, or ''. */
  readonly from: string;
  readonly to: string;
}

export const noFilters: Filters = {
  search: '',
  patientName: '',
  patientId: '',
  accessionNumber: '',
  description: '',
  modality: '',
  status: 'any',
  profileId: '',
  from: '',
  to: '',
};

type Argument = CommandArgument<'studies-list'>;
export type SortKey = NonNullable<Argument['sort']>;

export const SORT_KEYS: readonly SortKey[] = [
  'lastReceived',
  'studyDate',
  'patientName',
  'patientId',
  'bytes',
  'instances',
];

/** How many filters of columns are set; the search is not one of them. */
export function activeFilters(filters: Filters): number {
  const { search, ...columns } = filters;
  const { search: none, ...unset } = noFilters;
  return Object.entries(columns).filter(([name, value]) => value !== unset[name as keyof typeof unset]).length;
}

/** The argument without paging; equal ones are equal as JSON. */
export function queryOf(filters: Filters, sort: Sort): Argument {
  const { status, search, from, to, modality, ...texts } = filters;
  const given = Object.entries(texts).filter(([, value]) => value.trim() !== '');
  return {
    search: search.trim(),
    ...Object.fromEntries(given.map(([name, value]) => [name, value.trim()])),
    ...(modality.trim() !== '' && { modality: modality.trim().toUpperCase() }),
    ...(status !== 'any' && { status }),
    ...(from !== '' && { from: from.replaceAll('-', '') }),
    ...(to !== '' && { to: to.replaceAll('-', '') }),
    sort: SORT_KEYS.find((key) => key === sort.id) ?? 'lastReceived',
    descending: sort.descending,
  };
}
