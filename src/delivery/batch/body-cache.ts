/**
 * Keeps the bodies of deliveries that wait for a retry, so that the same lines are not signed again: retries to many failing
 * receivers do not delay the healthy ones. Above `maxBytes`, the oldest bodies are dropped.
 */
export function createBodyCache(maxBytes: number) {
  const bodies = new Map<string, Buffer>();
  let bytes = 0;

  function drop(deliveryId: string): Buffer | undefined {
    const body = bodies.get(deliveryId);
    bytes -= body?.length ?? 0;
    bodies.delete(deliveryId);
    return body;
  }

  return {
    put(deliveryId: string, body: Buffer): void {
      drop(deliveryId);
      bodies.set(deliveryId, body);
      bytes += body.length;
      for (const oldest of bodies.keys()) {
        if (bytes <= maxBytes) return;
        drop(oldest);
      }
    },
    /** Removes and returns the body of a delivery; undefined if it is not in the cache. */
    take: drop,
  };
}
