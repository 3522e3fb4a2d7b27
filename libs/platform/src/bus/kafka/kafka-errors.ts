import { messageOf, PlatformError, type ErrorCode } from '@palimpsest/contracts';
import type { KafkaSecurity } from './kafka-security.js';

/** How we are connected, for the advice in a message. */
export interface Connection extends KafkaSecurity {
  brokers: string[];
}

interface Fault {
  /** Of the system, of TLS or of Kafka's protocol, such as ECONNREFUSED or TOPIC_AUTHORIZATION_FAILED. */
  codes: string[];
  text: string;
}

/** What a fault means, and what to do about it. */
interface Rule {
  when: (fault: Fault) => boolean;
  code: ErrorCode;
  say: (fault: Fault, connection: Connection) => string;
}

const any =
  (...patterns: (string | RegExp)[]) =>
  ({ codes }: Fault) =>
    patterns.some((pattern) =>
      codes.some((code) => (typeof pattern === 'string' ? code === pattern : pattern.test(code))),
    );
const saying = (pattern: RegExp) => (fault: Fault) => pattern.test(fault.text);

const rules: Rule[] = [
  {
    when: (fault) =>
      any('SASL_AUTHENTICATION_FAILED')(fault) || saying(/SASL.* authentication failed/i)(fault),
    code: 'denied',
    say: (_, { sasl }) =>
      `turns ${sasl?.username ?? 'us'} away (${sasl?.mechanism ?? 'no'} credentials): check KAFKA_USERNAME, KAFKA_PASSWORD and that this mechanism has them`,
  },
  {
    when: any('UNSUPPORTED_SASL_MECHANISM', 'ILLEGAL_SASL_STATE'),
    code: 'invalid',
    say: ({ codes }, { sasl }) =>
      codes.includes('ILLEGAL_SASL_STATE')
        ? 'wants no credentials on this port: take sasl= out of BUS_URL or use the port for it'
        : `does not know sasl=${sasl?.mechanism ?? ''}: name another in BUS_URL, such as scram-sha-512, scram-sha-256 or plain`,
  },
  {
    when: any(/AUTHORIZATION_FAILED$/),
    code: 'denied',
    say: ({ codes }, { sasl }) =>
      `forbids it to ${sasl?.username ?? 'us'} (${codes.find((code) => code.endsWith('AUTHORIZATION_FAILED')) ?? ''}): give it the right in the broker's ACLs`,
  },
  {
    when: any('ENOTFOUND', 'EAI_AGAIN'),
    code: 'unavailable',
    say: ({ text }) => `is an unknown host: check the name in BUS_URL and the name server (${text})`,
  },
  {
    when: any('ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH'),
    code: 'unavailable',
    say: ({ text }) => `does not answer: start the broker or check host and port in BUS_URL (${text})`,
  },
  {
    when: any(/CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)/),
    code: 'denied',
    say: (fault) =>
      any(/ALERT/)(fault)
        ? 'does not accept our certificate: set KAFKA_CERT_FILE and KAFKA_KEY_FILE to one that it trusts'
        : `has a certificate that we do not trust: set KAFKA_CA_FILE to the authority that issued it, and use the host name it is for (${fault.text})`,
  },
  {
    when: (fault) =>
      any(/^(ERR_SSL|EPROTO)/)(fault) || saying(/before secure TLS connection|TLS handshake failed/)(fault),
    code: 'unavailable',
    say: () => 'does not answer in TLS: use its TLS port, or take tls= and the certificate settings away',
  },
  {
    when: any('MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD', 'CORRUPT_MESSAGE'),
    code: 'invalid',
    say: ({ text }) => `refuses the record: ${text}`,
  },
  {
    when: any('UNKNOWN_TOPIC_OR_PARTITION'),
    code: 'unavailable',
    say: () => 'does not have a topic of ours: create it, or start a process with topics=create in BUS_URL',
  },
  {
    when: saying(/closed/i),
    code: 'unavailable',
    say: (_, connection) => `closed the connection${expectations(connection)}`,
  },
];

function expectations({ tls, sasl }: Connection): string {
  if (!tls) return `: does it expect TLS (tls=true in BUS_URL)${sasl ? '' : ' or credentials (sasl=…)'}?`;
  if (tls.cert === undefined)
    return ': does it want a certificate of ours (KAFKA_CERT_FILE, KAFKA_KEY_FILE)?';
  return '';
}

/** An error of either library as one of ours: what the broker did, and what to do. A bug is left as it is. */
export function translate(error: unknown, connection: Connection): unknown {
  if (error instanceof PlatformError || error instanceof TypeError || error instanceof ReferenceError)
    return error;
  const fault = faultOf(error);
  const rule = rules.find(({ when }) => when(fault));
  const said = rule ? rule.say(fault, connection) : `cannot be used now: ${fault.text}`;
  const message = `the broker ${connection.brokers.join(', ')} ${said}`;
  return new PlatformError(rule?.code ?? 'unavailable', message.replace(/\s+/g, ' '), { cause: error });
}

/** Whether an error, or what it was caused by, has one of the codes. */
export function hasCode(error: unknown, ...codes: string[]): boolean {
  return any(...codes)(faultOf(error));
}

/** The codes of an error and all that caused it; the message of the innermost, which says most. */
function faultOf(error: unknown): Fault {
  const found: Fault = { codes: [], text: messageOf(error) };
  const visit = (each: unknown, depth: number) => {
    if (!(each instanceof Error) || depth > 8) return;
    const { code, type, apiId, errors } = each as Error &
      Record<'code' | 'type' | 'apiId' | 'errors', unknown>;
    for (const name of [code, type, apiId])
      if (typeof name === 'string' && !name.startsWith('PLT_')) found.codes.push(name);
    found.text = each.message.trim();
    visit(each.cause, depth + 1);
    if (Array.isArray(errors)) for (const inner of errors) visit(inner, depth + 1);
  };
  visit(error, 0);
  return found;
}
