/** Gates, rules or rectangles in their order, each as a sentence; moved by dragging or with Alt and the arrow keys. */

import { GripVertical } from 'lucide-react';
import type { KeyboardEvent } from 'react';
import { Button as AriaButton, GridList, GridListItem, useDragAndDrop } from 'react-aria-components';
import { Badge } from '#renderer/components/badge.tsx';
import { cx } from '#renderer/components/cx.ts';
import { announce } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import type { RuleSet } from '#shared/rules.ts';
import { edit, show, useEditor } from './editor-store.ts';
import { type ListName, moved, neighbour, placed, removed } from './entries.ts';
import { mistakesAt } from './mistakes.ts';
import styles from './rules.module.css';
import { gateSentence, pixelSentence, ruleSentence } from './sentences.ts';

const words = text.rules.outline;

export interface EntryListProps {
  readonly ruleSet: RuleSet;
  readonly name: ListName;
  readonly isReadOnly: boolean;
}

/** Moves an entry and says where it is. */
export function moveEntry(ruleSet: RuleSet, name: ListName, id: string, by: number): void {
  const next = moved(ruleSet, name, id, by);
  if (next !== ruleSet) edit(next);
  const position = next[name].findIndex((entry) => entry.id === id) + 1;
  announce(next === ruleSet ? words.atEnd : words.moved(position));
}

/** Takes an entry away and shows its neighbour. */
export function removeEntry(ruleSet: RuleSet, name: ListName, id: string): void {
  show(neighbour(ruleSet, name, id));
  edit(removed(ruleSet, name, id));
}

interface Row {
  readonly id: string;
  readonly index: number;
  readonly sentence: string;
  readonly note: string;
  readonly on: boolean;
}

function rowsOf(ruleSet: RuleSet, name: ListName): readonly Row[] {
  const sentences =
    name === 'rules'
      ? ruleSet.rules.map(ruleSentence)
      : name === 'gates'
        ? ruleSet.gates.map(gateSentence)
        : ruleSet.pixels.map(pixelSentence);
  return ruleSet[name].map(({ id, note, on }, index) => ({ id, note, on, index, sentence: sentences[index] ?? '' }));
}

export function EntryList({ ruleSet, name, isReadOnly }: EntryListProps) {
  const place = useEditor((state) => state.place);
  const rows = rowsOf(ruleSet, name);
  const { dragAndDropHooks } = useDragAndDrop({
    getItems: (keys) => [...keys].map((key) => ({ 'text/plain': String(key) })),
    onReorder: ({ keys, target }) =>
      edit(placed(ruleSet, name, new Set([...keys].map(String)), String(target.key), target.dropPosition === 'after')),
  });
  const onKeyDown = (event: KeyboardEvent) => {
    const id = (event.target as HTMLElement).closest('[data-key]')?.getAttribute('data-key');
    if (isReadOnly || !id) return;
    const by = event.key === 'ArrowUp' ? -1 : event.key === 'ArrowDown' ? 1 : 0;
    if (by !== 0 && event.altKey) moveEntry(ruleSet, name, id, by);
    else if (event.key === 'Delete') removeEntry(ruleSet, name, id);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  if (rows.length === 0) return null;
  return (
    // The list has the focus; these keys are added to its own.
    <div onKeyDownCapture={onKeyDown}>
      <GridList
        // With and without dragging it is another list.
        key={isReadOnly ? 'read' : 'edit'}
        aria-label={words[name]}
        items={rows}
        dependencies={[place, isReadOnly]}
        selectionMode="single"
        selectionBehavior="replace"
        selectedKeys={place.kind === name ? [place.id] : []}
        onSelectionChange={(keys) => {
          const [id] = [...(keys as Set<string>)];
          if (id !== undefined) show({ kind: name, id });
        }}
        className={cx(styles.entries)}
        {...(!isReadOnly && { dragAndDropHooks })}
      >
        {(row) => <EntryItem row={row} name={name} isReadOnly={isReadOnly} />}
      </GridList>
    </div>
  );
}

interface EntryItemProps {
  readonly row: Row;
  readonly name: ListName;
  readonly isReadOnly: boolean;
}

function EntryItem({ row: { id, index, sentence, note, on }, name, isReadOnly }: EntryItemProps) {
  const dead = useEditor(({ checked }) => checked?.check.dead.find((rule) => rule.id === id)?.reason);
  const wrong = useEditor(({ checked }) => mistakesAt(checked?.mistakes ?? [], { kind: name, id }).length);
  const hits = useEditor(({ run }) => run?.counts[id] ?? 0);
  return (
    <GridListItem id={id} textValue={sentence} className={cx(styles.entry, !on && styles.isOff)}>
      {!isReadOnly && (
        <AriaButton slot="drag" className={cx(styles.handle)} aria-label={words.drag(sentence)}>
          <GripVertical aria-hidden size={14} />
        </AriaButton>
      )}
      <span className={cx(styles.number)}>{index + 1}</span>
      <span className={cx(styles.sentence)}>
        {sentence}
        {note !== '' && <span className={cx(styles.note)}>{note}</span>}
      </span>
      <span className={cx(styles.marks)}>
        {!on && <Badge kind="neutral">{words.off}</Badge>}
        {dead !== undefined && on && (
          <span title={words.deadBecause(dead)}>
            <Badge kind="warn">{words.dead}</Badge>
          </span>
        )}
        {wrong > 0 && <Badge kind="error">{words.wrong(wrong)}</Badge>}
        {hits > 0 && (
          <span className={cx(styles.hits)} title={words.hitsHelp(hits)}>
            {words.hits(hits)}
          </span>
        )}
      </span>
    </GridListItem>
  );
}
