/** A history for the studies screen: any number of invented studies, whose objects are real files read by the real reader. */

import type { BytesAnswer } from '#main/receiver/host.ts';
import { InstanceReader } from '#main/receiver/instance-reader.ts';
import { ProblemError } from '#main/receiver/problem.ts';
import type { InstanceRow, SeriesRow, StudyRow } from '#shared/contract.ts';
import type { Answers } from './page-harness.ts';
import { type RealFile, realFiles } from './real-files.ts';

const FAMILIES = ['Aalto', 'Berg', 'Castro', 'Dupont', 'Eriksen', 'Fischer', 'Garcia', 'Horvat', 'Ivanova', 'Jansen'];
const GIVEN = ['Anna', 'Ben', 'Chloe', 'David', 'Elif', 'Farid', 'Greta', 'Hugo'];
const KINDS = [
  ['CT', 'CT chest with contrast'],
  ['MR', 'MRI brain'],
  ['US', 'Abdominal ultrasound'],
  ['DX', 'Thorax p.a. and lateral'],
  ['MG', 'Screening mammography'],
  ['PT,CT', 'PET/CT whole body'],
] as const;
const DAY = 86_400_000;

export interface SampleStudies {
  readonly answers: Answers;
  readonly bytes: (pathname: string) => BytesAnswer;
  readonly studies: StudyRow[];
}

/** The study at an index, the newest first: always the same for the same index. */
export function sampleStudy(index: number, now: number): StudyRow {
  const [modality, description] = KINDS[index % KINDS.length]!;
  const received = now - index * 3_700_000 - 5_000;
  return {
    studyId: index + 1,
    profileId: 'profile-1',
    studyInstanceUid: `1.2.826.0.1.3680043.8.498.${10_000_000 + index}.4711`,
    patientName: `${FAMILIES[(index * 7) % 10]}^${GIVEN[(index * 3) % 8]}`,
    patientId: `P${String(100_000 + ((index * 7919) % 900_000))}`,
    accessionNumber: `A${2_600_000 + index}`,
    studyDate: new Date(received - (index % 3) * DAY).toISOString().slice(0, 10).replaceAll('-', ''),
    modalities: modality.split(','),
    description,
    series: 1 + (index % 4),
    instances: 12 + ((index * 37) % 900),
    bytes: (12 + ((index * 37) % 900)) * 526_000,
    firstReceived: received - 60_000,
    lastReceived: received,
    status: index === 0 ? 'receiving' : index === 5 ? 'interrupted' : 'complete',
    test: index === 3,
    location: `/home/radiology/dicom/1.2.826.0.1.3680043.8.498.${10_000_000 + index}.4711`,
    burnedIn: modality === 'US' ? 70 : 0,
    waiting: index === 1 ? 3 : 0,
    gone: index === 4 ? 1 : 0,
  };
}

/** Files that show what there is: grey, colour, many frames, compressed in every way, a report. */
const SHOWN = [
  [
    'CT',
    'Native',
    ['CT_small.dcm', 'MR_small.dcm', 'MR_small_bigendian.dcm', 'liver_1frame.dcm', 'SC_ybr_full_422_uncompressed.dcm'],
  ],
  [
    'OT',
    'Compressed',
    [
      'MR_small_RLE.dcm',
      'SC_rgb_jpeg_dcmtk.dcm',
      'SC_rgb_jpeg_gdcm.dcm',
      'MR_small_jpeg_ls_lossless.dcm',
      'MR_small_jp2klossless.dcm',
      '693_J2KI.dcm',
      'JPGExtended.dcm',
      'GDCMJ2K_TextGBR.dcm',
    ],
  ],
  ['RTDOSE', 'Many frames', ['rtdose.dcm', 'SC_rgb_rle_2frame.dcm']],
  ['SR', 'Report', ['test-SR.dcm']],
] as const;

/** @param count how many studies there are */
export function sampleStudies(count: number, now = Date.now()): SampleStudies {
  const studies = Array.from({ length: Math.min(count, 5000) }, (_, index) => sampleStudy(index, now));
  const at = (index: number) => studies[index] ?? sampleStudy(index, now);
  const files = new Map<string, RealFile>(realFiles().map((file) => [file.name.replace(/^.*\//, ''), file]));
  const instances = SHOWN.flatMap(([, , names], series) =>
    names.flatMap((name) => {
      const file = files.get(name);
      return file ? [{ series, name, file }] : [];
    }),
  );
  const reader = new InstanceReader();
  const pathOf = (instanceId: number) => instances[instanceId - 1]?.file.path ?? '/nowhere';
  const rowOf = (index: number): InstanceRow => {
    const { file, name } = instances[index]!;
    return {
      instanceId: index + 1,
      sopInstanceUid: file.meta.sopInstanceUid ?? '',
      sopClassUid: file.meta.sopClassUid ?? '',
      transferSyntaxUid: file.meta.transferSyntaxUid ?? '',
      inferred: false,
      number: String(instances.slice(0, index + 1).filter(({ series }) => series === instances[index]!.series).length),
      file: `/home/radiology/dicom/${name}`,
      size: file.dataSet().length,
      received: now,
      waiting: false,
      gone: false,
      versions: 1,
    };
  };
  const series: SeriesRow[] = SHOWN.map(([modality, description], index) => {
    const own = instances.filter((instance) => instance.series === index);
    return {
      seriesId: index + 1,
      seriesInstanceUid: `1.2.3.${index}`,
      modality,
      number: String(index + 1),
      description,
      instances: own.length,
      bytes: own.length * 40_000,
    };
  });
  return {
    studies,
    answers: {
      'studies-list': ({ offset, limit, search, patientName, status, modality }) => {
        const wanted = `${search}${patientName ?? ''}`.toLowerCase();
        if (wanted === '' && !status && !modality) {
          const rows = Array.from({ length: Math.max(0, Math.min(limit, count - offset)) }, (_, row) =>
            at(offset + row),
          );
          return { rows, total: count };
        }
        const found = studies.filter(
          (study) =>
            `${study.patientName} ${study.patientId} ${study.accessionNumber} ${study.description}`
              .toLowerCase()
              .includes(wanted) &&
            (!status || study.status === status) &&
            (!modality || study.modalities.includes(modality)),
        );
        return { rows: found.slice(offset, offset + limit), total: found.length };
      },
      'study-get': ({ studyId }) => ({ study: at(studyId - 1), series }),
      'instances-list': ({ seriesId, offset, limit }) => {
        const own = instances.flatMap((instance, index) => (instance.series === seriesId - 1 ? [rowOf(index)] : []));
        return { rows: own.slice(offset, offset + limit), total: own.length };
      },
      'instance-tags': ({ instanceId }) => reader.tags(pathOf(instanceId)),
      'instance-image': ({ instanceId }) => reader.image(pathOf(instanceId)),
      'study-trash': () => ({ files: 12 }),
    },
    bytes: (pathname) => {
      const [, kind, id, rest = ''] = pathname.split('/');
      try {
        const path = pathOf(Number(id));
        return { ok: true, ...(kind === 'frame' ? reader.frame(path, rest) : reader.value(path, rest)) };
      } catch (error) {
        if (error instanceof ProblemError) return { ok: false, error: error.problems[0]! };
        throw error;
      }
    },
  };
}
