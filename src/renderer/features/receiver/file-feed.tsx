/** Files as they are stored, newest first. Fed from a ring outside React; only the rows in view exist. */

import { FileDown, Pause, Play } from 'lucide-react';
import { useCallback, useRef, useState, useSyncExternalStore } from 'react';
import type { Kind } from '#renderer/components/badge.tsx';
import { Badge } from '#renderer/components/badge.tsx';
import { Button } from '#renderer/components/button.tsx';
import { cx } from '#renderer/components/cx.ts';
import { Empty } from '#renderer/components/empty.tsx';
import { Section } from '#renderer/components/page.tsx';
import { PatientText } from '#renderer/components/patient-text.tsx';
import type { TableColumn } from '#renderer/components/table.tsx';
import { Table } from '#renderer/components/table.tsx';
import { Uid } from '#renderer/components/uid.tsx';
import { feed } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import { formatBytes, formatClock, formatCount, formatPatientName } from '#renderer/text/format.ts';
import { sopClassName } from '#shared/dicom/uids.ts';
import type { FileRow } from '#shared/events.ts';
import styles from './file-feed.module.css';

const words = text.receiver.files;

const kinds: Readonly<Record<FileRow['outcome'], Kind>> = {
  new: 'ok',
  equal: 'neutral',
  replaced: 'info',
  'kept-both': 'info',
  quarantined: 'warn',
};

interface Numbered {
  readonly number: number;
  readonly file: FileRow;
}

const columns: readonly TableColumn<Numbered>[] = [
  { id: 'time', label: words.columns.time, width: '5rem', cell: ({ file }) => formatClock(file.time) },
  {
    id: 'patient',
    label: words.columns.patient,
    width: 'minmax(8rem, 1.2fr)',
    cell: ({ file }) => <PatientText>{formatPatientName(file.patientName) || words.noName}</PatientText>,
  },
  {
    id: 'kind',
    label: words.columns.kind,
    width: 'minmax(9rem, 1.4fr)',
    cell: ({ file }) => {
      const name = sopClassName(file.sopClassUid) ?? words.unknownClass;
      return (
        <span title={name}>
          {file.modality && <strong className={cx(styles.modality)}>{file.modality}</strong>}{' '}
          {name.replace(/ Storage$/, '')}
        </span>
      );
    },
  },
  {
    id: 'uid',
    label: words.columns.uid,
    width: 'minmax(9rem, 1.2fr)',
    cell: ({ file }) => <Uid uid={file.sopInstanceUid} most={22} copy={false} />,
  },
  { id: 'caller', label: words.columns.caller, width: '7rem', cell: ({ file }) => <code>{file.callingAeTitle}</code> },
  { id: 'size', label: words.columns.size, width: '5rem', align: 'end', cell: ({ file }) => formatBytes(file.size) },
  {
    id: 'outcome',
    label: words.columns.outcome,
    width: '8.5rem',
    cell: ({ file }) => (
      <Badge kind={kinds[file.outcome]} plain>
        {words.outcome[file.outcome]}
      </Badge>
    ),
  },
];

export interface FileFeedProps {
  readonly profileId: string;
  readonly total: number;
}

export function FileFeed({ profileId, total }: FileFeedProps) {
  useSyncExternalStore(feed.subscribe, () => feed.version(profileId));
  // While it is paused, rows are counted back from where they were.
  const [pausedAt, setPausedAt] = useState<number>();
  const written = feed.total(profileId);
  const skipped = pausedAt === undefined ? 0 : written - pausedAt;
  const count = Math.max(0, feed.count(profileId) - skipped);
  const skippedNow = useRef(skipped);
  skippedNow.current = skipped;
  const rowAt = useCallback(
    (index: number): Numbered | undefined => {
      const at = index + skippedNow.current;
      const file = feed.at(profileId, at);
      return file && { number: feed.total(profileId) - at, file };
    },
    [profileId],
  );
  const isPaused = pausedAt !== undefined;
  return (
    <Section
      title={words.title}
      description={isPaused ? words.paused(skipped) : words.count(formatCount(total))}
      actions={
        count > 0 && (
          <Button
            size="small"
            icon={isPaused ? Play : Pause}
            onPress={() => setPausedAt(isPaused ? undefined : written)}
          >
            {isPaused ? words.resume : words.pause}
          </Button>
        )
      }
      flush
      className={cx(styles.feed)}
    >
      {count === 0 ? (
        <Empty icon={FileDown} title={words.empty}>
          {words.emptyHint}
        </Empty>
      ) : (
        <Table
          label={words.title}
          columns={columns}
          count={count}
          rowAt={rowAt}
          keyOf={({ number }) => number}
          minWidth="54rem"
          className={cx(styles.table)}
        />
      )}
    </Section>
  );
}
