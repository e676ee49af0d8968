/** Chooses SOP classes or transfer syntaxes: by group, by search, by pasting UIDs, or among those that were refused. */

import { SearchX } from 'lucide-react';
import { useMemo, useState } from 'react';
import { Badge } from '#renderer/components/badge.tsx';
import { Button } from '#renderer/components/button.tsx';
import { Checkbox } from '#renderer/components/checkbox.tsx';
import { cx } from '#renderer/components/cx.ts';
import { Dialog } from '#renderer/components/dialog.tsx';
import { Empty } from '#renderer/components/empty.tsx';
import { splitEntries } from '#renderer/components/split-entries.ts';
import { Switch } from '#renderer/components/switch.tsx';
import { SearchField, TextField } from '#renderer/components/text-field.tsx';
import { text } from '#renderer/text/en.ts';
import type { Refusal } from '#shared/events.ts';
import { type ChoiceGroup, type Pasted, readPasted, readUid, searchGroups, uidName } from './catalogue.ts';
import styles from './settings.module.css';

const words = text.settings.uids;

export interface UidDialogProps {
  readonly title: string;
  readonly groups: readonly ChoiceGroup[];
  readonly value: readonly string[];
  readonly refusals: readonly Refusal[];
  readonly onTake: (value: readonly string[]) => void;
  readonly onClose: () => void;
}

export function UidDialog({ title, groups, value, refusals, onTake, onClose }: UidDialogProps) {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(
    () => new Set(value.map((entry) => readUid(entry) ?? entry)),
  );
  const [query, setQuery] = useState('');
  const [showRetired, setShowRetired] = useState(false);
  const [pasted, setPasted] = useState('');
  const [outcome, setOutcome] = useState<Pasted>();
  const known = useMemo(() => new Set(groups.flatMap(({ choices }) => choices.map(({ uid }) => uid))), [groups]);
  const shown = useMemo(() => {
    const visible = groups.map(({ title, choices }) => ({
      title,
      choices: choices.filter(({ retired, uid }) => showRetired || !retired || chosen.has(uid)),
    }));
    return searchGroups(visible, query).filter(({ choices }) => choices.length > 0);
  }, [groups, query, showRetired, chosen]);
  const set = (uids: readonly string[], isChosen: boolean) => {
    const next = new Set(chosen);
    for (const uid of uids) {
      if (isChosen) next.add(uid);
      else next.delete(uid);
    }
    setChosen(next);
  };
  const paste = () => {
    const found = readPasted(splitEntries(pasted, true), [...chosen]);
    setOutcome(found);
    set(found.added, true);
    setPasted(found.wrong.join('\n'));
  };
  const others = [...chosen].filter((uid) => !known.has(uid));
  // Entries keep their place and spelling; new ones come behind them.
  const take = () => {
    const kept = value.filter((entry) => chosen.has(readUid(entry) ?? entry));
    const have = new Set(kept.map((entry) => readUid(entry) ?? entry));
    onTake([...kept, ...[...chosen].filter((uid) => !have.has(uid))]);
  };
  return (
    <Dialog
      title={title}
      isOpen
      onClose={onClose}
      size="huge"
      footer={
        <>
          <span className={cx(styles.selected, styles.muted)} role="status">
            {words.selected(chosen.size)}
          </span>
          <Button onPress={onClose}>{text.common.cancel}</Button>
          <Button variant="primary" onPress={take}>
            {words.take}
          </Button>
        </>
      }
    >
      <div className={cx(styles.row)}>
        <SearchField label={words.search} value={query} onChange={setQuery} className={cx(styles.grow)} autoFocus />
        <Switch label={words.retired} value={showRetired} onChange={setShowRetired} />
      </div>
      <div className={cx(styles.picker)}>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
        <section aria-label={title} className={cx(styles.pickerList)} tabIndex={0}>
          {shown.length === 0 && <Empty icon={SearchX} title={text.common.noMatch} />}
          {shown.map((group) => (
            <Group key={group.title} group={group} chosen={chosen} onChange={set} />
          ))}
          {others.length > 0 && query === '' && (
            <Group
              group={{
                title: words.others,
                choices: others.map((uid) => ({ uid, name: uidName(uid) ?? words.private, retired: false })),
              }}
              chosen={chosen}
              onChange={set}
            />
          )}
        </section>
        <div className={cx(styles.pickerSide)}>
          {refusals.length > 0 && (
            <section aria-label={words.seen}>
              <h3 className={cx(styles.sideTitle)}>{words.seen}</h3>
              <p className={cx(styles.muted)}>{words.seenHelp}</p>
              <SeenList
                refusals={refusals}
                isAccepted={(uid) => chosen.has(uid)}
                onAccept={(uid) => set([uid], true)}
              />
            </section>
          )}
          <form
            className={cx(styles.listField)}
            onSubmit={(event) => {
              event.preventDefault();
              paste();
            }}
          >
            <TextField
              label={words.paste}
              help={words.pasteHelp}
              value={pasted}
              onChange={setPasted}
              rows={5}
              mono
              error={outcome && outcome.wrong.length > 0 ? words.wrong(outcome.wrong.join(', ')) : undefined}
            />
            <div className={cx(styles.row)}>
              <Button type="submit" isDisabled={pasted.trim() === ''}>
                {words.pasteAdd}
              </Button>
              <span role="status" className={cx(styles.muted)}>
                {outcome && words.pasted(outcome.added.length, outcome.known)}
              </span>
            </div>
          </form>
        </div>
      </div>
    </Dialog>
  );
}

