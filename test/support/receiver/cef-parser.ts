/** A small parser of CEF lines, written from the description of the format and independent of our writer. */
export interface CefLine {
  time: string;
  host: string;
  /** Vendor, product, version, event class id, name and severity. */
  header: string[];
  extensions: [string, string][];
}

export function parseCef(line: string): CefLine {
  const prefix = /^(\S+) (\S+) CEF:0\|/.exec(line);
  if (!prefix) throw new Error(`not a CEF line: ${line}`);
  const [start, time = '', host = ''] = prefix;
  const header: string[] = [];
  let rest = line.slice(start.length);
  while (header.length < 6) {
    const field = /^((?:[^|\\]|\\[|\\])*)\|/s.exec(rest);
    if (!field) throw new Error(`no header field: ${rest}`);
    header.push((field[1] ?? '').replace(/\\([|\\])/g, '$1'));
    rest = rest.slice(field[0].length);
  }
  return { time, host, header, extensions: parseExtensions(rest) };
}

/** A value ends before a space, a key and an equals sign, or with the line. In a value, `=` and `\` are escaped. */
function parseExtensions(text: string): [string, string][] {
  const extensions: [string, string][] = [];
  let rest = text;
  while (rest !== '') {
    const pair = /^([a-zA-Z0-9_]+)=((?:[^=\\]|\\[=\\nr])*?)(?: (?=[a-zA-Z0-9_]+=)|$)/s.exec(rest);
    if (!pair) throw new Error(`no extension: ${rest}`);
    extensions.push([pair[1] ?? '', unescape(pair[2] ?? '')]);
    rest = rest.slice(pair[0].length);
  }
  return extensions;
}

const meanings: Record<string, string> = { '\\n': '\n', '\\r': '\r', '\\=': '=', '\\\\': '\\' };

const unescape = (value: string) => value.replace(/\\[nr=\\]/g, (escaped) => meanings[escaped] ?? escaped);

/** Undoes what our writer does to a value beyond CEF, as docs/delivery.md tells a receiver to do. */
export function withControls(value: string): string {
  return value.replace(/\\u([\da-f]{4})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}
