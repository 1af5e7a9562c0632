/** Which timers a test holds in its hand; everything else goes on by the real clock: sockets, pools, Postgres. */
type Timer = NonNullable<FakeTimersConfig['doNotFake']>[number];

const timers = ['Date', 'hrtime', 'nextTick', 'performance', 'queueMicrotask', 'setImmediate', 'clearImmediate', 'setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] as Timer[];

/** For `jest.useFakeTimers({ doNotFake: allBut('setInterval') })`. */
export const allBut = (...faked: Timer[]): Timer[] => timers.filter((timer) => !faked.includes(timer));
