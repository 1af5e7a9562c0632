/** What leaves towards wikis, where it may go, and what is known when it fails. */
import { createServer, type AddressInfo } from 'node:net';
import { createHttp, type Http, type HttpError, type HttpOptions } from '../../gateways/http';
import { eventually } from '../support/eventually';
import { AnsweringServer } from './answering-server';

let server: AnsweringServer;
let other: AnsweringServer;
const open: Http[] = [];

beforeAll(async () => {
  server = await new AnsweringServer().listen();
  other = await new AnsweringServer().listen();
});
beforeEach(() => {
  for (const one of [server, other]) {
    one.asked.length = 0;
    one.answer = (_asked, response) => response.end('{}');
  }
});
afterEach(() => Promise.all(open.splice(0).map((http) => http.close())));
afterAll(() => Promise.all([server.close(), other.close()]));

const client = (options: Partial<HttpOptions> = {}): Http => {
  const http = createHttp({ allowHost: () => true, allowPrivateHosts: true, timeoutMs: 3_000, ...options });
  open.push(http);
  return http;
};
const error = (work: Promise<unknown>): Promise<HttpError> => work.then(() => { throw new Error('this should have failed'); }, (thrown: HttpError) => thrown);
/** A name service that sends every name to one address. */
const resolvesTo = (...addresses: string[]): Pick<HttpOptions, 'lookup'> => ({
  lookup: (_name, _options, done) => done(null, addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))),
});

describe('the guard', () => {
  test.each(['http://127.0.0.1:1/', 'http://[::1]/', 'http://localhost/', 'http://2130706433/', 'http://0x7f.1/', 'http://127.1/', 'http://169.254.169.254/latest/meta-data',
    'http://[::ffff:127.0.0.1]/', 'http://10.0.0.1/', 'http://[fd00::1]/', 'http://0.0.0.0/'])('%s is private, and is not called', async (url) => {
    expect(await error(client({ allowPrivateHosts: false }).post(new URL(url), '', {}))).toMatchObject({ code: 'wiki.forbidden-host', sent: false });
  });

  test('a public name that resolves to a private address is not called', async () => {
    for (const address of ['127.0.0.1', '::1', '169.254.169.254', '::ffff:127.0.0.1']) {
      const http = client({ allowPrivateHosts: false, ...resolvesTo(address) });
      expect(await error(http.post(server.url('/', 'wiki.example.org'), '', {}))).toMatchObject({ code: 'wiki.forbidden-host', sent: false });
    }
    expect(server.asked).toEqual([]);
  });

  test('the metadata service is not called even where private hosts are allowed', async () => {
    expect(await error(client(resolvesTo('169.254.169.254')).post(server.url('/', 'wiki.example.org'), '', {}))).toMatchObject({ code: 'wiki.forbidden-host', sent: false });
  });

  test('a name is not called where one of its addresses is not allowed', async () => {
    for (const addresses of [['127.0.0.1', '169.254.169.254'], ['169.254.169.254', '127.0.0.1']])
      expect(await error(client(resolvesTo(...addresses)).post(server.url('/', 'wiki.example.org'), '', {}))).toMatchObject({ code: 'wiki.forbidden-host', sent: false });
    expect(server.asked).toEqual([]);
  });

  test('a name is looked up again for each connection, and judged again', async () => {
    let address = '127.0.0.1';
    const http = client({ allowPrivateHosts: true, connections: 1, lookup: (_name, _options, done) => done(null, [{ address, family: 4 }]) });
    server.answer = (_asked, response) => response.writeHead(200, { connection: 'close' }).end('{}');
    await http.post(server.url('/', 'wiki.example.org'), '', {});
    address = '169.254.169.254';
    expect(await error(http.post(server.url('/', 'wiki.example.org'), '', {}))).toMatchObject({ code: 'wiki.forbidden-host', sent: false });
  });

  test('only hosts of configured wikis are called, port included', async () => {
    const http = client({ allowHost: (host) => host === `127.0.0.1:${server.port}` });
    await http.post(server.url(), '', {});
    expect(await error(http.post(other.url(), '', {}))).toMatchObject({ code: 'wiki.forbidden-host', sent: false });
    expect(other.asked).toEqual([]);
  });

  test('a host is asked for again although it was called before, and credentials do not slip in behind it', async () => {
    let allowed = true;
    const http = client({ allowHost: () => allowed });
    await http.post(server.url(), '', {});
    expect(await error(http.post(Object.assign(server.url(), { username: 'user', password: 'secret' }), '', {}))).toMatchObject({ code: 'wiki.forbidden-host', sent: false });
    allowed = false;
    expect(await error(http.post(server.url(), '', {}))).toMatchObject({ code: 'wiki.forbidden-host', sent: false });
    expect(server.asked).toHaveLength(1);
  });

  test.each(['ftp://127.0.0.1/', 'file:///etc/passwd', 'http://user:secret@127.0.0.1/'])('%s is no wiki\'s address', async (url) => {
    expect(await error(client().post(new URL(url), '', {}))).toMatchObject({ code: 'wiki.forbidden-host', sent: false });
  });
});

