/**
 * What keeps the house in order: who may import whom, where time and configuration come from, how long a file may be,
 * and promises that nobody waits for. `npm run lint`; cycles, the map and the bundle are watched by test/line/.
 */
import js from '@eslint/js';
import jest from 'eslint-plugin-jest';
import vue from 'eslint-plugin-vue';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import tseslint from 'typescript-eslint';
import { decidesNothing } from './scripts/house/front-end-rules.mjs';
import { importTable } from './scripts/house/import-table.mjs';

const root = dirname(fileURLToPath(import.meta.url));

// Code is counted; what explains it is welcome.
const lines = (max) => ({ 'max-lines': ['error', { max, skipBlankLines: true, skipComments: true }] });
const clock = (place) => ({
  'no-restricted-globals': ['error', { name: 'Date', message: place }],
  'no-restricted-properties': ['error', { object: 'Math', property: 'random', message: 'A machine decides the same way every time.' }],
});
const environment = {
  selector: 'MemberExpression[object.name="process"][property.name="env"]',
  message: 'config/index.ts is the only reader of process.env: add a key there and take it from the configuration.',
};

export default tseslint.config(
  { ignores: ['node_modules/', '.reeve/', 'dist/', 'web/dist/', 'coverage/'] },
  js.configs.recommended,
  { rules: { 'no-undef': 'off', ...lines(300), 'no-empty': ['error', { allowEmptyCatch: true }], 'no-control-regex': 'off' } },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['web/**/*.vue'],
    extends: [vue.configs['flat/essential']],
    languageOptions: { parserOptions: { parser: tseslint.parser } },
    rules: { 'vue/no-v-html': 'error', 'vue/multi-word-component-names': 'off', 'no-unused-vars': 'off' },
  },
  {
    files: ['web/src/**'],
    ignores: ['web/src/shared/chips.ts'],
    plugins: { front: { rules: { 'decides-nothing': decidesNothing } }, house: { rules: { 'import-table': importTable } } },
    rules: { 'front/decides-nothing': 'error', 'house/import-table': 'error' },
  },
  {
    files: ['**/*.ts'],
    ignores: ['web/**'], // has its own type check, which these rules would need
    extends: [tseslint.configs.base],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: root } },
    plugins: { house: { rules: { 'import-table': importTable } } },
    rules: {
      'house/import-table': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false } }],
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false }],
      'no-unused-vars': 'off', // tsc says it
      'no-redeclare': 'off',
      'no-restricted-syntax': ['error', environment],
    },
  },
  { files: ['web/**/*.ts'], extends: [tseslint.configs.base], rules: { 'no-unused-vars': 'off', 'no-redeclare': 'off' } },
  { files: ['config/**', 'scripts/**', 'bench/**', 'test/**', '*.mjs', '*.js'], rules: { 'no-restricted-syntax': 'off' } },
  { files: ['machines/**'], rules: { ...lines(120), ...clock('Nothing in machines/ reads a clock: every event carries atMs.') } },
  { files: ['policies/**'], rules: { ...lines(60), ...clock('A policy looks at the row and the actor, never at a clock.') } },
  { files: ['policies/index.ts'], rules: lines(300) },
  { files: ['workflows/**'], rules: lines(110) },
  { files: ['activities/**'], rules: lines(150) },
  { files: ['api/routes/**'], rules: lines(250) },
  {
    files: ['test/**/*.test.ts'],
    extends: [jest.configs['flat/recommended']],
    rules: {
      'jest/no-focused-tests': 'error',
      'jest/no-disabled-tests': 'error',
      'jest/expect-expect': ['error', { assertFunctionNames: ['expect', 'expect*', 'fc.assert', 'replay', 'eventually'] }],
      'jest/no-conditional-expect': 'off', // a property test asks what it finds
      'jest/valid-title': ['error', { ignoreTypeOfDescribeName: true, disallowedWords: ['should', 'correctly'] }],
      'jest/no-standalone-expect': 'off',
      'jest/valid-describe-callback': 'off', // a contract is told by a function
    },
  },
);
