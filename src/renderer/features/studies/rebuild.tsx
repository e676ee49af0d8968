/** Makes the list anew from the files of a profile's folder: question, progress, result. */

import { useState } from 'react';
import { ConfirmDialog } from '#renderer/components/dialog.tsx';
import { ProgressBar } from '#renderer/components/progress-bar.tsx';
import { ask, showToast, useReceiver } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import type { ProfileState } from '#shared/state.ts';

const words = text.studies.rebuild;

export interface RebuildDialogProps {
  readonly profile: ProfileState;
  readonly onClose: () => void;
}

export function RebuildDialog({ profile: { profile, run }, onClose }: RebuildDialogProps) {
  const [isAsked, setAsked] = useState(false);
  const start = async () => {
    setAsked(true);
    onClose();
    const done = await ask('history-rebuild', { id: profile.id });
    if (done) showToast({ kind: 'ok', message: words.done(done.found, done.added, done.unreadable) });
  };
  return (
    <ConfirmDialog
      title={words.title}
      isOpen={!isAsked}
      onClose={onClose}
      action={words.start}
      onConfirm={() => void start()}
    >
      <p>{words.words(profile.options.outDir ?? run.address?.storage ?? profile.name)}</p>
    </ConfirmDialog>
  );
}

/** What is being read right now; nothing when nothing is. */
export function RebuildProgress() {
  const files = useReceiver((state) => state.profiles.find(({ rebuild }) => rebuild && !rebuild.done)?.rebuild?.files);
  if (files === undefined) return null;
  return <ProgressBar label={words.progress(files)} />;
}
