/** What one profile has received and refused since the application started. */

import type { FileRow } from '#shared/events.ts';
import type { ProfileFigures } from '#shared/figures.ts';

type Outcome = FileRow['outcome'];

const OUTCOMES: readonly Outcome[] = ['new', 'equal', 'replaced', 'kept-both', 'quarantined'];

export class RunCounters {
  readonly #files = new Map(OUTCOMES.map((outcome) => [outcome, { count: 0, bytes: 0 }]));
  readonly #refused = new Map<string, number>();
  #accepted = 0;

  file(outcome: Outcome, bytes: number): void {
    const counter = this.#files.get(outcome)!;
    counter.count++;
    counter.bytes += bytes;
  }

  /** @param code from a fixed list, never what a peer sent: there are a few dozen */
  refused(code: string, times: number): void {
    this.#refused.set(code, (this.#refused.get(code) ?? 0) + times);
  }

  accepted(): void {
    this.#accepted++;
  }

  /** At this moment. */
  read(): Pick<ProfileFigures, 'acceptedAssociations' | 'refused' | 'files'> {
    const files = [...this.#files].map(([outcome, counter]) => [outcome, { ...counter }]);
    return {
      acceptedAssociations: this.#accepted,
      refused: Object.fromEntries(this.#refused),
      files: Object.fromEntries(files) as ProfileFigures['files'],
    };
  }
}
