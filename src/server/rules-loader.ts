/** How the rules of a configuration are read. Without a rules file there is nothing to read, and no reader is loaded: 170 modules. */
import type { Config } from '../config.ts';
import { rulesWithoutFile } from './redirect/rule-compiler.ts';
import type { LoadedRules } from './redirect/rules.ts';

/** Reads them, now or again; throws as `loadRules` does. */
export type RulesLoader = () => LoadedRules;

export async function rulesLoader(config: Config): Promise<RulesLoader> {
  if (config.rules === undefined) {
    return () => ({ set: rulesWithoutFile(config), warnings: [], hash: undefined });
  }
  const { loadRules } = await import('./redirect/rules.ts');
  return () => loadRules(config);
}
