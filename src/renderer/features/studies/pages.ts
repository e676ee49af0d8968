/** A list of any length that is fetched page by page as it comes into view, and again without flicker when it changed. */

import { useCallback, useEffect, useReducer, useRef } from 'react';
import { call } from '#renderer/store.ts';
import type { CommandArgument, Page, Problem, StudyRow } from '#shared/contract.ts';

export const PAGE_SIZE = 100;
/** More pages than these are forgotten, the farthest first. */
const MOST_PAGES = 30;
/** A list that changes all the time is fetched again this often. */
const REFRESH_INTERVAL = 600;

export interface StudyPages {
  /** undefined: not known yet. */
  readonly total: number | undefined;
  readonly problem: Problem | undefined;
  readonly rowAt: (index: number) => StudyRow | undefined;
  readonly onRange: (first: number, end: number) => void;
  readonly refresh: () => void;
}

interface Held {
  total: number | undefined;
  problem: Problem | undefined;
  pages: Map<number, readonly StudyRow[]>;
}

/** The numbers of the pages that hold rows from `first` up to before `end`. */
export function pagesBetween(first: number, end: number): number[] {
  const from = Math.floor(first / PAGE_SIZE);
  const to = Math.max(from, Math.ceil(end / PAGE_SIZE) - 1);
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

/** The pages nearest to one of them. */
export function nearestPages<Value>(pages: ReadonlyMap<number, Value>, to: number, most: number): Map<number, Value> {
  const nearest = [...pages].sort(([one], [other]) => Math.abs(one - to) - Math.abs(other - to));
  return new Map(nearest.slice(0, most));
}

/**
 * @param query the argument without paging
 * @param version changes whenever the list should be fetched again
 */
export function useStudyPages(query: CommandArgument<'studies-list'>, version: unknown): StudyPages {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const held = useRef<Held>({ total: undefined, problem: undefined, pages: new Map() });
  const range = useRef({ first: 0, end: PAGE_SIZE });
  const asked = useRef(new Set<number>());
  /** Answers to what was asked before are thrown away. */
  const generation = useRef(0);
  const key = JSON.stringify(query);
  const latest = useRef(query);
  latest.current = query;

  const fetchPage = useCallback(async (page: number): Promise<Page<StudyRow> | Problem> => {
    const result = await call('studies-list', { ...latest.current, offset: page * PAGE_SIZE, limit: PAGE_SIZE });
    return result.ok ? result.value : result.error;
  }, []);

  /** Everything in view at once; what is on the screen stays until all of it is here. */
  const refresh = useCallback(async () => {
    const mine = ++generation.current;
    asked.current.clear();
    const numbers = pagesBetween(range.current.first, Math.max(range.current.end, 1));
    const answers = await Promise.all(numbers.map(async (page) => [page, await fetchPage(page)] as const));
    if (mine !== generation.current) return;
    const problem = answers.map(([, answer]) => answer).find((answer) => 'code' in answer);
    if (problem) {
      held.current = { ...held.current, problem };
    } else {
      const pages = new Map<number, readonly StudyRow[]>();
      let total = 0;
      for (const [page, answer] of answers) {
        if ('code' in answer) continue;
        pages.set(page, answer.rows);
        total = answer.total;
      }
      held.current = { total, problem: undefined, pages };
    }
    redraw();
  }, [fetchPage]);

  const onRange = useCallback(
    (first: number, end: number) => {
      range.current = { first, end };
      const mine = generation.current;
      for (const page of pagesBetween(first, end)) {
        if (held.current.total === undefined || held.current.pages.has(page) || asked.current.has(page)) continue;
        asked.current.add(page);
        void fetchPage(page).then((answer) => {
          if (mine !== generation.current) return;
          asked.current.delete(page);
          if ('code' in answer) {
            held.current = { ...held.current, problem: answer };
          } else {
            const pages = nearestPages(held.current.pages.set(page, answer.rows), page, MOST_PAGES);
            held.current = { total: answer.total, problem: undefined, pages };
          }
          redraw();
        });
      }
    },
    [fetchPage],
  );

  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for the query
  useEffect(() => {
    range.current = { first: 0, end: PAGE_SIZE };
    void refresh();
  }, [key, refresh]);

  const waiting = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const seen = useRef(version);
  useEffect(() => {
    if (seen.current === version) return;
    seen.current = version;
    waiting.current ??= setTimeout(() => {
      waiting.current = undefined;
      void refresh();
    }, REFRESH_INTERVAL);
  }, [version, refresh]);
  useEffect(
    () => () => {
      clearTimeout(waiting.current);
      waiting.current = undefined;
      generation.current++;
    },
    [],
  );

  const rowAt = (index: number) => held.current.pages.get(Math.floor(index / PAGE_SIZE))?.[index % PAGE_SIZE];
  const { total, problem } = held.current;
  return { total, problem, rowAt, onRange, refresh };
}
