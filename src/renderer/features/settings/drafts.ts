/** Drafts outlive the screen: whoever looks at the log in between does not lose what was typed. */

import { useMemo } from 'react';
import { create } from 'zustand';
import { tellUnsaved } from '#renderer/store.ts';
import type { Problem, Profile } from '#shared/contract.ts';
import { byField, type Draft, differences, draftOf, type Mistakes, mistakesOf, rebase } from './form-model.ts';

interface Entry {
  /** The profile as it was when the draft was last looked at. */
  readonly base: Profile;
  readonly draft: Draft;
  /** What the receiver refused although the form did not, until the draft changes. */
  readonly refused: readonly Problem[];
}

const useDrafts = create<{ readonly entries: Readonly<Record<string, Entry>> }>()(() => ({ entries: {} }));

// Also while another screen is shown.
useDrafts.subscribe(({ entries }) => {
  const changed = Object.values(entries).filter(({ base, draft }) => differences(base, draft).length > 0);
  tellUnsaved('settings', changed.length);
});

function put(id: string, entry: Entry | undefined): void {
  useDrafts.setState(({ entries }) => {
    const { [id]: _, ...others } = entries;
    return { entries: entry ? { ...others, [id]: entry } : others };
  });
}

/** A draft, what differs, what is wrong, and how to change it. */
export interface DraftState {
  readonly saved: Profile;
  readonly draft: Draft;
  readonly changes: ReturnType<typeof differences>;
  readonly mistakes: Mistakes;
  readonly change: (draft: Draft) => void;
  /** Changes the draft as it is by now: for what was asked of the receiver while the user went on typing. */
  readonly update: (next: (latest: Draft) => Draft) => void;
  readonly discard: () => void;
  readonly refuse: (problems: readonly Problem[]) => void;
}

/** The draft of a profile. It follows a profile that is saved elsewhere meanwhile. */
export function useDraft(saved: Profile): DraftState {
  const entry = useDrafts(({ entries }) => entries[saved.id]);
  return useMemo(() => {
    const draft = !entry ? draftOf(saved) : entry.base === saved ? entry.draft : rebase(entry.base, entry.draft, saved);
    const own = mistakesOf(draft, saved);
    return {
      saved,
      draft,
      changes: differences(saved, draft),
      mistakes: own.size === 0 && entry ? byField(entry.refused) : own,
      change: (next) => put(saved.id, { base: saved, draft: next, refused: [] }),
      update: (next) => {
        const { base, draft: latest } = useDrafts.getState().entries[saved.id] ?? {
          base: saved,
          draft: draftOf(saved),
        };
        put(saved.id, { base, draft: next(latest), refused: [] });
      },
      discard: () => put(saved.id, undefined),
      refuse: (refused) => put(saved.id, { base: saved, draft, refused }),
    };
  }, [saved, entry]);
}
