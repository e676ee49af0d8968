/** The bucket: presets, every part of s3Config, secrets that go in and never come out, and a test that does the real thing. */

import { CloudCheck } from 'lucide-react';
import { useState } from 'react';
import { Badge } from '#renderer/components/badge.tsx';
import { Banner, ProblemBanner } from '#renderer/components/banner.tsx';
import { Button } from '#renderer/components/button.tsx';
import { ChipsField } from '#renderer/components/chips-field.tsx';
import { cx } from '#renderer/components/cx.ts';
import { Select } from '#renderer/components/select.tsx';
import { TextField } from '#renderer/components/text-field.tsx';
import { call } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import type { Problem, TestStep } from '#shared/contract.ts';
import { s3Defaults, s3OptionKind, s3Texts } from '#shared/options.ts';
import type { DraftState } from './drafts.ts';
import {
  cleanOptions,
  effective,
  listOf,
  mistakeSentence,
  S3_PRESETS,
  type S3Field,
  type S3Preset,
  s3ConfigOf,
  s3PresetOf,
  withOption,
  withS3Field,
  withS3Preset,
} from './form-model.ts';
import { valueWords } from './option-words.ts';
import { QuantityField } from './quantity-field.tsx';
import { SecretField } from './secret-field.tsx';
import styles from './settings.module.css';
import { Steps } from './steps.tsx';

const words = text.settings.s3;
const SPOOL_FIELDS = ['spoolDir', 'spoolMaxObjects', 'spoolMaxBytes', 'spoolKeepDays', 'parallelUploads'] as const;

export function S3Form({ state }: { readonly state: DraftState }) {
  const { draft, change } = state;
  const isUsed = effective(draft.options, 'storageBackend') === 'S3';
  const { mode = s3Defaults.mode, serverSideEncryption } = s3ConfigOf(draft);
  const general = errorOf(state, 's3Config', text.settings.s3.config);
  return (
    <div className={cx(styles.fields)}>
      {!isUsed && (
        <Banner
          kind="info"
          actions={<Button onPress={() => change(withOption(draft, 'storageBackend', 'S3'))}>{words.use}</Button>}
        >
          {words.notUsed}
        </Banner>
      )}
      {general !== undefined && <Banner kind="error">{general}</Banner>}
      <div className={cx(styles.option)}>
        <Select<S3Preset>
          label={words.preset}
          help={words.presetHelp}
          choices={S3_PRESETS.map((value) => ({ value, label: words.presets[value] }))}
          value={s3PresetOf(draft)}
          onChange={(preset) => change(withS3Preset(draft, preset))}
        />
      </div>
      <S3Text state={state} field="endpoint" />
      <S3Text state={state} field="bucket" isRequired={isUsed} />
      <S3Text state={state} field="region" />
      <S3Text state={state} field="prefix" />
      <PathStyle state={state} />
      <S3Text state={state} field="accessKey" />
      <div className={cx(styles.option)} id="setting-s3Config.secretKey">
        <SecretField state={state} name="secretKey" />
      </div>
      <div className={cx(styles.option)} id="setting-s3Config.sessionToken">
        <SecretField state={state} name="sessionToken" />
      </div>
      <S3Choice state={state} field="mode" />
      {mode === 'spool' && SPOOL_FIELDS.map((field) => <S3Control key={field} state={state} field={field} />)}
      <S3Choice state={state} field="serverSideEncryption" />
      {serverSideEncryption === 'aws:kms' && <S3Text state={state} field="kmsKeyId" />}
      <S3Text state={state} field="storageClass" />
      <S3List state={state} field="objectTags" />
      <S3Test state={state} />
    </div>
  );
}

function errorOf({ mistakes }: DraftState, path: string, label: string): string | undefined {
  const found = mistakes.get(path);
  return found?.map(({ message }) => mistakeSentence(label, message)).join(' ');
}

function isChanged({ changes }: DraftState, path: string) {
  return changes.some((change) => change.path === path) && <Badge kind="active">{text.settings.changed}</Badge>;
}

interface S3TextProps {
  readonly state: DraftState;
  readonly field: S3Field;
  readonly isRequired?: boolean;
}

function S3Text({ state, field, isRequired = false }: S3TextProps) {
  const { label, help, example, default: fallback } = s3Texts[field];
  const value = s3ConfigOf(state.draft)[field];
  const path = `s3Config.${field}`;
  return (
    <div className={cx(styles.option)} id={`setting-${path}`}>
      <TextField
        label={label}
        help={
          <>
            {help} {fallback !== undefined && text.settings.defaultIs(String(fallback))}
          </>
        }
        value={value === undefined ? '' : String(value)}
        onChange={(next) => state.change(withS3Field(state.draft, field, next))}
        placeholder={example ?? ''}
        mono
        isRequired={isRequired}
        mark={isChanged(state, path)}
        error={errorOf(state, path, label)}
        onReset={
          fallback !== undefined && value !== undefined
            ? () => state.change(withS3Field(state.draft, field, undefined))
            : undefined
        }
      />
    </div>
  );
}

function S3Control({ state, field }: S3TextProps) {
  return s3OptionKind(field).kind === 'number' ? (
    <S3Number state={state} field={field} />
  ) : (
    <S3Text state={state} field={field} />
  );
}

