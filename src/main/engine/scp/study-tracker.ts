/** Groups stored instances by study and tells when a study has been quiet for long enough. */

import type { AssociationInfo, FileStoredData, Study, StudyCompletedData, StudyInstance } from './events.ts';

/** What is known of a study in progress. Tags are those of the first instance that had any at that level. */
interface OpenStudy {
  tags: Record<string, string> | undefined;
  readonly series: Map<
    string,
    { tags: Record<string, string> | undefined; readonly instances: Map<string, StudyInstance> }
  >;
  /** Instances of this study being received at this moment. */
  receiving: number;
  association: AssociationInfo | undefined;
  /** Runs from the last instance on, and finds nothing to do while the next one is being received. */
  timer: NodeJS.Timeout | undefined;
}

export interface TagsByLevel {
  readonly study?: Record<string, string>;
  readonly series?: Record<string, string>;
  readonly instance?: Record<string, string>;
}

/** The studies of one receiver. Timers are monotonic: the wall clock plays no part. */
export class StudyTracker {
  readonly #timeout: number;
  readonly #completed: (data: StudyCompletedData) => void;
  readonly #studies = new Map<string, OpenStudy>();

  /** @param timeout seconds without a new instance after which a study is complete */
  constructor(timeout: number, completed: (data: StudyCompletedData) => void) {
    this.#timeout = timeout * 1000;
    this.#completed = completed;
  }

  /** An instance of the study is on its way: the study cannot complete before the matching `left`. */
  entered(studyInstanceUid: string): void {
    const study = this.#studies.get(studyInstanceUid) ?? {
      tags: undefined,
      series: new Map(),
      receiving: 0,
      association: undefined,
      timer: undefined,
    };
    study.receiving++;
    this.#studies.set(studyInstanceUid, study);
  }

  /** An instance announced by `entered` has been stored. */
  stored(file: FileStoredData, tags: TagsByLevel): void {
    const study = this.#studies.get(file.studyInstanceUid);
    if (!study) return;
    study.tags ??= tags.study;
    study.association = file.association;
    let series = study.series.get(file.seriesInstanceUid);
    if (!series) {
      series = { tags: tags.series, instances: new Map() };
      study.series.set(file.seriesInstanceUid, series);
    }
    // By file: an object sent twice is one instance, a second content kept beside it is another.
    series.instances.set(file.file, {
      sopInstanceUid: file.sopInstanceUid,
      sopClassUid: file.sopClassUid,
      transferSyntaxUid: file.transferSyntaxUid,
      file: file.file,
      ...(tags.instance && { tags: tags.instance }),
    });
  }

  /** The instance announced by `entered` has been stored, or has failed. */
  left(studyInstanceUid: string): void {
    const study = this.#studies.get(studyInstanceUid);
    if (!study) return;
    study.receiving--;
    if (study.receiving > 0) return;
    if (study.series.size === 0) this.#studies.delete(studyInstanceUid);
    else if (study.timer) study.timer.refresh();
    else study.timer = setTimeout(() => this.#quiet(studyInstanceUid, study), this.#timeout);
  }

  /** Reports every study that is still open, at once. */
  flush(): void {
    for (const [uid, study] of [...this.#studies]) {
      clearTimeout(study.timer);
      if (study.series.size > 0) this.#complete(uid, study, false);
    }
    this.#studies.clear();
  }

  #quiet(studyInstanceUid: string, study: OpenStudy): void {
    study.timer = undefined;
    if (study.receiving === 0) this.#complete(studyInstanceUid, study, true);
  }

  #complete(studyInstanceUid: string, open: OpenStudy, quiet: boolean): void {
    this.#studies.delete(studyInstanceUid);
    const study: Study = {
      studyInstanceUid,
      ...(open.tags && { tags: open.tags }),
      series: [...open.series].map(([seriesInstanceUid, series]) => ({
        seriesInstanceUid,
        ...(series.tags && { tags: series.tags }),
        instances: [...series.instances.values()],
      })),
    };
    if (open.association) this.#completed({ study, quiet, association: open.association });
  }
}
