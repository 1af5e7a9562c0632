/**
 * Addresses that Reeve must not be led to, in every way that they can be written, and every way to lead it there.
 * Read by test/gateways/outgoing.test.ts and bench/chaos/r21-outgoing.ts.
 */

export interface Ports {
  /** The wiki that is configured, on 127.0.0.1. */
  wiki: number;
  /** Nobody may ever come here: 127.0.0.1 and ::1. */
  trap: number;
}
export interface SsrfCase {
  name: string;
  /** What is configured as api.php of a wiki. */
  url: string;
  allowPrivate: boolean;
  /** What names resolve to; the last of several answers stays. */
  names?: Record<string, string[][]>;
  /** What the configured wiki answers instead: the n-th hop's redirect. */
  hops?: { status: number; location: string }[];
  /** It answers so from the first request on, or only once the bot is signed in. */
  turns?: 'at once' | 'later';
  /** The configured wiki may be called; of everything else nothing, ever. */
  mayCallWiki: boolean;
}

const PUBLIC = '1.1.1.1';

export const privateAddresses = ['127.0.0.1', '127.8.8.8', '10.0.0.1', '172.16.0.1', '172.31.255.254', '192.168.0.1', '100.64.0.1', '169.254.169.254', '0.0.0.0', '100.100.100.200', '168.63.129.16', '198.18.0.1', '255.255.255.255', '224.0.0.1', '192.0.0.192'];
export const privateAddresses6 = ['::1', '::', 'fc00::1', 'fd00:ec2::254', 'fd20:ce::254', 'fe80::1', 'fec0::1', 'ff02::1', '2001:db8::1', '2001::1', '100::1', '5f00::1', '64:ff9b:1:7f00:0:100::', '64:ff9b:1::808:808'];

/** One IPv4 address as a URL's host may write it. */
export function spellings(address: string): string[] {
  const [a, b, c, d] = address.split('.').map(Number) as [number, number, number, number];
  const whole = ((a * 256 + b) * 256 + c) * 256 + d;
  const hex = (n: number): string => n.toString(16);
  const pair = [hex(a * 256 + b), hex(c * 256 + d)] as const;
  return [
    address, `${address}.`, String(whole), `0x${hex(whole)}`, `0${whole.toString(8)}`, `0x${hex(a)}.0x${hex(b)}.0x${hex(c)}.0x${hex(d)}`, `0${a.toString(8)}.0${b.toString(8)}.0${c.toString(8)}.0${d.toString(8)}`,
    `000${a.toString(8)}.${b}.0X${hex(c)}.${d}`, `${a}.${(b * 256 + c) * 256 + d}`, `${a}.${b}.${c * 256 + d}`, address.replace(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit))), address.replaceAll('.', '。'),
    address.replace(/^\d/, (digit) => `%3${digit}`), `[::ffff:${address}]`, `[::ffff:${pair.join(':')}]`, `[0:0:0:0:0:ffff:${pair.join(':')}]`, `[::${address}]`, `[64:ff9b::${address}]`, `[2002:${pair.join(':')}::1]`, `[::ffff:0:${address}]`,
  ];
}

