/** The control of one option, drawn from its schema, with help, default, mistakes and the way back. */

import { useEffect, useState } from 'react';
import { folderAccess } from '#renderer/api/folders.ts';
import { Badge } from '#renderer/components/badge.tsx';
import { ChipsField } from '#renderer/components/chips-field.tsx';
import { cx } from '#renderer/components/cx.ts';
import { FolderPicker } from '#renderer/components/folder-picker.tsx';
import { Select } from '#renderer/components/select.tsx';
import { Switch } from '#renderer/components/switch.tsx';
import { TextField } from '#renderer/components/text-field.tsx';
import { call, useReceiver, useReceiverShallow } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import type { PortCheck } from '#shared/contract.ts';
import type { CustomTag } from '#shared/dicom/sets.ts';
import { optionKind, optionTexts } from '#shared/options.ts';
import { sopClassGroups, transferSyntaxGroups } from './catalogue.ts';
import { CustomTagsField } from './custom-tags-field.tsx';
import type { DraftState } from './drafts.ts';
import {
  accept,
  canReset,
  controlOf,
  effective,
  type FieldMistake,
  type FormOption,
  listCounts,
  listOf,
  mistakeSentence,
  withOption,
} from './form-model.ts';
import { defaultWords } from './option-words.ts';
import { PreferenceField } from './preference-field.tsx';
import { QuantityField } from './quantity-field.tsx';
import { S3Form } from './s3-form.tsx';
import { SecretField } from './secret-field.tsx';
import styles from './settings.module.css';
import { TagsField } from './tags-field.tsx';
import { UidListField } from './uid-list-field.tsx';
import { UsersField } from './users-field.tsx';

const words = text.settings;

export interface OptionFieldProps {
  readonly name: FormOption;
  readonly state: DraftState;
  /** It was searched for: it is scrolled to and shown for a moment. */
  readonly isSought?: boolean;
}

export function OptionField({ name, state, isSought = false }: OptionFieldProps) {
  const [element, setElement] = useState<HTMLDivElement | null>(null);
  useEffect(() => {
    if (!isSought || !element) return;
    element.scrollIntoView({ block: 'center' });
    element.querySelector<HTMLElement>('input, button, textarea')?.focus();
  }, [isSought, element]);
  if (controlOf(name) === 's3') return <S3Form state={state} />;
  return (
    <div
      ref={setElement}
      className={cx(styles.option)}
      id={`setting-${name}`}
      data-option={name}
      {...(isSought && { 'data-found': true })}
    >
      {name === 'tlsPassphrase' ? <SecretField state={state} name={name} /> : <Control name={name} state={state} />}
    </div>
  );
}

function Control({ name, state }: { readonly name: FormOption; readonly state: DraftState }) {
  const { draft, saved, mistakes, changes, change, update } = state;
  const profile = useReceiver(({ profiles }) => profiles.find((entry) => entry.profile.id === saved.id));
  const { label, unit, example } = optionTexts[name];
  const value = draft.options[name];
  const found = mistakes.get(name) ?? [];
  const set = (next: unknown) => change(withOption(draft, name, next));
  const orNothing = (next: readonly string[]) => (next.length === 0 ? undefined : next);
  const field = {
    label,
    help: <Help name={name} />,
    error: errorWords(label, found),
    mark: changes.some(({ path }) => path === name) && <Badge kind="active">{words.changed}</Badge>,
    onReset: canReset(draft.options, name) ? () => set(undefined) : undefined,
  };
  const wrong = new Set(found.flatMap(({ index }) => (index === undefined ? [] : [index])));
  const list = {
    value: listOf(value),
    wrong,
    onChange: (next: readonly string[]) => set(orNothing(next)),
  };
  const refusals = (kind: string) =>
    (profile?.refusals ?? []).filter(({ fixes }) => fixes.some((fix) => fix.kind === kind));
  const placeholder = example === undefined ? {} : { placeholder: example };

  switch (controlOf(name)) {
    case 'switch':
      return <Switch {...field} value={Boolean(effective(draft.options, name))} onChange={set} />;
    case 'choice':
      return (
        <Select
          {...field}
          choices={(optionKind(name).choices ?? []).map((choice) => ({
            value: choice,
            label: words.choices[choice] ?? choice,
          }))}
          value={String(effective(draft.options, name) ?? '')}
          onChange={set}
        />
      );
    case 'number':
      return (
        <QuantityField
          {...field}
          value={value}
          fallback={effective(draft.options, name)}
          onChange={set}
          quantity={unit}
          placeholder={defaultWords(name) ?? ''}
        />
      );
    case 'port':
      return <PortField field={field} state={state} onChange={set} />;
    case 'users':
      return (
        <UsersField
          {...field}
          value={list.value}
          wrong={wrong}
          onUpdate={(next) =>
            update((latest) => withOption(latest, name, orNothing(next(listOf(latest.options[name])))))
          }
          isUsed={effective(draft.options, 'userIdentity') !== 'off'}
        />
      );
    case 'folder':
      return <FolderField field={field} state={state} onChange={set} />;
    case 'chips':
      return <ChipsField {...field} {...list} {...placeholder} />;
    case 'sop-classes':
      return (
        <UidListField
          {...field}
          {...list}
          title={words.uids.sopTitle}
          groups={sopClassGroups}
          refusals={refusals('accept-sop-class')}
          unusedMode={
            listCounts(draft, 'abstractSyntaxes') ? undefined : String(effective(draft.options, 'abstractSyntaxMode'))
          }
          onAccept={(uids) => change(accept(draft, 'abstractSyntaxes', uids))}
        />
      );
    case 'transfer-syntaxes':
      return (
        <UidListField
          {...field}
          {...list}
          title={words.uids.syntaxTitle}
          groups={transferSyntaxGroups}
          refusals={refusals('accept-transfer-syntax')}
          unusedMode={
            listCounts(draft, 'transferSyntaxes') ? undefined : String(effective(draft.options, 'transferSyntaxMode'))
          }
          onAccept={(uids) => change(accept(draft, 'transferSyntaxes', uids))}
        />
      );
    case 'preference':
      return <PreferenceField {...field} {...list} />;
    case 'tags':
      return <TagsField {...field} {...list} />;
    case 'custom-tags':
      return (
        <CustomTagsField
          {...field}
          error={errorWords(
            label,
            found.filter(({ part }) => part === undefined),
          )}
          value={Array.isArray(value) ? (value as CustomTag[]) : []}
          onChange={(next) => set(next.length === 0 ? undefined : next)}
          mistakes={found}
        />
      );
    default:
      return (
        <TextField
          {...field}
          placeholder={defaultWords(name) ?? example ?? ''}
          value={String(value ?? (canBeEmpty(name) ? '' : (effective(draft.options, name) ?? '')))}
          onChange={(next) => set(next === '' && canBeEmpty(name) ? undefined : next)}
          mono
        />
      );
  }
}

