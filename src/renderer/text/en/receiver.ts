/** Words of the receiver screen: state, address card, associations, files, throughput, refused callers, test. */

import type { FixKind } from '#shared/contract.ts';
import { STORAGE_COMMITMENT_SOP_CLASS } from '#shared/dicom/uids.ts';
import type { FileRow, Refusal } from '#shared/events.ts';
import type { Condition } from '#shared/state.ts';

const plural = (count: number, one: string, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;

export const receiver = {
  title: 'Receiver',
  profiles: 'Receivers',
  state: {
    label: 'State of the receiver',
    sentence: {
      stopped: 'Nobody can send to this receiver until it is started.',
      starting: 'The port is being opened.',
      listening: 'Ready: modalities can send now.',
      receiving: 'Objects are arriving.',
      degraded: 'It listens, but something needs your attention.',
      error: 'It is not listening. Senders get no answer.',
    } satisfies Record<Condition, string>,
    stopping: 'Finishing what is in transfer, then it stops.',
    stale: 'Settings were changed. They take effect with the next start.',
    since: (time: string) => `since ${time}`,
    on: (port: number) => `Port ${port}`,
    retryIn: (duration: string) => `Next attempt in ${duration}.`,
    start: 'Start',
    stop: 'Stop',
    restart: 'Restart',
    starting: 'Starting…',
    stoppingNow: 'Stopping…',
    startNamed: (name: string) => `Start ${name}`,
    stopNamed: (name: string) => `Stop ${name}`,
    more: 'More for this receiver',
    openFolder: 'Open folder',
    settings: 'Settings of this receiver',
    stopTitle: 'Stop while associations are open?',
    stopQuestion: (count: number) =>
      `${plural(count, 'association')} ${count === 1 ? 'is' : 'are'} open. Objects in transfer may finish within the grace period; after that the rest is cut off, and the sender has to send it again.`,
  },
  contact: {
    waiting: 'Waiting for the first call…',
    waitingStopped: 'Nobody has called yet.',
    last: (ago: string, title: string, address: string) => `Last contact ${ago} from ${title} (${address})`,
    unnamed: 'an unnamed caller',
  },
  totals: {
    label: 'Since the application started',
    files: 'Files',
    volume: 'Volume',
    associations: 'Associations',
    refused: 'Refused',
  },
  fix: {
    port: 'Change the port',
    folder: 'Change the folder',
    settings: 'Open settings',
    retry: 'Try again now',
  },
  address: {
    title: 'Address',
    hint: 'Give these values to your modality administrator.',
    aeTitle: 'AE title',
    port: 'Port',
    hostName: 'Host name',
    addresses: 'IP addresses',
    none: 'This computer has no network address at the moment.',
    local:
      'It listens on this computer only: other machines cannot reach it. Clear the bind address in the settings to change that.',
    preferred: 'usual one',
    copyAll: 'Copy all',
    copyAllWhat: 'all values',
    print: 'Print sheet',
    notRunning: 'These values hold when the receiver is started.',
    sheetTitle: 'DICOM storage destination',
    sheetIntro: 'Please add this destination to the modality, then send a verification (C-ECHO) and one test image.',
    sheetProtocol: 'Service',
    sheetProtocolValue: 'DICOM C-STORE and C-ECHO, TCP/IP, no TLS',
    sheetProtocolTls: 'DICOM C-STORE and C-ECHO, TCP/IP with TLS 1.2 or 1.3',
    tls: 'Encryption',
    tlsOn: 'TLS is on',
    tlsHint: (end: string) => `Senders must use it. The certificate is valid until ${end}.`,
    fingerprint: 'SHA-256 fingerprint of the certificate',
    sheetCalled: 'Called AE titles accepted',
    sheetCalling: 'Calling AE titles accepted',
    sheetAny: 'any',
    sheetPrinted: (when: string) => `Printed ${when} by Studyport`,
  },
  associations: {
    title: 'Open associations',
    open: (count: number) => plural(count, 'open', 'open'),
    empty: 'No association is open',
    emptyHint: 'An association is one conversation with a sender. It appears here the moment a modality calls.',
    recent: 'Most recent',
    from: (address: string) => `from ${address}`,
    tls: 'TLS',
    tlsWords: (protocol: string, cipher: string, peer?: string) =>
      `${protocol}, ${cipher}${peer === undefined ? '' : `, certificate of ${peer}`}`,
    user: (name: string) => `user ${name}`,
    contexts: (accepted: number, refused: number) =>
      refused === 0 ? `${plural(accepted, 'context')} accepted` : `${accepted} accepted, ${refused} refused`,
    contextsTitle: (caller: string) => `Contexts of ${caller}`,
    contextsHint:
      'For every kind of object, sender and receiver agree on how it is encoded. A refused context means that these objects cannot be sent.',
    contextResult: [
      'accepted',
      'refused by the user',
      'refused, no reason given',
      'refused: this kind of object is not accepted',
      'refused: none of the offered encodings is accepted',
    ],
    abort: 'Abort',
    abortNamed: (caller: string) => `Abort the association of ${caller}`,
    abortTitle: (caller: string) => `Abort the association of ${caller}?`,
    abortQuestion:
      'The connection is cut at once. What has been acknowledged stays; the object in transfer is lost and the sender will report an error.',
    aborted: (caller: string) => `The association of ${caller} was aborted.`,
    outcome: {
      open: 'Open',
      released: 'Released',
      aborted: 'Aborted',
      rejected: 'Rejected',
    },
    elapsed: 'Elapsed',
    timeline: 'Show in the log',
  },
  files: {
    title: 'Received files',
    count: (count: string) => `${count} since start`,
    empty: 'No file yet',
    emptyHint: 'Every stored object appears here as it arrives, newest first.',
    pause: 'Pause the list',
    resume: 'Go on',
    paused: (count: number) => `Paused · ${plural(count, 'new file')} meanwhile`,
    columns: {
      time: 'Time',
      patient: 'Patient',
      kind: 'Object',
      uid: 'SOP instance',
      caller: 'From',
      size: 'Size',
      outcome: 'Outcome',
    },
    outcome: {
      new: 'Stored',
      equal: 'Already there',
      replaced: 'Replaced',
      'kept-both': 'Kept both',
      quarantined: 'Quarantined',
    } satisfies Record<FileRow['outcome'], string>,
    unknownClass: 'Unknown kind of object',
    noName: 'No name',
  },
  throughput: {
    title: 'Throughput',
    hint: 'One sample a second over the last five minutes',
    now: (rate: string, files: number) => `${rate} · ${plural(files, 'file')}/s`,
    peak: (rate: string) => `peak ${rate}`,
    average: (rate: string) => `average ${rate}`,
    chartLabel: (now: string, average: string, peak: string) =>
      `Received data over the last five minutes. Now ${now}, average ${average}, peak ${peak}. The table shows every sample.`,
    empty: 'Nothing measured yet',
    emptyHint: 'The graph begins when the receiver listens.',
    graph: 'Graph',
    table: 'Table',
    columns: { time: 'Time', rate: 'MB/s', files: 'Files' },
    at: (time: string, rate: string, files: number) => `${time}: ${rate}, ${plural(files, 'file')}`,
  },
  refusals: {
    title: 'Refused callers',
    clear: 'Clear list',
    setting: 'Open the setting',
    times: (count: number) => (count === 1 ? 'once' : `${count} times`),
    last: (ago: string) => `last ${ago}`,
    fixed: (what: string) => `Done: ${what}. The receiver takes it with the next association.`,
    fix: (kind: FixKind, value: string, name: string): string => {
      switch (kind) {
        case 'accept-called-title':
          return `Accept the title ${value}`;
        case 'accept-calling-title':
          return `Allow the caller ${value}`;
        case 'accept-address':
          return `Allow the address ${value}`;
        case 'accept-sop-class':
          return `Accept ${name}`;
        case 'accept-transfer-syntax':
          return `Accept ${name}`;
        case 'add-commitment-peer':
          return `Report to ${value}`;
        case 'allow-more-associations':
          return `Allow ${value} at once`;
        case 'allow-more-per-caller':
          return `Allow ${value} at once per caller`;
        case 'end-lockout':
          return `Let ${value} in again`;
      }
    },
  },
  commitments: {
    title: 'Storage commitment',
    hint: 'Senders that wait to hear whether what they sent is safely stored',
    label: 'Pending storage commitments',
    asked: (count: number) => `asks for ${plural(count, 'object')}`,
    result: (committed: number, failed: number) =>
      failed === 0 ? `${committed} stored` : `${committed} stored, ${failed} not`,
    checking: 'Being checked…',
    since: (ago: string) => `asked ${ago}`,
  },
  uploads: {
    title: 'Uploads to S3',
    label: 'What waits for its upload',
    waiting: 'Waiting',
    rate: 'Rate',
    oldest: 'Oldest since',
    retry: 'Retry now',
    retryIn: (duration: string) => `Next attempt in ${duration}.`,
    notRunning: 'The receiver does not run. What waits is uploaded when it is started.',
    lost: 'Nothing waits any more, but not everything has come into the bucket.',
    sentence: {
      idle: 'Everything is in the bucket.',
      uploading: 'Objects are on their way to the bucket.',
      waiting: 'S3 does not take them now. Objects are received all the same, and kept here until it does.',
      stopped: 'S3 refuses. Objects are received all the same, and kept here until somebody has put that right.',
    },
  },
  demo: {
    title: 'Try it',
    hint: 'Made up by this application, never of a patient, and marked as a test.',
    send: 'Send test images',
    sending: 'Sending…',
    remove: 'Remove test images',
    selfTest: 'Test this receiver',
    selfTestHint:
      'Calls this receiver as a modality would: connection, C-ECHO, then one CT, MR, US and SR down to the storage.',
    testing: 'Testing…',
    passed: 'Everything works.',
    failed: 'The test found a problem.',
    notRunning: 'Start the receiver first.',
    sent: (count: number) => `${plural(count, 'test image')} sent.`,
    removed: (count: number) =>
      count === 0 ? 'There were no test images.' : `${plural(count, 'test image')} removed.`,
    steps: 'Steps of the test',
  },
  waiting: {
    title: 'Waiting for the first study',
    titleStopped: 'Before the first study',
    hint: 'Three things between you and the first image:',
    steps: [
      {
        title: 'Enter the address at the modality',
        words: 'AE title, an IP address and the port, as the address card shows them. The sheet can be printed.',
      },
      {
        title: 'Verify from there',
        words:
          'Modalities call it “Verify”, “Echo” or “Ping”. The call appears above at once; when it is refused, the reason and the fix appear here.',
      },
      {
        title: 'Send a study',
        words: 'Associations, files and throughput appear here while it arrives.',
      },
    ],
    nothing: 'Nothing happens at all?',
    nothingWords: (port: string) =>
      `Then the call does not get as far as this computer: check that its firewall lets TCP port ${port} in, that the modality has the right address, and that both networks can reach each other.`,
  },
  none: {
    title: 'No receiver yet',
    hint: 'A receiver has a name, a port and a place for the files. Set one up in two minutes.',
    setUp: 'Set up a receiver',
  },
  said: {
    condition: (name: string, condition: string, problem?: string) =>
      problem === undefined ? `${name}: ${condition}.` : `${name}: ${condition}. ${problem}`,
    study: (modality: string, instances: number) => `Study complete: ${modality}, ${plural(instances, 'image')}.`,
    refused: (caller: string) => `Refused: ${caller || 'an unnamed caller'}.`,
  },
} as const;

/** Names that the page looks up for a UID. */
export interface RefusalNames {
  /** The name of the refused SOP class or transfer syntax, or the value itself. */
  readonly valueName: string;
  /** The titles under which this receiver may be called. */
  readonly titles: readonly string[];
}

/** What was refused, and why, in one or two sentences of plain words. Pure. */
export function refusalWords(refusal: Refusal, { valueName, titles }: RefusalNames): { what: string; why: string } {
  const caller = refusal.callingAeTitle || 'An unnamed caller';
  const { value, calledAeTitle, remoteAddress } = refusal;
  switch (refusal.code) {
    case 'called-ae-title-not-recognized':
      return {
        what: `${caller} called for AE “${calledAeTitle || value}”, this receiver is ${listInWords(titles)}.`,
        why: 'The sender has another called AE title than this receiver accepts. Correct it there, or accept the title here.',
      };
    case 'calling-ae-title-not-recognized':
      return {
        what: `${caller} at ${remoteAddress} is not on the list of allowed callers.`,
        why: 'Only the calling AE titles of the list may send. Allow this one if you know it.',
      };
    case 'address-not-accepted':
      return {
        what: `${caller} called from ${remoteAddress}, which is not an allowed address.`,
        why: 'Only the addresses of the list may send. Allow this one if you know it.',
      };
    case 'local-limit-exceeded':
      return {
        what: `${caller} was turned away: as many associations were open as are allowed.`,
        why: 'Most senders try again by themselves. Allow more at once if it happens often.',
      };
    case 'caller-limit-exceeded':
      return {
        what: `${caller} was turned away: it had as many associations open as one caller may have.`,
        why: 'Most senders try again by themselves. Allow more for each caller if it happens often.',
      };
    case 'user-identity-refused':
      return {
        what: `${caller} at ${remoteAddress} did not prove who its user is.`,
        why: `${refusal.message} Correct name and passcode at the sender, or the users in the settings.`,
      };
    case 'locked-out':
      return {
        what: `${remoteAddress} is locked out for a while.`,
        why: 'Again and again its connections brought nothing but garbage, failed handshakes or wrong passcodes. If you know the sender, look at its other refusals here, correct it, and let it in again.',
      };
    case 'tls-expected':
      return {
        what: `${remoteAddress} called without TLS, and this receiver takes only encrypted connections.`,
        why: 'Turn TLS on at the sender. For a sender that cannot, make a second profile without TLS on another port.',
      };
    case 'tls-not-offered':
      return {
        what: `${remoteAddress} called with TLS, and this receiver has none.`,
        why: 'Turn TLS on in the settings (Encryption), or off at the sender.',
      };
    case 'tls-own-certificate-refused':
      return {
        what: `${remoteAddress} does not trust the certificate of this receiver.`,
        why: 'Give the sender the certificate of the authority that issued it, or this certificate itself where it is self-signed. It also has to be valid for the name that the sender calls.',
      };
    case 'tls-certificate-missing':
    case 'tls-certificate-refused':
    case 'tls-version':
    case 'tls-cipher':
    case 'tls-timed-out':
    case 'tls-failed':
      return { what: `${remoteAddress} could not be connected with TLS.`, why: refusal.message };
    case 'temporary-congestion':
      return {
        what: `${caller} was turned away: there is no room for more.`,
        why: 'Free some space on the disk, or let what waits be uploaded to S3. The reserve and the limits of the spool are in the settings.',
      };
    case 'protocol-version-not-supported':
    case 'application-context-not-supported':
      return {
        what: `${caller} at ${remoteAddress} does not speak DICOM as this receiver does.`,
        why: 'Perhaps it is another program, such as a port scanner. If it is a modality, ask its vendor.',
      };
    case 'commitment-peer-unknown':
      return {
        what: `${caller} waits for a storage commitment, and cannot be told.`,
        why: 'It ended its association before the report was ready, and nobody has said at which address and port it takes reports. The report waits for a day.',
      };
    case 'sop-class-refused':
      if (value === STORAGE_COMMITMENT_SOP_CLASS) {
        return {
          what: `${caller} wanted to ask for storage commitment, which is not served.`,
          why: 'Some senders keep their own copy until they have been told that the objects are safely stored.',
        };
      }
      return {
        what: `${caller} wanted to send “${valueName}”, which is not accepted.`,
        why: 'Objects of this kind cannot be sent until you accept them.',
      };
    case 'transfer-syntax-refused':
      return {
        what: `${caller} offered objects encoded as “${valueName}” only, which is not accepted.`,
        why: 'Accept this encoding, or set the sender to another one.',
      };
    case 'object-refused':
      return {
        what: `An object of ${caller} was refused.`,
        why: refusal.message,
      };
    case 'object-quarantined':
      return { what: `An object of ${caller} was put in quarantine.`, why: refusal.message };
    default:
      return { what: `${caller} at ${remoteAddress} was refused.`, why: refusal.message };
  }
}

function listInWords(titles: readonly string[]): string {
  const quoted = titles.map((title) => `“${title}”`);
  if (quoted.length < 2) return quoted[0] ?? 'another one';
  if (quoted.length > 4) return `${quoted.slice(0, 3).join(', ')} or ${quoted.length - 3} others`;
  return `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`;
}
