/** A table of a tab with what can be done with the chosen row below it. */

import type { LucideIcon } from 'lucide-react';
import { CircleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button } from '#renderer/components/button.tsx';
import { cx } from '#renderer/components/cx.ts';
import { Empty } from '#renderer/components/empty.tsx';
import { Table, type TableColumn } from '#renderer/components/table.tsx';
import { text } from '#renderer/text/en.ts';
import type { Result } from '#shared/contract.ts';
import styles from './rules.module.css';

export interface ListCardProps<Row extends { readonly name: string }> {
  readonly label: string;
  readonly columns: readonly TableColumn<Row>[];
  /** undefined: not here yet. */
  readonly result: Result<readonly Row[]> | undefined;
  readonly onRefresh: () => Promise<void>;
  readonly selected: Row | undefined;
  readonly onSelect: (row: Row) => void;
  readonly icon: LucideIcon;
  readonly empty: string;
  readonly emptyHelp: string;
  /** For the chosen row, or what to do first. */
  readonly foot: ReactNode;
}

export function ListCard<Row extends { readonly name: string }>(props: ListCardProps<Row>) {
  const { label, columns, result, onRefresh, selected, onSelect, icon, empty, emptyHelp, foot } = props;
  const rows = result?.ok ? result.value : [];
  return (
    <div className={cx(styles.listCard)}>
      <Table<Row>
        label={label}
        columns={columns}
        count={rows.length}
        rowAt={(index) => rows[index]}
        keyOf={({ name }) => name}
        selectedKey={selected?.name ?? ''}
        onSelect={onSelect}
        empty={
          result === undefined ? (
            <p className={cx(styles.muted)}>{text.common.loading}</p>
          ) : result.ok ? (
            <Empty icon={icon} title={empty}>
              {emptyHelp}
            </Empty>
          ) : (
            <Empty
              icon={CircleAlert}
              title={text.rules.failed}
              actions={<Button onPress={() => void onRefresh()}>{text.rules.again}</Button>}
            >
              {result.error.message}
            </Empty>
          )
        }
      />
      {rows.length > 0 && <div className={cx(styles.listFoot)}>{foot}</div>}
    </div>
  );
}