/** A text without a value of its own as default: empty means left out. */
function canBeEmpty(name: FormOption): boolean {
  return effective({}, name) === undefined;
}

/** At most two mistakes in words, then their number: a list can have hundreds. */
function errorWords(label: string, mistakes: readonly FieldMistake[]): string | undefined {
  if (mistakes.length === 0) return undefined;
  const shown = mistakes.slice(0, 2).map(({ message }) => mistakeSentence(label, message));
  return [...shown, ...(mistakes.length > 2 ? [words.moreMistakes(mistakes.length - 2)] : [])].join(' ');
}

/** Help, unit, default, example: one paragraph. */
function Help({ name }: { readonly name: FormOption }) {
  const { help, unit, example } = optionTexts[name];
  const standard = defaultWords(name);
  return (
    <>
      {help} {unit !== undefined && `${words.unitHints[unit]} `}
      {standard !== undefined && words.defaultIs(standard)}{' '}
      {example !== undefined && (
        <>
          {words.exampleIs('')}
          <code>{example}</code>
        </>
      )}
    </>
  );
}

interface SpecialProps {
  readonly field: Omit<React.ComponentProps<typeof TextField>, 'value' | 'onChange'>;
  readonly state: DraftState;
  readonly onChange: (value: unknown) => void;
}

function PortField({ field, state, onChange }: SpecialProps) {
  const { draft, saved } = state;
  const { port, host } = draft.options;
  const address = useReceiverShallow(
    ({ profiles }) => profiles.find(({ profile }) => profile.id === saved.id)?.run.address,
  );
  const isOwn = address !== undefined && address.port === port;
  const check = usePortCheck(port, host, saved.id, isOwn);
  const problem = !isOwn && check && !check.free ? check.problem?.message : undefined;
  const shown = port === undefined ? '' : String(port);
  return (
    <TextField
      {...field}
      className={cx(styles.narrow)}
      isRequired
      value={shown}
      onChange={(next) => {
        const trimmed = next.trim();
        onChange(trimmed === '' ? undefined : /^\d{1,9}$/.test(trimmed) ? Number(trimmed) : next);
      }}
      error={field.error ?? problem}
      beside={
        <span role="status" className={cx(styles.row)}>
          {isOwn && (
            <Badge kind="active" plain>
              {words.port.own(address.port)}
            </Badge>
          )}
          {!isOwn && check?.free && typeof port === 'number' && (
            <Badge kind={check.privileged ? 'warn' : 'ok'} plain>
              {check.privileged ? words.port.privileged : port === 0 ? words.port.any : words.port.free(port)}
            </Badge>
          )}
        </span>
      }
    />
  );
}

function usePortCheck(port: unknown, host: unknown, id: string, isOwn: boolean): PortCheck | undefined {
  const [found, setFound] = useState<{ readonly key: string; readonly check: PortCheck }>();
  const key = `${String(port)} ${String(host ?? '')}`;
  useEffect(() => {
    if (isOwn || typeof port !== 'number' || port > 65535) return;
    let over = false;
    const timer = setTimeout(async () => {
      const address = typeof host === 'string' && host !== '' ? { host } : {};
      const result = await call('check-port', { port, id, ...address });
      if (!over && result.ok) setFound({ key, check: result.value });
    }, 300);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [key, port, host, id, isOwn]);
  return found?.key === key ? found.check : undefined;
}

function FolderField({ field, state, onChange }: SpecialProps) {
  const canPick = useReceiver(({ host }) => host.canPickFolder);
  const isRequired = effective(state.draft.options, 'storageBackend') !== 'S3';
  const value = state.draft.options.outDir;
  return (
    <FolderPicker
      {...field}
      isRequired={isRequired}
      value={value === undefined ? '' : String(value)}
      onChange={(next) => onChange(next === '' ? undefined : next)}
      access={folderAccess(canPick)}
      placeholder={optionTexts.outDir.example ?? ''}
    />
  );
}
