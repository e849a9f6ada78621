// The wire types of segments by hand, until the server's own description has them (schema.ts).

export type MarketingState = 'not_asked' | 'opted_in' | 'opted_out';
export type IdentityKind = 'phone' | 'bsuid' | 'username';
export type When = { within_days: number } | { before_days: number } | 'never';

export type Condition =
  | { on: 'country'; any_of: string[] }
  | { on: 'language'; any_of: string[] }
  | { on: 'tag'; any_of: string[] }
  | { on: 'marketing'; any_of: MarketingState[] }
  | { on: 'identity'; any_of: IdentityKind[] }
  | { on: 'last_message'; when: When }
  | { on: 'created'; when: When }
  | { on: 'name'; contains: string }
  | { on: 'undeliverable'; is: boolean }
  /** These pages keep them as they are and do not change them. */
  | { on: 'field'; key: string; test: unknown }
  | { on: 'import'; any_of: string[] };

export type Node = { all: Node[] } | { any: Node[] } | { not: Node } | { is: Condition };
export type Segment = { id: string; name: string; tree: Node; saved_at: number };

export type Reach = {
  people: number;
  can_get_marketing: number;
  no_consent: number;
  opted_out: number;
  other: number;
};
/** `parts`: how many each node matches by itself, a group before its parts. */
export type SegmentCount = { contacts: number; reach: Reach; parts: number[]; took_ms: number };
