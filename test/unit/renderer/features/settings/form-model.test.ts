/** The settings form without a page: every option has a control, every change is told, every mistake has its place. */

import { describe, expect, it } from 'vitest';
import {
  accept,
  byField,
  canReset,
  controlOf,
  customTagText,
  differences,
  draftOf,
  formOptions,
  groupMarks,
  listChange,
  listCounts,
  matchesSearch,
  mistakeSentence,
  mistakesOf,
  moved,
  newProfileOptions,
  optionsOfGroup,
  placed,
  rebase,
  s3PresetOf,
  saveArgument,
  searchTexts,
  undo,
  withOption,
  withS3Field,
  withS3Preset,
  withSecret,
} from '#renderer/features/settings/form-model.ts';
import { commandArguments, type Profile } from '#shared/contract.ts';
import { storageSopClasses } from '#shared/dicom/uids.ts';
import { type OptionGroup, optionNames, optionTexts } from '#shared/options.ts';

const saved: Profile = {
  id: 'p1',
  name: 'Radiology',
  autoStart: true,
  options: { port: 11112, outDir: '/data', extractTags: ['PatientName'] },
  secrets: [],
};
const withS3: Profile = {
  ...saved,
  options: { port: 11112, storageBackend: 'S3', s3Config: { bucket: 'dicom', accessKey: 'AK' } },
  secrets: ['secretKey'],
};

describe('controls', () => {
  it('exist for every option of the schema but the logger', () => {
    expect(formOptions()).toEqual(optionNames().filter((name) => name !== 'logger'));
    for (const name of formOptions()) expect(controlOf(name)).toBeTypeOf('string');
  });

  it('are special where a person needs help choosing', () => {
    expect(controlOf('port')).toBe('port');
    expect(controlOf('outDir')).toBe('folder');
    expect(controlOf('abstractSyntaxes')).toBe('sop-classes');
    expect(controlOf('acceptedAddresses')).toBe('chips');
    expect(controlOf('onDuplicate')).toBe('choice');
    expect(controlOf('fsync')).toBe('switch');
    expect(controlOf('studyTimeout')).toBe('number');
    expect(controlOf('s3Config')).toBe('s3');
  });

  it('are divided among the groups without one left over', () => {
    const groups = new Set(Object.values(optionTexts).map(({ group }) => group));
    const all = [...groups].flatMap((group: OptionGroup) => optionsOfGroup(group));
    expect(all.toSorted()).toEqual(formOptions().toSorted());
  });
});

describe('differences', () => {
  it('are none for an untouched draft, nor for a default that is written out', () => {
    expect(differences(saved, draftOf(saved))).toEqual([]);
    expect(differences(saved, withOption(draftOf(saved), 'studyTimeout', 30))).toEqual([]);
  });

  it('name what changed, from what holds to what will hold, and what restarts', () => {
    let draft = withOption(draftOf(saved), 'studyTimeout', 60);
    draft = { ...draft, name: 'Ward', autoStart: false };
    expect(differences(saved, draft)).toEqual([
      { path: 'name', before: 'Radiology', after: 'Ward', restarts: false, secret: false },
      { path: 'autoStart', before: true, after: false, restarts: false, secret: false },
      { path: 'studyTimeout', group: 'Studies', before: 30, after: 60, restarts: true, secret: false },
    ]);
  });

  it('name each part of s3Config, and secrets without their value', () => {
    const draft = withSecret(withS3Field(draftOf(withS3), 'bucket', 'other'), 'secretKey', null);
    expect(differences(withS3, draft)).toEqual([
      { path: 's3Config.bucket', group: 'S3', before: 'dicom', after: 'other', restarts: true, secret: false },
      { path: 's3Config.secretKey', group: 'S3', before: null, after: null, restarts: true, secret: true },
    ]);
  });

  it('can be taken back one by one', () => {
    let draft = withOption(draftOf(withS3), 'port', 104);
    draft = withSecret(withS3Field({ ...draft, name: 'X' }, 'bucket', 'other'), 'secretKey', 'new');
    for (const { path } of differences(withS3, draft)) {
      const before = differences(withS3, draft).length;
      draft = undo(withS3, draft, path);
      expect(differences(withS3, draft)).toHaveLength(before - 1);
    }
    expect(draft).toEqual(draftOf(withS3));
  });

  it('of a list say what came, what went, and a new order', () => {
    expect(listChange(['A', 'B'], ['B', 'C'])).toEqual({ added: ['C'], removed: ['A'], reordered: false });
    expect(listChange(['A', 'B'], ['B', 'A'])).toEqual({ added: [], removed: [], reordered: true });
    expect(customTagText({ tag: '0009xx01', creator: 'GEMS', name: 'F' })).toBe('0009xx01@GEMS=F');
  });
});

