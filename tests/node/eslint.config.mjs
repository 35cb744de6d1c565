// Used from the top of the checkout, which the patterns begin at: see the script "lint".
import js from '@eslint/js';
import globals from 'globals';

const folders = '{bindings,tests,tests/programs,examples}/node/**';

export default [
  { ignores: ['**/node_modules/', '**/build/', '**/prebuilds/'] },
  {
    files: [`${folders}/*.{js,mjs}`],
    languageOptions: { ecmaVersion: 2023, globals: globals.node },
    rules: {
      ...js.configs.recommended.rules,
      curly: ['error', 'multi-line'],
      eqeqeq: 'error',
      'max-lines': ['error', 500],
      'no-shadow': 'error',
      'no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'no-var': 'error',
      'object-shorthand': 'error',
      'prefer-const': 'error',
      'max-len': ['error', { code: 100, ignoreStrings: true, ignoreTemplateLiterals: true }],
    },
  },
  { files: [`${folders}/*.js`], languageOptions: { sourceType: 'commonjs' } },
];
