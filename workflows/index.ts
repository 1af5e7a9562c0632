/** The workflow types that a worker runs: named exports only, because every exported function becomes startable. */
export { accountCreation } from './account-creation';
export { commentScan } from './comment-scan';
export { massDelivery } from './mass-delivery';
export { nameCheck } from './name-check';
export { retention } from './retention';
export { durableAfter as escalation, durableAfter as eventWindow, durableAfter as timer } from './timer';
export { wikiDelivery } from './wiki-delivery';
