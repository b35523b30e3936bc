import type { ServerResponse } from 'node:http';

/** Where Node's server keeps a head from `writeHead` until it goes out. None of it is documented. */
interface WithHead {
  _header?: unknown;
  _hasBody?: boolean;
}

/** A head that Node has written, without the request id and the date in it. */
interface KeptHead {
  readonly contentLength: number | undefined;
  readonly beforeId: string;
  readonly beforeDate: string;
  readonly afterDate: string;
}

/**
 * The head of a response that is sent often, with another request id and date each time. Node checks and joins the headers of each
 * response, which is a sixth of what a small one costs; here it does so once. If a version of Node kept its heads otherwise, it would
 * do so each time.
 */
export class RepeatedHead {
  #kept: KeptHead | undefined;
  #second = 0;
  #afterId = '';

  constructor(
    private readonly status: 200 | 304,
    /** Names and values in turn, as for `writeHead`. */
    private readonly headers: readonly string[],
  ) {}

  /** @param contentLength Left out of a response without a body. */
  write(response: ServerResponse, requestId: string, contentLength?: number): ServerResponse {
    // other connections get another head
    const isUsual = response.shouldKeepAlive && response.req.httpVersion === '1.1';
    if (isUsual && this.#kept && this.#kept.contentLength === contentLength) {
      return this.#repeat(response, requestId, this.#kept);
    }
    const length = contentLength === undefined ? [] : ['content-length', String(contentLength)];
    response.writeHead(this.status, [...this.headers, ...length, 'x-request-id', requestId]);
    if (isUsual) this.#keep((response as WithHead)._header, requestId, contentLength);
    return response;
  }

  #keep(head: unknown, requestId: string, contentLength: number | undefined): void {
    if (typeof head !== 'string') return;
    const [beforeId, afterId, ...others] = head.split(requestId);
    const [beforeDate, afterDate] = afterId?.split(/(?<=\r\nDate: )[^\r]+/) ?? [];
    if (beforeId === undefined || beforeDate === undefined || afterDate === undefined || others.length > 0) return;
    this.#kept = { contentLength, beforeId, beforeDate, afterDate };
    this.#second = 0;
  }

  #repeat(response: ServerResponse, requestId: string, { beforeId, beforeDate, afterDate }: KeptHead): ServerResponse {
    // a date has no more than seconds
    const second = Math.floor(Date.now() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#afterId = `${beforeDate}${new Date(second * 1000).toUTCString()}${afterDate}`;
    }
    response.statusCode = this.status;
    const withHead = response as ServerResponse & WithHead;
    if (this.status === 304) withHead._hasBody = false;
    withHead._header = beforeId + requestId + this.#afterId;
    return response;
  }
}