describe('defaults', () => {
  it('offer a reset only where something else holds', () => {
    expect(canReset({}, 'studyTimeout')).toBe(false);
    expect(canReset({ studyTimeout: 30 }, 'studyTimeout')).toBe(false);
    expect(canReset({ studyTimeout: 31 }, 'studyTimeout')).toBe(true);
    expect(canReset({ host: '127.0.0.1' }, 'host')).toBe(true);
    expect(canReset({ port: 104 }, 'port')).toBe(false);
  });

  it('hold again when an option is left out', () => {
    const draft = withOption(withOption(draftOf(saved), 'extractTags', undefined), 'port', undefined);
    expect(draft.options).toEqual({ outDir: '/data' });
    expect(withS3Field(withS3Field(draftOf(saved), 'bucket', 'x'), 'bucket', '').options).toEqual(saved.options);
  });
});

describe('mistakes', () => {
  it('are none in a good draft', () => {
    expect(mistakesOf(draftOf(saved), saved).size).toBe(0);
    expect(mistakesOf(draftOf(withS3), withS3).size).toBe(0);
  });

  it('stand at their field, with the entry of a list', () => {
    let draft = withOption(draftOf(saved), 'port', 'abc');
    draft = withOption(draft, 'acceptedAddresses', ['10.0.0.0/8', 'nonsense']);
    draft = withOption(draft, 'extractCustomTags', [{ tag: 'xyz', name: '' }]);
    const mistakes = mistakesOf({ ...draft, name: ' ' }, saved);
    expect([...mistakes.keys()].toSorted()).toEqual(['acceptedAddresses', 'extractCustomTags', 'name', 'port']);
    expect(mistakes.get('port')).toEqual([{ message: 'must be a number' }]);
    expect(mistakes.get('acceptedAddresses')![0]).toMatchObject({ index: 1 });
    expect(mistakes.get('extractCustomTags')!.map(({ part }) => part)).toEqual(['tag', 'name']);
  });

  it('miss a secret that is about to be removed', () => {
    expect(mistakesOf(withSecret(draftOf(withS3), 'secretKey', null), withS3).has('s3Config')).toBe(true);
    const other = withS3Field(draftOf({ ...withS3, secrets: [] }), 'accessKey', 'B');
    expect(mistakesOf(other, { ...withS3, secrets: [] }).has('s3Config')).toBe(true);
    expect(mistakesOf(withSecret(other, 'secretKey', 'new'), { ...withS3, secrets: [] }).size).toBe(0);
  });

  it('that only the receiver found stand at their field as well', () => {
    const place = byField([{ code: 'port-in-use', field: 'options.port', message: 'is taken' }]);
    expect(place.get('port')).toEqual([{ message: 'is taken' }]);
  });

  it('and changes are counted by group', () => {
    let draft = withOption(draftOf(saved), 'port', -1);
    draft = withOption(draft, 'studyTimeout', 99);
    const marks = groupMarks(mistakesOf(draft, saved), differences(saved, draft));
    expect(marks.get('Network')).toEqual({ mistakes: 1, changes: 1 });
    expect(marks.get('Studies')).toEqual({ mistakes: 0, changes: 1 });
  });
});

describe('saving', () => {
  it('gives an argument that the command takes, without what is empty', () => {
    const draft = withOption({ ...draftOf(saved), name: '  Ward ' }, 'host', '');
    const argument = saveArgument(saved, withSecret(draft, 'secretKey', 'k'), 'wait');
    expect(commandArguments['profile-save'].parse(argument)).toEqual({
      id: 'p1',
      name: 'Ward',
      autoStart: true,
      options: saved.options,
      secrets: { secretKey: 'k' },
      restart: 'wait',
    });
  });

  it('of a new profile takes a port that no other one has', () => {
    expect(newProfileOptions([saved], '/x').port).toBe(11113);
    expect(newProfileOptions([], '/x').port).toBe(11112);
  });
});

