/** The objects of a series as small pictures; arrow keys go through them, Enter opens one. */

import { useCallback, useEffect, useState } from 'react';
import { GridList, GridListItem } from 'react-aria-components';
import { Button } from '#renderer/components/button.tsx';
import { cx } from '#renderer/components/cx.ts';
import { call } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import type { InstanceRow, SeriesRow, StudyRow } from '#shared/contract.ts';
import { InstanceDialog } from './instance-dialog.tsx';
import styles from './studies.module.css';
import { Thumbnail } from './thumbnail.tsx';

const FIRST = 60;
const MORE = 120;
const words = text.studies.study;

export function InstanceGrid({ series, study }: { readonly series: SeriesRow; readonly study: StudyRow }) {
  const { seriesId, instances } = series;
  const [rows, setRows] = useState<readonly InstanceRow[]>();
  const [total, setTotal] = useState(instances);
  const [limit, setLimit] = useState(FIRST);
  const [problem, setProblem] = useState<string>();
  const [shown, setShown] = useState<number>();

  // biome-ignore lint/correctness/useExhaustiveDependencies: another number of instances means that there are new ones
  useEffect(() => {
    let isOver = false;
    void instancesUpTo(seriesId, limit).then((result) => {
      if (isOver) return;
      if (typeof result === 'string') return setProblem(result);
      setProblem(undefined);
      setRows(result.rows);
      setTotal(result.total);
    });
    return () => {
      isOver = true;
    };
  }, [seriesId, limit, instances]);

  /** For the dialog, which goes on beyond what is listed. */
  const move = useCallback(
    (position: number) => {
      if (position >= limit) setLimit((old) => old + MORE);
      setShown(position);
    },
    [limit],
  );

  if (problem !== undefined) return <p role="alert">{problem}</p>;
  if (rows === undefined) return <p className={cx(styles.muted)}>{text.common.loading}</p>;
  const current = shown === undefined ? undefined : rows[shown];
  return (
    <div className={cx(styles.instances)}>
      <GridList
        aria-label={`${words.instances} ${words.seriesTitle(series.number, series.description)}`}
        layout="grid"
        items={rows.map((row, index) => ({ ...row, id: row.instanceId, position: index + 1 }))}
        className={cx(styles.grid)}
        onAction={(key) => setShown(rows.findIndex(({ instanceId }) => instanceId === key))}
      >
        {(row) => (
          <GridListItem
            id={row.id}
            textValue={words.instance(row.number, row.position)}
            className={cx(styles.gridItem)}
          >
            <Thumbnail instanceId={row.instanceId} />
            <span className={cx(styles.gridLabel)}>{row.number || row.position}</span>
            {row.versions > 1 && (
              <span className={cx(styles.muted)} title={text.guards.duplicates.versionsHelp(row.versions)}>
                {text.guards.duplicates.versions(row.versions)}
              </span>
            )}
          </GridListItem>
        )}
      </GridList>
      {rows.length < total && (
        <Button size="small" variant="quiet" onPress={() => setLimit((old) => old + MORE)}>
          {words.more(Math.min(MORE, total - rows.length))}
        </Button>
      )}
      {shown !== undefined && current && (
        <InstanceDialog
          key={current.instanceId}
          instance={current}
          position={shown + 1}
          count={total}
          study={study}
          onMove={(step) => move(shown + step)}
          onClose={() => setShown(undefined)}
        />
      )}
    </div>
  );
}

/** The first so many, in as few questions as the contract allows. */
async function instancesUpTo(
  seriesId: number,
  limit: number,
): Promise<string | { readonly rows: readonly InstanceRow[]; readonly total: number }> {
  const rows: InstanceRow[] = [];
  for (;;) {
    const result = await call('instances-list', {
      seriesId,
      offset: rows.length,
      limit: Math.min(500, limit - rows.length),
    });
    if (!result.ok) return result.error.message;
    rows.push(...result.value.rows);
    const { total } = result.value;
    if (rows.length >= Math.min(limit, total) || result.value.rows.length === 0) return { rows, total };
  }
}
