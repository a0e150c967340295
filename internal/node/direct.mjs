// jsii starts bin/jsii-runtime.js, which starts lib/program.js in another
// Node.js and passes on what is said to it and what it says. This module is
// imported first and runs lib/program.js in its place: one process fewer to
// start, and one fewer on the way of each request.
//
// It does so for the two files that it was tested with, which their digest
// tells. With others, or where this system has no /dev/fd, it does nothing, and
// jsii starts as it always does.

import childProcess from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { Writable } from 'node:stream';
import { isMainThread } from 'node:worker_threads';

const testedDigest = 'SHA-256'; // which Go puts here

const outer = process.argv[1] ?? ''; // the first of the two files
const program = path.resolve(outer, '../../lib/program.js');
const { spawn } = childProcess;
const { readSync, writeSync } = fs;
const reporters = new Map(); // processes by file descriptor
if (isMainThread && path.basename(outer) === 'jsii-runtime.js') {
  // Not for the processes that this one starts.
  process.env.NODE_OPTIONS = process.env.NODE_OPTIONS.replace(`--preserve-symlinks --import=${import.meta.url}`, '').trim();
  const pipes = open();
  if (pipes) {
    connect(pipes);
    report('stdout', 1);
    report('stderr', 2);
    relayChildren();
    process.argv[1] = program;
    process.execArgv.push('--preserve-symlinks'); // as bin/jsii-runtime.js starts it
    createRequire(program)(program);
    await new Promise(() => {}); // bin/jsii-runtime.js would be next; the program ends with process.exit
  }
}

// open opens the pipes to the parent process, standard input and output, again, if
// the files are those that were tested.
function open() {
  try {
    const digest = createHash('sha256').update(fs.readFileSync(outer)).update(fs.readFileSync(program)).digest('hex');
    if (digest !== testedDigest || ![0, 1, 2].every((fd) => fs.fstatSync(fd).isFIFO())) return undefined;
    return {
      requests: fs.openSync('/dev/fd/0', fs.constants.O_RDONLY),
      responses: fs.openSync('/dev/fd/1', fs.constants.O_WRONLY),
    };
  } catch {
    return undefined;
  }
}

// connect gives the program the pipes as file descriptor 3, and leaves nothing to
// read as standard input, and standard error as standard output.
function connect({ requests, responses }) {
  fs.readSync = (fd, ...rest) => readSync(fd === 3 ? requests : fd, ...rest);
  fs.writeSync = (fd, ...rest) => writeSync(fd === 3 ? responses : fd, ...rest);
  fs.closeSync(0);
  fs.openSync('/dev/null', fs.constants.O_RDONLY); // the lowest that is free: 0
  fs.closeSync(1);
  fs.openSync('/dev/fd/2', fs.constants.O_WRONLY); // 1
}

// report makes a stream of this process write to the parent as it expects.
function report(name, fd) {
  const stream = new Writable({
    write(chunk, _encoding, done) {
      writeLines(name, chunk);
      done();
    },
  });
  stream.fd = fd;
  Object.defineProperty(process, name, { value: stream });
  console[`_${name}`] = stream; // which it has kept if it was used before
}

// writeLines writes lines of JSON: at once, so that none is lost at the end, and
// each no longer than what a pipe takes whole, 512 bytes by POSIX, as several
// processes write.
function writeLines(name, chunk) {
  for (let i = 0; i < chunk.length; i += 360) {
    const line = `${JSON.stringify({ [name]: chunk.toString('base64', i, i + 360) })}\n`;
    for (let written = 0; written === 0; ) {
      try {
        written = writeSync(2, line);
      } catch (e) {
        if (e.code !== 'EAGAIN') throw e; // the pipe is full
      }
    }
  }
}

// relayChildren gives the processes that this one starts a reporter to write to
// where they would write to this one's streams.
function relayChildren() {
  const relayed = (target, i) => {
    const fd = target === 'inherit' ? i : (target?.fd ?? target);
    return fd === 1 || fd === 2 ? reporterOf(fd) : target;
  };
  for (const name of ['spawn', 'spawnSync', 'execFileSync', 'execSync']) {
    const start = childProcess[name];
    childProcess[name] = (...args) =>
      start(...args.map((a) => (a?.stdio ? { ...a, stdio: (Array.isArray(a.stdio) ? a.stdio : Array(3).fill(a.stdio)).map(relayed) } : a)));
  }
}

// reporterOf is the file descriptor of a process that writes lines of JSON of what
// is written to it. It can while this one waits for another.
function reporterOf(fd) {
  if (!reporters.has(fd)) {
    const script = `const { writeSync } = require('fs'); ${writeLines}
      process.stdin.on('data', (chunk) => writeLines('${fd === 1 ? 'stdout' : 'stderr'}', chunk))`;
    const reporter = spawn(process.execPath, ['--eval', script], {
      stdio: ['pipe', 'ignore', 2],
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    reporters.set(fd, reporter);
  }
  return reporters.get(fd).stdin._handle.fd;
}
