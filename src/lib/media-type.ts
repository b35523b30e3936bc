const essence = /^[ \t]*([!#$%&'*+.^_`|~\w-]+\/[!#$%&'*+.^_`|~\w-]+)[ \t]*(?:;|$)/;

/** The type and subtype of a Content-Type in lower case, without its parameters; null where there is none or it is malformed. */
export function mediaTypeOf(contentType: string | null | undefined): string | null {
  return essence.exec(contentType ?? '')?.[1]?.toLowerCase() ?? null;
}
