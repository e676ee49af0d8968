/** Which profile is edited, and what can be done with it as a whole. */

import { Code, Copy, FileDown, FileUp, MoreHorizontal, Pencil, Plus, Trash2 } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { folderAccess } from '#renderer/api/folders.ts';
import { ProblemBanner } from '#renderer/components/banner.tsx';
import { Button, IconButton } from '#renderer/components/button.tsx';
import { CopyButton } from '#renderer/components/copy-button.tsx';
import { cx } from '#renderer/components/cx.ts';
import { ConfirmDialog, Dialog } from '#renderer/components/dialog.tsx';
import { downloadText } from '#renderer/components/download.ts';
import { FolderPicker } from '#renderer/components/folder-picker.tsx';
import { FormDialog, problemsOf } from '#renderer/components/form-dialog.tsx';
import { Menu } from '#renderer/components/menu.tsx';
import { Select } from '#renderer/components/select.tsx';
import { TextField } from '#renderer/components/text-field.tsx';
import { ask, call, selectProfile, showToast, useReceiver, useReceiverShallow } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import type { Problem, Profile, Result } from '#shared/contract.ts';
import { newProfileOptions } from './form-model.ts';
import styles from './settings.module.css';

const words = text.settings.profile;

type Open = 'create' | 'rename' | 'remove' | 'import' | 'export' | 'code';

/** @param profile the one that is edited; undefined: there is none */
export function ProfileMenu({ profile }: { readonly profile: Profile | undefined }) {
  const profiles = useReceiverShallow((state) => state.profiles.map((entry) => entry.profile));
  const [open, setOpen] = useState<Open>();
  const close = () => setOpen(undefined);
  const duplicate = async (original: Profile) => {
    const copy = await ask('profile-duplicate', { id: original.id });
    if (!copy) return;
    selectProfile(copy.id);
    showToast({ kind: 'ok', message: words.duplicated(copy.name) });
  };
  return (
    <>
      {profile && (
        <Select
          label={words.choose}
          hideLabel
          className={cx(styles.profiles)}
          choices={profiles.map(({ id, name, options }) => ({ value: id, label: name, detail: `:${options.port}` }))}
          value={profile.id}
          onChange={selectProfile}
        />
      )}
      <Menu
        label={words.actions}
        entries={[
          { id: 'create', label: words.create, icon: Plus, onChoose: () => setOpen('create') },
          { id: 'import', label: words.import, icon: FileUp, onChoose: () => setOpen('import') },
          ...(profile
            ? [
                { id: 's1', separator: true } as const,
                { id: 'duplicate', label: words.duplicate, icon: Copy, onChoose: () => void duplicate(profile) },
                { id: 'rename', label: words.rename, icon: Pencil, onChoose: () => setOpen('rename') },
                { id: 'export', label: words.export, icon: FileDown, onChoose: () => setOpen('export') },
                { id: 'code', label: words.code, icon: Code, onChoose: () => setOpen('code') },
                { id: 's2', separator: true } as const,
                { id: 'remove', label: words.remove, icon: Trash2, onChoose: () => setOpen('remove') },
              ]
            : []),
        ]}
      >
        <IconButton icon={MoreHorizontal} label={words.actions} variant="secondary" />
      </Menu>
      {open === 'create' && <CreateDialog profiles={profiles} onClose={close} />}
      {open === 'import' && <ImportDialog onClose={close} />}
      {open === 'rename' && profile && <RenameDialog profile={profile} onClose={close} />}
      {open === 'remove' && profile && <RemoveDialog profile={profile} onClose={close} />}
      {open === 'export' && profile && (
        <TextDialog
          title={words.exportTitle(profile.name)}
          description={words.exportWords}
          what={words.whatText}
          file={`${fileName(profile.name)}.studyport.json`}
          load={() => call('profile-export', { id: profile.id })}
          onClose={close}
        />
      )}
      {open === 'code' && profile && (
        <TextDialog
          title={words.codeTitle(profile.name)}
          description={words.codeWords}
          what={words.whatCode}
          file={`${fileName(profile.name)}.mjs`}
          load={() => call('profile-code', { id: profile.id })}
          onClose={close}
        />
      )}
    </>
  );
}

/** The name of a profile as the name of a file. */
function fileName(name: string): string {
  return (
    name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '') || 'profile'
  );
}

function CreateDialog({ profiles, onClose }: { readonly profiles: readonly Profile[]; readonly onClose: () => void }) {
  const host = useReceiver((state) => state.host);
  const [name, setName] = useState('');
  const [folder, setFolder] = useState(() => suggestedFolder(host.homeFolder, profiles.length));
  const [problems, setProblems] = useState<readonly Problem[]>([]);
  const create = async () => {
    const result = await call('profile-create', { name: name.trim(), options: newProfileOptions(profiles, folder) });
    setProblems(problemsOf(result));
    if (!result.ok) return;
    selectProfile(result.value.id);
    onClose();
  };
  return (
    <FormDialog
      title={words.create}
      action={words.createIt}
      isDisabled={name.trim() === '' || folder.trim() === ''}
      problems={problems}
      onSubmit={create}
      onClose={onClose}
    >
      <p className={cx(styles.muted)}>{words.createHelp}</p>
      <TextField
        label={words.name}
        help={words.nameHelp}
        value={name}
        onChange={setName}
        maxLength={60}
        autoFocus
        isRequired
      />
      <FolderPicker
        label={text.settings.folder}
        help={words.folderHelp}
        value={folder}
        onChange={setFolder}
        access={folderAccess(host.canPickFolder)}
        isRequired
      />
    </FormDialog>
  );
}

