/** One of the received studies, found by typing. */

import { useEffect, useState } from 'react';
import { ListBox, ListBoxItem } from 'react-aria-components';
import { cx } from '#renderer/components/cx.ts';
import { PatientText } from '#renderer/components/patient-text.tsx';
import { SearchField } from '#renderer/components/text-field.tsx';
import { call } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import { formatDicomDate, formatPatientName } from '#renderer/text/format.ts';
import type { StudyRow } from '#shared/contract.ts';
import styles from './rules.module.css';

const words = text.rules.dryRun;
const TYPING = 220;
/** Who sees more than this types another word. */
const MOST_STUDIES = 50;

export interface StudyPickerProps {
  readonly value: number | undefined;
  readonly onChange: (studyId: number) => void;
}

export function StudyPicker({ value, onChange }: StudyPickerProps) {
  const [search, setSearch] = useState('');
  const [rows, setRows] = useState<readonly StudyRow[]>();
  useEffect(() => {
    let isOver = false;
    const timer = setTimeout(async () => {
      const result = await call('studies-list', { search: search.trim(), limit: MOST_STUDIES });
      if (!isOver && result.ok) setRows(result.value.rows);
    }, TYPING);
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [search]);
  const isListed = rows?.some(({ studyId }) => studyId === value) ?? false;
  return (
    <>
      <SearchField label={words.search} value={search} onChange={setSearch} />
      {value !== undefined && !isListed && (
        <p className={cx(styles.muted)}>
          {words.chosen}: {words.study(value)}
        </p>
      )}
      <ListBox
        aria-label={words.studies}
        selectionMode="single"
        disallowEmptySelection
        selectedKeys={value === undefined ? [] : [value]}
        onSelectionChange={(keys) => {
          const [id] = [...(keys as Set<number>)];
          if (id !== undefined) onChange(id);
        }}
        items={(rows ?? []).map((row) => ({ ...row, id: row.studyId }))}
        renderEmptyState={() => (
          <p className={cx(styles.hint)}>{rows === undefined ? text.common.loading : words.noStudies}</p>
        )}
        className={cx(styles.studies)}
      >
        {(row) => (
          <ListBoxItem id={row.id} textValue={`${row.studyDate} ${row.description}`} className={cx(styles.study)}>
            <PatientText>{formatPatientName(row.patientName) || row.patientId}</PatientText>
            <span className={cx(styles.muted)}>
              {[formatDicomDate(row.studyDate), row.modalities.join(', '), row.description].filter(Boolean).join(' · ')}
            </span>
          </ListBoxItem>
        )}
      </ListBox>
    </>
  );
}
