/** Filters by column, below the search. */

import type { ReactNode } from 'react';
import { useId } from 'react';
import { Button } from '#renderer/components/button.tsx';
import { cx } from '#renderer/components/cx.ts';
import { Select } from '#renderer/components/select.tsx';
import { TextField } from '#renderer/components/text-field.tsx';
import { useReceiverShallow } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import { STUDY_STATUSES } from '#shared/contract.ts';
import { activeFilters, type Filters, noFilters } from './query.ts';
import styles from './studies.module.css';

export interface FilterBarProps {
  readonly filters: Filters;
  readonly onChange: (filters: Filters) => void;
}

const words = text.studies.filters;
const TEXTS = ['patientName', 'patientId', 'accessionNumber', 'description', 'modality'] as const;

export function FilterBar({ filters, onChange }: FilterBarProps) {
  const profiles = useReceiverShallow((state) => state.profiles.map(({ profile }) => profile));
  const set = (change: Partial<Filters>) => onChange({ ...filters, ...change });
  return (
    <fieldset className={cx(styles.filters)} aria-label={words.label}>
      {TEXTS.map((name) => (
        <TextField
          key={name}
          label={words[name]}
          value={filters[name]}
          onChange={(value) => set({ [name]: value })}
          maxLength={name === 'modality' ? 16 : 100}
        />
      ))}
      <DateField label={words.from} value={filters.from} onChange={(from) => set({ from })} />
      <DateField label={words.to} value={filters.to} onChange={(to) => set({ to })} />
      <Select
        label={words.status}
        choices={[
          { value: 'any', label: words.anyStatus },
          ...STUDY_STATUSES.map((value) => ({ value, label: text.studies.status[value] })),
        ]}
        value={filters.status}
        onChange={(status) => set({ status: status as Filters['status'] })}
      />
      {profiles.length > 1 && (
        <Select
          label={words.profile}
          choices={[
            { value: 'any', label: words.anyProfile },
            ...profiles.map(({ id, name }) => ({ value: id, label: name })),
          ]}
          value={filters.profileId || 'any'}
          onChange={(id) => set({ profileId: id === 'any' ? '' : id })}
        />
      )}
      <div className={cx(styles.clear)}>
        <Button
          variant="quiet"
          isDisabled={activeFilters(filters) === 0}
          onPress={() => onChange({ ...noFilters, search: filters.search })}
        >
          {words.clear}
        </Button>
      </div>
    </fieldset>
  );
}

interface DateFieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

function DateField({ label, value, onChange }: DateFieldProps): ReactNode {
  const id = useId();
  return (
    <div className={cx(styles.dateField)}>
      <label htmlFor={id}>{label}</label>
      <input id={id} type="date" max="9999-12-31" value={value} onChange={({ target }) => onChange(target.value)} />
    </div>
  );
}
