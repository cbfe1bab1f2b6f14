/**
 * Bodies of deliveries that wait for their next try, so that they need not be rendered and signed again: what many dead
 * receivers are sent costs the healthy ones no time. Only so many bytes are kept, the latest ones; the log has everything else.
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
    /** The body of a delivery, which is then kept no more; undefined if it is not kept. */
    take: drop,
  };
}
