/** Every row of what is negotiated: version, application context, presentation contexts, user information. */
import { describe, expect, test } from 'vitest';
import type { AcceptancePolicy } from '#main/engine/upper-layer/negotiation.ts';
import { acceptRequest, negotiateContexts, refuseRequest } from '#main/engine/upper-layer/negotiation.ts';
import type { AAssociateRq, ProposedContext, UserInformation } from '#main/engine/upper-layer/pdu.ts';

const CT = '1.2.840.10008.5.1.4.1.1.2';
const MR = '1.2.840.10008.5.1.4.1.1.4';
const IMPLICIT = '1.2.840.10008.1.2';
const EXPLICIT = '1.2.840.10008.1.2.1';
const JPEG = '1.2.840.10008.1.2.4.50';

const policy = (changes: Partial<AcceptancePolicy> = {}): AcceptancePolicy => ({
  acceptsAbstractSyntax: (uid) => uid === CT,
  acceptsTransferSyntax: (uid) => uid === IMPLICIT || uid === EXPLICIT,
  transferSyntaxPreference: [],
  extendedNegotiation: () => Uint8Array.of(2, 0, 3, 0, 0, 0),
  maximumLength: 16384,
  implementationClassUid: '1.2.3',
  implementationVersionName: 'TEST',
  ...changes,
});

const request = (
  presentationContexts: readonly ProposedContext[],
  userInformation: Partial<UserInformation> = {},
  changes: Partial<AAssociateRq> = {},
): AAssociateRq => ({
  type: 'A-ASSOCIATE-RQ',
  protocolVersion: 1,
  calledAeTitle: 'SCP',
  callingAeTitle: 'SCU',
  titlesAsReceived: new Uint8Array(64),
  applicationContext: '1.2.840.10008.3.1.1.1',
  presentationContexts,
  userInformation: {
    maximumLength: 0,
    implementationClassUid: '',
    implementationVersionName: '',
    roleSelections: [],
    extendedNegotiations: [],
    commonExtendedNegotiations: [],
    ...userInformation,
  },
  ...changes,
});

describe('refusals that follow from the request alone', () => {
  test.each([
    [0, 'protocol-version-not-supported'],
    [1, undefined],
    [2, 'protocol-version-not-supported'],
    [3, undefined],
    [0xffff, undefined],
    [0xfffe, 'protocol-version-not-supported'],
  ])('protocol version %i: %s (only bit 0 is tested)', (protocolVersion, code) => {
    expect(refuseRequest(request([], {}, { protocolVersion }))?.code).toBe(code);
  });

  test.each(['', '1.2.840.10008.3.1.1.2', '1.2.840.10008.3.1.1.1.1'])(
    'application context "%s"',
    (applicationContext) => {
      expect(refuseRequest(request([], {}, { applicationContext }))?.code).toBe('application-context-not-supported');
    },
  );

  test('the version is judged before the context', () => {
    expect(refuseRequest(request([], {}, { protocolVersion: 0, applicationContext: '' }))?.code).toBe(
      'protocol-version-not-supported',
    );
  });
});

describe('presentation contexts (PS3.8 9.3.2.2, 9.3.3.2)', () => {
  const results = (contexts: readonly ProposedContext[], changes: Partial<AcceptancePolicy> = {}) =>
    negotiateContexts(request(contexts), policy(changes)).map(({ id, result, transferSyntax }) => [
      id,
      result,
      transferSyntax,
    ]);

  test('accepted, abstract syntax refused, transfer syntaxes refused, each for itself', () => {
    expect(
      results([
        { id: 1, abstractSyntax: CT, transferSyntaxes: [JPEG, EXPLICIT, IMPLICIT] },
        { id: 3, abstractSyntax: MR, transferSyntaxes: [EXPLICIT] },
        { id: 5, abstractSyntax: CT, transferSyntaxes: [JPEG] },
        { id: 7, abstractSyntax: CT, transferSyntaxes: [] },
        { id: 9, abstractSyntax: '', transferSyntaxes: [IMPLICIT] },
      ]),
    ).toEqual([
      [1, 0, EXPLICIT],
      [3, 3, ''],
      [5, 4, ''],
      [7, 4, ''],
      [9, 3, ''],
    ]);
  });

  test.each([
    ["the requestor's order decides", [], EXPLICIT],
    ['a preference wins over it', [IMPLICIT], IMPLICIT],
    ['the best of the preferences that was offered', [JPEG, '1.2.3', IMPLICIT, EXPLICIT], IMPLICIT],
    ['a preference for what is not acceptable does nothing', [JPEG], EXPLICIT],
  ])('%s', (_, transferSyntaxPreference, chosen) => {
    const context = { id: 1, abstractSyntax: CT, transferSyntaxes: [JPEG, EXPLICIT, IMPLICIT] };
    expect(results([context], { transferSyntaxPreference })).toEqual([[1, 0, chosen]]);
  });

  test('even ids and ids used twice are refused without a reason', () => {
    const context = (id: number): ProposedContext => ({ id, abstractSyntax: CT, transferSyntaxes: [IMPLICIT] });
    expect(results([0, 1, 2, 3, 3, 5, 255, 254].map(context)).map(([id, result]) => [id, result])).toEqual([
      [0, 2],
      [1, 0],
      [2, 2],
      [3, 2],
      [3, 2],
      [5, 0],
      [255, 0],
      [254, 2],
    ]);
  });

  test('the same pair may be proposed under several ids', () => {
    const both = [1, 3].map((id) => ({ id, abstractSyntax: CT, transferSyntaxes: [IMPLICIT] }));
    expect(results(both).map(([, result]) => result)).toEqual([0, 0]);
  });

  test('128 contexts, 600 transfer syntaxes in one', () => {
    const contexts = Array.from({ length: 128 }, (_, index) => ({
      id: 2 * index + 1,
      abstractSyntax: CT,
      transferSyntaxes: [...Array.from({ length: 599 }, (_, syntax) => `1.2.3.${syntax}`), IMPLICIT],
    }));
    expect(results(contexts).every(([, result, syntax]) => result === 0 && syntax === IMPLICIT)).toBe(true);
  });

  test('no contexts at all', () => {
    expect(results([])).toEqual([]);
  });
});

