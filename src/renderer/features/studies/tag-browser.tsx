/** Every element of an object: nested items, search, copy, bytes, and "extract this". */

import { ChevronRight } from 'lucide-react';
import { useEffect, useMemo, useState } from 'react';
import { Badge } from '#renderer/components/badge.tsx';
import { ProblemBanner } from '#renderer/components/banner.tsx';
import { Button } from '#renderer/components/button.tsx';
import { cx } from '#renderer/components/cx.ts';
import { PatientText } from '#renderer/components/patient-text.tsx';
import { Table, type TableColumn } from '#renderer/components/table.tsx';
import { SearchField } from '#renderer/components/text-field.tsx';
import { call } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import { formatCount } from '#renderer/text/format.ts';
import type { InstanceRow, Problem, StudyRow, TagNode } from '#shared/contract.ts';
import styles from './studies.module.css';
import { TagDetail } from './tag-detail.tsx';
import {
  countElements,
  expandablePaths,
  nameWords,
  rowsOf,
  searchElements,
  type TagRow,
  tagWords,
} from './tag-rows.ts';

const words = text.studies.tags;

export interface TagBrowserProps {
  readonly instance: InstanceRow;
  readonly study: StudyRow;
}

export function TagBrowser({ instance, study }: TagBrowserProps) {
  const { instanceId } = instance;
  const [elements, setElements] = useState<readonly TagNode[]>();
  const [problem, setProblem] = useState<Problem>();
  const [search, setSearch] = useState('');
  const [expanded, setExpanded] = useState<ReadonlySet<string>>(new Set());
  const [selected, setSelected] = useState<string>();

  useEffect(() => {
    let isOver = false;
    void call('instance-tags', { instanceId }).then((result) => {
      if (isOver) return;
      if (result.ok) setElements(result.value.elements);
      else setProblem(result.error);
    });
    return () => {
      isOver = true;
    };
  }, [instanceId]);

  const isSearching = search.trim() !== '';
  const found = useMemo(
    () => (isSearching && elements ? searchElements(elements, search) : undefined),
    [elements, search, isSearching],
  );
  const rows = useMemo(() => {
    if (found) return rowsOf(found.elements, new Set(expandablePaths(found.elements)));
    return rowsOf(elements ?? [], expanded);
  }, [elements, found, expanded]);
  const total = useMemo(() => countElements(elements ?? []), [elements]);
  const chosen = rows.find(({ path }) => path === selected);

  const toggle = (row: TagRow, open = !row.isExpanded) => {
    if (row.isExpanded === undefined || found) return;
    setExpanded((old) => {
      const next = new Set(old);
      if (open) {
        next.add(row.path);
        // A single item is opened with its sequence.
        if (row.kind === 'element' && row.node.items?.length === 1) next.add(`${row.path}.0`);
      } else next.delete(row.path);
      return next;
    });
  };

  if (problem) return <ProblemBanner problem={problem} />;
  if (!elements) return <p className={cx(styles.muted)}>{text.common.loading}</p>;
  return (
    <div className={cx(styles.browser)}>
      <div className={cx(styles.browserBar)}>
        <SearchField
          label={words.search}
          value={search}
          onChange={setSearch}
          className={cx(styles.browserSearch)}
          isMain
        />
        <span role="status" className={cx(styles.muted)}>
          {found ? words.found(found.count) : words.count(total)}
        </span>
        {!found && (
          <Button
            size="small"
            variant="quiet"
            onPress={() => setExpanded(expanded.size > 0 ? new Set() : new Set(expandablePaths(elements)))}
          >
            {expanded.size > 0 ? words.collapseAll : words.expandAll}
          </Button>
        )}
      </div>
      <Table<TagRow>
        label={words.label}
        columns={columnsFor(toggle)}
        count={rows.length}
        rowAt={(index) => rows[index]}
        keyOf={({ path }) => path}
        selectedKey={selected ?? ''}
        onSelect={({ path }) => setSelected(path)}
        onOpen={(row) => toggle(row)}
        onExpand={toggle}
        isExpanded={({ isExpanded }) => isExpanded}
        levelOf={({ level }) => level}
        className={cx(styles.tagTable)}
        minWidth="40rem"
        empty={<p className={cx(styles.muted)}>{words.none}</p>}
      />
      {chosen?.kind === 'element' ? (
        <TagDetail key={chosen.path} row={chosen} instanceId={instanceId} study={study} />
      ) : (
        <p className={cx(styles.detailHint)}>{words.choose}</p>
      )}
    </div>
  );
}

function columnsFor(toggle: (row: TagRow) => void): readonly TableColumn<TagRow>[] {
  return [
    {
      id: 'tag',
      label: words.columns.tag,
      width: 'minmax(13rem, 1fr)',
      cell: (row) => (
        <span className={cx(styles.tagCell)} style={{ paddingInlineStart: `${(row.level - 1) * 1.1}rem` }}>
          {row.isExpanded === undefined ? (
            <span className={cx(styles.twist)} />
          ) : (
            // The table takes the arrow keys; this is for the mouse.
            <button
              type="button"
              tabIndex={-1}
              className={cx(styles.twist)}
              aria-label={row.isExpanded ? text.common.collapse : text.common.expand}
              onClick={() => toggle(row)}
            >
              <ChevronRight aria-hidden size={14} className={cx(styles.chevron, row.isExpanded && styles.open)} />
            </button>
          )}
          {row.kind === 'item' ? words.item(row.number + 1) : <code>{tagWords(row.node.tag)}</code>}
        </span>
      ),
    },
    {
      id: 'vr',
      label: words.columns.vr,
      width: '3.5rem',
      cell: (row) => row.kind === 'element' && <code>{row.node.vr}</code>,
    },
    {
      id: 'name',
      label: words.columns.name,
      width: 'minmax(10rem, 1.3fr)',
      cell: (row) =>
        row.kind === 'item' ? (
          <span className={cx(styles.muted)}>{words.count(row.count)}</span>
        ) : (
          <Name node={row.node} />
        ),
    },
    {
      id: 'value',
      label: words.columns.value,
      width: 'minmax(10rem, 2fr)',
      cell: (row) => row.kind === 'element' && <Value node={row.node} />,
    },
    {
      id: 'length',
      label: words.columns.length,
      width: '6.5rem',
      align: 'end',
      cell: (row) =>
        row.kind === 'element' && (
          <span className={cx(styles.muted)}>
            {row.node.length < 0 ? words.undefinedLength : formatCount(row.node.length)}
          </span>
        ),
    },
  ];
}

function Name({ node }: { readonly node: TagNode }) {
  const name = nameWords(node);
  return (
    <span title={node.keyword || name} className={cx(styles.nameCell)}>
      <span className={cx(node.name === '' && styles.muted)}>{name}</span>
      {node.privateCreator !== undefined && <Badge kind="neutral">{node.privateCreator}</Badge>}
    </span>
  );
}

function Value({ node }: { readonly node: TagNode }) {
  if (node.items) return <span className={cx(styles.muted)}>{words.items(node.items.length)}</span>;
  if (node.value === undefined) return <span className={cx(styles.muted)}>{words.binary}</span>;
  if (node.value === '') return <span className={cx(styles.muted)}>{words.empty}</span>;
  return (
    <PatientText>
      <span title={node.value.slice(0, 300)}>{node.value}</span>
    </PatientText>
  );
}
