/** The lines of the log: live, filtered, bounded; older ones on request. */

import { Download, FileSearch, Pause, Play, ScrollText, X } from 'lucide-react';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { Badge, type Kind } from '#renderer/components/badge.tsx';
import { Button, IconButton } from '#renderer/components/button.tsx';
import { CopyButton } from '#renderer/components/copy-button.tsx';
import { cx } from '#renderer/components/cx.ts';
import { downloadText } from '#renderer/components/download.ts';
import { Empty } from '#renderer/components/empty.tsx';
import { Select } from '#renderer/components/select.tsx';
import { Table, type TableColumn } from '#renderer/components/table.tsx';
import { SearchField } from '#renderer/components/text-field.tsx';
import { ask, call, navigate, showProblem, showToast, useReceiver, useReceiverShallow } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import { formatClock, formatDateTime } from '#renderer/text/format.ts';
import { LOG_COMPONENTS, LOG_LEVELS, type LogComponent, type LogLevel, type LogLine } from '#shared/contract.ts';
import styles from './log.module.css';
import {
  countFresh,
  filterArgument,
  firstLines,
  type Lines,
  type LogFilter,
  MOST_LINES,
  noFilter,
  shortName,
  stamp,
  withLive,
  withOlder,
} from './log-model.ts';

const words = text.log;
const LIMIT = 500;
const ANY = 'any';

const KINDS: Readonly<Record<LogLevel, Kind>> = { error: 'error', warn: 'warn', info: 'info', debug: 'neutral' };

export interface LogLinesProps {
  readonly filter: LogFilter;
  readonly onFilter: (filter: LogFilter) => void;
}

export function LogLines({ filter, onFilter }: LogLinesProps) {
  const { state, isPaused, setPaused, waiting, loadOlder, isLoading } = useLogLines(filter);
  const [selected, setSelected] = useState<LogLine>();
  const profiles = useReceiverShallow((receiver) => receiver.profiles.map(({ profile }) => profile));
  const names = useMemo(() => new Map(profiles.map(({ id, name }) => [id, name])), [profiles]);
  const written = useReceiver(({ settings }) => settings.logLevel);
  const { lines, more } = state;
  const columns = useMemo(() => columnsOf(names), [names]);
  const isFiltered = JSON.stringify(filter) !== JSON.stringify(noFilter);
  const isHidden = LOG_LEVELS.indexOf(filter.level) > LOG_LEVELS.indexOf(written);
  const isFull = lines.length >= MOST_LINES;
  const exportLines = async () => {
    const result = await ask('log-export', filterArgument(filter));
    if (!result) return;
    downloadText(`studyport-log-${stamp(Date.now())}.jsonl`, result.text, 'application/jsonl');
    showToast({ kind: 'ok', message: words.exported });
  };
  return (
    <div className={cx(styles.panel)}>
      <Filters filter={filter} onFilter={onFilter} profiles={profiles}>
        <Button icon={isPaused ? Play : Pause} onPress={() => setPaused(!isPaused)}>
          {isPaused ? words.resume : words.pause}
        </Button>
        <Button icon={Download} onPress={() => void exportLines()}>
          {words.export}
        </Button>
      </Filters>
      <div className={cx(styles.card)}>
        <Table<LogLine>
          label={words.lines}
          columns={columns}
          count={lines.length}
          rowAt={(index) => lines[lines.length - 1 - index]}
          keyOf={({ sequence }) => sequence}
          selectedKey={selected?.sequence ?? -1}
          onSelect={setSelected}
          rowClass={({ level }) =>
            level === 'error' ? styles.errorRow : level === 'debug' ? styles.debugRow : undefined
          }
          minWidth="46rem"
          empty={
            <Empty
              icon={isFiltered ? FileSearch : ScrollText}
              title={isFiltered ? words.noMatch : words.empty}
              actions={isFiltered && <Button onPress={() => onFilter(noFilter)}>{words.reset}</Button>}
            >
              {isFiltered ? words.noMatchHelp : words.emptyHelp}
            </Empty>
          }
        />
        {selected && (
          <LineDetail
            line={selected}
            onFilter={() => onFilter({ ...noFilter, level: 'debug', ...onlyOf(selected) })}
            onClose={() => setSelected(undefined)}
          />
        )}
        <div className={cx(styles.foot)}>
          <span className={cx(styles.row)}>
            {isPaused ? (
              <Badge kind="warn">{words.paused(waiting)}</Badge>
            ) : (
              <Badge kind="active" plain>
                {words.live}
              </Badge>
            )}
            <span>{words.shown(lines.length)}</span>
            {isHidden && (
              <>
                · {words.levelOff(written)}
                <Button size="small" variant="quiet" onPress={() => navigate('settings', 'Application')}>
                  {words.changeLevel}
                </Button>
              </>
            )}
          </span>
          {isFull ? (
            <span>{words.full(MOST_LINES)}</span>
          ) : more ? (
            <Button size="small" variant="quiet" onPress={() => void loadOlder()} isPending={isLoading}>
              {isLoading ? words.loadingOlder : words.older}
            </Button>
          ) : (
            <span>{lines.length > 0 && words.noOlder}</span>
          )}
        </div>
      </div>
    </div>
  );
}

