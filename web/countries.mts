/** `virtual:countries`: the codes that the API takes, so that no page asks for them and none keeps a list of its own. Called by vite.config.mts. */
import { tsImport } from 'tsx/esm/api';
import type { Plugin } from 'vite';

export function countries(file: string): Plugin {
  return {
    name: 'countries',
    resolveId: (id) => (id === 'virtual:countries' ? `\0${id}` : undefined),
    async load(id) {
      if (id !== '\0virtual:countries') return undefined;
      const loaded = (await tsImport(file, import.meta.url)) as { countryCodes?: () => string[]; default?: { countryCodes: () => string[] } };
      return `export default ${JSON.stringify((loaded.countryCodes ?? loaded.default!.countryCodes)())};`;
    },
  };
}
