// What the types promise, for CommonJS. tsc checks this file; nothing runs it.
import kevy = require('kevy');

type Is<A> = <T,>() => T extends A ? 1 : 2;
type Equal<A, B> = Is<A> extends Is<B> ? true : false;
function expectType<Expected>() {
  return <Actual,>(_value: Actual, _equal: Equal<Expected, Actual>) => {};
}

const db = kevy.start({ shards: 8, protocol: 3, directives: { maxclients: 10 } });
expectType<kevy.Instance<string>>()(db, true);
expectType<string | null>()(db.get('key'), true);
expectType<Buffer | null>()(db.getBuffer(Buffer.from('key')), true);
expectType<void>()(db.set('key', 1n, 1000), true);
expectType<kevy.Reply>()(db.exec('GET', new Uint8Array(3)), true);
expectType<kevy.Reply<Buffer>>()(db.execBuffer('GET', 'key'), true);
expectType<(string | null)[]>()(db.getMany(new Set(['a'])), true);
db.setMany({ a: 1, b: 'two' });
db.setMany(new Map([['a', 'b']]));
db.setMany([['a', 1]]);
expectType<kevy.Reply[]>()(db.pipeline().get('a').set('b', 2, 10).command('INCR', 'n').exec(), true);
expectType<number>()(db.publish('news', 'x'), true);
expectType<string>()(db.listen('127.0.0.1:0'), true);
expectType<string[]>()(db.addresses, true);
expectType<number>()(db.clock.now(), true);
db.clock.freeze();
db.clock.freeze(new Date());
db.ref().unref().stop();

const raw = kevy.start({ buffers: true });
expectType<kevy.Instance<Buffer>>()(raw, true);
expectType<Buffer | null>()(raw.get('key'), true);

const exact = kevy.start({ bigints: true });
expectType<kevy.Instance<string, bigint>>()(exact, true);
expectType<bigint>()(exact.del('key'), true);
expectType<bigint>()(exact.incr('n'), true);
expectType<bigint>()(exact.session().publish('news', 'x'), true);
expectType<number | bigint>()(db.incr('n'), true);
expectType<kevy.Reply[]>()(db.pipeline({ atomic: true }).get('a').exec({ raiseOnError: false }), true);
kevy.start({ listen: '127.0.0.1:0' }).stop();
kevy.start({ listen: ['127.0.0.1:0', 'unix:/path'] }).stop();

const session = db.session();
expectType<kevy.Reply | undefined>()(session.exec('MULTI'), true);
expectType<Promise<kevy.Reply | undefined>>()(session.execAsync('BLPOP', 'q', 0), true);
expectType<Promise<kevy.Reply | undefined>>()(
  session.execAsync(['BLPOP', 'q', 0], { signal: AbortSignal.timeout(10) }),
  true,
);
expectType<Promise<kevy.Reply[] | null>>()(session.next(10), true);
expectType<Promise<[string, string] | null>>()(db.blpop('a', 'b', 0), true);
expectType<Promise<'OK' | 'NOKEY'>>()(db.migrate('host', 6379, 'a', 0, 5000, 'COPY', { signal: AbortSignal.abort() }), true);
expectType<Promise<[string, string] | null>>()(db.blpop(['a'], 1, { signal: AbortSignal.abort() }), true);
expectType<Promise<[Buffer, Buffer, Buffer] | null>>()(raw.bzpopmin('z', 0.5), true);
expectType<Promise<Buffer | null>>()(raw.blmove('a', 'b', 'LEFT', 'RIGHT', 1), true);
expectType<Promise<[stream: string, entries: kevy.StreamEntry<string>[]][] | null>>()(
  db.xread('BLOCK', 0, 'STREAMS', 's', '$', { signal: AbortSignal.timeout(1) }),
  true,
);
expectType<string | null>()(db.xadd('s', '*', 'field', 1), true);
expectType<kevy.Reply>()(db.eval('return 1', 0), true);
expectType<void>()(db.defineCommand('add', { lua: 'return 1', numberOfKeys: 0 }), true);
expectType<boolean>()(session.feed('PING\r\n'), true);
expectType<Buffer>()(session.take(), true);

expectType<number>()(db.lpush('l', 1, ['b', Buffer.from('c')]), true);
expectType<string | null>()(db.lpop('l'), true);
expectType<string[] | null>()(db.lpop('l', 2), true);
expectType<Buffer | null>()(raw.rpop('l'), true);
expectType<number>()(db.hset('h', { a: 1 }), true);
expectType<number>()(db.hset('h', new Map([['a', 1]])), true);
expectType<number>()(db.hset('h', 'a', 1, 'b', 2), true);
expectType<Record<string, string>>()(db.hgetall('h'), true);
expectType<Record<string, Buffer>>()(raw.hgetall('h'), true);
expectType<string[]>()(session.smembers('s'), true);
expectType<number>()(db.sismember('s', 1), true);
expectType<number>()(db.zadd('z', 1, 'a'), true);
expectType<string | number | null>()(db.zadd('z', 'INCR', 1, 'a'), true);
expectType<string | null>()(db.zscore('z', 'a'), true);
expectType<string[]>()(db.zrange('z', 0, -1, 'WITHSCORES'), true);
expectType<number | bigint>()(db.incrby('n', 5n), true);
expectType<number>()(db.expire('k', 5, 'NX'), true);
expectType<[string, string[]]>()(db.scan(0, 'MATCH', 'a*'), true);
expectType<string | null>()(session.get('k'), true);
expectType<kevy.Pipeline<Buffer>>()(raw.pipeline().lpush('l', 1).lpop('l').hset('h', { a: 1 }), true);
expectType<kevy.Reply[]>()(db.pipeline().mset({ a: 1 }).lpop('l', 2).get('a').ttl('a').exec(), true);

const subscription = raw.psubscribe(['n*'], ({ payload, channel, pattern }) => {
  expectType<Buffer>()(payload, true);
  expectType<Buffer>()(channel, true);
  expectType<Buffer | null>()(pattern, true);
});
expectType<kevy.Subscription<Buffer>>()(subscription, true);
expectType<Promise<kevy.Message<Buffer> | null>>()(subscription.receive(10), true);
subscription.close({ discard: true });
async function read() {
  for await (const message of db.subscribe('news')) expectType<kevy.Message>()(message, true);
}
void read;

function narrow(reply: kevy.Reply) {
  if (reply instanceof kevy.ReplyError) expectType<'reply'>()(reply.kind, true);
  if (reply instanceof Map) expectType<number>()(reply.size, true);
  if (typeof reply === 'bigint') expectType<bigint>()(reply, true);
}
void narrow;

// @ts-expect-error: undefined is no word
db.set('key', undefined);
// @ts-expect-error: undefined is no word
db.lpush('l', undefined);
// @ts-expect-error: a list has two ends
db.lmove('a', 'b', 'TOP', 'LEFT');
// @ts-expect-error: a pipeline checks the words of its verbs, too
db.pipeline().hget('h');
// @ts-expect-error: a command has a verb
db.exec();
// @ts-expect-error: there is no such option
db.pipeline({ transaction: true });
// @ts-expect-error: there is no such option
db.pipeline().exec({ throwOnError: false });
// @ts-expect-error: there is no such option
kevy.start({ shard: 1 });
// @ts-expect-error: there is no such protocol
kevy.start({ protocol: 4 });
// @ts-expect-error: instances come from start
new kevy.Instance();
