/** A sample before and after, element by element, with the reason for every change. */

import { CircleAlert, Eye, EyeOff, SearchX } from 'lucide-react';
import { useMemo, useState } from 'react';
import { ToggleButton, ToggleButtonGroup } from 'react-aria-components';
import { Badge } from '#renderer/components/badge.tsx';
import { ToggleIconButton } from '#renderer/components/button.tsx';
import { cx } from '#renderer/components/cx.ts';
import { Empty } from '#renderer/components/empty.tsx';
import { Table } from '#renderer/components/table.tsx';
import { SearchField } from '#renderer/components/text-field.tsx';
import { text } from '#renderer/text/en.ts';
import { formatTag, parseTag } from '#shared/dicom/tag.ts';
import type { SampleRef } from '#shared/rule-commands.ts';
import type { ElementChange } from '#shared/rules.ts';
import type { Open } from './editor-store.ts';
import { useEditor } from './editor-store.ts';
import { ElementDetail } from './element-detail.tsx';
import { previewColumns } from './preview-columns.tsx';
import { FILTERS, type Filter, filterCounts, shownRows } from './preview-model.ts';
import styles from './rules.module.css';
import { RunFacts } from './run-facts.tsx';
import { SamplePicker } from './sample-picker.tsx';

const words = text.rules.preview;
const NO_ROWS: readonly ElementChange[] = [];

export interface PreviewProps {
  readonly open: Open;
  readonly sample: SampleRef | undefined;
  readonly onSample: (sample: SampleRef) => void;
  /** There are mistakes: what is shown is older than the draft. */
  readonly isStale: boolean;
  /** The tag that somebody came with, 8 hexadecimal digits. */
  readonly sought: string | undefined;
}

export function Preview({ open, sample, onSample, isStale, sought }: PreviewProps) {
  const run = useEditor((state) => state.run);
  const problem = useEditor((state) => state.runProblem);
  const isRunning = useEditor((state) => state.isRunning);
  const [filter, setFilter] = useState<Filter>('all');
  const [search, setSearch] = useState(sought === undefined ? '' : formatTag(parseTag(sought) ?? 0));
  const [isBlurred, setBlurred] = useState(false);
  const [selected, setSelected] = useState<string>();
  const all = run?.changes ?? NO_ROWS;
  const rows = useMemo(() => shownRows(all, filter, search), [all, filter, search]);
  const counts = useMemo(() => filterCounts(all), [all]);
  const { rules } = open.editing.draft;
  const columns = useMemo(() => previewColumns(rules, isBlurred), [rules, isBlurred]);
  const chosen = all.find(({ path }) => path === selected);
  return (
    <div className={cx(styles.preview)}>
      <div className={cx(styles.benchBar)}>
        <SamplePicker sample={sample} onSample={onSample} />
        <SearchField
          label={words.search}
          value={search}
          onChange={setSearch}
          className={cx(styles.benchSearch)}
          isMain
        />
        <ToggleButtonGroup
          aria-label={words.filter}
          selectionMode="single"
          disallowEmptySelection
          selectedKeys={[filter]}
          onSelectionChange={(keys) => setFilter([...keys][0] as Filter)}
          className={cx(styles.filters)}
        >
          {FILTERS.map((name) => (
            <ToggleButton key={name} id={name} className={cx(styles.filter)}>
              {words.count(words.filters[name], counts[name])}
            </ToggleButton>
          ))}
        </ToggleButtonGroup>
        <ToggleIconButton
          label={isBlurred ? words.unblur : words.blur}
          icon={isBlurred ? EyeOff : Eye}
          isSelected={isBlurred}
          onChange={setBlurred}
        />
      </div>
      {run && <RunFacts run={run} isPending={isRunning} isStale={isStale} />}
      <Table<ElementChange>
        label={words.label}
        columns={columns}
        count={problem ? 0 : rows.length}
        rowAt={(index) => rows[index]}
        keyOf={({ path }) => path}
        selectedKey={selected ?? ''}
        onSelect={({ path }) => setSelected(path)}
        className={cx(styles.table)}
        minWidth="58rem"
        empty={
          problem ? (
            <Empty icon={CircleAlert} title={text.rules.failed}>
              {problem.message}
            </Empty>
          ) : run ? (
            <Empty icon={SearchX} title={words.none} />
          ) : (
            <Badge kind="info" plain>
              {isStale ? words.stale : words.pending}
            </Badge>
          )
        }
      />
      {chosen ? (
        <ElementDetail key={chosen.path} row={chosen} rows={all} open={open} isBlurred={isBlurred} />
      ) : (
        <p className={cx(styles.detailHint)}>{open.row.builtIn ? words.readOnly : words.choose}</p>
      )}
    </div>
  );
}