/** A folder of its own for each profile. */
function suggestedFolder(home: string, others: number): string {
  const separator = home.includes('\\') ? '\\' : '/';
  return `${home}${separator}Studyport${others === 0 ? '' : ` ${others + 1}`}`;
}

function RenameDialog({ profile, onClose }: { readonly profile: Profile; readonly onClose: () => void }) {
  const [name, setName] = useState(profile.name);
  const [problems, setProblems] = useState<readonly Problem[]>([]);
  const rename = async () => {
    const { id, autoStart, options } = profile;
    const result = await call('profile-save', {
      id,
      name: name.trim(),
      autoStart,
      options,
      secrets: {},
      restart: 'later',
    });
    setProblems(problemsOf(result));
    if (result.ok) onClose();
  };
  return (
    <FormDialog
      title={words.renameTitle(profile.name)}
      action={words.renameIt}
      isDisabled={name.trim() === '' || name.trim() === profile.name}
      problems={problems}
      onSubmit={rename}
      onClose={onClose}
    >
      <TextField
        label={words.name}
        help={words.nameHelp}
        value={name}
        onChange={setName}
        maxLength={60}
        autoFocus
        isRequired
      />
    </FormDialog>
  );
}

function RemoveDialog({ profile, onClose }: { readonly profile: Profile; readonly onClose: () => void }) {
  const open = useReceiver(
    ({ profiles }) => profiles.find((entry) => entry.profile.id === profile.id)?.associations.length ?? 0,
  );
  const remove = async () => {
    const done = await ask('profile-delete', { id: profile.id });
    if (done === undefined) return;
    onClose();
    showToast({ kind: 'ok', message: words.removed(profile.name) });
  };
  return (
    <ConfirmDialog
      title={words.removeTitle(profile.name)}
      action={words.removeIt}
      isOpen
      isDanger
      onClose={onClose}
      onConfirm={() => void remove()}
    >
      <p>{words.removeWords}</p>
      {open > 0 && <p>{words.removeOpen(open)}</p>}
    </ConfirmDialog>
  );
}

function ImportDialog({ onClose }: { readonly onClose: () => void }) {
  const [content, setContent] = useState('');
  const [problems, setProblems] = useState<readonly Problem[]>([]);
  const file = useRef<HTMLInputElement>(null);
  const run = async () => {
    const result = await call('profile-import', { text: content });
    setProblems(problemsOf(result));
    if (!result.ok) return;
    selectProfile(result.value.id);
    showToast({ kind: 'ok', message: words.imported(result.value.name) });
    onClose();
  };
  return (
    <FormDialog
      title={words.importTitle}
      action={words.importIt}
      isDisabled={content.trim() === ''}
      problems={problems}
      onSubmit={run}
      onClose={onClose}
      size="wide"
    >
      <p className={cx(styles.muted)}>{words.importWords}</p>
      <div>
        <Button icon={FileUp} onPress={() => file.current?.click()}>
          {words.importFile}
        </Button>
        <input
          ref={file}
          type="file"
          accept=".json,application/json"
          hidden
          aria-label={words.importFile}
          onChange={async (event) => setContent((await event.target.files?.[0]?.text()) ?? '')}
        />
      </div>
      <TextField label={words.importText} value={content} onChange={setContent} rows={12} mono />
    </FormDialog>
  );
}

interface TextDialogProps {
  readonly title: string;
  readonly description: string;
  readonly what: string;
  readonly file: string;
  readonly load: () => Promise<Result<{ readonly text: string }>>;
  readonly onClose: () => void;
}

/** A text to look at, to copy, to save. */
function TextDialog({ title, description, what, file, load, onClose }: TextDialogProps) {
  const [result, setResult] = useState<Result<{ readonly text: string }>>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: fetched once, when the dialog opens
  useEffect(() => {
    void load().then(setResult);
  }, []);
  const content = result?.ok ? result.value.text : undefined;
  return (
    <Dialog
      title={title}
      isOpen
      onClose={onClose}
      size="wide"
      footer={
        <>
          <Button onPress={onClose}>{text.common.close}</Button>
          {content !== undefined && (
            <>
              <CopyButton value={content} what={what} label={text.common.copy(what)} />
              <Button variant="primary" icon={FileDown} onPress={() => downloadText(file, content)}>
                {words.save}
              </Button>
            </>
          )}
        </>
      }
    >
      <p className={cx(styles.muted)}>
        {description} {words.unsaved}
      </p>
      {result && !result.ok && <ProblemBanner problem={result.error} live />}
      {content !== undefined && (
        <section aria-label={what}>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
          <pre className={cx(styles.code)} tabIndex={0}>
            {content}
          </pre>
        </section>
      )}
    </Dialog>
  );
}
