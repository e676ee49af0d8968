/** Words of the first run: folder, AE title and port, firewall, test. */

export const firstRun = {
  title: 'Set up Studyport',
  intro: 'Four short steps, and your modalities can send.',
  progress: (step: number, of: number) => `Step ${step} of ${of}`,
  progressLabel: 'Steps',
  names: { folder: 'Folder', address: 'Name and port', firewall: 'Firewall', test: 'Test' },
  profileName: 'Receiver',
  skip: 'Skip setup',
  back: 'Back',
  next: 'Next',
  finish: 'Finish',
  folder: {
    title: 'Where should received studies go?',
    hint: 'Every study gets a folder of its own in here. Choose a disk with room to grow.',
    label: 'Folder',
    help: 'It is created when it is not there yet.',
    network:
      'This is a network drive. It works, but every file waits for the network, and nothing can be received while the drive is away.',
    little: 'There is little free space here. A CT study takes about 500 MB.',
  },
  address: {
    title: 'Under which name and port is it called?',
    hint: 'You will enter both at the modality. The suggested values fit most places.',
    aeTitle: 'AE title',
    aeTitleHelp: 'The name of this receiver in DICOM, at most 16 characters. Keep it short and in capital letters.',
    port: 'Port',
    portHelp:
      '11112 is the usual choice. 104 is the one of the standard, but ports below 1024 need administrator rights on most systems.',
    checking: 'Looking whether the port is free…',
    free: 'The port is free.',
    ours: 'The receiver listens on this port already.',
    privileged: 'This port needs administrator rights here. 11112 works without them.',
    saving: 'Starting the receiver…',
  },
  firewall: {
    title: 'Let modalities through the firewall',
    hint: 'The most common reason why a modality cannot send: the firewall of this computer turns it away without a word.',
    port: (port: number) => `Incoming TCP connections to port ${port} must be allowed.`,
    commandWhat: 'command',
    platforms: {
      win32: {
        title: 'Windows',
        steps: [
          'When Windows asks whether Studyport may communicate, tick private and domain networks and choose “Allow”.',
          'If the question does not come, or was closed, an administrator runs this command once:',
        ],
        command: (port: number) =>
          `netsh advfirewall firewall add rule name="Studyport DICOM" dir=in action=allow protocol=TCP localport=${port}`,
      },
      darwin: {
        title: 'macOS',
        steps: [
          'When macOS asks whether Studyport may accept incoming connections, choose “Allow”.',
          'Later you find it in System Settings → Network → Firewall → Options.',
        ],
        command: undefined,
      },
      linux: {
        title: 'Linux',
        steps: [
          'Ubuntu, Debian and others with ufw: run the command below.',
          'Fedora, Red Hat and others with firewalld: add the port in the firewall settings.',
        ],
        command: (port: number) => `sudo ufw allow ${port}/tcp`,
      },
      other: {
        title: 'This computer',
        steps: ['Allow the port in the firewall of this system.'],
        command: undefined,
      },
    },
    other: 'Between subnets, the network’s own firewall has to allow the port too: ask the network administrator.',
  },
  test: {
    title: 'Try it before the first patient',
    hint: 'The receiver is called as a modality would call it: a connection, a verification (C-ECHO), and one made-up image of each kind, down to the files in your folder.',
    run: 'Run the test',
    again: 'Run it again',
    running: 'Testing…',
    passed: 'Everything works. Now give the address to your modality administrator.',
    failed: 'Something does not work yet. The steps say what, and what to do.',
    notListening: 'The receiver is not listening yet.',
    steps: 'Steps of the test',
  },
} as const;