describe('search', () => {
  it('looks at names, labels, help and the parts of S3', () => {
    expect(matchesSearch('ARTIM time', searchTexts('artimTimeout'))).toBe(true);
    expect(matchesSearch('minio', searchTexts('s3Config'))).toBe(true);
    expect(matchesSearch('minio', searchTexts('port'))).toBe(false);
    expect(matchesSearch('', [])).toBe(true);
  });
});

describe('a draft', () => {
  it('keeps only what was edited when the profile is saved elsewhere meanwhile', () => {
    const draft = withOption(draftOf(saved), 'studyTimeout', 60);
    const next: Profile = { ...saved, options: { ...saved.options, acceptedCallingAeTitles: ['CT01'] } };
    const moved = rebase(saved, draft, next);
    expect(differences(next, moved).map(({ path }) => path)).toEqual(['studyTimeout']);
    expect(moved.options.acceptedCallingAeTitles).toEqual(['CT01']);
  });

  it('accepts one more UID besides all that was accepted before', () => {
    const draft = draftOf(saved);
    expect(listCounts(draft, 'abstractSyntaxes')).toBe(false);
    const wider = accept(draft, 'abstractSyntaxes', ['1.2.3']);
    expect(listCounts(wider, 'abstractSyntaxes')).toBe(true);
    expect(wider.options.abstractSyntaxes).toEqual([...storageSopClasses(), '1.2.3']);
    const plain = accept(withOption(draft, 'transferSyntaxMode', 'UncompressedOnly'), 'transferSyntaxes', ['1.2.4']);
    expect(plain.options.transferSyntaxes).toEqual(['1.2.840.10008.1.2', '1.2.840.10008.1.2.1', '1.2.4']);
    expect(accept(plain, 'transferSyntaxes', ['1.2.4']).options.transferSyntaxes).toHaveLength(3);
  });

  it('knows the services of S3', () => {
    for (const preset of ['aws', 'minio', 'other'] as const) {
      expect(s3PresetOf(withS3Preset(draftOf(withS3), preset))).toBe(preset);
    }
    expect(withS3Preset(draftOf(withS3), 'minio').options.s3Config).toMatchObject({ bucket: 'dicom', accessKey: 'AK' });
  });

  it('spools when a profile turns to S3, unless it has said otherwise', () => {
    const folder = draftOf({ ...withS3, options: { port: 1, outDir: '/archive' } });
    expect(withOption(folder, 'storageBackend', 'S3').options.s3Config).toEqual({ mode: 'spool' });
    const direct = withS3Field(folder, 'mode', 'direct');
    expect(withOption(direct, 'storageBackend', 'S3').options.s3Config).toEqual({ mode: 'direct' });
    expect(withOption(folder, 'port', 2).options.s3Config).toBeUndefined();
    expect(withS3Field(folder, 'objectTags', []).options.s3Config).toBeUndefined();
  });

  it('with a tag that does not go with its creator is wrong before it is saved', () => {
    const draft = withOption(draftOf(saved), 'extractCustomTags', [{ tag: '0009xx01', name: 'F' }]);
    const [mistake] = mistakesOf(draft, saved).get('extractCustomTags')!;
    expect(mistake).toMatchObject({ index: 0, part: 'tag' });
    expect(mistakeSentence('Tag', mistake!.message)).toContain('needs its private creator');
  });

  it('lets lists be put in order', () => {
    expect(moved(['a', 'b', 'c'], 'c', -1)).toEqual(['a', 'c', 'b']);
    expect(moved(['a', 'b'], 'a', -1)).toEqual(['a', 'b']);
    expect(placed(['a', 'b', 'c'], ['a'], 'c', true)).toEqual(['b', 'c', 'a']);
    expect(placed(['a', 'b', 'c'], ['c'], 'a', false)).toEqual(['c', 'a', 'b']);
  });
});
