/** Rule sets that come with the program: to be used as they are, or duplicated and changed. */

import { PS315_EDITION, type Ps315Option, type RuleSetInput } from '#shared/rules.ts';

const profile = (
  name: string,
  description: string,
  options: readonly Ps315Option[],
  more: Partial<RuleSetInput> = {},
) =>
  ({
    format: 'deid-profile/1',
    name,
    description,
    base: { kind: 'ps315', edition: PS315_EDITION, options: [...options] },
    ...more,
  }) satisfies RuleSetInput;

/** The number of the patient in the place of an attribute. */
const numbered = (id: string, attribute: string, note = ''): NonNullable<RuleSetInput['rules']>[number] => ({
  id,
  note,
  select: [{ kind: 'attribute', attribute }],
  action: { do: 'pseudonym', template: 'SUBJ-{n:5}', from: 'sequence', of: 'patient' },
});

/** By the name that `--rules` takes. */
export const BUILT_IN_RULE_SETS: ReadonlyMap<string, RuleSetInput> = new Map<string, RuleSetInput>([
  [
    'basic',
    profile(
      'Basic Profile',
      'The Basic Application Level Confidentiality Profile of PS3.15: as little as possible stays.',
      [],
    ),
  ],
  [
    'research',
    profile(
      'Research',
      'Basic Profile with dates moved by a time of the patient’s own, the device kept and descriptions cleaned: patients and studies can be told apart and put in order.',
      ['retain-modified-dates', 'retain-device', 'clean-descriptors'],
      {
        rules: [
          numbered('patient-id', 'PatientID', 'One number per patient'),
          numbered('patient-name', 'PatientName', 'The same number in the place of the name'),
        ],
      },
    ),
  ],
  [
    'patient-characteristics',
    profile(
      'Basic Profile with patient characteristics',
      'Basic Profile, but age, sex, size, weight and the like stay.',
      ['retain-patient-characteristics'],
    ),
  ],
  [
    'keep-uids',
    profile(
      'Keep UIDs',
      'Basic Profile, but UIDs and full dates stay, so that objects can be matched with those in the archive: for quality work inside the hospital.',
      ['retain-uids', 'retain-full-dates', 'retain-device'],
    ),
  ],
  [
    'minimal',
    {
      format: 'deid-profile/1',
      name: 'Minimal pseudonymisation',
      description:
        'Not PS3.15 conformant: only the patient’s name, numbers, birth date and address are replaced. Everything else stays, descriptions and private elements included.',
      base: { kind: 'none' },
      defaults: { private: 'keep', unlisted: 'keep', overlays: 'keep', curves: 'keep' },
      rules: [
        numbered('patient-id', 'PatientID'),
        numbered('patient-name', 'PatientName'),
        {
          id: 'birth-date',
          note: 'The year stays',
          select: [{ kind: 'attribute', attribute: 'PatientBirthDate' }],
          action: { do: 'date', how: { by: 'truncate', to: 'year' } },
        },
        {
          id: 'patient-rest',
          select: [
            'IssuerOfPatientID',
            'OtherPatientIDs',
            'OtherPatientIDsSequence',
            'OtherPatientNames',
            'PatientBirthName',
            'PatientMotherBirthName',
            'PatientBirthTime',
            'PatientAddress',
            'PatientTelephoneNumbers',
            'PatientComments',
            'MedicalRecordLocator',
            'MilitaryRank',
            'EthnicGroup',
          ].map((attribute) => ({ kind: 'attribute', attribute }) as const),
          action: { do: 'remove' },
        },
        {
          id: 'names',
          note: 'Everybody else’s name',
          select: [{ kind: 'list', list: 'names' }],
          action: { do: 'empty' },
        },
        {
          id: 'accession',
          select: [{ kind: 'attribute', attribute: 'AccessionNumber' }],
          action: { do: 'hash', length: 16 },
        },
      ],
    },
  ],
  [
    'off',
    {
      format: 'deid-profile/1',
      name: 'Off',
      description: 'Nothing is changed. Not PS3.15 conformant.',
      base: { kind: 'none' },
      defaults: { private: 'keep', unlisted: 'keep', overlays: 'keep', curves: 'keep' },
      gates: [{ id: 'everything', when: { kind: 'all', of: [] }, verdict: { do: 'accept' } }],
      stamp: false,
      safety: { residual: 'off', burnedIn: 'off' },
    },
  ],
]);
