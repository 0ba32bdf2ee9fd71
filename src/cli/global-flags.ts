/** The flags of every command, with what --help says of them. Loads nothing, as the bare --help needs it. */
export const globalHelp = {
  config: 'Configuration file, YAML or JSON (also REDIRECTOR_CONFIG).',
  debug: 'Show the stack of an error.',
  help: 'Show this help.',
  version: 'Show the version.',
} as const;
