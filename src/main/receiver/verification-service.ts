/** Verifies what is stored, profile by profile: when somebody asks, and every so many days. Keeps the last reports. */

import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { LogLine, Problem } from '#shared/contract.ts';
import type { VerificationFinding, VerificationReport, VerificationState } from '#shared/guards.ts';
import { KEPT_FINDINGS, wrongFiles } from '#shared/guards.ts';
import type { History } from './history.ts';
import type { HistoryWorkerData } from './history-worker.ts';
import { readJson, writeJson } from './json-file.ts';
import { need, problem, withoutWords } from './problem.ts';
import {
  counted,
  isDue,
  NOTHING_YET,
  parseReports,
  reportAfter,
  reportsFile,
  type Verdict,
  type VerificationRow,
  withoutStudies,
} from './verification.ts';
import { WorkerClient } from './worker-client.ts';
import { workerUrl } from './worker-url.ts';

/** Files that are looked at between two words about the progress. */
const BATCH = 20;
/** Files that are looked at a second time; of more, the first look counts. */
const MOST_SUSPECTS = 5000;
/** Milliseconds between two of those words. */
const PERIOD = 250;

export interface VerificationHost {
  readonly dataFolder: string;
  readonly history: History;
  changed(profileId: string, verification: VerificationState): void;
  line(level: LogLine['level'], message: string, more: { readonly code?: string; readonly profileId: string }): void;
}

interface Found {
  readonly row: VerificationRow;
  readonly verdict: Verdict;
}

interface Job {
  readonly profileId: string;
  readonly studyId: number | undefined;
  readonly worker: WorkerClient;
  cancelled: boolean;
}

export class VerificationService {
  readonly #host: VerificationHost;
  #reports: Map<string, VerificationReport>;
  /** One at a time: the disk is one. */
  #job: Job | undefined;
  #running: Promise<void> = Promise.resolve();
  #writing: Promise<void> = Promise.resolve();

  private constructor(host: VerificationHost, reports: ReadonlyMap<string, VerificationReport>) {
    this.#host = host;
    this.#reports = new Map(reports);
  }

  /** Knows the reports of earlier times; a file that cannot be read is as good as none. */
  static async open(host: VerificationHost): Promise<VerificationService> {
    const read = await readJson(fileIn(host.dataFolder)).catch(() => ({ kind: 'missing' }) as const);
    return new VerificationService(host, parseReports(read.kind === 'json' ? read.value : undefined));
  }

  /** How the last verification of a profile went. */
  report(profileId: string): VerificationReport | undefined {
    return this.#reports.get(profileId);
  }

  /** Why the profile is degraded: files that are not as they were received. */
  problem(profileId: string): Problem | undefined {
    const report = this.#reports.get(profileId);
    const wrong = report ? wrongFiles(report) : 0;
    if (!report || wrong === 0) return undefined;
    const { damaged, missing, unreadable } = report;
    const parts = Object.entries({ damaged, missing, unreadable }).filter(([, count]) => count > 0);
    const message = `${wrong === 1 ? 'A stored file is' : `${wrong} stored files are`} not as received: ${parts.map(([kind, count]) => `${count} ${kind}`).join(', ')}. Look at the list, bring the files back from a backup, or delete the damaged ones and let their senders send them again; then verify again.`;
    return { code: 'files-damaged', message };
  }

  /** Begins, and goes on by itself. @throws ProblemError when one is running */
  start(profileId: string, studyId?: number): void {
    if (this.#job) {
      throw problem(
        'verification-running',
        'Stored files are being verified already. Wait until that is done, or cancel it.',
      );
    }
    const data: HistoryWorkerData = { role: 'verify' };
    const job: Job = {
      profileId,
      studyId,
      worker: new WorkerClient(workerUrl('history-worker'), data),
      cancelled: false,
    };
    this.#job = job;
    this.#tell(profileId, { ...NOTHING_YET, started: Date.now(), total: 0, ...(studyId && { studyId }) });
    this.#running = this.#run(job)
      .catch((error: unknown) => {
        if (job.cancelled) return;
        const message = `Stored files could not be verified: ${withoutWords(error)}. Try again; the log has more.`;
        this.#host.line('error', message, { code: 'verification-failed', profileId });
      })
      .finally(async () => {
        await job.worker.close();
        this.#job = undefined;
        this.#tell(profileId);
      });
  }

