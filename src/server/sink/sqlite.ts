/** node:sqlite without its warning: Node 24 prints that it is experimental when it is loaded. */
import type * as sqlite from 'node:sqlite';

const { emitWarning } = process;
process.emitWarning = () => {};
export const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
process.emitWarning = emitWarning;

export type DatabaseSync = sqlite.DatabaseSync;
