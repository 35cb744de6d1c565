/**
 * kevy: the Redis data model as a library, inside this process.
 *
 * A store belongs to the thread (main or Worker) that started it. Calls are synchronous: they are
 * over in less time than a promise takes. Only what waits for somebody else returns a promise.
 */

import './disposable.js';
import type { QueuedVerbs, Verbs } from './verbs.js';
import type { Signal, WaitOptions } from './waiting.js';

export type { StreamEntry } from './verbs.js';
export type { WaitOptions } from './waiting.js';

/** A key, a value or any other word of a command. Strings are stored as UTF-8. */
export type Word = string | number | bigint | ArrayBufferView | ArrayBuffer;

/** Node's Buffer where its types are installed (@types/node); without them what it extends. */
export type Bytes = typeof globalThis extends {
  Buffer: { isBuffer(value: any): value is infer NodeBuffer };
}
  ? NodeBuffer
  : Uint8Array;

/** What strings come back as: `string`, or `Buffer` with the option `buffers`. */
export type Text = string | Bytes;

/** What integers come back as: see the option `bigints`. */
export type Integer = number | bigint;

/**
 * A reply. Integers are numbers, and bigints beyond 2^53 - 1, where a number is not exact; maps and
 * sets come with protocol 3. An error inside an array (of EXEC) is a ReplyError in its place; an
 * error that is the whole reply is thrown.
 */
export type Reply<T extends Text = string> =
  | null
  | string // a status, such as OK
  | T
  | number
  | bigint
  | boolean
  | ReplyError
  | Reply<T>[]
  | Map<Reply<T>, Reply<T>>
  | Set<Reply<T>>;

export interface Options {
  /** How many parts the keyspace is split into, 1 to 4096. No reply depends on it. */
  shards?: number;
  /** How many databases SELECT can choose from; 16 unless given. */
  databases?: number;
  /** The RESP version of exec and of new sessions; 2 unless given. */
  protocol?: 2 | 3;
  /** How many threads listen() starts; one a core unless given. */
  threads?: number;
  /** Directives as in redis.conf, such as `{ 'notify-keyspace-events': 'KEA' }`. */
  directives?: Record<string, string | number | bigint>;
  /** Where files are: read at the start, written by save() and the append-only file. Without it none. */
  dir?: string;
  /** Whether every change is kept in an append-only file in `dir`. */
  appendonly?: boolean;
  /** When that is synced: before a reply, once a second (which it is unless given), or by the system. */
  appendfsync?: 'always' | 'everysec' | 'no';
  /** Whether strings in replies are Buffers everywhere. */
  buffers?: boolean;
  /** Whether integers in replies are bigints everywhere, and not only beyond 2^53 - 1. */
  bigints?: boolean;
  /** Where to listen: see Instance.listen. Who connects while files are read is answered LOADING. */
  listen?: string | readonly string[];
  /** Told now and then how many bytes of its files it has read. What it throws is thrown by start. */
  onProgress?: (progress: { done: number; total: number }) => void;
}

/** A URL object of a file, of whichever types are installed. */
export interface FileUrl {
  readonly href: string;
  readonly protocol: string;
}

/** How backup() and load() are watched and ended. */
export interface FileOptions {
  /** Told now and then how much is done. What it throws ends it, and the promise is rejected with that. */
  onProgress?: (progress: { done: number; total: number }) => void;
  /** Ends it; the promise is rejected with the signal's reason. */
  signal?: Signal;
}

/**
 * Starts an instance with its own data: none, or what it has kept in `dir` before, which it reads at once.
 * Throws a KevyError of the kind 'invalid' for a file that is damaged, with where, and 'system' where the
 * system refuses, or another instance has the append-only file.
 */
