/** Received data over five minutes: a graph, the value in words, and every sample as a table. */

import { ChartSpline } from 'lucide-react';
import { useMemo, useState } from 'react';
import { Button } from '#renderer/components/button.tsx';
import { cx } from '#renderer/components/cx.ts';
import { Empty } from '#renderer/components/empty.tsx';
import { Section } from '#renderer/components/page.tsx';
import type { TableColumn } from '#renderer/components/table.tsx';
import { Table } from '#renderer/components/table.tsx';
import { TimeChart } from '#renderer/components/time-chart.tsx';
import { text } from '#renderer/text/en.ts';
import { formatClock, formatCount, formatRate } from '#renderer/text/format.ts';
import type { ThroughputSample } from '#shared/events.ts';
import { LIMITS } from '#shared/state.ts';
import styles from './throughput.module.css';

const words = text.receiver.throughput;

const columns: readonly TableColumn<ThroughputSample>[] = [
  { id: 'time', label: words.columns.time, width: '1fr', cell: ({ time }) => formatClock(time) },
  { id: 'rate', label: words.columns.rate, width: '1fr', align: 'end', cell: ({ bytes }) => formatRate(bytes) },
  { id: 'files', label: words.columns.files, width: '1fr', align: 'end', cell: ({ files }) => formatCount(files) },
];

export interface ThroughputProps {
  readonly samples: readonly ThroughputSample[];
  readonly isRunning: boolean;
}

export function Throughput({ samples, isRunning }: ThroughputProps) {
  const [isTable, setTable] = useState(false);
  const { times, values } = useMemo(
    () => ({ times: samples.map(({ time }) => time / 1000), values: samples.map(({ bytes }) => bytes) }),
    [samples],
  );
  const last = isRunning ? samples.at(-1) : undefined;
  const now = formatRate(last?.bytes ?? 0);
  const peak = formatRate(Math.max(0, ...values));
  const average = formatRate(values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length));
  const newestFirst = (index: number) => samples[samples.length - 1 - index];
  return (
    <Section
      title={words.title}
      description={words.hint}
      actions={
        samples.length > 0 && (
          <Button size="small" onPress={() => setTable(!isTable)}>
            {isTable ? words.graph : words.table}
          </Button>
        )
      }
      flush={isTable}
    >
      {samples.length === 0 ? (
        <Empty icon={ChartSpline} title={words.empty}>
          {words.emptyHint}
        </Empty>
      ) : isTable ? (
        <Table
          label={words.title}
          columns={columns}
          count={samples.length}
          rowAt={newestFirst}
          keyOf={({ time }) => time}
          className={cx(styles.table)}
        />
      ) : (
        <>
          <p className={cx(styles.values)}>
            <strong>{words.now(now, last?.files ?? 0)}</strong>
            <span>
              {words.average(average)} · {words.peak(peak)}
            </span>
          </p>
          <TimeChart
            label={words.chartLabel(now, average, peak)}
            times={times}
            values={values}
            span={LIMITS.samples}
            formatValue={(value) => (value === 0 ? '0' : formatRate(value))}
            formatTime={(seconds) => formatClock(seconds * 1000)}
            describe={(index) => {
              const sample = samples[index];
              return sample ? words.at(formatClock(sample.time), formatRate(sample.bytes), sample.files) : '';
            }}
          />
        </>
      )}
    </Section>
  );
}
