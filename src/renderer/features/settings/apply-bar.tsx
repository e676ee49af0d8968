/** What is not applied yet, with the differences and what restarts shown before anything happens. */

import { Undo2 } from 'lucide-react';
import { useState } from 'react';
import { Label, Radio, RadioGroup } from 'react-aria-components';
import { Badge } from '#renderer/components/badge.tsx';
import { ProblemBanner } from '#renderer/components/banner.tsx';
import { Button, IconButton } from '#renderer/components/button.tsx';
import { cx } from '#renderer/components/cx.ts';
import { Dialog } from '#renderer/components/dialog.tsx';
import { call, showToast, useReceiver } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import type { Problem } from '#shared/contract.ts';
import type { DraftState } from './drafts.ts';
import { saveArgument, undo } from './form-model.ts';
import { differenceWords, labelOf } from './option-words.ts';
import styles from './settings.module.css';

const words = text.settings.apply;

type Restart = 'now' | 'wait' | 'later';

export interface ApplyBarProps {
  readonly state: DraftState;
  /** Goes to the first mistake. */
  readonly onShow: (field: string) => void;
}

export function ApplyBar({ state, onShow }: ApplyBarProps) {
  const { saved, changes, mistakes, discard } = state;
  const [isOpen, setOpen] = useState(false);
  const run = useReceiver(({ profiles }) => profiles.find(({ profile }) => profile.id === saved.id));
  if (changes.length === 0) return null;
  const isRunning = run !== undefined && run.run.phase !== 'stopped' && run.run.phase !== 'failed';
  const restarts = changes.some((change) => change.restarts);
  const open = run?.associations.length ?? 0;
  const wrong = [...mistakes.values()].reduce((sum, list) => sum + list.length, 0);
  const first = [...mistakes.keys()][0];
  const effect = !restarts ? words.noRestart : isRunning ? words.restarts : words.notRunning;
  return (
    <section aria-label={words.label} className={cx(styles.bar, wrong > 0 && styles.wrong)}>
      <div className={cx(styles.barWords)} role="status">
        <strong>{words.summary(changes.length, saved.name)}</strong>
        {wrong > 0 ? (
          <Badge kind="error">{words.correct(wrong)}</Badge>
        ) : (
          <span className={cx(styles.muted)}>
            {effect} {restarts && isRunning && open > 0 && words.open(open)}
          </span>
        )}
      </div>
      <div className={cx(styles.row)}>
        <Button onPress={discard}>{words.discard}</Button>
        {wrong > 0 ? (
          <Button variant="primary" onPress={() => first !== undefined && onShow(first)}>
            {words.show}
          </Button>
        ) : (
          <Button variant="primary" onPress={() => setOpen(true)}>
            {words.review}
          </Button>
        )}
      </div>
      {isOpen && (
        <ApplyDialog state={state} willRestart={restarts && isRunning} open={open} onClose={() => setOpen(false)} />
      )}
    </section>
  );
}

interface ApplyDialogProps {
  readonly state: DraftState;
  readonly willRestart: boolean;
  readonly open: number;
  readonly onClose: () => void;
}

function ApplyDialog({ state, willRestart, open, onClose }: ApplyDialogProps) {
  const { saved, draft, changes, change, discard, refuse } = state;
  const [restart, setRestart] = useState<Restart>(open > 0 ? 'wait' : 'now');
  const [problems, setProblems] = useState<readonly Problem[]>([]);
  const [isSaving, setSaving] = useState(false);
  const isStored = (name: (typeof saved.secrets)[number]) => saved.secrets.includes(name);
  const apply = async () => {
    setSaving(true);
    const result = await call('profile-save', saveArgument(saved, draft, willRestart ? restart : 'now'));
    setSaving(false);
    if (result.ok) {
      discard();
      showToast({ kind: 'ok', message: words.done });
      onClose();
      return;
    }
    const all = [result.error, ...(result.more ?? [])];
    setProblems(all);
    refuse(all.filter(({ field }) => field !== undefined));
  };
  return (
    <Dialog
      title={words.title(saved.name)}
      isOpen
      onClose={onClose}
      size="wide"
      footer={
        <>
          <Button onPress={onClose}>{text.common.cancel}</Button>
          <Button variant="primary" onPress={() => void apply()} isPending={isSaving} isDisabled={changes.length === 0}>
            {willRestart && restart !== 'later' ? words.applyRestart : words.apply}
          </Button>
        </>
      }
    >
      {problems.map((problem) => (
        <ProblemBanner key={problem.code + problem.field + problem.message} problem={problem} live />
      ))}
      <table className={cx(styles.table)}>
        <thead>
          <tr>
            <th scope="col">{words.columns.setting}</th>
            <th scope="col">{words.columns.before}</th>
            <th scope="col">{words.columns.after}</th>
            <th scope="col">
              <span className="unseen">{words.columns.undo}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {changes.map((difference) => {
            const { before, after } = differenceWords(difference, isStored);
            const label = labelOf(difference.path);
            return (
              <tr key={difference.path}>
                <th scope="row">
                  {label}
                  <div className={cx(styles.muted)}>
                    <code>{difference.path}</code>
                  </div>
                </th>
                <td className={cx(styles.before)}>{before}</td>
                <td className={cx(styles.after)}>{after}</td>
                <td>
                  <IconButton
                    icon={Undo2}
                    label={words.undo(label)}
                    onPress={() => {
                      change(undo(saved, draft, difference.path));
                      if (changes.length === 1) onClose();
                    }}
                  />
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {willRestart && (
        <RadioGroup value={restart} onChange={(value) => setRestart(value as Restart)} className={cx(styles.radios)}>
          <Label>
            {words.when} {open > 0 && <span className={cx(styles.muted)}>· {words.open(open)}</span>}
          </Label>
          <Choice value="now" label={words.now} help={words.nowHelp(open)} />
          {open > 0 && <Choice value="wait" label={words.wait} help={words.waitHelp} />}
          <Choice value="later" label={words.later} help={words.laterHelp} />
        </RadioGroup>
      )}
    </Dialog>
  );
}

function Choice({ value, label, help }: { readonly value: Restart; readonly label: string; readonly help: string }) {
  return (
    <Radio value={value} className={cx(styles.radio)}>
      <span>
        {label}
        <span className={cx(styles.muted, styles.helpLine)}>{help}</span>
      </span>
    </Radio>
  );
}
