/** Markdown that people of this house write for everybody: no HTML of theirs comes through, no picture is loaded, and no link lends them our name. */
import { Html } from './html';
import { isRightToLeft } from './language';

let made: ReturnType<typeof renderer> | undefined;

export async function markdown(text: string): Promise<Html> {
  return new Html((await (made ??= renderer())).render(text));
}

async function renderer() {
  const { default: MarkdownIt } = await import('markdown-it');
  const renderer = new MarkdownIt({ html: false, linkify: false }).disable('image');
  renderer.validateLink = (address) => /^(?:https?:\/\/|mailto:|\/(?!\/))/i.test(address.trim());
  const { rules } = renderer.renderer;
  rules.link_open = (tokens, i, options, _env, self) => {
    tokens[i]!.attrSet('rel', 'nofollow noopener noreferrer');
    return self.renderToken(tokens, i, options);
  };
  // Below the heading of the page
  const lower = (tag: string): string => `h${Math.min(6, Number(tag.slice(1)) + 1)}`;
  rules.heading_open = rules.heading_close = (tokens, i, options, _env, self) => {
    tokens[i]!.tag = lower(tokens[i]!.tag);
    return self.renderToken(tokens, i, options);
  };
  return renderer;
}

/** Where it is in another language than the page around it. */
export const written = (language: string, around: string): Record<string, string> => (language === around ? {} : { lang: language, dir: isRightToLeft(language) ? 'rtl' : 'ltr' });