/** Private space, refused whoever asks: nothing may be called. */
export function privateCases({ trap }: Ports): SsrfCase[] {
  const refused = (name: string, url: string, names?: SsrfCase['names'], allowPrivate = false): SsrfCase => ({ name, url, names, allowPrivate, mayCallWiki: false });
  const at = (host: string): string => `http://${host}:${trap}/api.php`;
  const both = [...privateAddresses, ...privateAddresses6, ...privateAddresses.map((address) => `::ffff:${address}`)];
  return [
    ...privateAddresses.flatMap((address) => spellings(address).map((host) => refused(`${address} as ${host}`, at(host)))),
    ...privateAddresses6.map((address) => refused(address, at(`[${address}]`))),
    ...['localhost', 'LOCALHOST', 'localhost.', 'ⓛocalhost', 'ip6-localhost', 'a.localhost', '[fe80::1%25lo]', '[::1%25lo]'].map((host) => refused(host, at(host), { 'localhost': [['127.0.0.1', '::1']], 'localhost.': [['127.0.0.1']], 'ip6-localhost': [['::1']], 'a.localhost': [['127.0.0.1']] })),
    ...both.flatMap((address) => [
      refused(`a name for ${address}`, at('wiki.example.org'), { 'wiki.example.org': [[address]] }),
      refused(`a name for a public one and ${address}`, at('wiki.example.org'), { 'wiki.example.org': [[PUBLIC, address]] }),
      refused(`a name for ${address} and a public one`, at('wiki.example.org.'), { 'wiki.example.org.': [[address, PUBLIC]] }),
      refused(`a name that becomes ${address} after it was looked at`, at('xn--wiki-1ra.example.org'), { 'xn--wiki-1ra.example.org': [[PUBLIC], [address]] }),
      refused(`a name that has ${address} besides after it was looked at`, at('wíkï.example.org'), { 'xn--wk-njaj.example.org': [[PUBLIC], [PUBLIC, address]] }),
    ]),
    ...['169.254.169.254', 'fe80::1', '::', '0.0.0.0', 'fd00:ec2::254', '100.100.100.200', '64:ff9b:1:7f00:0:100::'].flatMap((address) => [
      refused(`${address} where private ones are allowed`, at(address.includes(':') ? `[${address}]` : address), undefined, true),
      refused(`a name for ${address} and loopback where private ones are allowed`, at('wiki.example.org'), { 'wiki.example.org': [['127.0.0.1', address]] }, true),
      refused(`a name that becomes ${address} where private ones are allowed`, at('wiki.example.org'), { 'wiki.example.org': [['127.0.0.1'], [address]] }, true),
    ]),
    ...['ftp://127.0.0.1:$/', 'file:///etc/passwd', 'gopher://127.0.0.1:$/_x', 'ws://127.0.0.1:$/', 'data:text/plain,x', 'unix:/run/x.sock', 'http://user@127.0.0.1:$/', 'http://user:secret@127.0.0.1:$/', 'http://:secret@127.0.0.1:$/', 'https://wiki.example.org@127.0.0.1:$/']
      .map((url) => refused(`${url}, where private ones are allowed`, url.replace('$', String(trap)), undefined, true)),
  ];
}

const STATUSES = [301, 302, 303, 305, 307, 308];

/** The configured wiki, whose host is allowed, leads elsewhere. */
export function redirectCases(ports: Ports): SsrfCase[] {
  const { wiki, trap } = ports;
  const own = `http://127.0.0.1:${wiki}/api.php`;
  const lead = (name: string, hops: SsrfCase['hops'], turns: SsrfCase['turns']): SsrfCase =>
    ({ name: `${name}, ${turns}`, url: own, allowPrivate: true, hops, turns, mayCallWiki: true, names: { 'wiki.internal': [['127.0.0.1']], 'localhost': [['127.0.0.1']], 'localhost.': [['127.0.0.1']] } });
  return (['at once', 'later'] as const).flatMap((turns) => [
    ...elsewhere(ports).flatMap((location, index) => [
      lead(`${STATUSES[index % STATUSES.length]} to ${location}`, [{ status: STATUSES[index % STATUSES.length]!, location }], turns),
      lead(`307 to ${location}`, [{ status: 307, location }], turns),
      lead(`two hops to ${location}`, [{ status: 308, location: '/next.php' }, { status: 302, location }], turns),
    ]),
    ...STATUSES.map((status) => lead(`${status} to the trap`, [{ status, location: `http://127.0.0.1:${trap}/` }], turns)),
    lead('four hops to the trap', [1, 2, 3].map((n) => ({ status: 302, location: `/hop-${n}` })).concat({ status: 302, location: `http://127.0.0.1:${trap}/` }), turns),
  ]);
}

