/** "Extract this": whether and how an element of the tag browser becomes one of the profile's extracted tags. Pure. */

import { text } from '#renderer/text/en.ts';
import type { Profile, ProfileOptions, TagNode } from '#shared/contract.ts';
import { tagOfKeyword } from '#shared/dicom/dictionary.ts';
import { parseTag, tagHex } from '#shared/dicom/tag.ts';
import { isPrivateTag } from './tag-rows.ts';

export type Extraction =
  | { readonly kind: 'ready' }
  /** A private element needs a name of the user's own. */
  | { readonly kind: 'name'; readonly creator: string }
  | { readonly kind: 'done' }
  | { readonly kind: 'impossible'; readonly why: string };

/** What "extract this" would do. */
export function extractionOf(node: TagNode, isNested: boolean, { options }: Profile): Extraction {
  if (isNested) return { kind: 'impossible', why: text.studies.tags.extractNested };
  if (!isPrivateTag(node.tag)) {
    const isThere = (options.extractTags ?? []).some((name) => hexOf(name) === node.tag.toLowerCase());
    return isThere ? { kind: 'done' } : { kind: 'ready' };
  }
  const creator = node.privateCreator;
  if (creator === undefined) return { kind: 'impossible', why: text.studies.tags.extractUnknown };
  const wanted = customTagOf(node.tag);
  const isThere = (options.extractCustomTags ?? []).some(
    (custom) => custom.creator === creator && custom.tag.replace(/[(),]/g, '').toLowerCase() === wanted,
  );
  return isThere ? { kind: 'done' } : { kind: 'name', creator };
}

/** The options with one more extracted element. */
export function withExtraction(options: ProfileOptions, node: TagNode, name: string): ProfileOptions {
  if (!isPrivateTag(node.tag)) {
    return { ...options, extractTags: [...(options.extractTags ?? []), node.keyword || node.tag] };
  }
  const { privateCreator: creator } = node;
  const custom = { tag: customTagOf(node.tag), name, ...(creator !== undefined && { creator }) };
  return { ...options, extractCustomTags: [...(options.extractCustomTags ?? []), custom] };
}

/** Where a private block lies differs from file to file: `00091001` becomes `0009xx01`. */
function customTagOf(tag: string): string {
  return `${tag.slice(0, 4)}xx${tag.slice(6)}`.toLowerCase();
}

function hexOf(name: string): string | undefined {
  const tag = tagOfKeyword(name) ?? parseTag(name);
  return tag === undefined ? undefined : tagHex(tag).toLowerCase();
}
