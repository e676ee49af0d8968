/** What makes keys, brings them back, and asks before a secret leaves or a key is replaced. */

import { useState } from 'react';
import { cx } from '#renderer/components/cx.ts';
import { ConfirmDialog } from '#renderer/components/dialog.tsx';
import { FormDialog, problemsOf } from '#renderer/components/form-dialog.tsx';
import { TextField } from '#renderer/components/text-field.tsx';
import { TextSource } from '#renderer/components/text-source.tsx';
import { call, showToast } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import type { Problem } from '#shared/contract.ts';
import styles from './rules.module.css';

const words = text.rules.keys;

interface DialogProps {
  readonly onDone: () => Promise<void>;
  readonly onClose: () => void;
}

export function CreateKeyDialog({ onDone, onClose }: DialogProps) {
  const [name, setName] = useState('');
  const [problems, setProblems] = useState<readonly Problem[]>([]);
  const create = async () => {
    const result = await call('rule-key-create', { name: name.trim() });
    setProblems(problemsOf(result));
    if (!result.ok) return;
    await onDone();
    onClose();
    showToast({ kind: 'ok', message: words.created(result.value.name) });
  };
  return (
    <FormDialog
      title={words.createTitle}
      action={words.createIt}
      isDisabled={name.trim() === ''}
      problems={problems}
      onSubmit={create}
      onClose={onClose}
    >
      <KeyName value={name} onChange={setName} />
    </FormDialog>
  );
}

export function RestoreKeyDialog({ onDone, onClose }: DialogProps) {
  const [name, setName] = useState('default');
  const [content, setContent] = useState('');
  const [problems, setProblems] = useState<readonly Problem[]>([]);
  const restore = async () => {
    const result = await call('rule-key-restore', { name: name.trim(), text: content });
    setProblems(problemsOf(result));
    if (!result.ok) return;
    await onDone();
    onClose();
    showToast({ kind: 'ok', message: words.restored(result.value.name) });
  };
  return (
    <FormDialog
      title={words.restoreTitle}
      action={words.restoreIt}
      isDisabled={name.trim() === '' || content.trim() === ''}
      problems={problems}
      onSubmit={restore}
      onClose={onClose}
    >
      <p className={cx(styles.muted)}>{words.restoreWords}</p>
      <KeyName value={name} onChange={setName} />
      <TextSource label={words.restoreText} value={content} onChange={setContent} accept=".txt,text/plain" rows={5} />
    </FormDialog>
  );
}

function KeyName({ value, onChange }: { readonly value: string; readonly onChange: (value: string) => void }) {
  return (
    <TextField
      label={words.name}
      help={words.nameHelp}
      value={value}
      onChange={onChange}
      maxLength={40}
      autoFocus
      isRequired
      mono
    />
  );
}

export interface KeyConfirmProps {
  readonly title: string;
  readonly words: string;
  readonly action: string;
  readonly onConfirm: () => Promise<void>;
  readonly onClose: () => void;
}

export function KeyConfirm({ title, words: detail, action, onConfirm, onClose }: KeyConfirmProps) {
  return (
    <ConfirmDialog title={title} isOpen onClose={onClose} action={action} onConfirm={() => void onConfirm()} isDanger>
      <p>{detail}</p>
    </ConfirmDialog>
  );
}