export function start(
  options: Options & { buffers: true; bigints: true },
): Instance<Bytes, bigint>;
export function start(
  options: Options & { buffers: true; bigints?: false },
): Instance<Bytes, number>;
export function start(
  options: Options & { buffers?: false; bigints: true },
): Instance<string, bigint>;
export function start(
  options?: Options & { buffers?: false; bigints?: false },
): Instance<string, number>;
export function start(options?: Options): Instance<string, Integer> | Instance<Bytes, Integer>;

/** The version of kevy, such as "0.1.0". */
export const version: string;

/** The everyday verbs as methods: lpush, hgetall, zadd and so on, as ioredis has them. */
export interface Instance<T extends Text = string, N extends Integer = number>
  extends Verbs<T, N> {}
export interface Session<T extends Text = string, N extends Integer = number> extends Verbs<T, N> {}
export interface Pipeline<T extends Text = string> extends QueuedVerbs<Pipeline<T>> {}

/** A store. Throws a ClosedError once it is stopped. */
export class Instance<T extends Text = string, N extends Integer = number> implements Disposable {
  private constructor();

  /** Ends it, closes its subscriptions, and frees its data. A second call does nothing. */
  stop(): void;
  [Symbol.dispose](): void;
  readonly stopped: boolean;

  /**
   * Runs one command, in database 0: `db.exec('SET', 'key', 'value', 'PX', 1000)`. Commands that
   * act on a connection (MULTI, SELECT, SUBSCRIBE) need a session.
   */
  exec(verb: Word, ...words: Word[]): Reply<T>;
  /** As exec, with Buffers for strings. */
  execBuffer(verb: Word, ...words: Word[]): Reply<Bytes>;

  /** GET. Throws a ReplyError with code WRONGTYPE when the key holds no string. */
  get(key: Word): T | null;
  getBuffer(key: Word): Bytes | null;
  /** SET, with a time to live in milliseconds if given. */
  set(key: Word, value: Word, ttlMs?: number): void;
  /** MGET: one atomic step. */
  getMany(keys: Iterable<Word>): (T | null)[];
  /** MSET: one atomic step. */
  setMany(entries: Record<string, Word> | Iterable<readonly [Word, Word]>): void;

  /** Collects commands, to run them in one call. */
  pipeline(options?: PipelineOptions): Pipeline<T>;
  /** Opens what a connection is to a server. */
  session(): Session<T, N>;

  /**
   * Makes a script a method of this instance, and of the sessions and pipelines that it opens from
   * now on: `db.defineCommand('add', { lua, numberOfKeys: 1 })`, then `db.add('key', 5)`. Without
   * `numberOfKeys` that is the first word of each call. TypeScript learns of the method by a
   * declaration of your own.
   */
  defineCommand(name: string, definition: CommandDefinition): void;

  /**
   * Listens to channels; live when it returns. Without a listener, read it with `for await`. A
   * subscription does not keep the process from ending; see Subscription.ref.
   */
  subscribe(
    channels: Word | readonly Word[],
    listener?: Listener<T>,
    options?: SubscribeOptions,
  ): Subscription<T>;
  /** As subscribe, to all channels that match a pattern. */
  psubscribe(
    patterns: Word | readonly Word[],
    listener?: Listener<T>,
    options?: SubscribeOptions,
  ): Subscription<T>;
  /** As subscribe, to sharded channels (SPUBLISH). */
  ssubscribe(
    channels: Word | readonly Word[],
    listener?: Listener<T>,
    options?: SubscribeOptions,
  ): Subscription<T>;
  /**
   * Lets clients connect: `"127.0.0.1:0"` (port 0: a free one) or `"unix:/path"`. Returns the real
   * address. Does not keep the process from ending; see ref.
   */
  listen(address: string): string;
  /** Where it listens, in the order given. */
  readonly addresses: string[];

