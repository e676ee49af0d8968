/** The studies screen: everything that was received, found again, looked at and put away. */

import {
  CircleAlert,
  Ellipsis,
  FolderOpen,
  FolderSearch,
  Images,
  SearchX,
  SlidersHorizontal,
  Trash2,
} from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { Button, IconButton } from '#renderer/components/button.tsx';
import { cx } from '#renderer/components/cx.ts';
import { Empty } from '#renderer/components/empty.tsx';
import { Menu, type MenuEntry } from '#renderer/components/menu.tsx';
import { Page } from '#renderer/components/page.tsx';
import { Table, type TableSort } from '#renderer/components/table.tsx';
import { SearchField } from '#renderer/components/text-field.tsx';
import {
  ask,
  currentProfile,
  navigate,
  showToast,
  useReceiver,
  useReceiverShallow,
  useStore,
} from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import type { StudyRow } from '#shared/contract.ts';
import type { ProfileState } from '#shared/state.ts';
import { columns } from './columns.tsx';
import { FilterBar } from './filters.tsx';
import { withLive } from './live.ts';
import { useStudyPages } from './pages.ts';
import { activeFilters, type Filters, noFilters, queryOf } from './query.ts';
import { RebuildDialog, RebuildProgress } from './rebuild.tsx';
import styles from './studies.module.css';
import { StudyPanel } from './study-panel.tsx';

const words = text.studies;
/** Typing goes on for as long as the keys come quicker than this. */
const TYPING = 220;

/** The filters once the typing pauses. */
function useSettled(filters: Filters): Filters {
  const [settled, setSettled] = useState(filters);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(filters), TYPING);
    return () => clearTimeout(timer);
  }, [filters]);
  return settled;
}

/** Whatever means that the list is no longer what was fetched. */
function useListVersion(): string {
  const history = useReceiver((state) => state.historyVersion);
  const studies = useReceiverShallow((state) => state.profiles.map((profile) => profile.studies));
  const seen = useRef({ studies, count: 0 });
  if (seen.current.studies !== studies) seen.current = { studies, count: seen.current.count + 1 };
  return `${history} ${seen.current.count}`;
}

function useMatches(query: string): boolean {
  const [matches, setMatches] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const list = matchMedia(query);
    const listen = () => setMatches(list.matches);
    list.addEventListener('change', listen);
    return () => list.removeEventListener('change', listen);
  }, [query]);
  return matches;
}

export function StudiesScreen() {
  const detail = useStore(({ route }) => route.detail);
  const [filters, setFilters] = useState<Filters>({ ...noFilters, search: detail ?? '' });
  const [showsFilters, setShowsFilters] = useState(false);
  const [sort, setSort] = useState<TableSort>({ id: 'lastReceived', descending: true });
  const [selected, setSelected] = useState<StudyRow>();
  const [rebuilding, setRebuilding] = useState<string>();
  const profiles = useReceiver((state) => state.profiles);
  const settled = useSettled(filters);
  const { total, problem, rowAt, onRange, refresh } = useStudyPages(queryOf(settled, sort), useListVersion());

  const isWide = useMatches('(min-width: 1520px)');

  const active = activeFilters(filters);
  const isFiltered = activeFilters(settled) > 0 || settled.search.trim() !== '';
  const liveRow = (index: number) => {
    const row = rowAt(index);
    return row && withLive(row, profiles);
  };
  const shown = selected && withLive(fresh(selected, rowAt, total ?? 0), profiles);
  const rebuildProfile = profiles.find(({ profile }) => profile.id === rebuilding);

  return (
    <Page
      title={words.title}
      subtitle={total === undefined ? text.common.loading : isFiltered ? words.matching(total) : words.total(total)}
      fill
      actions={
        <Menu label={words.more} entries={menuEntries(profiles, setRebuilding)}>
          <IconButton icon={Ellipsis} label={words.more} variant="secondary" />
        </Menu>
      }
    >
      <search className={cx(styles.searchBar)}>
        <SearchField
          label={words.search}
          value={filters.search}
          onChange={(search) => setFilters({ ...filters, search })}
          className={cx(styles.search)}
          isMain
        />
        <Button icon={SlidersHorizontal} aria-expanded={showsFilters} onPress={() => setShowsFilters(!showsFilters)}>
          {active > 0 ? words.filters.active(active) : words.filters.show}
        </Button>
      </search>
      {showsFilters && <FilterBar filters={filters} onChange={setFilters} />}
      <RebuildProgress />
      {/* biome-ignore lint/a11y/noStaticElementInteractions: Escape closes the study wherever the focus is in here */}
      <div
        className={cx(styles.split, shown && styles.withPanel)}
        onKeyDown={(event) => {
          if (event.key === 'Escape' && !event.defaultPrevented) setSelected(undefined);
        }}
      >
        <div className={cx(styles.list)}>
          <Table<StudyRow>
            label={words.list}
            columns={shown ? columns.narrow : isWide ? columns.wide : columns.medium}
            count={total ?? 0}
            rowAt={liveRow}
            keyOf={({ studyId }) => studyId}
            onRange={onRange}
            sort={sort}
            onSort={(next) =>
              setSort(
                next.id === sort.id
                  ? next
                  : { ...next, descending: next.id !== 'patientName' && next.id !== 'patientId' },
              )
            }
            selectedKey={shown?.studyId ?? -1}
            onSelect={setSelected}
            minWidth={shown ? '37rem' : isWide ? '74rem' : '61rem'}
            empty={
              problem ? (
                <Empty
                  icon={CircleAlert}
                  title={words.failed}
                  actions={<Button onPress={refresh}>{words.again}</Button>}
                >
                  {problem.message}
                </Empty>
              ) : total === undefined ? undefined : isFiltered ? (
                <Empty
                  icon={SearchX}
                  title={words.noMatch.title}
                  actions={<Button onPress={() => setFilters(noFilters)}>{words.filters.clear}</Button>}
                >
                  {words.noMatch.words}
                </Empty>
              ) : (
                <NoStudies onRebuild={setRebuilding} />
              )
            }
          />
        </div>
        {shown && (
          <StudyPanel
            key={shown.studyId}
            study={shown}
            onClose={() => setSelected(undefined)}
            onTrashed={() => {
              setSelected(undefined);
              refresh();
            }}
          />
        )}
      </div>
      {rebuildProfile && <RebuildDialog profile={rebuildProfile} onClose={() => setRebuilding(undefined)} />}
    </Page>
  );
}

