/** Who may call by name and passcode: a list of names. A passcode is hashed by the receiver and kept nowhere. */

import { UserPlus } from 'lucide-react';
import { useId, useState } from 'react';
import { Badge } from '#renderer/components/badge.tsx';
import { Banner } from '#renderer/components/banner.tsx';
import { Button } from '#renderer/components/button.tsx';
import { Chips } from '#renderer/components/chips.tsx';
import { cx } from '#renderer/components/cx.ts';
import type { FieldProps } from '#renderer/components/field.tsx';
import { TextField } from '#renderer/components/text-field.tsx';
import { call } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import { FieldBlock } from './field-block.tsx';
import styles from './settings.module.css';

const words = text.settings.users;

export interface UsersFieldProps extends FieldProps {
  readonly value: readonly string[];
  /** Changes the list as it is by then: a passcode takes a while to be hashed. */
  readonly onUpdate: (next: (latest: readonly string[]) => readonly string[]) => void;
  readonly wrong: ReadonlySet<number>;
  /** They count only where the user identity is looked at. */
  readonly isUsed: boolean;
}

export function UsersField({ value, onUpdate, wrong, isUsed, ...field }: UsersFieldProps) {
  const [name, setName] = useState('');
  const [passcode, setPasscode] = useState('');
  const [isPending, setPending] = useState(false);
  const [problem, setProblem] = useState<string>();
  const id = useId();
  const add = async () => {
    const user = name.trim();
    setPending(true);
    const result = await call('user-hash', { name: user, passcode });
    setPending(false);
    setProblem(result.ok ? undefined : result.error.message);
    if (!result.ok) return;
    // Another passcode for a name that is there replaces the old one.
    onUpdate((latest) => [...latest.filter((entry) => nameOf(entry) !== user), result.value.entry]);
    // What was typed meanwhile is the next one.
    setName((latest) => (latest === name ? '' : latest));
    setPasscode((latest) => (latest === passcode ? '' : latest));
  };
  return (
    <FieldBlock {...field} id={id}>
      {!isUsed && <span className={cx(styles.muted)}>{words.notUsed}</span>}
      <Chips
        label={text.common.lists.entries(field.label)}
        mono
        chips={value.map((entry, index) => ({
          id: entry,
          label: nameOf(entry),
          ...(!entry.includes(':') && { detail: words.withoutPasscode }),
          wrong: wrong.has(index),
        }))}
        onRemove={(ids) => onUpdate((latest) => latest.filter((entry) => !ids.has(entry)))}
      />
      <form
        className={cx(styles.userForm)}
        onSubmit={(event) => {
          event.preventDefault();
          void add();
        }}
      >
        <TextField label={words.name} value={name} onChange={setName} mono />
        <TextField label={words.passcode} type="password" value={passcode} onChange={setPasscode} />
        <Button type="submit" icon={UserPlus} isPending={isPending} isDisabled={name.trim() === '' || passcode === ''}>
          {value.some((entry) => nameOf(entry) === name.trim()) ? words.change : words.add}
        </Button>
      </form>
      {problem !== undefined && (
        <Banner kind="error" live>
          {problem}
        </Banner>
      )}
      {value.length > 0 && (
        <span className={cx(styles.row)}>
          <Badge kind="info" plain>
            {words.count(value.length)}
          </Badge>
        </span>
      )}
    </FieldBlock>
  );
}

function nameOf(entry: string): string {
  return entry.split(':')[0] ?? entry;
}
