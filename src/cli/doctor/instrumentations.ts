/** Says which of OpenTelemetry's auto-instrumentations a server would have on. */
import { instrumentationList } from '../../telemetry/instrumentation-list.ts';
import { sampleRatios, telemetrySettings } from '../../telemetry/settings.ts';
import { type Check, ok } from './finding.ts';

export const instrumentations: Check = {
  name: 'instrumentations',
  run({ config, env }) {
    const list = instrumentationList(env);
    const on = list.filter((one) => one.on).map(({ name, version }) => `${name} ${version}`);
    const off = list.filter((one) => !one.on).map(({ name }) => name);
    const { tracing, metrics } = telemetrySettings(sampleRatios(config), env);
    const loaded = tracing || metrics ? '' : ' None is loaded, as nothing is exported.';
    return [ok(`On: ${on.join(', ') || 'none'}.${loaded}`), ok(`Off: ${off.join(', ') || 'none'}.`)];
  },
};
