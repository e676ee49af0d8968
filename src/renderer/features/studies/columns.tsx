/** The columns of the list of studies. */

import { Badge } from '#renderer/components/badge.tsx';
import { cx } from '#renderer/components/cx.ts';
import { PatientText } from '#renderer/components/patient-text.tsx';
import type { TableColumn } from '#renderer/components/table.tsx';
import { text } from '#renderer/text/en.ts';
import {
  formatBrief,
  formatBytes,
  formatCount,
  formatDateTime,
  formatDicomDate,
  formatPatientName,
} from '#renderer/text/format.ts';
import type { StudyRow } from '#shared/contract.ts';
import styles from './studies.module.css';
import { BurnedIn, StudyStatus } from './study-status.tsx';

const words = text.studies.columns;

/** What stands for a patient without a name. */
export function patientWords(study: StudyRow): string {
  return formatPatientName(study.patientName) || study.patientId || text.studies.noName;
}

const all: readonly TableColumn<StudyRow>[] = [
  {
    id: 'patientName',
    label: words.patientName,
    width: 'minmax(9.25rem, 1.4fr)',
    sortable: true,
    cell: (study) => (
      <span className={cx(styles.patient)}>
        <PatientText className={cx(styles.name)}>{patientWords(study)}</PatientText>
        {study.test && <Badge kind="info">{text.common.test}</Badge>}
        <BurnedIn study={study} />
      </span>
    ),
  },
  // Next to the patient, so that no window is too narrow for it.
  {
    id: 'status',
    label: words.status,
    width: 'minmax(14rem, 0.8fr)',
    cell: (study) => <StudyStatus study={study} isBrief />,
  },
  {
    id: 'patientId',
    label: words.patientId,
    width: 'minmax(5.25rem, 0.7fr)',
    sortable: true,
    cell: ({ patientId }) => <PatientText>{patientId}</PatientText>,
  },
  {
    id: 'accessionNumber',
    label: words.accessionNumber,
    width: 'minmax(5.5rem, 0.6fr)',
    cell: ({ accessionNumber }) => <PatientText>{accessionNumber}</PatientText>,
  },
  {
    id: 'studyDate',
    label: words.studyDate,
    width: '6.25rem',
    sortable: true,
    cell: ({ studyDate }) => formatDicomDate(studyDate),
  },
  {
    id: 'modalities',
    label: words.modalities,
    width: '5.25rem',
    cell: ({ modalities }) => <span title={modalities.join(', ')}>{modalities.join(', ')}</span>,
  },
  {
    id: 'description',
    label: words.description,
    width: 'minmax(7rem, 1.4fr)',
    cell: ({ description }) => <span title={description}>{description}</span>,
  },
  {
    id: 'instances',
    label: words.instances,
    width: '5.75rem',
    align: 'end',
    sortable: true,
    cell: (study) => (
      <span title={text.studies.counts(study.series, study.instances)}>{formatCount(study.instances)}</span>
    ),
  },
  {
    id: 'bytes',
    label: words.bytes,
    width: '5.25rem',
    align: 'end',
    sortable: true,
    cell: ({ bytes }) => formatBytes(bytes),
  },
  {
    id: 'lastReceived',
    label: words.lastReceived,
    width: '7.25rem',
    sortable: true,
    cell: ({ lastReceived }) => <span title={formatDateTime(lastReceived)}>{formatBrief(lastReceived)}</span>,
  },
];

/** Beside an open study there is room for the most important ones only; on small screens for some more. */
const NARROW: ReadonlySet<string> = new Set(['patientName', 'studyDate', 'instances', 'status']);
const MEDIUM: ReadonlySet<string> = new Set([...NARROW, 'patientId', 'modalities', 'description', 'lastReceived']);

/** The columns that fit. */
export const columns = {
  wide: all,
  medium: all.filter(({ id }) => MEDIUM.has(id)),
  narrow: all.filter(({ id }) => NARROW.has(id)),
};
