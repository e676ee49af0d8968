/** What becomes of old studies of a profile, shown before it is saved. Saved by itself: nothing restarts. */

import { Eye, Save } from 'lucide-react';
import { useState } from 'react';
import { Badge } from '#renderer/components/badge.tsx';
import { Banner } from '#renderer/components/banner.tsx';
import { Button } from '#renderer/components/button.tsx';
import { cx } from '#renderer/components/cx.ts';
import { ConfirmDialog } from '#renderer/components/dialog.tsx';
import { NumberField } from '#renderer/components/number-field.tsx';
import { Section } from '#renderer/components/page.tsx';
import { Select } from '#renderer/components/select.tsx';
import { Switch } from '#renderer/components/switch.tsx';
import { ask, showToast } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import type { Profile } from '#shared/contract.ts';
import { type Retention, type RetentionPreview, retentionSchema } from '#shared/guards.ts';
import { QuantityField } from './quantity-field.tsx';
import styles from './settings.module.css';
import { VerificationPanel } from './verification-panel.tsx';

const words = text.guards.retention;

export function KeepingPanel({ profile }: { readonly profile: Profile }) {
  return (
    <>
      {profile.options.storageBackend === 'S3' ? (
        <Section title={words.title}>{words.inBucket}</Section>
      ) : (
        <RetentionPanel profile={profile} />
      )}
      <VerificationPanel profile={profile} />
    </>
  );
}

function RetentionPanel({ profile: { id, retention: saved, verifyEvery } }: { readonly profile: Profile }) {
  const [isOn, setOn] = useState(saved !== undefined);
  const [days, setDays] = useState<number | undefined>(saved ? saved.days : 365);
  const [maxBytes, setMaxBytes] = useState<number | string | undefined>(saved?.maxBytes);
  const [mode, setMode] = useState<Retention['mode']>(saved?.mode ?? 'trash');
  const [preview, setPreview] = useState<RetentionPreview>();
  const [asking, setAsking] = useState<RetentionPreview>();
  const [busy, setBusy] = useState<'preview' | 'save'>();

  const parsed = retentionSchema.safeParse({
    mode,
    ...(days !== undefined && { days }),
    ...(maxBytes !== undefined && { maxBytes }),
  });
  const wanted = parsed.success ? parsed.data : undefined;
  const mistakeOf = (field: 'days' | 'maxBytes') => {
    const issue = parsed.error?.issues.find(({ path }) => path[0] === field);
    if (issue?.code === 'custom') return words.needs;
    const label = field === 'days' ? words.days : words.maxBytes;
    return issue && `“${label}” ${issue.message}.`;
  };
  const isChanged = isOn ? JSON.stringify(wanted) !== JSON.stringify(saved) : saved !== undefined;

  const change =
    <Value,>(set: (value: Value) => void) =>
    (value: Value) => {
      setPreview(undefined);
      set(value);
    };
  const look = async () => {
    setBusy('preview');
    if (wanted) setPreview(await ask('retention-preview', { id, retention: wanted }));
    setBusy(undefined);
  };
  const store = async (retention: Retention | null, going: number) => {
    setAsking(undefined);
    setBusy('save');
    const done = await ask('guards-save', { id, retention, verifyEvery: verifyEvery ?? null });
    setBusy(undefined);
    setPreview(undefined);
    if (done) showToast({ kind: 'ok', message: retention ? words.saved(going) : words.off });
  };
  const save = async () => {
    if (!isOn) return store(null, 0);
    if (!wanted) return;
    setBusy('save');
    const now = await ask('retention-preview', { id, retention: wanted });
    setBusy(undefined);
    setAsking(now);
  };

  return (
    <Section title={words.title} description={words.description}>
      <div className={cx(styles.fields)}>
        <div className={cx(styles.option)}>
          <Switch
            label={words.on}
            help={words.onHelp}
            value={isOn}
            onChange={change(setOn)}
            mark={isChanged && <Badge kind="active">{words.changed}</Badge>}
          />
        </div>
        {isOn && (
          <>
            <div className={cx(styles.option)}>
              <NumberField
                label={words.days}
                help={words.daysHelp}
                unit={words.daysUnit}
                value={days}
                onChange={change(setDays)}
                error={mistakeOf('days')}
              />
            </div>
            <div className={cx(styles.option)}>
              <QuantityField
                label={words.maxBytes}
                help={words.maxBytesHelp}
                value={maxBytes}
                fallback={undefined}
                quantity="bytes"
                onChange={change(setMaxBytes)}
                error={mistakeOf('maxBytes')}
              />
            </div>
            <div className={cx(styles.option)}>
              <Select
                label={words.mode}
                help={words.modeHelp}
                className={cx(styles.narrow)}
                choices={(['trash', 'delete'] as const).map((value) => ({ value, label: words.modes[value] }))}
                value={mode}
                onChange={change(setMode)}
              />
            </div>
          </>
        )}
        {preview && (
          <Banner kind={preview.studies > 0 ? 'warn' : 'info'} live>
            <Effect preview={preview} />
          </Banner>
        )}
        <div className={cx(styles.option)}>
          <div className={cx(styles.row)}>
            <Button
              variant="primary"
              icon={Save}
              isDisabled={!isChanged || (isOn && !wanted)}
              isPending={busy === 'save'}
              onPress={() => void save()}
            >
              {words.save}
            </Button>
            {isOn && (
              <Button icon={Eye} isDisabled={!wanted} isPending={busy === 'preview'} onPress={() => void look()}>
                {words.preview}
              </Button>
            )}
          </div>
        </div>
      </div>
      <ConfirmDialog
        title={words.confirmTitle}
        isOpen={asking !== undefined}
        onClose={() => setAsking(undefined)}
        action={asking && asking.studies > 0 ? words.confirm : words.confirmNothing}
        onConfirm={() => wanted && void store(wanted, asking?.studies ?? 0)}
        isDanger={mode === 'delete'}
      >
        {asking && <Effect preview={asking} />}
        <p>{mode === 'delete' ? words.forGood : words.toTrash}</p>
      </ConfirmDialog>
    </Section>
  );
}

function Effect({ preview }: { readonly preview: RetentionPreview }) {
  return (
    <>
      <p>{words.result(preview)}</p>
      {preview.kept.map(({ because, studies, bytes }) => (
        <p key={because}>{words.kept(because, studies, bytes)}</p>
      ))}
    </>
  );
}