function S3Number({ state, field }: S3TextProps) {
  const { label, help, unit, default: fallback } = s3Texts[field];
  const value = s3ConfigOf(state.draft)[field];
  const path = `s3Config.${field}`;
  const set = (next: unknown) => state.change(withS3Field(state.draft, field, next));
  return (
    <div className={cx(styles.option)} id={`setting-${path}`}>
      <QuantityField
        label={label}
        help={`${help} ${text.settings.defaultIs(valueWords(path, fallback))}`}
        value={value}
        fallback={fallback}
        onChange={set}
        quantity={unit}
        mark={isChanged(state, path)}
        error={errorOf(state, path, label)}
        onReset={value === undefined ? undefined : () => set(undefined)}
      />
    </div>
  );
}

function S3Choice({ state, field }: S3TextProps) {
  const { label, help, default: fallback } = s3Texts[field];
  const value = s3ConfigOf(state.draft)[field];
  const path = `s3Config.${field}`;
  const { choices = [] } = s3OptionKind(field);
  const set = (next: string | undefined) => state.change(withS3Field(state.draft, field, next));
  // Where no choice is the default, leaving it out is one as well.
  const isOpen = !choices.includes(String(fallback));
  return (
    <div className={cx(styles.option)} id={`setting-${path}`}>
      <Select
        label={label}
        help={`${help} ${text.settings.defaultIs(String(fallback))}`}
        choices={[
          ...(isOpen ? [{ value: '', label: words.unset }] : []),
          ...choices.map((choice) => ({ value: choice, label: text.settings.choices[choice] ?? choice })),
        ]}
        value={String(value ?? (isOpen ? '' : fallback))}
        onChange={set}
        mark={isChanged(state, path)}
        error={errorOf(state, path, label)}
        onReset={value === undefined || value === fallback ? undefined : () => set(undefined)}
      />
    </div>
  );
}

function S3List({ state, field }: S3TextProps) {
  const { label, help, example } = s3Texts[field];
  const path = `s3Config.${field}`;
  const found = state.mistakes.get(path) ?? [];
  return (
    <div className={cx(styles.option)} id={`setting-${path}`}>
      <ChipsField
        label={label}
        help={help}
        value={listOf(s3ConfigOf(state.draft)[field])}
        wrong={new Set(found.flatMap(({ index }) => (index === undefined ? [] : [index])))}
        onChange={(next) => state.change(withS3Field(state.draft, field, next))}
        placeholder={example ?? ''}
        mark={isChanged(state, path)}
        error={errorOf(state, path, label)}
      />
    </div>
  );
}

function PathStyle({ state }: { readonly state: DraftState }) {
  const value = s3ConfigOf(state.draft).forcePathStyle;
  const { label, help, default: fallback } = s3Texts.forcePathStyle;
  return (
    <div className={cx(styles.option)} id="setting-s3Config.forcePathStyle">
      <Select<'auto' | 'on' | 'off'>
        label={label}
        help={`${help} ${text.settings.defaultIs(String(fallback))}`}
        choices={[
          { value: 'auto', label: words.pathStyle.auto },
          { value: 'on', label: words.pathStyle.on },
          { value: 'off', label: words.pathStyle.off },
        ]}
        value={value === undefined ? 'auto' : value ? 'on' : 'off'}
        onChange={(next) =>
          state.change(withS3Field(state.draft, 'forcePathStyle', next === 'auto' ? undefined : next === 'on'))
        }
        mark={isChanged(state, 's3Config.forcePathStyle')}
        onReset={
          value === undefined ? undefined : () => state.change(withS3Field(state.draft, 'forcePathStyle', undefined))
        }
      />
    </div>
  );
}

function S3Test({ state }: { readonly state: DraftState }) {
  const [isRunning, setRunning] = useState(false);
  const [outcome, setOutcome] = useState<{ readonly steps: readonly TestStep[] } | { readonly problem: Problem }>();
  const run = async () => {
    setRunning(true);
    setOutcome(undefined);
    const { saved, draft } = state;
    const result = await call('s3-test', {
      id: saved.id,
      s3Config: cleanOptions(s3ConfigOf(draft)),
      secrets: { ...draft.secrets },
    });
    setRunning(false);
    setOutcome(result.ok ? result.value : { problem: result.error });
  };
  const allOk = outcome && 'steps' in outcome && outcome.steps.length > 0 && outcome.steps.every(({ ok }) => ok);
  return (
    <div className={cx(styles.option, styles.listField)}>
      <div className={cx(styles.row)}>
        <Button icon={CloudCheck} onPress={() => void run()} isPending={isRunning}>
          {isRunning ? words.testing : words.test}
        </Button>
        <span className={cx(styles.muted)}>{words.testHelp}</span>
      </div>
      {outcome && 'problem' in outcome && <ProblemBanner problem={outcome.problem} title={words.testFailed} live />}
      {outcome && 'steps' in outcome && (
        <>
          <Banner kind={allOk ? 'ok' : 'error'} live>
            {allOk ? words.testOk : words.testFailed}
          </Banner>
          <Steps label={words.steps} steps={outcome.steps} />
        </>
      )}
    </div>
  );
}
