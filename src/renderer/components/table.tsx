/** A table of any length: only the rows in view exist. Rows are asked for by index, so a million of them may live elsewhere. */
// biome-ignore-all lint/a11y/useSemanticElements: rows that are placed one by one cannot be those of a table element
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus and names its active row (aria-activedescendant)
// biome-ignore-all lint/a11y/useKeyWithClickEvents: the grid takes the keys
// biome-ignore-all lint/a11y/noStaticElementInteractions: its role is grid or treegrid
// biome-ignore-all lint/a11y/useAriaPropsSupportedByRole: grid and treegrid take them

import { ArrowDown, ArrowUp } from 'lucide-react';
import type { KeyboardEvent, ReactNode } from 'react';
import { useEffect, useId, useLayoutEffect, useRef, useState } from 'react';
import { text } from '#renderer/text/en.ts';
import { cx } from './cx.ts';
import styles from './table.module.css';
import type { ListGeometry } from './window.ts';
import { scrollTo, windowOf } from './window.ts';

export interface TableColumn<Row> {
  readonly id: string;
  readonly label: string;
  /** A track of CSS grid: `8rem`, `minmax(10rem, 2fr)`. */
  readonly width: string;
  readonly align?: 'start' | 'end';
  readonly sortable?: boolean;
  /** The heading is for screen readers only. */
  readonly hideLabel?: boolean;
  readonly cell: (row: Row, index: number) => ReactNode;
}

export interface TableSort {
  readonly id: string;
  readonly descending: boolean;
}

export interface TableProps<Row> {
  readonly label: string;
  readonly columns: readonly TableColumn<Row>[];
  readonly count: number;
  /** undefined: not here yet; a placeholder is drawn. */
  readonly rowAt: (index: number) => Row | undefined;
  readonly keyOf: (row: Row) => string | number;
  /** Rows from `first` up to before `end` are in view: fetch what is missing. */
  readonly onRange?: (first: number, end: number) => void;
  readonly sort?: TableSort;
  readonly onSort?: (sort: TableSort) => void;
  /** The row that is shown elsewhere. */
  readonly selectedKey?: string | number | undefined;
  /** Click or arrow keys. */
  readonly onSelect?: (row: Row, index: number) => void;
  /** Double click or Enter. */
  readonly onOpen?: (row: Row, index: number) => void;
  /** Arrow right (true) and left (false). */
  readonly onExpand?: (row: Row, expand: boolean, index: number) => void;
  /** undefined: the row cannot be expanded. */
  readonly isExpanded?: (row: Row) => boolean | undefined;
  /** Depth of a nested row, from 1. */
  readonly levelOf?: (row: Row) => number;
  readonly rowClass?: (row: Row) => string | undefined;
  /** In place of rows when there are none. */
  readonly empty?: ReactNode;
  readonly className?: string;
  /** Below this width it scrolls sideways. */
  readonly minWidth?: string;
}