  /**
   * SAVE: writes the file that is read at the start, `dbfilename` in `dir`. Blocks, and other commands
   * wait; `exec('BGSAVE')` has none wait.
   */
  save(): void;
  /**
   * Writes all data as they are at this moment to an RDB file, on another thread, while commands go
   * on. It takes the place of what is at `path` once it is on disk; whatever fails, that stays. Counts
   * keys.
   */
  backup(path: string | FileUrl, options?: FileOptions): Promise<void>;
  /**
   * Has what is in an RDB file take the place of all data and functions, in one step; read on
   * another thread. A damaged file is an error that names the byte; whatever fails, the data stay as
   * they were. Counts bytes.
   */
  load(path: string | FileUrl, options?: FileOptions): Promise<void>;

  /**
   * What ioredis and iovalkey take to connect to this instance inside the process, without a socket:
   * `new Redis(db.ioredis({ keyPrefix: 'a:' }))`, or BullMQ's `connection: db.ioredis()`.
   */
  ioredis<Options extends object = {}>(options?: Options): Options & { Connector: any };
  /** What node-redis takes to connect over a private Unix socket: `createClient(db.nodeRedis())`. */
  nodeRedis<Options extends object = {}>(
    options?: Options,
  ): Options & { socket: { path: string; tls?: false } };

  /** Time as this instance sees it. */
  readonly clock: Clock;

  /** Keeps the process from ending while the instance runs. */
  ref(): this;
  unref(): this;
}

/** The time of one instance, in milliseconds since the Unix epoch. It runs with the machine's. */
export interface Clock {
  now(): number;
  /** Stops it: at a moment, or at the present one. */
  freeze(at?: number | Date): void;
  /** Moves it on, or back, frozen or not; keys whose time has come are gone when it returns. */
  advance(ms: number): void;
  /** Back to the machine's time. */
  resume(): void;
}

export interface CommandDefinition {
  /** The text of the script. */
  lua: string;
  numberOfKeys?: number;
  /** Whether it changes nothing. */
  readOnly?: boolean;
}

export interface PipelineOptions {
  /** Whether the commands run as one transaction, as between MULTI and EXEC. */
  atomic?: boolean;
}

export interface ExecOptions {
  /** False: an error is a ReplyError in the place of its command's reply. */
  raiseOnError?: boolean;
}

/**
 * Commands that are collected, then run in one call. Unless it is atomic, commands of others may run
 * in between.
 */
export class Pipeline<T extends Text = string> {
  private constructor();
  /** Adds any command. */
  command(verb: Word, ...words: Word[]): this;
  get(key: Word): this;
  set(key: Word, value: Word, ttlMs?: number): this;
  readonly length: number;
  /** Forgets the commands. */
  clear(): this;
  /**
   * Runs them; one reply a command. Throws the first ReplyError among the replies, which are then
   * its property `replies`, unless told `raiseOnError: false`. Where the session ended before all
   * had run, throws a ClosedError. An atomic pipeline of which a command cannot even be queued
   * throws that command's error, and nothing ran. Null, only for an atomic pipeline of a session: a
   * watched key has changed, and nothing ran.
   */
  exec(options?: ExecOptions): Reply<T>[];
}

/**
 * What a connection is to a server: database, protocol, MULTI queue, watches, subscriptions, name.
 * Takes either commands or, in the raw form, RESP bytes (feed, take), not both.
 */
export class Session<T extends Text = string, N extends Integer = number> implements Disposable {
  private constructor();

  /**
   * Runs any command. A command that waits (BLPOP) stops this thread: use execAsync. Undefined
   * when the session does not want the reply (CLIENT REPLY OFF).
   */
  exec(verb: Word, ...words: Word[]): Reply<T> | undefined;
  execBuffer(verb: Word, ...words: Word[]): Reply<Bytes> | undefined;
  /**
   * Runs any command. One that waits (BLPOP) is a waiter in the store meanwhile: neither this
   * thread nor another one waits with it. Commands start in the order of the calls. Only while one
   * waits, other uses of the session are refused.
   */
  execAsync(verb: Word, ...words: Word[]): Promise<Reply<T> | undefined>;
  execAsync(words: readonly Word[], options?: WaitOptions): Promise<Reply<T> | undefined>;
  /** GET, in the session's database. Verbs give 'QUEUED' after exec('MULTI'). */
  get(key: Word): T | null;
  /** SET, with a time to live in milliseconds if given. */
  set(key: Word, value: Word, ttlMs?: number): void;
  pipeline(options?: PipelineOptions): Pipeline<T>;