function onlyOf({ associationId }: LogLine): Pick<LogFilter, 'associationId'> {
  return associationId === undefined ? {} : { associationId };
}

/** Fetches, then follows the live lines; a gap is fetched again. */
function useLogLines(filter: LogFilter) {
  const live = useReceiver(({ log }) => log);
  const [state, setState] = useState<Lines>({ lines: [], seen: 0, more: false });
  const [isPaused, setPaused] = useState(false);
  const [isLoading, setLoading] = useState(false);
  const [generation, setGeneration] = useState(0);
  const [isReady, setReady] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: live lines join in the next effect; a gap counts the generation up
  useEffect(() => {
    let over = false;
    setReady(false);
    const timer = setTimeout(async () => {
      const result = await call('log-list', { ...filterArgument(filter), limit: LIMIT });
      if (over) return;
      if (!result.ok) showProblem(result.error);
      setState(firstLines(result.ok ? result.value.lines : [], live, filter, LIMIT));
      setReady(true);
    }, 120);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [filter, generation]);
  useEffect(() => {
    if (isPaused || !isReady) return;
    setState((old) => {
      const { lines, gap } = withLive(old, live, filter);
      if (gap) setGeneration((count) => count + 1);
      return lines;
    });
  }, [live, filter, isPaused, isReady]);
  const loadOlder = useCallback(async () => {
    const before = state.lines[0]?.sequence;
    if (before === undefined) return;
    setLoading(true);
    const result = await ask('log-list', { ...filterArgument(filter), limit: LIMIT, before });
    setLoading(false);
    if (result) setState((old) => withOlder(old, result.lines, LIMIT));
  }, [state.lines, filter]);
  const waiting = isPaused ? countFresh(state, live, filter) : 0;
  return { state, isPaused, setPaused, waiting, loadOlder, isLoading };
}

function columnsOf(names: ReadonlyMap<string, string>): TableColumn<LogLine>[] {
  const several = names.size > 1;
  return [
    {
      id: 'time',
      label: words.columns.time,
      width: '6rem',
      cell: ({ time }) => <time title={formatDateTime(time)}>{formatClock(time)}</time>,
    },
    {
      id: 'level',
      label: words.columns.level,
      width: '6.5rem',
      cell: ({ level }) => (
        <Badge kind={KINDS[level]} plain>
          {words.levelWords[level]}
        </Badge>
      ),
    },
    {
      id: 'component',
      label: words.columns.component,
      width: '7.5rem',
      cell: ({ component }) => words.components[component],
    },
    ...(several
      ? [
          {
            id: 'profile',
            label: words.columns.profile,
            width: '8rem',
            cell: ({ profileId }: LogLine) => (profileId === undefined ? '' : (names.get(profileId) ?? profileId)),
          },
        ]
      : []),
    {
      id: 'message',
      label: words.columns.message,
      width: 'minmax(14rem, 1fr)',
      cell: ({ message }) => (
        <span className={cx(styles.message)} title={message}>
          {message}
        </span>
      ),
    },
    {
      id: 'association',
      label: words.columns.association,
      width: '8rem',
      cell: ({ associationId }) =>
        associationId !== undefined && (
          <button
            type="button"
            tabIndex={-1}
            className={cx(styles.link)}
            title={associationId}
            aria-label={words.showAssociation(associationId)}
            onClick={() => navigate('log', associationId)}
          >
            {shortName(associationId)}
          </button>
        ),
    },
  ];
}

interface LineDetailProps {
  readonly line: LogLine;
  readonly onFilter: () => void;
  readonly onClose: () => void;
}

function LineDetail({ line, onFilter, onClose }: LineDetailProps) {
  return (
    <section aria-label={words.line} className={cx(styles.detail)}>
      <div>
        <p>{line.message}</p>
        <p className={cx(styles.muted)}>
          {formatDateTime(line.time)} · {words.levelWords[line.level]} · {words.components[line.component]}
          {line.code !== undefined && (
            <>
              {' '}
              · {words.code}: <code>{line.code}</code>
            </>
          )}
        </p>
        {line.associationId !== undefined && (
          <div className={cx(styles.row)}>
            <Button size="small" onPress={() => navigate('log', line.associationId)}>
              {words.association.timeline}
            </Button>
            <Button size="small" variant="quiet" onPress={onFilter}>
              {words.onlyThis}
            </Button>
          </div>
        )}
      </div>
      <div className={cx(styles.row)}>
        <CopyButton value={JSON.stringify(line)} what={words.copyLine} />
        <IconButton icon={X} label={text.common.close} onPress={onClose} />
      </div>
    </section>
  );
}

interface FiltersProps extends LogLinesProps {
  readonly profiles: readonly { readonly id: string; readonly name: string }[];
  readonly children: React.ReactNode;
}

function Filters({ filter, onFilter, profiles, children }: FiltersProps) {
  const { component, profileId, associationId, ...rest } = filter;
  const others = {
    ...(component !== undefined && { component }),
    ...(profileId !== undefined && { profileId }),
    ...(associationId !== undefined && { associationId }),
  };
  return (
    <div className={cx(styles.tools)}>
      <SearchField
        label={words.search}
        value={filter.text}
        onChange={(next) => onFilter({ ...filter, text: next.slice(0, 200) })}
        className={cx(styles.search)}
        isMain
      />
      <Select<LogLevel>
        label={words.level}
        hideLabel
        className={cx(styles.filter)}
        choices={LOG_LEVELS.map((value) => ({ value, label: words.levels[value] }))}
        value={filter.level}
        onChange={(level) => onFilter({ ...filter, level })}
      />
      <Select
        label={words.component}
        hideLabel
        className={cx(styles.filter)}
        choices={[
          { value: ANY, label: words.anyComponent },
          ...LOG_COMPONENTS.map((value) => ({ value, label: words.components[value] })),
        ]}
        value={component ?? ANY}
        onChange={(next) => {
          const { component: _, ...kept } = others;
          onFilter({ ...rest, ...kept, ...(next !== ANY && { component: next as LogComponent }) });
        }}
      />
      {profiles.length > 1 && (
        <Select
          label={words.profile}
          hideLabel
          className={cx(styles.filter)}
          choices={[
            { value: ANY, label: words.anyProfile },
            ...profiles.map(({ id, name }) => ({ value: id, label: name })),
          ]}
          value={profileId ?? ANY}
          onChange={(next) => {
            const { profileId: _, ...kept } = others;
            onFilter({ ...rest, ...kept, ...(next !== ANY && { profileId: next }) });
          }}
        />
      )}
      {associationId !== undefined && (
        <Button
          icon={X}
          aria-label={`${words.onlyAssociation(associationId)}: ${words.clearAssociation}`}
          onPress={() => {
            const { associationId: _, ...kept } = others;
            onFilter({ ...rest, ...kept });
          }}
        >
          {words.onlyAssociation(shortName(associationId))}
        </Button>
      )}
      {children}
    </div>
  );
}
