/** A folder: typed, chosen in the native dialog, or found among the folders of the receiver's machine. Checked while it is typed. */

import { ArrowUp, Folder, FolderOpen, FolderPlus } from 'lucide-react';
import { useEffect, useState } from 'react';
import { ListBox, ListBoxItem } from 'react-aria-components';
import { text } from '#renderer/text/en.ts';
import { formatBytes } from '#renderer/text/format.ts';
import type { FolderCheck, FolderListing, Problem, Result } from '#shared/contract.ts';
import { Badge } from './badge.tsx';
import { ProblemBanner } from './banner.tsx';
import { Button, IconButton } from './button.tsx';
import { cx } from './cx.ts';
import { Dialog } from './dialog.tsx';
import type { FieldProps } from './field.tsx';
import styles from './folder-picker.module.css';
import { TextField } from './text-field.tsx';

/** What the receiver knows of folders. */
export interface FolderAccess {
  readonly check: (path: string) => Promise<Result<FolderCheck>>;
  readonly list: (path: string | undefined) => Promise<Result<FolderListing>>;
  readonly create: (path: string) => Promise<Result<FolderListing>>;
  /** The native dialog, where there is one. */
  readonly pick?: (path: string | undefined) => Promise<Result<{ readonly path: string } | null>>;
}

export interface FolderPickerProps extends FieldProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly access: FolderAccess;
  readonly placeholder?: string;
  /** What the check found, for those who must wait for it. */
  readonly onChecked?: (check: FolderCheck | undefined) => void;
}

export function FolderPicker(props: FolderPickerProps) {
  const { value, onChange, access, placeholder, onChecked } = props;
  const [isBrowsing, setBrowsing] = useState(false);
  const check = useFolderCheck(value, access.check, onChecked);
  const choose = async () => {
    if (!access.pick) return setBrowsing(true);
    const picked = await access.pick(value || undefined);
    if (picked.ok && picked.value) onChange(picked.value.path);
    // No native dialog after all: the page has its own.
    if (!picked.ok) setBrowsing(true);
  };
  return (
    <div>
      <TextField
        {...props}
        mono
        {...(placeholder !== undefined && { placeholder })}
        error={props.error ?? (check?.problem && value ? check.problem.message : undefined)}
        beside={
          <Button icon={FolderOpen} onPress={() => void choose()}>
            {text.common.folder.choose}
          </Button>
        }
      />
      <div className={cx(styles.check)} role="status">
        {check && value !== '' && <FolderFacts check={check} />}
      </div>
      {isBrowsing && (
        <FolderDialog
          start={value || undefined}
          access={access}
          onClose={() => setBrowsing(false)}
          onChoose={(path) => {
            onChange(path);
            setBrowsing(false);
          }}
        />
      )}
    </div>
  );
}

function FolderFacts({ check }: { readonly check: FolderCheck }) {
  const words = text.common.folder;
  if (check.problem) return null;
  return (
    <>
      <Badge kind="ok" plain>
        {check.exists ? words.writable : words.willBeCreated}
      </Badge>
      {check.freeBytes !== undefined && <span>{words.free(formatBytes(check.freeBytes))}</span>}
      {check.network && <Badge kind="warn">{words.network}</Badge>}
    </>
  );
}

/** Waits until typing pauses, then asks; answers to older questions are thrown away. */
function useFolderCheck(
  path: string,
  ask: FolderAccess['check'],
  onChecked: ((check: FolderCheck | undefined) => void) | undefined,
): FolderCheck | undefined {
  const [found, setFound] = useState<{ readonly path: string; readonly check: FolderCheck }>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new path is the only reason to ask again
  useEffect(() => {
    onChecked?.(undefined);
    if (path.trim() === '') return;
    let over = false;
    const timer = setTimeout(async () => {
      const result = await ask(path);
      if (over || !result.ok) return;
      setFound({ path, check: result.value });
      onChecked?.(result.value);
    }, 300);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [path]);
  return found?.path === path ? found.check : undefined;
}

interface FolderDialogProps {
  readonly start: string | undefined;
  readonly access: FolderAccess;
  readonly onChoose: (path: string) => void;
  readonly onClose: () => void;
}

/** The folders of the receiver's machine, one level at a time. */
function FolderDialog({ start, access, onChoose, onClose }: FolderDialogProps) {
  const words = text.common.folder;
  const [listing, setListing] = useState<FolderListing>();
  const [problem, setProblem] = useState<Problem>();
  const [name, setName] = useState<string>();
  const show = (result: Result<FolderListing>) => {
    setProblem(result.ok ? undefined : result.error);
    if (result.ok) setListing(result.value);
    return result.ok;
  };
  const go = async (path: string | undefined) => show(await access.list(path));
  // biome-ignore lint/correctness/useExhaustiveDependencies: only where it begins; a folder that is not there yet: where the receiver begins
  useEffect(() => {
    void access.list(start).then(async (result) => {
      show(result.ok || start === undefined ? result : await access.list(undefined));
    });
  }, []);
  const create = async () => {
    if (!listing || !name?.trim()) return;
    if (show(await access.create(join(listing.path, name.trim())))) setName(undefined);
  };
  return (
    <Dialog
      title={words.title}
      isOpen
      onClose={onClose}
      size="wide"
      footer={
        <>
          <Button onPress={onClose}>{text.common.cancel}</Button>
          <Button variant="primary" isDisabled={!listing} onPress={() => listing && onChoose(listing.path)}>
            {words.use}
          </Button>
        </>
      }
    >
      {problem && <ProblemBanner problem={problem} live />}
      <div className={cx(styles.path)}>
        <IconButton
          icon={ArrowUp}
          label={words.up}
          isDisabled={listing?.parent === undefined}
          onPress={() => void go(listing?.parent)}
        />
        <code>{listing?.path ?? text.common.loading}</code>
        {listing && !listing.writable && <Badge kind="warn">{words.readOnly}</Badge>}
        {listing?.freeBytes !== undefined && <span>{words.free(formatBytes(listing.freeBytes))}</span>}
      </div>
      {listing && (
        <ListBox
          aria-label={words.inside(listing.path)}
          items={listing.folders.map((folder) => ({ id: folder }))}
          className={cx(styles.list)}
          onAction={(folder) => void go(join(listing.path, String(folder)))}
          renderEmptyState={() => <div className={cx(styles.none)}>{words.none}</div>}
        >
          {({ id }) => (
            <ListBoxItem id={id} textValue={id} className={cx(styles.folder)}>
              <Folder aria-hidden size={16} />
              {id}
            </ListBoxItem>
          )}
        </ListBox>
      )}
      {name === undefined ? (
        <div>
          <Button icon={FolderPlus} size="small" isDisabled={!listing?.writable} onPress={() => setName('')}>
            {words.create}
          </Button>
        </div>
      ) : (
        <div className={cx(styles.create)}>
          <TextField label={words.newName} value={name} onChange={setName} autoFocus maxLength={200} />
          <Button onPress={() => void create()} isDisabled={name.trim() === ''}>
            {words.createIt}
          </Button>
        </div>
      )}
    </Dialog>
  );
}

/** A folder inside another, in the way of the machine that the path comes from. */
function join(folder: string, name: string): string {
  const separator = folder.includes('\\') && !folder.startsWith('/') ? '\\' : '/';
  return folder.endsWith(separator) ? folder + name : folder + separator + name;
}
