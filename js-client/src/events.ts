/** Takes a listener away again. */
export type Unlisten = () => void;

/** Named events with one argument each. A listener that throws is reported and disturbs nobody else. */
export class Emitter<Events extends object> {
  private readonly listeners = new Map<keyof Events, Set<(event: never) => void>>();

  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): Unlisten {
    // Wrapped, so that one function can listen twice.
    const registered = (event: Events[Name]) => listener(event);
    let set = this.listeners.get(name);
    if (set === undefined) this.listeners.set(name, (set = new Set()));
    set.add(registered);
    return () => set.delete(registered);
  }

  has(name: keyof Events): boolean {
    return (this.listeners.get(name)?.size ?? 0) > 0;
  }

  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    for (const listener of this.listeners.get(name) ?? []) {
      try {
        listener(event as never);
      } catch (error) {
        // As an uncaught error of the program's, in its own task.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