const elsewhere = ({ wiki, trap }: Ports): string[] => [
  ...spellings('127.0.0.1').filter((host) => /^[\x21-\x7e]+$/.test(host)).map((host) => `http://${host}:${trap}/`),
  ...[`http://localhost:${trap}/`, `http://localhost.:${trap}/`, `http://[::1]:${trap}/`, `http://[::1]:${wiki}/`, `http://127.0.0.2:${wiki}/`, `http://localhost:${wiki}/`, `http://[::ffff:127.0.0.1]:${wiki}/`, `http://wiki.internal:${trap}/`,
    `//127.0.0.1:${trap}/`, `\\\\127.0.0.1:${trap}/`, `/\\127.0.0.1:${trap}/`, `http:\\\\127.0.0.1:${trap}/`, `http:/127.0.0.1:${trap}/`, ` http://127.0.0.1:${trap}/ `, `HTTP://127.0.0.1:${trap}/`,
    `http://127.0.0.1:${wiki}@127.0.0.1:${trap}/`, `http://user:secret@127.0.0.1:${trap}/`, `http://127.0.0.1:${trap}#@127.0.0.1:${wiki}/`, `http://127.0.0.1:${trap}\\@127.0.0.1:${wiki}/`, `http://127.0.0.1:${trap}?127.0.0.1:${wiki}/`,
    `https://127.0.0.1:${trap}/`, `ftp://127.0.0.1:${trap}/`, `gopher://127.0.0.1:${trap}/_x`, 'file:///etc/passwd', 'data:text/html,x', 'javascript:0', 'http://169.254.169.254/latest/meta-data', 'http://127.0.0.1/', 'http://127.0.0.1:22/', 'http://127.0.0.1:6379/', 'http://127.0.0.1.:25/',
    'http://', 'http://[', 'http://%', '//', '?', `http://127.0.0.1:${wiki + 65_536}/`],
];

/** A random one of all this: an address of private space, a spelling, a way there. */
export function wildCase(ports: Ports, next: () => number): SsrfCase {
  const under = (n: number): number => Math.floor(next() * n);
  const one = <T>(list: readonly T[]): T => list[under(list.length)]!;
  const byte = (): number => under(256);
  const nets: (() => string)[] = [() => `127.${byte()}.${byte()}.${byte()}`, () => `10.${byte()}.${byte()}.${byte()}`, () => `172.${16 + under(16)}.${byte()}.${byte()}`, () => `192.168.${byte()}.${byte()}`, () => `169.254.${byte()}.${byte()}`,
    () => `100.${64 + under(64)}.${byte()}.${byte()}`, () => `0.${byte()}.${byte()}.${byte()}`, () => `${224 + under(32)}.${byte()}.${byte()}.${byte()}`, () => `198.${18 + under(2)}.${byte()}.${byte()}`];
  const group = (): string => under(65_536).toString(16);
  const nets6 = [() => `fc${byte().toString(16).padStart(2, '0')}:${group()}::${group()}`, () => `fd00:${group()}::${group()}`, () => `fe${(128 + under(64)).toString(16)}::${group()}:${group()}`, () => `ff02::${group()}`, () => `64:ff9b:1:${group()}:${group()}:${group()}:${group()}:${group()}`, () => `2001:db8:${group()}::`, () => `2002:7f00:${group()}::${group()}`];
  const address = one(nets)();
  const host = one(spellings(address));
  const trapped = `http://${host}:${ports.trap}/`;
  const inner = next() < 0.5 ? address : one(nets6)();
  const answers = one([[[inner]], [[PUBLIC, inner]], [[inner, PUBLIC]], [[PUBLIC], [inner]], [[PUBLIC], [PUBLIC], [PUBLIC, inner]].slice(1)]);
  const kind = under(4);
  if (kind === 0) return { name: `${address} as ${host}`, url: trapped, allowPrivate: false, mayCallWiki: false };
  if (kind === 1) return { name: inner, url: `http://${inner.includes(':') ? `[${inner}]` : inner}:${ports.trap}/`, allowPrivate: false, mayCallWiki: false };
  if (kind === 2) return { name: `a name for ${JSON.stringify(answers)}`, url: `http://wiki.example.org:${ports.trap}/`, names: { 'wiki.example.org': answers }, allowPrivate: false, mayCallWiki: false };
  const location = /^[\x21-\x7e]+$/.test(trapped) ? trapped : encodeURI(trapped);
  const hops = [...Array.from({ length: under(3) }, (_, n) => ({ status: one(STATUSES), location: `/hop-${n}` })), { status: one(STATUSES), location: next() < 0.5 ? location : one(elsewhere(ports)) }];
  return { name: hops.map(({ status, location }) => `${status} ${location}`).join(' → '), url: `http://127.0.0.1:${ports.wiki}/api.php`, hops, turns: next() < 0.5 ? 'at once' : 'later', allowPrivate: true, mayCallWiki: true };
}