describe('redirects', () => {
  const redirect = (status: number, location: string): void => {
    server.answer = (_asked, response) => response.writeHead(status, { location }).end();
  };

  test('are followed with the same body to an allowed host, without the cookies and the token of the first', async () => {
    redirect(308, other.url('/w/api.php').href);
    other.answer = (_asked, response) => response.end('there');
    expect(await client().post(server.url('/api.php'), 'a=1', { cookie: 'session=1', authorization: 'Bearer secret', 'x-kept': '1' })).toMatchObject({ status: 200, body: 'there' });
    expect(other.asked).toMatchObject([{ method: 'POST', url: '/w/api.php', body: 'a=1', headers: { 'x-kept': '1' } }]);
    expect(other.asked[0]!.headers).toMatchObject({ 'x-kept': '1' });
    expect(other.asked[0]!.headers).not.toHaveProperty('cookie');
    expect(other.asked[0]!.headers).not.toHaveProperty('authorization');
  });

  test('on the same host keep the cookies', async () => {
    server.answer = ({ url }, response) => (url === '/api.php' ? response.writeHead(301, { location: '/w/api.php' }).end() : response.end('there'));
    await client().post(server.url('/api.php'), 'a=1', { cookie: 'session=1' });
    expect(server.asked[1]!.headers.cookie).toBe('session=1');
  });

  test('to a host that is not configured are not followed', async () => {
    redirect(307, other.url().href);
    const http = client({ allowHost: (host) => host === `127.0.0.1:${server.port}` });
    expect(await error(http.post(server.url(), 'lgpassword=secret', {}))).toMatchObject({ code: 'wiki.forbidden-host' });
    expect(other.asked).toEqual([]);
  });

  test.each(['http://169.254.169.254/', 'file:///etc/passwd', 'gopher://127.0.0.1/', '//169.254.169.254/'])('to %s are not followed', async (location) => {
    redirect(302, location);
    expect((await error(client().post(server.url(), '', {}))).code).toBe('wiki.forbidden-host');
  });

  test('end after three', async () => {
    redirect(302, '/again');
    expect(await error(client().post(server.url(), '', {}))).toMatchObject({ code: 'wiki.redirect' });
    expect(server.asked).toHaveLength(4);
  });

  test('that ask for another method, or lead nowhere, are not followed', async () => {
    redirect(303, '/elsewhere');
    expect(await error(client().post(server.url(), '', {}))).toMatchObject({ code: 'wiki.redirect' });
    server.answer = (_asked, response) => response.writeHead(302).end();
    expect(await error(client().post(server.url(), '', {}))).toMatchObject({ code: 'wiki.redirect' });
  });
});