/** The chosen study as the list knows it now, if it is among the rows near the top or where it was. */
function fresh(row: StudyRow, rowAt: (index: number) => StudyRow | undefined, total: number): StudyRow {
  for (let index = 0; index < Math.min(total, 3000); index++) {
    const found = rowAt(index);
    if (found?.studyId === row.studyId) return found;
  }
  return row;
}

function menuEntries(profiles: readonly ProfileState[], onRebuild: (id: string) => void): readonly MenuEntry[] {
  const canReveal = useStore.getState().receiver?.host.canReveal ?? false;
  const several = profiles.length > 1;
  return [
    ...profiles.flatMap(({ profile: { id, name } }) => [
      ...(canReveal
        ? [
            {
              id: `open-${id}`,
              label: words.openFolder(name),
              icon: FolderOpen,
              onChoose: () => void ask('folder-open', { id }),
            },
          ]
        : []),
      {
        id: `rebuild-${id}`,
        label: several ? words.rebuild.actionOf(name) : words.rebuild.action,
        icon: FolderSearch,
        onChoose: () => onRebuild(id),
      },
    ]),
    { id: 'line', separator: true },
    {
      id: 'remove-test',
      label: words.removeTest.action,
      icon: Trash2,
      onChoose: () =>
        void ask('test-images-remove', undefined).then(
          (done) => done && showToast({ kind: 'ok', message: words.removeTest.done(done.removed) }),
        ),
    },
  ];
}

/** Teaches what will be here and how it comes. */
function NoStudies({ onRebuild }: { readonly onRebuild: (id: string) => void }) {
  const profile = useStore(currentProfile);
  const [isSending, setSending] = useState(false);
  const address = profile?.run.phase === 'listening' ? profile.run.address : undefined;
  const id = profile?.profile.id;
  const send = async (to: string) => {
    setSending(true);
    const done = await ask('test-images-send', { id: to, studies: 1 });
    setSending(false);
    if (done) showToast({ kind: 'ok', message: words.testSent(done.sent) });
  };
  return (
    <Empty
      icon={Images}
      title={words.empty.title}
      actions={
        <>
          {address && id !== undefined ? (
            <Button variant="primary" isPending={isSending} onPress={() => void send(id)}>
              {words.empty.test}
            </Button>
          ) : (
            <Button variant="primary" onPress={() => navigate('receiver')}>
              {words.empty.receiver}
            </Button>
          )}
          {id !== undefined && <Button onPress={() => onRebuild(id)}>{words.empty.rebuild}</Button>}
        </>
      }
    >
      <p>{address ? words.empty.words(address.aeTitle, address.port) : words.empty.stopped}</p>
      <p>{words.empty.rebuildWords}</p>
    </Empty>
  );
}