  /**
   * The next message that was pushed to the session, such as `['message', channel, payload]`. Null
   * after `timeoutMs`; without it, waits for ever, but does not keep the process from ending.
   */
  next(timeoutMs?: number): Promise<Reply<T>[] | null>;

  /** The raw form: runs the commands that are complete in the bytes so far. False: it has ended. */
  feed(bytes: Word): boolean;
  /** What the session has to say: RESP bytes, empty when there is nothing. */
  take(): Bytes;
  /** Resolves to true once something was pushed to the session, to false after `timeoutMs`. */
  readable(timeoutMs?: number): Promise<boolean>;

  close(): void;
  [Symbol.dispose](): void;
  readonly closed: boolean;
}

export interface Message<T extends Text = string> {
  payload: T;
  channel: T;
  /** The pattern that matched, for psubscribe. */
  pattern: T | null;
}

/**
 * Runs in the asynchronous context (AsyncLocalStorage) of its subscriber. What it throws is reported
 * as an uncaught exception; later messages still come.
 */
export type Listener<T extends Text = string> = (message: Message<T>) => void;

export interface SubscribeOptions {
  /**
   * Called when kevy has ended the subscription, because its messages were not read in time
   * (client-output-buffer-limit). Without it, that is an uncaught exception.
   */
  onError?: (error: ClosedError) => void;
}

export interface CloseOptions {
  /** Whether messages that were published before, and not read yet, are dropped. */
  discard?: boolean;
}

/** Messages of some channels, for a listener or for `for await`. */
export class Subscription<T extends Text = string>
  implements AsyncIterableIterator<Message<T>>, Disposable, AsyncDisposable
{
  private constructor();
  next(): Promise<IteratorResult<Message<T>, undefined>>;
  return(): Promise<IteratorResult<Message<T>, undefined>>;
  [Symbol.asyncIterator](): this;

  /** The next message; null when none came within `timeoutMs`, or the subscription is over. */
  receive(timeoutMs?: number): Promise<Message<T> | null>;

  /**
   * Ends it. What was published before is still delivered: to the listener a little later, or by
   * next() and receive().
   */
  close(options?: CloseOptions): void;
  [Symbol.dispose](): void;
  [Symbol.asyncDispose](): Promise<void>;
  readonly closed: boolean;

  /** Keeps the process from ending while the subscription is open. */
  ref(): this;
  unref(): this;
}

export type ErrorKind =
  | 'reply' // a command was answered with an error
  | 'invalid' // an argument is out of range, or contradicts another
  | 'closed' // the instance was stopped, or the session or subscription closed
  | 'system' // the operating system refused: an address in use, no descriptors
  | 'memory'
  | 'timeout'
  | 'cancelled'
  | 'forked';

/** What kevy throws. A wrong argument of JavaScript's own kind is a TypeError or RangeError. */
export class KevyError extends Error {
  constructor(kind: ErrorKind, code: string, message: string);
  readonly kind: ErrorKind;
  /** For a reply its first word, such as WRONGTYPE; else KEVY_CLOSED, KEVY_SYSTEM and so on. */
  readonly code: string;
  /** Of a pipeline that threw it: all replies. */
  readonly replies?: Reply<Text>[];
}

/** The instance was stopped, or the session or subscription closed. */
export class ClosedError extends KevyError {
  constructor(message: string);
  readonly kind: 'closed';
}

/** A command was answered with an error: its message is Redis' own. */
export class ReplyError extends KevyError {
  constructor(text: string);
  readonly kind: 'reply';
}
