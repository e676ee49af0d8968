/** Every association there was, and what happened in one of them, step by step. */

import { Ban, Cable, Check, CircleAlert, LogOut, MessageSquare, Network, PhoneIncoming, X } from 'lucide-react';
import { type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { Badge, type Kind } from '#renderer/components/badge.tsx';
import { ProblemBanner } from '#renderer/components/banner.tsx';
import { Button } from '#renderer/components/button.tsx';
import { cx } from '#renderer/components/cx.ts';
import { Empty } from '#renderer/components/empty.tsx';
import { Table, type TableColumn } from '#renderer/components/table.tsx';
import { call, navigate, showProblem, useReceiver } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import { formatBytes, formatClock, formatCount, formatDateTime, formatDuration } from '#renderer/text/format.ts';
import type { AssociationRow, Problem, TimelineStep } from '#shared/contract.ts';
import { sopClassName, transferSyntaxName } from '#shared/dicom/uids.ts';
import type { ContextInfo } from '#shared/events.ts';
import type { ReceiverState } from '#shared/state.ts';
import styles from './log.module.css';

const words = text.log.association;
const PAGE = 100;

const KINDS: Readonly<Record<AssociationRow['outcome'], Kind>> = {
  open: 'active',
  released: 'ok',
  aborted: 'error',
  rejected: 'warn',
  interrupted: 'warn',
};

export interface AssociationsProps {
  readonly selected: string | undefined;
  readonly onLines: (associationId: string) => void;
}

export function Associations({ selected, onLines }: AssociationsProps) {
  const { count, rowAt, onRange } = useAssociations();
  return (
    <div className={cx(styles.split)}>
      <div className={cx(styles.card)}>
        <Table<AssociationRow>
          label={words.list}
          columns={columns}
          count={count}
          rowAt={rowAt}
          onRange={onRange}
          keyOf={({ associationId }) => associationId}
          selectedKey={selected ?? ''}
          onSelect={({ associationId }) => navigate('log', associationId)}
          minWidth="48rem"
          empty={
            <Empty icon={PhoneIncoming} title={words.empty}>
              {words.emptyHelp}
            </Empty>
          }
        />
      </div>
      <section aria-label={words.timeline} className={cx(styles.timeline)}>
        {selected === undefined ? (
          <Empty icon={Network} title={words.timeline}>
            {words.choose}
          </Empty>
        ) : (
          <Timeline key={selected} associationId={selected} onLines={onLines} />
        )}
      </section>
    </div>
  );
}

const columns: readonly TableColumn<AssociationRow>[] = [
  {
    id: 'opened',
    label: words.columns.opened,
    width: '6rem',
    cell: ({ opened }) => <time title={formatDateTime(opened)}>{formatClock(opened)}</time>,
  },
  {
    id: 'caller',
    label: words.columns.caller,
    width: 'minmax(11rem, 1fr)',
    cell: ({ callingAeTitle, calledAeTitle }) => words.between(callingAeTitle, calledAeTitle),
  },
  {
    id: 'address',
    label: words.columns.address,
    width: '8.5rem',
    cell: ({ remoteAddress }) => <code>{remoteAddress}</code>,
  },
  {
    id: 'outcome',
    label: words.columns.outcome,
    width: '8.75rem',
    cell: ({ outcome, reason }) => (
      <span title={reason ?? words.outcomeHelp[outcome]}>
        <Badge kind={KINDS[outcome]}>{words.outcomes[outcome]}</Badge>
      </span>
    ),
  },
  { id: 'files', label: words.columns.files, width: '4.5rem', align: 'end', cell: ({ files }) => formatCount(files) },
  { id: 'size', label: words.columns.size, width: '6rem', align: 'end', cell: ({ bytes }) => formatBytes(bytes) },
  {
    id: 'duration',
    label: words.columns.duration,
    width: '5.5rem',
    align: 'end',
    cell: ({ opened, ended }) => (ended === undefined ? '' : formatDuration(ended - opened)),
  },
];

/** Grows whenever an association opened or ended somewhere. */
function associationVersion({ profiles, historyVersion }: ReceiverState): string {
  const parts = profiles.map(
    ({ totals, associations, ended }) =>
      `${totals.associations} ${associations.length} ${ended[0]?.associationId ?? ''}`,
  );
  return [historyVersion, ...parts].join('|');
}

/** Pages of the list, fetched as they come into view, all anew when something opened or ended. */
function useAssociations() {
  const version = useReceiver(associationVersion);
  const [pages, setPages] = useState<{
    readonly version: string;
    readonly total: number;
    readonly rows: ReadonlyMap<number, AssociationRow>;
  }>({
    version: '',
    total: 0,
    rows: new Map(),
  });
  const range = useRef<readonly [first: number, end: number]>([0, PAGE]);
  const current = useRef(version);
  current.current = version;
  const asked = useRef(new Set<string>());
  const fetchPage = useCallback(async (page: number) => {
    const version = current.current;
    const key = `${version} ${page}`;
    if (asked.current.has(key)) return;
    asked.current.add(key);
    const result = await call('associations-list', { offset: page * PAGE, limit: PAGE });
    if (!result.ok) {
      asked.current.delete(key);
      return showProblem(result.error);
    }
    const { total, rows } = result.value;
    setPages((old) => {
      const kept = old.version === version ? old.rows : new Map<number, AssociationRow>();
      return {
        version,
        total,
        rows: new Map([...kept, ...rows.map((row, index) => [page * PAGE + index, row] as const)]),
      };
    });
  }, []);
  const fetchRange = useCallback(() => {
    const [first, end] = range.current;
    for (let page = Math.floor(first / PAGE); page * PAGE < Math.max(end, 1); page++) void fetchPage(page);
  }, [fetchPage]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the version is the reason to fetch again
  useEffect(() => {
    asked.current.clear();
    // Calls often come in bursts.
    const timer = setTimeout(fetchRange, 150);
    return () => clearTimeout(timer);
  }, [version, fetchRange]);
  const onRange = useCallback(
    (first: number, end: number) => {
      range.current = [first, end];
      fetchRange();
    },
    [fetchRange],
  );
  return { count: pages.total, rowAt: (index: number) => pages.rows.get(index), onRange };
}

type TimelineState =
  | { readonly kind: 'loading' }
  | { readonly kind: 'problem'; readonly problem: Problem }
  | { readonly kind: 'here'; readonly association: AssociationRow; readonly steps: readonly TimelineStep[] };

interface TimelineProps {
  readonly associationId: string;
  readonly onLines: (associationId: string) => void;
}

function Timeline({ associationId, onLines }: TimelineProps) {
  const [state, setState] = useState<TimelineState>({ kind: 'loading' });
  const known = useReceiver(({ profiles }) =>
    profiles
      .flatMap(({ associations, ended }) => [...associations, ...ended])
      .find((association) => association.associationId === associationId),
  );
  const files = known?.files;
  const outcome = known?.outcome;
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is fetched again when it got further
  useEffect(() => {
    let over = false;
    void call('association-timeline', { associationId }).then((result) => {
      if (over) return;
      setState(result.ok ? { kind: 'here', ...result.value } : { kind: 'problem', problem: result.error });
    });
    return () => {
      over = true;
    };
  }, [associationId, files, outcome]);
  if (state.kind === 'loading') return <p role="status">{text.common.loading}</p>;
  if (state.kind === 'problem') return <ProblemBanner problem={state.problem} live />;
  const { association, steps } = state;
  return (
    <>
      <div>
        <h2 className={cx(styles.heading)}>{words.between(association.callingAeTitle, association.calledAeTitle)}</h2>
        <p className={cx(styles.muted)}>
          {formatDateTime(association.opened)} · <code>{association.remoteAddress}</code>
        </p>
      </div>
      <div className={cx(styles.row)}>
        <Badge kind={KINDS[association.outcome]}>{words.outcomes[association.outcome]}</Badge>
        <span>{association.reason ?? words.outcomeHelp[association.outcome]}</span>
      </div>
      <section aria-label={words.steps}>
        <h3 className="unseen">{words.steps}</h3>
        {steps.length === 0 ? (
          <p className={cx(styles.muted)}>{words.noSteps}</p>
        ) : (
          <ol className={cx(styles.steps)}>
            {steps.map((step, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: steps are only ever added at the end
              <Step key={index} step={step} start={association.opened} />
            ))}
          </ol>
        )}
      </section>
      {known && known.contexts.length > 0 && <Contexts contexts={known.contexts} />}
      <div className={cx(styles.row)}>
        <Button size="small" onPress={() => onLines(associationId)}>
          {words.lines}
        </Button>
      </div>
    </>
  );
}

const ICONS: Readonly<Record<TimelineStep['kind'], typeof Check>> = {
  request: PhoneIncoming,
  context: Cable,
  accept: Check,
  reject: Ban,
  message: MessageSquare,
  release: LogOut,
  abort: X,
  problem: CircleAlert,
};
const BAD: ReadonlySet<TimelineStep['kind']> = new Set(['reject', 'abort', 'problem']);

function Step({ step, start }: { readonly step: TimelineStep; readonly start: number }) {
  const Icon = ICONS[step.kind];
  const isBad = BAD.has(step.kind);
  const isGood = step.kind === 'accept' || step.kind === 'release';
  return (
    <li className={cx(styles.step, isBad && styles.bad, isGood && styles.good)}>
      <span className={cx(styles.dot)}>
        <Icon aria-hidden size={14} />
      </span>
      <div>
        <div className={cx(styles.stepHead)}>
          {words.kinds[step.kind]}
          <time className={cx(styles.muted)} title={formatDateTime(step.time)}>
            {words.after(offset(step.time - start))}
          </time>
        </div>
        <div className={cx(styles.stepWords)}>{step.message}</div>
      </div>
    </li>
  );
}

/** Time since the request, finer than seconds at the beginning. */
function offset(milliseconds: number): string {
  return milliseconds < 10_000 ? `${(Math.max(0, milliseconds) / 1000).toFixed(2)} s` : formatDuration(milliseconds);
}

function Contexts({ contexts }: { readonly contexts: readonly ContextInfo[] }) {
  const hasRefused = contexts.some(({ result }) => result !== 0);
  const sorted = useMemo(
    () => contexts.toSorted((a, b) => Number(a.result === 0) - Number(b.result === 0)),
    [contexts],
  );
  return (
    <section aria-label={words.contexts}>
      <h3 className={cx(styles.subheading)}>{words.contexts}</h3>
      <p className={cx(styles.muted)}>{words.contextsHelp}</p>
      <ul>
        {sorted.map(({ id, abstractSyntax, transferSyntax, result }) => (
          <Context key={id} isAccepted={result === 0} name={sopClassName(abstractSyntax) ?? abstractSyntax}>
            {result === 0
              ? words.accepted(transferSyntaxName(transferSyntax) ?? transferSyntax)
              : (words.results[result] ?? words.results[2])}
          </Context>
        ))}
      </ul>
      {hasRefused && (
        <Button size="small" onPress={() => navigate('settings', 'Acceptance')}>
          {words.settings}
        </Button>
      )}
    </section>
  );
}

interface ContextProps {
  readonly name: string;
  readonly isAccepted: boolean;
  readonly children: ReactNode;
}

function Context({ name, isAccepted, children }: ContextProps) {
  return (
    <li className={cx(styles.context)}>
      <Badge kind={isAccepted ? 'ok' : 'error'} plain>
        <span className="unseen">{isAccepted ? words.kinds.accept : words.kinds.reject}</span>
      </Badge>
      <div>
        {name}
        <div className={cx(styles.muted)}>{children}</div>
      </div>
    </li>
  );
}
