/**
 * What an error may carry into a workflow's history: a known code and ids, never a message, a stack or free text.
 * Used by worker, workflow sandbox and client alike (gateways/temporal.ts). The true error is logged beforehand
 * (activities/interceptor.ts).
 */
import { DefaultFailureConverter, type FailureConverter, type PayloadConverter, type ProtoFailure } from '@temporalio/common';
import { isErrorCode } from '../config/errors';

/** The only keys of a failure's details that cross, and only with whole numbers. */
const ids = ['delivery', 'wiki', 'target', 'operation', 'attempts'];
/** Codes of the SDK itself that its own machinery looks at. */
const ofTemporal = /^(ActivityReset|ActivityPause|CancelledFailure)$/;

class CodesOnly extends DefaultFailureConverter {
  override errorToFailure(error: unknown, payloads: PayloadConverter): ProtoFailure {
    return this.strip(super.errorToFailure(error, payloads), payloads);
  }

  private strip(failure: ProtoFailure, payloads: PayloadConverter): ProtoFailure {
    const info = failure.applicationFailureInfo;
    const type = info && (isErrorCode(info.type ?? '') || ofTemporal.test(info.type ?? '') ? info.type : 'internal');
    return {
      ...failure,
      message: type ?? 'failed',
      stackTrace: '',
      encodedAttributes: undefined,
      cause: failure.cause ? this.strip(failure.cause, payloads) : undefined,
      ...(info && { applicationFailureInfo: { ...info, type, details: idsOf(info.details, payloads) } }),
      ...(failure.canceledFailureInfo && { canceledFailureInfo: {} }),
      ...(failure.timeoutFailureInfo && { timeoutFailureInfo: { timeoutType: failure.timeoutFailureInfo.timeoutType } }),
    };
  }
}

type Details = NonNullable<ProtoFailure['applicationFailureInfo']>['details'];

function idsOf(details: Details, payloads: PayloadConverter): Details {
  const first = details?.payloads?.[0];
  const given = first && payloads.fromPayload<unknown>(first);
  if (typeof given !== 'object' || given === null) return undefined;
  const kept = Object.entries(given).filter(([key, value]) => ids.includes(key) && Number.isSafeInteger(value));
  return kept.length ? { payloads: [payloads.toPayload(Object.fromEntries(kept))!] } : undefined;
}

export const failureConverter: FailureConverter = new CodesOnly();