export function Table<Row>(props: TableProps<Row>) {
  const { label, columns, count, rowAt, keyOf, onRange, sort, onSort, selectedKey, onSelect, onOpen } = props;
  const { onExpand, isExpanded, levelOf, rowClass, empty, className, minWidth = '0' } = props;
  const id = useId();
  const scroller = useRef<HTMLDivElement>(null);
  const probe = useRef<HTMLDivElement>(null);
  const [scrollTop, setScrollTop] = useState(0);
  const [size, setSize] = useState({ rowHeight: 40, viewport: 400 });
  const [active, setActive] = useState(0);
  const geometry: ListGeometry = { count, ...size };
  const { first, end, height, top } = windowOf(geometry, scrollTop);

  useLayoutEffect(() => {
    const measure = () => {
      const rowHeight = probe.current?.offsetHeight || 40;
      const head = rowHeight;
      const viewport = Math.max(0, (scroller.current?.clientHeight ?? 400) - head);
      setSize((old) => (old.rowHeight === rowHeight && old.viewport === viewport ? old : { rowHeight, viewport }));
    };
    measure();
    const observer = new ResizeObserver(measure);
    if (scroller.current) observer.observe(scroller.current);
    if (probe.current) observer.observe(probe.current);
    return () => observer.disconnect();
  }, []);

  useEffect(() => {
    onRange?.(first, end);
  }, [onRange, first, end]);

  const isTree = isExpanded !== undefined || levelOf !== undefined;
  const current = Math.min(active, Math.max(0, count - 1));

  const go = (index: number) => {
    const next = Math.max(0, Math.min(count - 1, index));
    setActive(next);
    const element = scroller.current;
    if (element) element.scrollTop = scrollTo(geometry, element.scrollTop, next);
    const row = rowAt(next);
    if (row !== undefined) onSelect?.(row, next);
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor(size.viewport / size.rowHeight) - 1);
    const targets: Record<string, number> = {
      ArrowDown: current + 1,
      ArrowUp: current - 1,
      PageDown: current + page,
      PageUp: current - page,
      Home: 0,
      End: count - 1,
    };
    const row = rowAt(current);
    const target = targets[event.key];
    if (target !== undefined) go(target);
    else if (row === undefined) return;
    else if (event.key === 'Enter') (onOpen ?? onSelect)?.(row, current);
    else if (event.key === ' ') onSelect?.(row, current);
    else if (event.key === 'ArrowRight') onExpand?.(row, true, current);
    else if (event.key === 'ArrowLeft') onExpand?.(row, false, current);
    else return;
    event.preventDefault();
  };

  const rows = [];
  for (let index = first; index < end; index++) {
    const row = rowAt(index);
    const key = row === undefined ? `waiting-${index}` : keyOf(row);
    const isSelected = row !== undefined && selectedKey !== undefined && key === selectedKey;
    const expanded = row === undefined ? undefined : isExpanded?.(row);
    const level = row === undefined ? undefined : levelOf?.(row);
    rows.push(
      <div
        key={key}
        id={`${id}-${index}`}
        role="row"
        aria-rowindex={index + 2}
        {...(selectedKey !== undefined && { 'aria-selected': isSelected })}
        {...(expanded !== undefined && { 'aria-expanded': expanded })}
        {...(isTree && { 'aria-level': level ?? 1 })}
        className={cx(
          styles.row,
          (onSelect ?? onOpen) && styles.pressable,
          index === current && styles.active,
          isSelected && styles.selected,
          row !== undefined && rowClass?.(row),
        )}
        onClick={() => {
          setActive(index);
          if (row !== undefined) onSelect?.(row, index);
        }}
        onDoubleClick={() => row !== undefined && onOpen?.(row, index)}
      >
        {columns.map((column) => (
          <div key={column.id} role="gridcell" className={cx(styles.cell, column.align === 'end' && styles.end)}>
            {row === undefined ? <span className={cx(styles.waiting)} /> : column.cell(row, index)}
          </div>
        ))}
      </div>,
    );
  }

  return (
    <div className={cx(styles.frame, className)}>
      <div
        ref={scroller}
        role={isTree ? 'treegrid' : 'grid'}
        aria-label={label}
        aria-rowcount={count + 1}
        aria-colcount={columns.length}
        tabIndex={0}
        {...(count > 0 && current >= first && current < end && { 'aria-activedescendant': `${id}-${current}` })}
        className={cx(styles.scroller)}
        style={{ '--columns': columns.map(({ width }) => width).join(' '), '--least': minWidth } as object}
        onScroll={(event) => setScrollTop(event.currentTarget.scrollTop)}
        onKeyDown={onKeyDown}
      >
        <div role="rowgroup" className={cx(styles.head)}>
          <div role="row" aria-rowindex={1} className={cx(styles.headRow)} ref={probe}>
            {columns.map((column) => (
              <ColumnHead key={column.id} column={column} sort={sort} onSort={onSort} />
            ))}
          </div>
        </div>
        {count > 0 && (
          <div role="rowgroup" className={cx(styles.body)} style={{ height }}>
            <div role="presentation" className={cx(styles.rows)} style={{ transform: `translateY(${top}px)` }}>
              {rows}
            </div>
          </div>
        )}
      </div>
      {count === 0 && empty !== undefined && <div className={cx(styles.empty)}>{empty}</div>}
    </div>
  );
}

interface ColumnHeadProps<Row> {
  readonly column: TableColumn<Row>;
  readonly sort: TableSort | undefined;
  readonly onSort: ((sort: TableSort) => void) | undefined;
}

function ColumnHead<Row>({ column, sort, onSort }: ColumnHeadProps<Row>) {
  const { id, label, align, sortable = false, hideLabel = false } = column;
  const isSorted = sort?.id === id;
  const words = hideLabel ? <span className="unseen">{label}</span> : label;
  const Arrow = sort?.descending ? ArrowDown : ArrowUp;
  return (
    <div
      role="columnheader"
      className={cx(styles.cell, styles.headCell, align === 'end' && styles.end)}
      {...(sortable && { 'aria-sort': isSorted ? (sort.descending ? 'descending' : 'ascending') : 'none' })}
    >
      {sortable && onSort ? (
        <button
          type="button"
          className={cx(styles.sort)}
          title={text.common.sortBy(label)}
          onClick={() => onSort({ id, descending: isSorted ? !sort.descending : false })}
        >
          {words}
          <Arrow aria-hidden size={13} className={cx(!isSorted && styles.unsorted)} />
        </button>
      ) : (
        words
      )}
    </div>
  );
}
