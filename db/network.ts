/** The network of an address that one household has: requests from the same one are related, and limits are counted by it. */
import { isIP } from 'node:net';

/** IPv4 as it is, also where it is written inside of IPv6; of IPv6 its first half, written in one way. null: no address. */
export function networkOf(given: string | null | undefined): string | null {
  const ip = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(given ?? '')?.[1] ?? given?.replace(/%.*$/, '') ?? '';
  if (isIP(ip) === 4) return ip;
  if (isIP(ip) !== 6) return null;
  const [head = '', tail] = ip.toLowerCase().split('::');
  const groups = (part: string | undefined): string[] => (part ? part.split(':') : []);
  const before = groups(head);
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - groups(tail).length - (tail.includes('.') ? 1 : 0));
  const all = [...before, ...Array<string>(zeros).fill('0'), ...groups(tail)];
  return `${all.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::`;
}
