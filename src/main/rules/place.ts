/** Where an element is while it is looked at: its level, its path, its private block. */

import type { Charset } from '#main/engine/dataset/charset.ts';
import { type ElementRef, valueBytes, vrWithin } from '#main/engine/dataset/elements.ts';
import { charsetWithin } from '#main/engine/dataset/header-editor.ts';
import type { Level } from '#main/engine/dataset/rewrite.ts';
import { decodeValue } from '#main/engine/dataset/values.ts';
import type { Vr } from '#shared/dicom/dictionary.ts';
import { elementOf, groupOf, type Tag, tagHex, tagOf } from '#shared/dicom/tag.ts';

/** A step on the way to a level: the sequence and which of its items. */
export interface Step {
  readonly tag: Tag;
  readonly item: number;
}

/** The elements of the Data Set or of an item, with what holds there. */
export class Place {
  readonly level: Level;
  readonly charset: Charset;
  readonly #outer: Place | undefined;
  readonly #sequence: Tag;
  readonly #item: number;
  #steps: readonly Step[] | undefined;
  #prefix: string | undefined;
  #creators: ReadonlyMap<number, string> | undefined;

  /** @param outer where the sequence is of which this is an item; absent for the outermost level */
  constructor(level: Level, inherited: Charset, outer?: Place, sequence: Tag = 0, item = 0) {
    this.level = level;
    this.charset = charsetWithin(level, inherited);
    this.#outer = outer;
    this.#sequence = sequence;
    this.#item = item;
  }

  /** The way here, from the outermost sequence on. Most levels are never asked for it. */
  get steps(): readonly Step[] {
    this.#steps ??= this.#outer ? [...this.#outer.steps, { tag: this.#sequence, item: this.#item }] : [];
    return this.#steps;
  }

  /** `00081140.`: the tags of the sequences around it, without numbers of items. */
  get prefix(): string {
    this.#prefix ??= this.steps.map(({ tag }) => `${tagHex(tag)}.`).join('');
    return this.#prefix;
  }

  get isNested(): boolean {
    return this.level.depth > 0;
  }

  /** The VR as written; where that is UN, the one that PS3.6 knows. */
  vrOf(element: ElementRef): Vr {
    return element.vr === 'UN' ? vrWithin(this.level, element.tag) : element.vr;
  }

  /** The value as text, several values with a backslash between them. */
  textOf(element: ElementRef, vr: Vr = this.vrOf(element)): string {
    const { bytes, encoding } = this.level;
    return decodeValue(vr, valueBytes(bytes, element), { littleEndian: encoding.littleEndian, charset: this.charset });
  }

  /** Who reserved the block of a private element (PS3.5 7.8.1); undefined: nobody. */
  creatorOf(tag: Tag): string | undefined {
    this.#creators ??= this.#readCreators();
    return this.#creators.get(groupOf(tag) * 0x100 + (elementOf(tag) >>> 8));
  }

  #readCreators(): Map<number, string> {
    const creators = new Map<number, string>();
    for (const element of this.level.elements) {
      if (!isCreator(element.tag)) continue;
      const text = this.textOf(element, 'LO');
      if (text !== '') creators.set(groupOf(element.tag) * 0x100 + elementOf(element.tag), text);
    }
    return creators;
  }

  /** The elements of the block that a creator element reserves. */
  blockOf(creator: Tag): readonly ElementRef[] {
    const first = tagOf(groupOf(creator), elementOf(creator) * 0x100);
    return this.level.elements.filter(({ tag }) => tag >= first && tag <= first + 0xff);
  }
}

/** PS3.5 7.8.1: (gggg,0010) to (gggg,00FF) of an odd group. */
export function isCreator(tag: Tag): boolean {
  return groupOf(tag) % 2 === 1 && elementOf(tag) >= 0x10 && elementOf(tag) <= 0xff;
}
