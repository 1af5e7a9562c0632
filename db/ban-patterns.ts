/**
 * What a ban is held against others with: regular expressions of an engine whose time grows with the text and no faster,
 * and networks. What is refused is refused in words, before it is stored.
 */
import { BlockList, isIP } from 'node:net';
import { RE2JS, RE2JSSyntaxException } from 're2js';
import { fieldError, type ReeveError } from '../config/errors';
import type { BanTarget } from './entities/ban';

export type Matcher = (text: string) => boolean;

/** Longest regular expression, characters. */
export const LONGEST_PATTERN = 255;
/** Steps of the compiled expression: each character of a text may cost so many. Counts such as {2,50} make copies of them. */
const MOST_STEPS = 500;
/** Of a text that whoever is asked has written, characters: the rest is not looked at. */
const LONGEST_TEXT = 500;
/** Widest networks: a /16 has 65,536 addresses; a /19 is what a whole provider has. */
const WIDEST = { 4: 16, 6: 19 } as const;

/** @throws ReeveError ban.bad-pattern, ban.matches-all, ban.bad-network, ban.too-wide, each at /pattern */
export const matcherOf = (target: BanTarget, pattern: string): Matcher => (target === 'address' ? networkMatcher(pattern) : textMatcher(pattern));

/** Upper and lower case are the same; it may fit anywhere in the text. */
function textMatcher(pattern: string): Matcher {
  if ([...pattern].length > LONGEST_PATTERN) throw bad(`It may have at most ${LONGEST_PATTERN} characters.`);
  const compiled = compile(pattern);
  if (compiled.programSize() > MOST_STEPS) throw bad('It takes too many steps: make the counts in braces smaller.');
  if (compiled.test('')) throw fieldError('/pattern', 'ban.matches-all');
  return (text) => compiled.test(text.slice(0, LONGEST_TEXT));
}

function compile(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern, RE2JS.CASE_INSENSITIVE);
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error;
    const part = (error.getPattern() ?? '').replace(/^\(\?i\)/, '');
    const at = pattern.indexOf(part);
    throw bad(`${error.getDescription()}${part ? `: ${part}` : ''}, at character ${at < 0 || !part ? 1 : [...pattern.slice(0, at)].length + 1}. Lookaround and back references do not exist here.`);
  }
}

/** Also one address alone. */
function networkMatcher(pattern: string): Matcher {
  const [, address = '', bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(pattern) ?? [];
  const family = isIP(address) as 0 | 4 | 6;
  const most = family === 6 ? 128 : 32;
  const prefix = bits === undefined ? most : Number(bits);
  if (family === 0 || address.includes('%') || prefix > most) throw fieldError('/pattern', 'ban.bad-network');
  if (/^[0:]*:ffff:/i.test(address) && address.includes('.')) throw fieldError('/pattern', 'ban.bad-network', 'Write an IPv4 address as such: 203.0.113.0/24.');
  if (prefix < WIDEST[family]) throw fieldError('/pattern', 'ban.too-wide', `A network of IPv${family} is at least /${WIDEST[family]}: this one would keep far too many people out.`);
  const list = new BlockList();
  const kind = family === 6 ? 'ipv6' : 'ipv4';
  list.addSubnet(address, prefix, kind);
  return (text) => {
    const asked = isIP(text);
    return asked !== 0 && list.check(text, asked === 6 ? 'ipv6' : 'ipv4');
  };
}

const bad = (detail: string): ReeveError => fieldError('/pattern', 'ban.bad-pattern', detail);
