/** The form of rectangles that are blanked. */

import { Plus } from 'lucide-react';
import { Button } from '#renderer/components/button.tsx';
import { cx } from '#renderer/components/cx.ts';
import { NumberField } from '#renderer/components/number-field.tsx';
import { text } from '#renderer/text/en.ts';
import type { PixelRule } from '#shared/rules.ts';
import { WhenForm } from './condition-form.tsx';
import { HeadFields, type HeadFieldsProps, withCondition } from './entry-forms.tsx';
import { Card, Group, useField, useReadOnly } from './form.tsx';
import styles from './rules.module.css';

const words = text.rules.pixels;
const SIDES = ['x', 'y', 'width', 'height'] as const;

export function PixelForm({ value, onChange }: HeadFieldsProps<PixelRule>) {
  const field = useField();
  const isReadOnly = useReadOnly();
  const { rectangles } = value;
  const set = (next: PixelRule['rectangles'], typed?: string) => onChange({ ...value, rectangles: next }, typed);
  return (
    <>
      <Group title={words.label} help={words.help}>
        {rectangles.map((rectangle, index) => (
          <Card
            // biome-ignore lint/suspicious/noArrayIndexKey: rectangles have nothing else that stays the same while they are typed
            key={index}
            label={words.rectangle(index + 1)}
            removeLabel={words.remove(index + 1)}
            onRemove={rectangles.length === 1 ? undefined : () => set(rectangles.toSpliced(index, 1))}
          >
            <div className={cx(styles.rectangle)}>
              {SIDES.map((side) => (
                <NumberField
                  key={side}
                  {...field(words[side], `rectangles[${index}].${side}`)}
                  value={rectangle[side]}
                  min={side === 'x' || side === 'y' ? 0 : 1}
                  max={65535}
                  onChange={(next) =>
                    set(rectangles.with(index, { ...rectangle, [side]: next ?? rectangle[side] }), `${side}${index}`)
                  }
                />
              ))}
            </div>
          </Card>
        ))}
        {!isReadOnly && (
          <div>
            <Button
              size="small"
              icon={Plus}
              onPress={() => set([...rectangles, { x: 0, y: 0, width: 100, height: 20 }])}
            >
              {words.add}
            </Button>
          </div>
        )}
      </Group>
      <WhenForm value={value.when} onChange={(when) => onChange(withCondition(value, when), 'when')} />
      <HeadFields value={value} onChange={onChange} />
    </>
  );
}