interface GroupProps {
  readonly group: ChoiceGroup;
  readonly chosen: ReadonlySet<string>;
  readonly onChange: (uids: readonly string[], isChosen: boolean) => void;
}

function Group({ group: { title, choices }, chosen, onChange }: GroupProps) {
  const uids = choices.map(({ uid }) => uid);
  const count = uids.filter((uid) => chosen.has(uid)).length;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot hold a heading that stays in view
    <div role="group" aria-label={title} className={cx(styles.group)}>
      <div className={cx(styles.groupHead)}>
        <Checkbox
          isSelected={count === uids.length}
          isPartly={count > 0 && count < uids.length}
          onChange={(selected) => onChange(uids, selected)}
          label={words.all(title)}
        >
          {title}
        </Checkbox>
        <span className={cx(styles.muted)}>{words.chosen(count, uids.length)}</span>
      </div>
      <div className={cx(styles.groupItems)}>
        {choices.map(({ uid, name, retired }) => (
          <Checkbox key={uid} isSelected={chosen.has(uid)} onChange={(selected) => onChange([uid], selected)}>
            {name} {retired && <span className={cx(styles.muted)}>({words.isRetired})</span>}
            <span className={cx(styles.uid)}>{uid}</span>
          </Checkbox>
        ))}
      </div>
    </div>
  );
}

export interface SeenListProps {
  readonly refusals: readonly Refusal[];
  readonly isAccepted: (uid: string) => boolean;
  readonly onAccept: (uid: string) => void;
}

/** What was refused, with one click to accept it. */
export function SeenList({ refusals, isAccepted, onAccept }: SeenListProps) {
  return (
    <ul>
      {refusals.map(({ refusalId, value, callingAeTitle, count }) => {
        const name = uidName(value) ?? value;
        return (
          <li key={refusalId} className={cx(styles.seen)}>
            <div className={cx(styles.grow)}>
              {name}
              {name !== value && <span className={cx(styles.uid)}>{value}</span>}
              <div className={cx(styles.muted)}>{words.seenFrom(callingAeTitle, count)}</div>
            </div>
            {isAccepted(value) ? (
              <Badge kind="ok">{words.isAccepted}</Badge>
            ) : (
              <Button size="small" aria-label={words.acceptLabel(name)} onPress={() => onAccept(value)}>
                {words.accept}
              </Button>
            )}
          </li>
        );
      })}
    </ul>
  );
}
