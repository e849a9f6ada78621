export class Refused extends Error {
  constructor(status, code, detail, headers = {}) {
    super(detail);
    this.headers = headers;
    this.problem = { type: code, title: code, status, detail, code };
  }
}

export const missing = (what) => new Refused(404, 'not_found', `${what} does not exist.`);
export const invalid = (detail) => new Refused(422, 'invalid', detail);
export const forbidden = (detail) => new Refused(403, 'forbidden', detail);
