/** Security headers. API answers and pages run no script; the docs page alone may run its own. */
import type { RequestHandler } from 'express';
import helmet from 'helmet';

const shared = { defaultSrc: ["'none'"], baseUri: ["'none'"], frameAncestors: ["'none'"] };

/** @param secure whether people come by HTTPS: then browsers are told to stay there. */
export const headers = (secure: boolean): RequestHandler =>
  fixed(helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { ...shared, scriptSrc: ["'none'"], styleSrc: ["'self'"], imgSrc: ["'self'", 'data:'], fontSrc: ["'self'"], connectSrc: ["'self'"], formAction: ["'self'"] },
    },
    strictTransportSecurity: secure ? undefined : false,
    referrerPolicy: { policy: 'same-origin' },
    xFrameOptions: { action: 'deny' },
    crossOriginOpenerPolicy: { policy: 'same-origin' },
  }));

/** What a middleware sets on every answer alike, worked out once. */
function fixed(middleware: RequestHandler): RequestHandler {
  const all: [string, string][] = [];
  const answer = { setHeader: (name: string, value: string) => void all.push([name, value]), removeHeader: () => {} };
  middleware({} as never, answer as never, () => {});
  return (_req, res, next) => {
    for (const [name, value] of all) res.setHeader(name, value);
    next();
  };
}

/** Swagger UI injects styles and reads the document that is served beside it. */
export const docsHeaders: RequestHandler = helmet.contentSecurityPolicy({
  useDefaults: false,
  directives: { ...shared, scriptSrc: ["'self'"], styleSrc: ["'self'", "'unsafe-inline'"], imgSrc: ["'self'", 'data:'], fontSrc: ["'self'"], connectSrc: ["'self'"], formAction: ["'self'"] },
});

/** What the API answers is for this asker and this moment. */
export const noStore: RequestHandler = (_req, res, next) => {
  res.setHeader('Cache-Control', 'no-store');
  next();
};