  /** Ends the one that runs, if it is this profile's. What it has found until now is kept. */
  async cancel(profileId: string): Promise<void> {
    if (this.#job?.profileId !== profileId) return;
    await this.#end();
  }

  /** Begins the verification of the first profile that is due. */
  startDue(profiles: readonly { readonly id: string; readonly verifyEvery?: number }[]): void {
    if (this.#job) return;
    const due = profiles.find(({ id, verifyEvery }) => isDue(verifyEvery, this.#reports.get(id), Date.now()));
    if (due) this.start(due.id);
  }

  /** Studies were removed: nothing is to be said of their files any more. */
  forget(studyIds: readonly number[]): void {
    const gone = new Set(studyIds);
    for (const [profileId, report] of this.#reports) {
      const left = withoutStudies(report, gone);
      if (left !== report) this.#keep(profileId, left);
    }
  }

  /** A profile was removed. */
  forgetProfile(profileId: string): void {
    if (this.#reports.delete(profileId)) this.#write();
  }

  /** Ends what runs. */
  async close(): Promise<void> {
    await this.#end();
    await this.#writing;
  }

  /** A thread in the middle of a large file does not hear: it is ended. */
  async #end(): Promise<void> {
    if (this.#job) {
      this.#job.cancelled = true;
      await this.#job.worker.close();
    }
    await this.#running;
  }

  async #run(job: Job): Promise<void> {
    const { profileId, studyId } = job;
    const { history } = this.#host;
    const of = { profileId, ...(studyId !== undefined && { studyId }) };
    const started = Date.now();
    const total = need(await history.call('verification-count', of)).files;
    let counts = NOTHING_YET;
    let shown = NOTHING_YET;
    const suspects: Found[] = [];
    let told = 0;
    for (let after = 0; !job.cancelled; ) {
      const { rows } = need(await history.call('verification-rows', { ...of, after, limit: BATCH }));
      const last = rows.at(-1);
      if (!last) break;
      after = last.instanceId;
      for (const { row, verdict } of await this.#look(job, rows)) {
        shown = counted(shown, verdict);
        if ('detail' in verdict && suspects.length < MOST_SUSPECTS) suspects.push({ row, verdict });
        else counts = counted(counts, verdict);
      }
      if (performance.now() - told > PERIOD) {
        told = performance.now();
        this.#tell(profileId, { ...shown, started, total, ...(studyId && { studyId }) });
      }
    }
    const second = await this.#again(job, suspects);
    for (const { verdict } of second) counts = counted(counts, verdict);
    const findings = second.flatMap(({ row, verdict }) => findingOf(row, verdict)).slice(0, KEPT_FINDINGS);
    const outcome = job.cancelled ? 'cancelled' : 'complete';
    const report: VerificationReport = { ...counts, started, ended: Date.now(), outcome, findings };
    this.#finish(job, report);
  }

  /** The verdicts on files; none when it is cancelled meanwhile. Checksums of those that had none are kept. */
  async #look(job: Job, rows: readonly VerificationRow[]): Promise<readonly Found[]> {
    const answer = await job.worker.request('verify', rows).catch((error: unknown) => {
      if (!job.cancelled) throw error;
      return [];
    });
    const found = (answer as readonly Verdict[]).map((verdict, index) => ({ row: rows[index]!, verdict }));
    const checksums = found.flatMap(({ row: { instanceId }, verdict }) =>
      verdict.kind === 'first-seen' ? [{ instanceId, sha256: verdict.sha256 }] : [],
    );
    if (checksums.length > 0) need(await this.#host.history.call('checksums-fill', { checksums }));
    return found;
  }

  /**
   * A second look: what was replaced or removed on purpose in the meantime is no finding. When it is cancelled, what the
   * history still says the same of is one without another look.
   */
  async #again(job: Job, suspects: readonly Found[]): Promise<readonly Found[]> {
    if (suspects.length === 0) return [];
    const found: Found[] = [];
    await this.#host.history.flush();
    for (let at = 0; at < suspects.length; at += BATCH) {
      const some = suspects.slice(at, at + BATCH);
      const instanceIds = some.map(({ row }) => row.instanceId);
      const { rows } = need(await this.#host.history.call('verification-again', { instanceIds }));
      const looked = job.cancelled ? [] : await this.#look(job, rows);
      if (job.cancelled) found.push(...some.filter(({ row }) => rows.some((now) => isDeepStrictEqual(now, row))));
      else found.push(...looked);
    }
    return found;
  }

  #finish({ profileId, studyId }: Job, report: VerificationReport): void {
    const wrong = wrongFiles(report);
    const { sound, firstSeen, damaged, missing, unreadable } = report;
    const message = `Stored files were verified: ${sound} sound, ${firstSeen} seen for the first time, ${damaged} damaged, ${missing} missing, ${unreadable} unreadable`;
    this.#host.line(wrong > 0 ? 'error' : 'info', report.outcome === 'complete' ? message : `${message} (cancelled)`, {
      ...(wrong > 0 && { code: 'files-damaged' }),
      profileId,
    });
    this.#keep(profileId, reportAfter(this.#reports.get(profileId), report, studyId));
  }

  #keep(profileId: string, report: VerificationReport | undefined): void {
    if (report) this.#reports.set(profileId, report);
    else this.#reports.delete(profileId);
    this.#write();
    if (this.#job?.profileId !== profileId) this.#tell(profileId);
  }

  #write(): void {
    const file = reportsFile(this.#reports);
    this.#writing = this.#writing
      .then(() => writeJson(fileIn(this.#host.dataFolder), file))
      // The next one will be kept, or the one after it: it can be made again at any time.
      .catch(() => undefined);
  }

  #tell(profileId: string, running?: VerificationState['running']): void {
    const report = this.#reports.get(profileId);
    this.#host.changed(profileId, { ...(running && { running }), ...(report && { report }) });
  }
}

function findingOf(row: VerificationRow, verdict: Verdict): readonly VerificationFinding[] {
  if (!('detail' in verdict)) return [];
  const { sopInstanceUid, studyId, file } = row;
  return [{ kind: verdict.kind, file, sopInstanceUid, studyId, detail: verdict.detail }];
}

function fileIn(dataFolder: string): string {
  return join(dataFolder, 'verification.json');
}
