/** Values of options in words, for defaults, differences and help. Pure. */

import { text } from '#renderer/text/en.ts';
import type { SecretName } from '#shared/contract.ts';
import { type OptionText, optionDefaults, optionTexts, s3Texts } from '#shared/options.ts';
import { type Difference, type FormOption, listChange } from './form-model.ts';
import { formatQuantity } from './units.ts';

const words = text.settings;

/** The label of a field: of an option, a part of S3, or the profile's own. */
export function labelOf(path: string): string {
  if (path === 'name') return words.profile.name;
  if (path === 'autoStart') return words.profile.autoStart;
  const [option, part] = path.split('.');
  if (part !== undefined) return s3Texts[part as keyof typeof s3Texts]?.label ?? path;
  return optionTexts[option as FormOption]?.label ?? path;
}

function textOf(path: string): OptionText | undefined {
  const [option, part] = path.split('.');
  return part === undefined ? optionTexts[option as FormOption] : s3Texts[part as keyof typeof s3Texts];
}

/** A value as a person reads it. */
export function valueWords(path: string, value: unknown): string {
  if (value === undefined || value === null || value === '') {
    const fallback = textOf(path)?.default;
    return fallback === undefined ? words.nothing : String(fallback);
  }
  if (typeof value === 'boolean') return value ? words.on : words.off;
  if (Array.isArray(value)) return words.apply.entries(value.length);
  const unit = textOf(path)?.unit;
  const shown = formatQuantity(value, unit);
  return unit === 'seconds' && typeof value === 'number' ? `${shown} s` : shown;
}

/** What holds without the option, for the line under the field. */
export function defaultWords(name: FormOption): string | undefined {
  const { default: stated } = optionTexts[name];
  const value: unknown = name in optionDefaults ? optionDefaults[name as keyof typeof optionDefaults] : stated;
  if (Array.isArray(value)) return stated === undefined ? undefined : String(stated);
  return value === undefined ? undefined : valueWords(name, value);
}

const MOST = 6;

function some(entries: readonly string[]): string {
  const more = entries.length > MOST ? ` … (${entries.length})` : '';
  return entries.slice(0, MOST).join(', ') + more;
}

/** Both sides of a difference in words; never the value of a secret. */
export function differenceWords(
  difference: Difference,
  isStored: (name: SecretName) => boolean,
): { before: string; after: string } {
  const { path, before, after, secret } = difference;
  if (secret) {
    const name = path.replace(/^s3Config\./, '') as SecretName;
    return {
      before: isStored(name) ? words.apply.secretStored : words.nothing,
      after: after === null ? words.apply.secretGone : words.apply.secretNew,
    };
  }
  if (Array.isArray(before) || Array.isArray(after)) {
    const { added, removed, reordered } = listChange(before, after);
    const parts = [
      added.length > 0 && words.apply.added(some(added)),
      removed.length > 0 && words.apply.removed(some(removed)),
      reordered && words.apply.reordered,
    ];
    return { before: valueWords(path, before ?? []), after: parts.filter(Boolean).join('; ') };
  }
  return { before: valueWords(path, before), after: valueWords(path, after) };
}
