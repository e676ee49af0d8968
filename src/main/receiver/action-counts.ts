/** Adds up what rules did to the elements of each study, so that one line a second says it, not one per object. */

import type { RuleAction } from '#main/rules/index.ts';
import type { RuleSetVersion } from './applied-rules.ts';

/** What was done to an attribute, and to how many objects. Holds no values. */
export interface CountedAction extends RuleAction {
  readonly count: number;
}

/** What one version of a rule set did to one study. */
export interface StudyActions {
  readonly studyInstanceUid: string;
  readonly rules: RuleSetVersion;
  readonly actions: readonly CountedAction[];
}

interface Sum {
  readonly studyInstanceUid: string;
  readonly rules: RuleSetVersion;
  readonly counts: Map<string, { readonly action: RuleAction; count: number }>;
}

export class ActionCounts {
  #sums = new Map<string, Sum>();

  add(studyInstanceUid: string, rules: RuleSetVersion, actions: readonly RuleAction[]): void {
    const place = `${studyInstanceUid}\n${rules.id}\n${rules.version}`;
    let sum = this.#sums.get(place);
    if (!sum) {
      sum = { studyInstanceUid, rules, counts: new Map() };
      this.#sums.set(place, sum);
    }
    for (const action of actions) {
      const key = `${action.path}\n${action.outcome}\n${action.rule ?? ''}\n${action.reason}`;
      const known = sum.counts.get(key);
      if (known) known.count++;
      else sum.counts.set(key, { action, count: 1 });
    }
  }

  /** What has come together since the last call. */
  take(): readonly StudyActions[] {
    const sums = [...this.#sums.values()];
    this.#sums = new Map();
    return sums.map(({ studyInstanceUid, rules, counts }) => ({
      studyInstanceUid,
      rules,
      actions: [...counts.values()].map(({ action, count }) => ({ ...action, count })),
    }));
  }
}