describe('the answer', () => {
  const answer = (asked: AAssociateRq, changes: Partial<AcceptancePolicy> = {}) =>
    acceptRequest(asked, negotiateContexts(asked, policy(changes)), policy(changes));
  const contexts = [
    { id: 1, abstractSyntax: CT, transferSyntaxes: [EXPLICIT] },
    { id: 3, abstractSyntax: MR, transferSyntaxes: [EXPLICIT] },
  ];

  test('a refused context names a transfer syntax all the same', () => {
    expect(answer(request(contexts)).presentationContexts).toEqual([
      { id: 1, result: 0, transferSyntax: EXPLICIT },
      { id: 3, result: 3, transferSyntax: IMPLICIT },
    ]);
  });

  test('bytes 11 to 74 come back unchanged', () => {
    const titlesAsReceived = Uint8Array.from({ length: 64 }, (_, index) => 255 - index);
    expect(answer(request(contexts, {}, { titlesAsReceived })).titlesAsReceived).toEqual(titlesAsReceived);
  });

  test('our maximum length and implementation, whatever the requestor says', () => {
    expect(answer(request(contexts, { maximumLength: 4, implementationClassUid: '9' })).userInformation).toEqual({
      maximumLength: 16384,
      implementationClassUid: '1.2.3',
      implementationVersionName: 'TEST',
      roleSelections: [],
      extendedNegotiations: [],
    });
  });

  test.each([
    [undefined, undefined],
    [
      { invoked: 0, performed: 0 },
      { invoked: 1, performed: 1 },
    ],
    [
      { invoked: 8, performed: 3 },
      { invoked: 1, performed: 1 },
    ],
  ])('asynchronous operations window %o becomes %o (PS3.7 D.3.3.3)', (window, expected) => {
    const asked = request(contexts, window && { asynchronousOperationsWindow: window });
    expect(answer(asked).userInformation.asynchronousOperationsWindow).toEqual(expected);
  });

  test('roles: as SCU yes, as SCP never, and only of classes that were accepted (PS3.7 D.3.3.4)', () => {
    const asked = request(contexts, {
      roleSelections: [
        { sopClassUid: CT, scuRole: true, scpRole: true },
        { sopClassUid: MR, scuRole: true, scpRole: false },
        { sopClassUid: CT, scuRole: false, scpRole: true },
      ],
    });
    expect(answer(asked).userInformation.roleSelections).toEqual([
      { sopClassUid: CT, scuRole: true, scpRole: false },
      { sopClassUid: CT, scuRole: false, scpRole: false },
    ]);
  });

  test('extended negotiation is answered for classes that were accepted, where the policy has an answer', () => {
    const asked = request(contexts, {
      extendedNegotiations: [
        { sopClassUid: CT, information: Uint8Array.of(0) },
        { sopClassUid: MR, information: Uint8Array.of(0) },
      ],
      commonExtendedNegotiations: [{ sopClassUid: CT, serviceClassUid: '1.2', relatedGeneralSopClassUids: [] }],
      userIdentity: {
        type: 1,
        positiveResponseRequested: true,
        primaryField: new Uint8Array(0),
        secondaryField: new Uint8Array(0),
      },
    });
    expect(answer(asked).userInformation.extendedNegotiations).toEqual([
      { sopClassUid: CT, information: Uint8Array.of(2, 0, 3, 0, 0, 0) },
    ]);
    expect(answer(asked, { extendedNegotiation: () => undefined }).userInformation.extendedNegotiations).toEqual([]);
    // PS3.7 D.3.3.6 and D.3.3.7: neither has to be answered, and we authenticate nobody.
    expect(Object.keys(answer(asked).userInformation).sort()).toEqual([
      'extendedNegotiations',
      'implementationClassUid',
      'implementationVersionName',
      'maximumLength',
      'roleSelections',
    ]);
  });
});
