/** The object that is being treated, as it came: what conditions and templates read. */

import type { Charset } from '#main/engine/dataset/charset.ts';
import { charsetOf } from '#main/engine/dataset/charset.ts';
import { type ElementRef, itemsOf, parseElements, valueBytes } from '#main/engine/dataset/elements.ts';
import { charsetWithin } from '#main/engine/dataset/header-editor.ts';
import type { ObjectHeader, ObjectOrigin } from '#main/engine/dataset/header-transform.ts';
import { decodeValue, splitValues } from '#main/engine/dataset/values.ts';
import { tagOfKeyword } from '#shared/dicom/dictionary.ts';
import type { Tag } from '#shared/dicom/tag.ts';
import type { OwnValues } from './own-values.ts';

const PATIENT_NAME = 0x00100010;
const PATIENT_ID = 0x00100020;
const ISSUER_OF_PATIENT_ID = 0x00100021;
const BIRTH_DATE = 0x00100030;
const OTHER_PATIENT_IDS = 0x00101000;
const OTHER_NAMES: readonly Tag[] = [PATIENT_NAME, 0x00101001, 0x00101005, 0x00101060];
const OTHER_PATIENT_IDS_SEQUENCE = 0x00101002;
const ACCESSION_NUMBERS: readonly Tag[] = [0x00080050, 0x00401012, 0x00402016, 0x00402017];
const ABSENT: readonly ElementRef[] = [];
/** All that `own` is read from. */
export const OWN_TAGS: readonly Tag[] = [
  ...ACCESSION_NUMBERS,
  ...OTHER_NAMES,
  PATIENT_ID,
  BIRTH_DATE,
  OTHER_PATIENT_IDS,
  OTHER_PATIENT_IDS_SEQUENCE,
];

export class Subject {
  readonly object: ObjectHeader;
  readonly charset: Charset;
  #own: OwnValues | undefined;

  constructor(object: ObjectHeader) {
    this.object = object;
    this.charset = charsetWithin(object.header, charsetOf([]));
  }

  get origin(): ObjectOrigin {
    return this.object.origin;
  }

  /** The outermost elements with a tag: one, but for objects that are not as PS3.5 7.1 has them. */
  #elements(tag: Tag): readonly ElementRef[] {
    const { elements } = this.object.header;
    let found: ElementRef[] | undefined;
    // Some dozen questions are asked of an object: a Map would take longer to fill.
    for (let index = 0; index < elements.length; index++) {
      const element = elements[index]!;
      if (element.tag !== tag) continue;
      if (found) found.push(element);
      else found = [element];
    }
    return found ?? ABSENT;
  }

  /**
   * The value of an outermost element as text, several values with a backslash between them; undefined: absent. An element
   * that is there twice has the values of both.
   */
  text(tag: Tag): string | undefined {
    const found = this.#elements(tag);
    if (found.length < 2) return found[0] && this.#decode(found[0], this.object.header.bytes);
    return found.map((element) => this.#decode(element, this.object.header.bytes)).join('\\');
  }

  /** Its values, without empty ones. */
  values(tag: Tag): readonly string[] {
    return this.#elements(tag)
      .flatMap((element) => splitValues(this.#decode(element, this.object.header.bytes), element.vr))
      .filter((value) => value !== '');
  }

  keyword(keyword: string): string | undefined {
    const tag = tagOfKeyword(keyword);
    return tag === undefined ? undefined : this.text(tag);
  }

  /** What makes a patient the same patient: PatientID within its issuer; without an ID the name and the birth date. */
  get patientKey(): string {
    const id = this.text(PATIENT_ID) ?? '';
    if (id !== '') return `id\0${id}\0${this.text(ISSUER_OF_PATIENT_ID) ?? ''}`;
    const name = this.text(PATIENT_NAME) ?? '';
    const birthDate = this.text(BIRTH_DATE) ?? '';
    // Nobody knows who it is: then it is nobody but itself, study by study.
    if (name === '' && birthDate === '') return `study\0${this.text(0x0020000d) ?? ''}`;
    return `name\0${name.toLowerCase()}\0${birthDate}`;
  }

  /** What must not be left anywhere. */
  get own(): OwnValues {
    this.#own ??= {
      name: OTHER_NAMES.flatMap((tag) => this.values(tag)),
      ids: [...this.values(PATIENT_ID), ...this.values(OTHER_PATIENT_IDS), ...this.#otherIds()],
      accessions: ACCESSION_NUMBERS.flatMap((tag) => this.values(tag)),
      birthDate: this.text(BIRTH_DATE) ?? '',
    };
    return this.#own;
  }

  #otherIds(): string[] {
    const { header, encoding } = this.object;
    const items = this.#elements(OTHER_PATIENT_IDS_SEQUENCE).flatMap((one) => itemsOf(header.bytes, one, encoding));
    return items.flatMap((item) => {
      const elements = parseElements(header.bytes, encoding, item.valueStart, item.valueEnd);
      const id = elements.find(({ tag }) => tag === PATIENT_ID);
      const text = id && this.#decode(id, header.bytes);
      return text ? [text] : [];
    });
  }

  #decode(element: ElementRef, bytes: Uint8Array): string {
    const { littleEndian } = this.object.encoding;
    return decodeValue(element.vr, valueBytes(bytes, element), { littleEndian, charset: this.charset });
  }
}
