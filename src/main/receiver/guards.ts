/** What keeps the archives of all profiles small and sound, with a look at each every hour. */

import type { LogLine } from '#shared/contract.ts';
import type { ReceiverEvent } from '#shared/events.ts';
import type { History } from './history.ts';
import type { ManagedProfile } from './managed-profile.ts';
import { RetentionService } from './retention-service.ts';
import { VerificationService } from './verification-service.ts';

const HOUR = 60 * 60 * 1000;

export interface GuardsHost {
  readonly dataFolder: string;
  readonly history: History;
  profiles(): readonly ManagedProfile[];
  emit(event: ReceiverEvent): void;
  trash(files: readonly string[]): Promise<void>;
  line(level: LogLine['level'], message: string, more: { readonly code?: string; readonly profileId: string }): void;
}

export class Guards {
  readonly retention: RetentionService;
  readonly verification: VerificationService;
  readonly #host: GuardsHost;
  readonly #timer: NodeJS.Timeout;

  private constructor(host: GuardsHost, verification: VerificationService) {
    this.#host = host;
    this.verification = verification;
    this.retention = new RetentionService({
      history: host.history,
      trash: (files) => host.trash(files),
      changed: (studyIds) => this.studiesRemoved(studyIds),
      isManaged: (managed) => host.profiles().includes(managed),
      line: (...line) => host.line(...line),
    });
    this.#timer = setInterval(() => this.everyHour(), HOUR);
    this.#timer.unref();
  }

  static async open(host: GuardsHost): Promise<Guards> {
    const { dataFolder, history } = host;
    const verification = await VerificationService.open({
      dataFolder,
      history,
      changed: (profileId, state) => {
        host.emit({ type: 'verification', profileId, verification: state });
        const managed = host.profiles().find(({ profile }) => profile.id === profileId);
        if (managed) managed.filesProblem = verification.problem(profileId);
      },
      line: (...line) => host.line(...line),
    });
    return new Guards(host, verification);
  }

  /** What is known of a profile from earlier times. */
  manage(managed: ManagedProfile): void {
    const { id: profileId } = managed.profile;
    const report = this.verification.report(profileId);
    if (!report) return;
    managed.filesProblem = this.verification.problem(profileId);
    this.#host.emit({ type: 'verification', profileId, verification: { report } });
  }

  /** Studies have gone, whoever removed them. */
  studiesRemoved(studyIds: readonly number[]): void {
    this.verification.forget(studyIds);
    this.#host.emit({ type: 'history-changed' });
  }

  /** What is due now. */
  everyHour(): void {
    for (const managed of this.#host.profiles()) void this.retention.run(managed);
    this.verification.startDue(this.#host.profiles().map(({ profile }) => profile));
  }

  /** A profile was removed: what its files were like is of no interest any more. */
  async forget(profileId: string): Promise<void> {
    await this.verification.cancel(profileId);
    this.verification.forgetProfile(profileId);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all([this.retention.close(), this.verification.close()]);
  }
}
