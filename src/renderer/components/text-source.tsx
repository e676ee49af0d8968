/** A text from a file of this computer, or pasted. */

import { FileUp } from 'lucide-react';
import { useRef } from 'react';
import { text } from '#renderer/text/en.ts';
import { Button } from './button.tsx';
import type { FieldProps } from './field.tsx';
import { TextField } from './text-field.tsx';

export interface TextSourceProps extends FieldProps {
  readonly value: string;
  /** @param name of the file; undefined: typed or pasted */
  readonly onChange: (value: string, name?: string) => void;
  /** `.json,application/json` */
  readonly accept: string;
  readonly rows?: number;
}

export function TextSource({ value, onChange, accept, rows = 10, ...field }: TextSourceProps) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <div>
        <Button icon={FileUp} onPress={() => input.current?.click()}>
          {text.common.chooseFile}
        </Button>
        <input
          ref={input}
          type="file"
          accept={accept}
          hidden
          aria-label={text.common.chooseFile}
          onChange={async ({ target }) => {
            const [file] = target.files ?? [];
            if (file) onChange(await file.text(), file.name);
          }}
        />
      </div>
      <TextField {...field} value={value} onChange={(next) => onChange(next)} rows={rows} mono />
    </>
  );
}
