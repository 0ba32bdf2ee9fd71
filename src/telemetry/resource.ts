/** Who sends: the resource of everything that is exported. */
import {
  defaultResource,
  detectResources,
  envDetector,
  type Resource,
  resourceFromAttributes,
} from '@opentelemetry/resources';

/**
 * OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win over ours.
 * @param boot service.instance.id
 */
export const serviceResource = (version: string, boot: string): Resource =>
  defaultResource()
    .merge(
      resourceFromAttributes({
        'service.name': 'redirector',
        'service.version': version,
        'service.instance.id': boot,
      }),
    )
    .merge(detectResources({ detectors: [envDetector] }));
