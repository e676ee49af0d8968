/** Free text: what identifies goes, what describes stays. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createTextCleaner } from '#main/rules/text-cleaner.ts';

const clean = createTextCleaner({
  name: ['Müller-Lüdenscheidt^Karl Heinz', 'Yamada^Tarou=山田^太郎'],
  ids: ['PAT-4711', '815'],
  accessions: ['ACC 99'],
  birthDate: '19650412',
});
const nobody = createTextCleaner({ name: [], ids: [], accessions: [], birthDate: '' });

describe('the patient’s own', () => {
  test.each([
    ['CT of Mr Karl Müller', 'CT of [removed]'],
    ['Mueller, Karl-Heinz: Knie', '[removed]: Knie'],
    ['MULLER^KARL', '[removed]'],
    ['MÜLLER_KNEE_815', '[removed]_KNEE_[removed]'],
    ['for Lüdenscheidt and Lu\u0308denscheidt', 'for [removed] and [removed]'],
    ['Befund 山田太郎 様', 'Befund [removed] 様'],
    ['ID PAT-4711 / pat4711', 'ID [removed]'],
    ['acc 99 chest', '[removed] chest'],
    ['born 12.04.65', 'born [removed]'],
    ['b. 12 APR 1965 in', 'b. [removed] in'],
    ['Karlsruhe protocol', 'Karlsruhe protocol'],
    ['8150 and 1815', '8150 and 1815'],
  ])('%j becomes %j', (text, cleaned) => {
    expect(clean(text)).toBe(cleaned);
  });
});

describe('anybody’s', () => {
  test.each([
    // Dates
    ['on 2004-01-19', 'on [removed]'],
    ['2004/1/19 CT', '[removed] CT'],
    ['20040119', '[removed]'],
    ['vom 19.1.2004.', 'vom [removed].'],
    ['vom 19.01.04, CT', 'vom [removed], CT'],
    ['1/19/2004', '[removed]'],
    ['01/19/04', '[removed]'],
    ['prior 01/2004', 'prior [removed]'],
    ['19 Jan 2004', '[removed]'],
    ['19-JAN-04', '[removed]'],
    ['January 19th, 2004', '[removed]'],
    ['since Jan 2004', 'since [removed]'],
    ['am 3. März 2019 operiert', 'am [removed] operiert'],
    ['le 1er août 2019', 'le [removed]'],
    ['le 19 janvier', 'le [removed]'],
    ['19 de enero de 2004', '[removed]'],
    ['il 5 maggio 2004', 'il [removed]'],
    ['seen December 24', 'seen [removed]'],
    ['surgery 2019-03-02T12:00', 'surgery [removed]T12:00'],
    // Numbers
    ['MRN 1234567', 'MRN [removed]'],
    ['MRN1234567', '[removed]'],
    ['order A12345B', 'order [removed]'],
    ['1.2.840.113619.2.55.3', '[removed]'],
    ['SSN 123-45-6789', 'SSN [removed]'],
    // Telephone
    ['call +49 221 478-1234', 'call [removed]'],
    ['call +1 (212) 555-0199 now', 'call [removed] now'],
    ['(212) 555-0199', '[removed]'],
    ['212-555-0199', '[removed]'],
    ['0221/478-1234', '[removed]'],
    ['Tel. 4711', '[removed]'],
    ['Tél: 01 42 34 56 78', '[removed]'],
    ['01 42 34 56 78', '[removed]'],
    ['612 34 56 78', '[removed]'],
    // Addresses
    ['ask jane.doe@example.org please', 'ask [removed] please'],
    ['https://pacs.example.org/~doe/1?x=2 seen', '[removed] seen'],
    ['ftp://doe:secret@host/x', '[removed]'],
    ['www.example.org/doe', '[removed]'],
    // Names with titles
    ['Ref. by Dr. Smith', 'Ref. by [removed]'],
    ['Dr Smith-Jones, chest', '[removed], chest'],
    ['DR SMITH', '[removed]'],
    ['dr. smith', '[removed]'],
    ['Mr. John Q. Public', '[removed]'],
    ['Mrs Jane Doe CT', '[removed] CT'],
    ['MR. SMITH', '[removed]'],
    ['Prof. Dr. med. Anna von der Leyen', '[removed]'],
    ['Herr Meyer, Knie', '[removed], Knie'],
    ['Frau Dr. Öztürk', '[removed]'],
    ['Fr. Schmidt', '[removed]'],
    ['M. Dupont et Mme Durand', '[removed] et [removed]'],
    ['Madame d’Arc', '[removed]'],
    ['Sr. García López', '[removed]'],
    ['Sra Ibáñez', '[removed]'],
    ['Dott.ssa Rossi', '[removed]'],
    ['Sig. Bianchi', '[removed]'],
    ['read by John Smith MD', 'read by [removed]'],
    ['Smith, MD', '[removed]'],
    ['J. Smith, PhD', '[removed]'],
    // Several at once
    ['Dr. Smith, 19.01.2004, Tel. 0221/4711', '[removed]'],
    ['Dr. Smith\n2004-01-19', '[removed]\n[removed]'],
  ])('%j becomes %j', (text, cleaned) => {
    expect(nobody(text)).toBe(cleaned);
  });
});

describe('what describes an examination stays', () => {
  test.each([
    'CT chest 5.0 mm B30f',
    'T2 TSE 3mm',
    'L4/L5',
    'C5/6, L5/S1',
    'THORAX 0.6 B70f 3',
    'AX T1 FLAIR +C',
    'ep2d_diff_3scan_trace_p2_ADC',
    't1_mprage_sag_p2_iso_1.0',
    'MR BRAIN W/O CONTRAST',
    'MR HEAD',
    'MR Angio Neck',
    'DR CHEST AP',
    'DR Thorax seitlich',
    'MS Protocol Brain',
    'PD FS TSE',
    'DTI MD',
    'Ax DTI Trace MD',
    'M. Crohn',
    'M. psoas',
    '8 Fr. catheter',
    '8 Fr. Katheter',
    'Sr 90',
    'TR 450 TE 15',
    '512 x 512',
    '512x512x128',
    'b 0 50 400 800 1000',
    'TE 10 20 30 40',
    'kVp 120, mAs 250',
    '1.5T, 3T',
    '0.625 mm, 1.25 mm, 2.5 mm',
    '1/2 dose',
    'Abd/Pel 3/3',
    'Recon 2: 5.0/2.5',
    'phase 10/90',
    'T10/11',
    'Th12-L1',
    '10.12 mm',
    'v3.10.2',
    'VB17',
    'June?',
    'May show enhancement, march 5 steps',
    'seit 2004 bekannt',
    'grade 3 of 4',
    'Segment IV/V',
    'ST. P. TAVI',
    'LAD 70%',
    '+40 -100 HU',
    '12:30',
    'Wirbelsäule, Brustbein, Hüfte links',
    'Scanner thoraco-abdomino-pelvien sans injection',
    'Columna lumbosacra',
    'Ginocchio destro',
    '',
    ' ',
  ])('%j', (text) => {
    expect(nobody(text)).toBe(text);
    expect(clean(text)).toBe(text);
  });
});

test('what is clean stays as it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (text) => {
      const once = clean(text);
      expect(clean(once)).toBe(once);
    }),
  );
});

test('nothing of the patient’s own is left, whatever stands around it', () => {
  const own = fc.constantFrom(
    'Müller',
    'MUELLER',
    'lüdenscheidt',
    'Karl',
    'PAT-4711',
    '815',
    '12.04.1965',
    '1965-04-12',
    '山田',
  );
  const around = fc.constantFrom('', ' ', ', ', '^', '_', '(', ')', ' CT ', '\n', '=', '"', ' Dr. ', '😀', ' é ');
  fc.assert(
    fc.property(fc.array(fc.tuple(around, own, around), { minLength: 1, maxLength: 5 }), (pieces) => {
      const text = pieces.map(([before, value, after]) => `${before} ${value} ${after}`).join('');
      const cleaned = clean(text).toLowerCase();
      for (const [, value] of pieces) expect(cleaned).not.toContain(value.toLowerCase());
    }),
  );
});

test('long texts made to be slow are not', () => {
  for (const piece of [
    '1-',
    '1.',
    '+1 ',
    '(1',
    'a@',
    'a.',
    'Dr. ',
    'Jan ',
    '1 Jan ',
    'http://',
    '0 1',
    'M. A. ',
    '12.',
    'Tel ',
    "o'",
  ]) {
    expect(typeof clean(piece.repeat(20_000))).toBe('string');
  }
});