describe('when it fails', () => {
  test('a closed port is unreachable, and nothing was sent', async () => {
    const gone = await new AnsweringServer().listen();
    const url = gone.url();
    await gone.close();
    expect(await error(client().post(url, '', {}))).toMatchObject({ code: 'wiki.unreachable', sent: false });
  });

  test('a name that does not resolve is unreachable, and nothing was sent', async () => {
    const lookup: HttpOptions['lookup'] = (_name, _options, done) => done(Object.assign(new Error('no'), { code: 'ENOTFOUND' }), []);
    expect(await error(client({ lookup }).post(new URL('http://wiki.example.org/'), '', {}))).toMatchObject({ code: 'wiki.unreachable', sent: false });
  });

  test('a connection that is cut after the request was sent is a reset, and it was sent', async () => {
    server.answer = (_asked, response) => response.destroy();
    expect(await error(client().post(server.url(), '', {}))).toMatchObject({ code: 'wiki.reset', sent: true });
  });

  test('an answer that breaks off is a reset', async () => {
    server.answer = (_asked, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('{"half":', () => response.destroy());
    };
    expect(await error(client().post(server.url(), '', {}))).toMatchObject({ code: 'wiki.reset', sent: true });
  });

  test('no answer is a timeout after the time given', async () => {
    server.answer = () => undefined;
    expect(await error(client({ timeoutMs: 150 }).post(server.url(), '', {}))).toMatchObject({ code: 'wiki.timeout', sent: true });
  });

  test('an answer that drips for ever is a timeout, too', async () => {
    let drip: NodeJS.Timeout | undefined;
    server.answer = (_asked, response) => {
      response.on('close', () => clearInterval(drip));
      drip = setInterval(() => response.write('x'), 20);
    };
    expect(await error(client({ timeoutMs: 300 }).post(server.url(), '', {}))).toMatchObject({ code: 'wiki.timeout', sent: true });
  });

  test('a request that waits for its turn until its time is up was not sent', async () => {
    server.answer = () => undefined;
    const http = client({ timeoutMs: 200, connections: 1 });
    const begun = performance.now();
    const both = Promise.all([error(http.post(server.url('/1'), '', {})), error(http.post(server.url('/2'), '', {}))]);
    await eventually(() => expect(server.asked).toHaveLength(1));
    while (performance.now() < begun + 250); // both are over in one turn: else the second could be sent in the millisecond between
    const [first, second] = await both;
    expect([first.sent, second.sent]).toEqual([true, false]);
    await new Promise((done) => setTimeout(done, 100));
    expect(server.asked.map(({ url }) => url)).toEqual(['/1']);
  });

  test('an answer that is too large is cut off', async () => {
    server.answer = (_asked, response) => {
      const more = (): void => { while (!response.destroyed && response.write('x'.repeat(65_536))); response.once('drain', more); };
      more();
    };
    expect(await error(client({ maxBytes: 1_000_000 }).post(server.url(), '', {}))).toMatchObject({ code: 'wiki.too-large', sent: true });
  });

  test('something that is no HTTP is a reset', async () => {
    const odd = createServer((socket) => socket.on('error', () => undefined).resume().end('SSH-2.0-OpenSSH_9.2\r\n')).listen(0, '127.0.0.1');
    await new Promise((done) => odd.once('listening', done));
    expect(await error(client().post(new URL(`http://127.0.0.1:${(odd.address() as AddressInfo).port}/`), '', {}))).toMatchObject({ code: 'wiki.reset', sent: true });
    await new Promise((done) => odd.close(done));
  });

  test('an abort ends it at once, and says whether it was sent', async () => {
    server.answer = () => undefined;
    const stop = new AbortController();
    const waiting = error(client().post(server.url(), '', {}, stop.signal));
    setTimeout(() => stop.abort(), 50);
    expect(await waiting).toMatchObject({ code: 'wiki.aborted', sent: true });
    expect(await error(client().post(server.url(), '', {}, AbortSignal.abort()))).toMatchObject({ code: 'wiki.aborted', sent: false });
  });

  test('the message holds a code only', async () => {
    server.answer = (_asked, response) => response.destroy();
    const { message, code } = await error(client().post(server.url('/?secret=1'), 'password=1', {}));
    expect(message).toBe(code);
  });
});

test('connections are kept and shared by what comes after', async () => {
  const http = client({ connections: 8 });
  for (let round = 0; round < 10; round += 1) await Promise.all(Array.from({ length: 4 }, () => http.post(server.url(), '', {})));
  expect(server.asked).toHaveLength(40);
  expect(await server.connections()).toBeLessThanOrEqual(8);
});

test('hundreds of requests under one signal warn nobody and leave nothing behind', async () => {
  const warned: Error[] = [];
  const listener = (warning: Error): void => void warned.push(warning);
  process.on('warning', listener);
  const stop = new AbortController();
  const http = client({ connections: 16 });
  await Promise.all(Array.from({ length: 300 }, () => http.post(server.url(), '', {}, stop.signal)));
  await new Promise((done) => setImmediate(done));
  process.off('warning', listener);
  expect(warned).toEqual([]);
  stop.abort();
});

test('letters outside ASCII arrive whole, wherever the packets end', async () => {
  const text = 'Ünïcödé 😀 '.repeat(1000);
  server.answer = (_asked, response) => {
    const bytes = Buffer.from(text);
    response.write(bytes.subarray(0, 4_001));
    setTimeout(() => response.end(bytes.subarray(4_001)), 20);
  };
  expect((await client().post(server.url(), '', {})).body).toBe(text);
});
