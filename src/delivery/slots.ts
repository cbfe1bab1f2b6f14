/** A cap on how many hold something of the same name at once; the rest wait in the order they came. */
export function createSlots(max: number) {
  const held = new Map<string, number>();
  const waiting = new Map<string, (() => void)[]>();

  return {
    /** Whether someone waits for a slot of this name. */
    isAwaited: (name: string): boolean => waiting.has(name),

    /** Resolves when there is a slot; gives back how to release it. */
    async take(name: string): Promise<() => void> {
      const count = held.get(name) ?? 0;
      if (count < max) held.set(name, count + 1);
      else {
        const queue = waiting.get(name) ?? [];
        waiting.set(name, queue);
        await new Promise<void>((resolve) => queue.push(resolve));
      }
      return () => {
        const next = waiting.get(name)?.shift();
        if (!waiting.get(name)?.length) waiting.delete(name);
        // A slot passes from hand to hand; only the last one puts it down.
        if (next) return next();
        const left = (held.get(name) ?? 1) - 1;
        if (left) held.set(name, left);
        else held.delete(name);
      };
    },
  };
}
