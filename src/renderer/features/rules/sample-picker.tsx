/** Which object is shown before and after: a received one of each modality, a synthetic one, a file. */

import { useEffect, useState } from 'react';
import { FormDialog } from '#renderer/components/form-dialog.tsx';
import { type Choice, Select } from '#renderer/components/select.tsx';
import { TextField } from '#renderer/components/text-field.tsx';
import { call, useReceiver } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import type { SampleRef, SampleRow } from '#shared/rule-commands.ts';
import styles from './rules.module.css';

const words = text.rules.preview;
const FILE = 'file';

function keyOf(sample: SampleRef): string {
  switch (sample.kind) {
    case 'synthetic':
      return `synthetic ${sample.modality}`;
    case 'instance':
      return `instance ${sample.instanceId}`;
    case 'file':
      return `file ${sample.path}`;
  }
}

export interface SamplePickerProps {
  readonly sample: SampleRef | undefined;
  readonly onSample: (sample: SampleRef) => void;
}

export function SamplePicker({ sample, onSample }: SamplePickerProps) {
  const history = useReceiver((state) => state.historyVersion);
  const [samples, setSamples] = useState<readonly SampleRow[]>();
  const [isAsking, setAsking] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: something newer may have come
  useEffect(() => {
    let isOver = false;
    void call('rule-samples', undefined).then((result) => {
      if (isOver || !result.ok) return;
      setSamples(result.value.samples);
      const [first] = result.value.samples;
      if (!sample && first) onSample(first.sample);
    });
    return () => {
      isOver = true;
    };
  }, [history]);
  const choices: Choice[] = (samples ?? []).map((row) => ({ value: keyOf(row.sample), label: row.label }));
  if (sample && !choices.some(({ value }) => value === keyOf(sample))) {
    // A file, or what was received last a moment ago.
    choices.push({
      value: keyOf(sample),
      label: sample.kind === 'file' ? words.fileLabel(sample.path) : words.chosenObject,
    });
  }
  return (
    <>
      <Select
        label={words.sample}
        hideLabel
        className={styles.samplePicker ?? ''}
        choices={[...choices, { value: FILE, label: words.file }]}
        value={sample ? keyOf(sample) : null}
        placeholder={samples?.length === 0 ? words.noSamples : words.sample}
        onChange={(key) => {
          if (key === FILE) return setAsking(true);
          const row = samples?.find((other) => keyOf(other.sample) === key);
          if (row) onSample(row.sample);
        }}
      />
      {isAsking && (
        <FileDialog
          onClose={() => setAsking(false)}
          onChoose={(path) => {
            setAsking(false);
            onSample({ kind: 'file', path });
          }}
        />
      )}
    </>
  );
}

interface FileDialogProps {
  readonly onChoose: (path: string) => void;
  readonly onClose: () => void;
}

function FileDialog({ onChoose, onClose }: FileDialogProps) {
  const [path, setPath] = useState('');
  return (
    <FormDialog
      title={words.fileTitle}
      action={words.fileUse}
      isDisabled={path.trim() === ''}
      problems={[]}
      onSubmit={async () => onChoose(path.trim())}
      onClose={onClose}
    >
      <TextField
        label={words.filePath}
        help={words.filePathHelp}
        value={path}
        onChange={setPath}
        maxLength={4096}
        autoFocus
        mono
      />
    </FormDialog>
  );
}
