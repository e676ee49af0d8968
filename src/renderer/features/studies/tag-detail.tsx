/** The chosen element: all of its value, copies, bytes, "extract this". */

import { Binary, Plus, ShieldCheck } from 'lucide-react';
import { useEffect, useState } from 'react';
import { fetchValue } from '#renderer/api/bytes.ts';
import { formatRulesDetail } from '#renderer/api/routes.ts';
import { Badge } from '#renderer/components/badge.tsx';
import { Button } from '#renderer/components/button.tsx';
import { CopyButton } from '#renderer/components/copy-button.tsx';
import { cx } from '#renderer/components/cx.ts';
import { Dialog } from '#renderer/components/dialog.tsx';
import { PatientText } from '#renderer/components/patient-text.tsx';
import { TextField } from '#renderer/components/text-field.tsx';
import { ask, navigate, showToast, useReceiver } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import type { Profile, StudyRow, TagNode } from '#shared/contract.ts';
import { reasonOf } from './draw-words.ts';
import { extractionOf, withExtraction } from './extraction.ts';
import { hexLines, MOST_HEX_BYTES } from './hex.ts';
import styles from './studies.module.css';
import { nameWords, pathWords, type TagRow, tagWords } from './tag-rows.ts';

const words = text.studies.tags;

export interface TagDetailProps {
  readonly row: Extract<TagRow, { kind: 'element' }>;
  readonly instanceId: number;
  readonly study: StudyRow;
}

export function TagDetail({ row, instanceId, study }: TagDetailProps) {
  const { node, path } = row;
  const [showsBytes, setShowsBytes] = useState(false);
  const profile = useReceiver((state) => state.profiles.find((one) => one.profile.id === study.profileId)?.profile);
  const hasBytes = node.items === undefined && node.length > 0;
  return (
    <section className={cx(styles.detail)} aria-label={words.detail}>
      <div className={cx(styles.detailBar)}>
        <strong>{nameWords(node)}</strong>
        <code className={cx(styles.muted)}>
          {pathWords(path)} {node.vr}
        </code>
        {node.privateCreator !== undefined && <Badge kind="neutral">{words.creator(node.privateCreator)}</Badge>}
      </div>
      {node.value !== undefined && node.value !== '' && (
        <PatientText className={cx(styles.detailValue)}>{node.value}</PatientText>
      )}
      <div className={cx(styles.detailActions)}>
        <CopyButton value={tagWords(node.tag)} what={words.tag} label={words.copyTag} />
        {node.keyword !== '' && <CopyButton value={node.keyword} what={words.keyword} label={words.copyKeyword} />}
        <CopyButton value={pathWords(path)} what={words.path} label={words.copyPath} />
        {node.value !== undefined && <CopyButton value={node.value} what={words.value} label={words.copyValue} />}
        {hasBytes && (
          <Button size="small" icon={Binary} aria-expanded={showsBytes} onPress={() => setShowsBytes(!showsBytes)}>
            {showsBytes ? words.hideBytes : words.bytes}
          </Button>
        )}
        <Button
          size="small"
          icon={ShieldCheck}
          onPress={() => navigate('rules', formatRulesDetail({ instance: instanceId, tag: node.tag }))}
        >
          {words.makeRule}
        </Button>
        {profile && <ExtractButton node={node} isNested={row.level > 1} profile={profile} />}
      </div>
      {showsBytes && <Bytes instanceId={instanceId} path={path} name={nameWords(node)} />}
    </section>
  );
}

interface ExtractButtonProps {
  readonly node: TagNode;
  readonly isNested: boolean;
  readonly profile: Profile;
}

function ExtractButton({ node, isNested, profile }: ExtractButtonProps) {
  const [name, setName] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const extraction = extractionOf(node, isNested, profile);

  const save = async (as: string) => {
    setBusy(true);
    const { id, name: profileName, autoStart, options } = profile;
    const saved = await ask('profile-save', {
      id,
      name: profileName,
      autoStart,
      options: withExtraction(options, node, as) as Record<string, unknown>,
      secrets: {},
      // Associations that are open end first.
      restart: 'wait',
    });
    setBusy(false);
    if (!saved) return;
    setName(undefined);
    showToast({ kind: 'ok', message: words.extractDone(as || nameWords(node), profileName) });
  };

  if (extraction.kind === 'impossible') return <span className={cx(styles.muted)}>{extraction.why}</span>;
  if (extraction.kind === 'done') return <Badge kind="ok">{words.extracted}</Badge>;
  const isBad = name !== undefined && !/^[A-Za-z]\w*$/.test(name);
  return (
    <>
      <Button
        size="small"
        icon={Plus}
        isPending={isBusy}
        onPress={() => (extraction.kind === 'name' ? setName(suggestedName(node)) : void save(''))}
      >
        {words.extract}
      </Button>
      <Dialog
        title={words.nameTitle}
        isOpen={name !== undefined}
        onClose={() => setName(undefined)}
        footer={
          <>
            <Button onPress={() => setName(undefined)}>{text.common.cancel}</Button>
            <Button variant="primary" isDisabled={isBad} isPending={isBusy} onPress={() => void save(name ?? '')}>
              {words.nameAction}
            </Button>
          </>
        }
      >
        <p>
          <code>{tagWords(node.tag)}</code> · {node.privateCreator}
        </p>
        <TextField
          label={words.nameLabel}
          help={words.nameHelp}
          value={name ?? ''}
          onChange={setName}
          autoFocus
          mono
          error={isBad ? words.nameBad : undefined}
        />
        <p className={cx(styles.muted)}>{words.extractHelp}</p>
      </Dialog>
    </>
  );
}

/** `SiemensCsaHeader1010`: the creator and the element. */
function suggestedName({ privateCreator = '', tag }: TagNode): string {
  const letters = privateCreator
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join('');
  return `${/^[A-Z]/.test(letters) ? letters : `Private${letters}`}${tag.slice(6).toUpperCase()}`;
}

interface BytesProps {
  readonly instanceId: number;
  readonly path: string;
  readonly name: string;
}

function Bytes({ instanceId, path, name }: BytesProps) {
  const [bytes, setBytes] = useState<Uint8Array>();
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    const cancel = new AbortController();
    fetchValue(instanceId, path, cancel.signal).then(
      (buffer) => setBytes(new Uint8Array(buffer)),
      (error: unknown) => !cancel.signal.aborted && setProblem(reasonOf(error)),
    );
    return () => cancel.abort();
  }, [instanceId, path]);
  if (problem !== undefined) return <p role="alert">{problem}</p>;
  if (!bytes) return <p className={cx(styles.muted)}>{text.common.loading}</p>;
  const lines = hexLines(bytes);
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <section className={cx(styles.hex)} aria-label={words.bytesOf(name)} tabIndex={0}>
        {lines.map(({ offset, hex, characters }) => (
          <div key={offset}>
            <span className={cx(styles.muted)}>{offset}</span>
            {'  '}
            {hex}
            {'  '}
            <PatientText>{characters}</PatientText>
          </div>
        ))}
      </section>
      {bytes.length > MOST_HEX_BYTES && (
        <p className={cx(styles.muted)}>{words.bytesCut(MOST_HEX_BYTES, bytes.length)}</p>
      )}
    </>
  );
}
