/** What stands between a received header and what is stored of it: a compiled rule set, as the engine knows it. */

import type { Tag } from '#shared/dicom/tag.ts';
import type { BlankRegions } from './body-editor.ts';
import type { ElementList } from './elements.ts';
import type { Encoding } from './transfer-syntax.ts';

/** Marks a function that `onBeforeStore` takes for a header transform. The same in every copy of this module. */
export const HEADER_TRANSFORM: unique symbol = Symbol.for('studyport.header-transform') as never;

/** Who sent an object, and what it is. */
export interface ObjectOrigin {
  readonly callingAeTitle: string;
  readonly calledAeTitle: string;
  readonly remoteAddress: string;
  readonly sopClassUid: string;
  readonly transferSyntaxUid: string;
}

/** The whole header of an object: everything before its Pixel Data. */
export interface ObjectHeader {
  readonly header: ElementList;
  /** Of the header; deflated ones have been inflated. */
  readonly encoding: Encoding;
  readonly origin: ObjectOrigin;
}

/** What was done to the elements with a tag path; no values, so that it may be kept. */
export interface RuleAction {
  /** `00081140.00081155`: tags from the outermost level, without the numbers of items. */
  readonly path: string;
  readonly outcome: 'kept' | 'changed' | 'emptied' | 'removed' | 'added';
  /** `PS3.15 basic: X`, `rule`, `private elements are removed` … */
  readonly reason: string;
  /** The rule's id, where one decided. */
  readonly rule?: string;
}

/** What is to happen to what comes behind the header. */
export interface BodyChanges {
  /** Of the elements behind the Pixel Data; the Pixel Data itself always stays. */
  keeps(tag: Tag): boolean;
  /** Of native Pixel Data. */
  readonly blank?: BlankRegions;
}

/** What becomes of an object. Reasons and comments never hold a value of it. */
export type TransformOutcome =
  | {
      readonly verdict: 'store';
      readonly header: ElementList;
      readonly body: BodyChanges;
      readonly actions: readonly RuleAction[];
      readonly warnings: readonly string[];
    }
  /** Stored as it came. */
  | { readonly verdict: 'unchanged' }
  /** Kept outside the archive: as it came, or as the rules left it. */
  | { readonly verdict: 'quarantine'; readonly reason: string; readonly treated?: Treated }
  | { readonly verdict: 'reject'; readonly status: number; readonly comment: string; readonly reason: string };

export interface Treated {
  readonly header: ElementList;
  readonly body: BodyChanges;
}

export interface HeaderTransform {
  /** Says what becomes of an object. What it throws means: nothing is stored, and the sender is told so. */
  transform(object: ObjectHeader): TransformOutcome;
}

/** A function that carries a header transform. By its type it is also a callback of `onBeforeStore`, so that this takes it. */
export interface HeaderTransformFunction {
  (...values: readonly unknown[]): never;
  readonly [HEADER_TRANSFORM]: HeaderTransform;
}

export function headerTransformOf(value: unknown): HeaderTransform | undefined {
  return typeof value === 'function' ? (value as Partial<HeaderTransformFunction>)[HEADER_TRANSFORM] : undefined;
}
