export * from './error-codes.ts';
export * from './event.ts';
export * from './severity.ts';
