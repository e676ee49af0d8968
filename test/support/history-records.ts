/** Records for the history, as a receiver would make them. */
import type { HistoryRecord, InstanceRecord } from '#main/receiver/history.ts';
import type { AssociationRow, ParsedArgument } from '#shared/contract.ts';

/** UIDs and file of instance `number` of a series of a study; everything else as given, or ordinary. */
export function instanceRecord(
  study: string,
  series: number,
  number: number,
  more: Partial<InstanceRecord> = {},
): InstanceRecord {
  const studyInstanceUid = study;
  const seriesInstanceUid = `${study}.${series}`;
  const sopInstanceUid = `${seriesInstanceUid}.${number}`;
  return {
    kind: 'instance',
    profileId: 'main',
    file: `/archive/${studyInstanceUid}/${seriesInstanceUid}/${sopInstanceUid}.dcm`,
    sopInstanceUid,
    sopClassUid: '1.2.840.10008.5.1.4.1.1.2',
    transferSyntaxUid: '1.2.840.10008.1.2.1',
    studyInstanceUid,
    seriesInstanceUid,
    size: 1000,
    outcome: 'new',
    received: 1_000_000 + number,
    associationId: 'main:1',
    test: false,
    ...more,
    tags: { Modality: 'CT', SeriesNumber: String(series), InstanceNumber: String(number), ...more.tags },
  };
}

export function associationRow(associationId: string, more: Partial<AssociationRow> = {}): AssociationRow {
  return {
    associationId,
    profileId: 'main',
    callingAeTitle: 'CT01',
    calledAeTitle: 'STUDYPORT',
    remoteAddress: '10.1.2.3',
    opened: 1000,
    outcome: 'open',
    files: 0,
    bytes: 0,
    ...more,
  };
}

export function refusalRecord(refusalId: string, time: number, count = 1): HistoryRecord {
  return {
    kind: 'refusal',
    profileId: 'main',
    refusalId,
    time,
    count,
    code: 'called-ae-title-not-recognized',
    callingAeTitle: 'CT02',
    calledAeTitle: 'STORESCP',
    remoteAddress: '10.1.2.4',
    value: 'STORESCP',
    message: 'CT02 called for STORESCP',
    fixes: [{ kind: 'accept-called-title', value: 'STORESCP' }],
  };
}

/** What a list of studies is asked for where nothing else is said. */
export function studiesList(more: Partial<ParsedArgument<'studies-list'>> = {}): ParsedArgument<'studies-list'> {
  return { offset: 0, limit: 100, search: '', sort: 'lastReceived', descending: true, ...more };
}
