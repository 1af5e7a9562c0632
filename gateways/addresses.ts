/**
 * Which network addresses an outgoing request may reach. Called by gateways/http.ts for literal hosts and for every
 * address that a name resolves to, at the moment of connecting: a name that changes its mind later gains nothing.
 */
import { BlockList, isIP, isIPv4 } from 'node:net';

/** Private and loopback networks are for trials and closed networks (`allowPrivateHosts`); the others never hold a wiki. */
export function isAllowedAddress(address: string, allowPrivate: boolean): boolean {
  const plain = address.replace(/%.*$/, '').replace(/^\[|\]$/g, '');
  const family = isIP(plain);
  if (family === 0) return false;
  if (family === 4) return judge(plain, 'ipv4', allowPrivate);
  const inner = embeddedIPv4(plain);
  if (inner !== undefined) return judge(inner, 'ipv4', allowPrivate);
  if (never.check(plain, 'ipv6')) return false;
  if (privateNets.check(plain, 'ipv6')) return allowPrivate;
  return globalUnicast.check(plain, 'ipv6') && !reserved.check(plain, 'ipv6');
}

const judge = (address: string, family: 'ipv4' | 'ipv6', allowPrivate: boolean): boolean => {
  if (never.check(address, family) || reserved.check(address, family)) return false;
  return allowPrivate || !privateNets.check(address, family);
};

const list = (...nets: string[]): BlockList => {
  const found = new BlockList();
  for (const net of nets) {
    const [address = '', bits = '0'] = net.split('/');
    found.addSubnet(address, Number(bits), isIPv4(address) ? 'ipv4' : 'ipv6');
  }
  return found;
};

/** Link-local and the metadata services of clouds: refused even where private hosts are allowed. */
const never = list('169.254.0.0/16', '0.0.0.0/8', '100.100.100.200/32', '168.63.129.16/32', '224.0.0.0/4', '240.0.0.0/4',
  'fe80::/10', 'ff00::/8', '::/128', 'fd00:ec2::/32', 'fd20:ce::/32');
const privateNets = list('10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16',
  '::1/128', 'fc00::/7', 'fec0::/10');
const reserved = list('192.0.0.0/24', '192.0.2.0/24', '192.88.99.0/24', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24',
  '2001::/23', '2001:db8::/32', '3fff::/20');
const globalUnicast = list('2000::/3');

/** IPv6 forms that carry an IPv4 address (mapped, translated, 6to4) are judged by that address. */
function embeddedIPv4(address: string): string | undefined {
  const groups = expand(address);
  const at = (index: number): number => groups[index] ?? 0;
  const v4 = (high: number, low: number): string => `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
  const zero = (from: number, to: number): boolean => groups.slice(from, to).every((group) => group === 0);
  if (zero(0, 5) && at(5) === 0xffff) return v4(at(6), at(7));
  if (zero(0, 6) && !(at(6) === 0 && at(7) <= 1)) return v4(at(6), at(7));
  if (at(0) === 0x64 && at(1) === 0xff9b && zero(2, 6)) return v4(at(6), at(7));
  if (at(0) === 0x2002) return v4(at(1), at(2));
  return undefined;
}

function expand(address: string): number[] {
  const text = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_all, a, b, c, d) =>
    `${(Number(a) * 256 + Number(b)).toString(16)}:${(Number(c) * 256 + Number(d)).toString(16)}`);
  const [head = '', tail] = text.split('::');
  const left = head ? head.split(':') : [];
  const right = tail ? tail.split(':') : [];
  const middle = tail === undefined ? [] : Array<string>(8 - left.length - right.length).fill('0');
  return [...left, ...middle, ...right].map((group) => Number.parseInt(group, 16));
}
