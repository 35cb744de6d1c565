// How a call that may wait is called off.

/** An AbortSignal, of whichever types are installed. */
export interface Signal {
  readonly aborted: boolean;
  readonly reason: any;
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** Of a call that may wait. */
export interface WaitOptions {
  /**
   * Calls it off: the promise is rejected with the signal's reason, and nothing was taken. What was
   * there already is given all the same.
   */
  signal?: Signal;
}
