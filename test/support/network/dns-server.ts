import { createSocket } from 'node:dgram';
import { promises as dns, type LookupAddress } from 'node:dns';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';
import { onTestFinished } from 'vitest';
import type { Resolve } from '../../../src/delivery/egress/resolver.js';

/** The answer for a name: addresses of both IP versions, with an alias or without; an error; or no answer. */
export type Answer = string[] | { alias: string; addresses: string[] } | 'SERVFAIL' | 'NXDOMAIN' | 'SILENCE';

/** The answers for each name, one for each question of a type, in order. The last one is repeated. */
export type Zone = Record<string, Answer[]>;

export interface DnsServer {
  /** Looks up the addresses of both IP versions. Fails if both lookups fail, as the resolver of the system does. */
  resolve: Resolve;
  /** `A name` and `AAAA name`, in the order of arrival. */
  questions: string[];
  /** Resolves when the next question arrives. */
  nextQuestion(): Promise<void>;
}

const types = { A: 1, CNAME: 5, AAAA: 28 };
const codes = { NOERROR: 0, SERVFAIL: 2, NXDOMAIN: 3 };
const HEADER_BYTES = 12;
/** A response, authoritative, with recursion available. */
const FLAGS = 0x8580;
/** The name of the question, as a pointer to it (RFC 1035, section 4.1.4). */
const QUESTION = Buffer.from([0xc0, HEADER_BYTES]);

/** A DNS server on a loopback UDP port. It answers each question at once, and its answers must not be cached. */
export async function startDnsServer(zone: Zone): Promise<DnsServer> {
  const socket = createSocket('udp4');
  const questions: string[] = [];
  const waiting = new Set<() => void>();

  socket.on('message', (query, { port, address }) => {
    const { name, type, end } = readQuestion(query);
    const question = `${type === types.AAAA ? 'AAAA' : 'A'} ${name}`;
    const answers = zone[name] ?? ['NXDOMAIN'];
    const askedBefore = questions.filter((one) => one === question).length;
    questions.push(question);
    const answer = answers[Math.min(askedBefore, answers.length - 1)] ?? 'NXDOMAIN';
    if (answer !== 'SILENCE') socket.send(response(query, end, type, answer), port, address);
    for (const wake of waiting) wake();
    waiting.clear();
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');

  // One attempt, longer than any test: an answer arrives at once or never.
  const resolver = new dns.Resolver({ timeout: 60_000, tries: 1 });
  resolver.setServers([`127.0.0.1:${socket.address().port}`]);
  onTestFinished(() => {
    resolver.cancel();
    socket.close();
  });

  return {
    questions,
    async resolve(hostname) {
      const [v4, v6] = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
      if (v4.status === 'rejected' && v6.status === 'rejected') throw v4.reason;
      return [...addressesOf(v4, 4), ...addressesOf(v6, 6)];
    },
    nextQuestion: () => new Promise((resolve) => waiting.add(resolve)),
  };
}

function addressesOf(result: PromiseSettledResult<string[]>, family: 4 | 6): LookupAddress[] {
  return result.status === 'fulfilled' ? result.value.map((address) => ({ address, family })) : [];
}

function readQuestion(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = query.readUInt8(at); length; length = query.readUInt8(at)) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
}

function response(query: Buffer, end: number, type: number, answer: Exclude<Answer, 'SILENCE'>): Buffer {
  const records = typeof answer === 'string' ? [] : recordsOf(answer, type);
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(query.readUInt16BE(0), 0);
  header.writeUInt16BE(FLAGS | codes[typeof answer === 'string' ? answer : 'NOERROR'], 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(records.length, 6);
  return Buffer.concat([header, query.subarray(HEADER_BYTES, end), ...records]);
}

function recordsOf(answer: Exclude<Answer, string>, type: number): Buffer[] {
  const wanted = type === types.AAAA;
  const addresses = (Array.isArray(answer) ? answer : answer.addresses).filter((one) => isIPv6(one) === wanted);
  if (Array.isArray(answer)) return addresses.map((address) => record(QUESTION, type, bytesOf(address)));
  const alias = nameBytes(answer.alias);
  return [record(QUESTION, types.CNAME, alias), ...addresses.map((address) => record(alias, type, bytesOf(address)))];
}

/** With a time to live of 0. */
function record(owner: Buffer, type: number, data: Buffer): Buffer {
  const fields = Buffer.alloc(10);
  fields.writeUInt16BE(type, 0);
  fields.writeUInt16BE(1, 2);
  fields.writeUInt16BE(data.length, 8);
  return Buffer.concat([owner, fields, data]);
}

function nameBytes(name: string): Buffer {
  const labels = name.split('.').map((label) => Buffer.from(String.fromCharCode(label.length) + label, 'latin1'));
  return Buffer.concat([...labels, Buffer.from([0])]);
}

function bytesOf(address: string): Buffer {
  return Buffer.from(ipaddr.parse(address).toByteArray());
}
