/** Bodies of error answers, as the documentation and the source of these receivers give them. */
export const answers: [receiver: string, body: string][] = [
  ['Splunk HEC to a wrong token', '{"text":"Invalid token","code":4}'],
  ['Splunk HEC to a missing channel', '{"text":"Data channel is missing","code":10}'],
  ['Splunk HEC to a wrong index', '{"text":"Incorrect index","code":7,"invalid-event-number":1}'],
  [
    'Elasticsearch without a login',
    '{"error":{"root_cause":[{"type":"security_exception","reason":"missing authentication credentials for REST request [/_bulk]","header":{"WWW-Authenticate":["Basic realm=\\"security\\" charset=\\"UTF-8\\"","Bearer realm=\\"security\\"","ApiKey"]}}],"type":"security_exception","reason":"missing authentication credentials for REST request [/_bulk]"},"status":401}',
  ],
  [
    'Elasticsearch to a wrong index',
    '{"error":{"root_cause":[{"type":"index_not_found_exception","reason":"no such index [audit]","resource.type":"index_or_alias","resource.id":"audit","index_uuid":"_na_","index":"audit"}],"type":"index_not_found_exception","reason":"no such index [audit]"},"status":404}',
  ],
  [
    'Sumo Logic',
    '{"status":401,"id":"A4IXR-OHKAZ-A4OIS","code":"unauthorized","message":"The endpoint is not authorized, or the collector was not found."}',
  ],
  ['Datadog', '{"errors":[{"status":"403","title":"Forbidden","detail":"API key is invalid or missing"}]}'],
  [
    'New Relic',
    '{"requestId":"8c8a6f5e-0001-b000-0000-018d3f9a3c11","error":"Missing or invalid API key or License key"}',
  ],
  [
    'Azure Logic Apps',
    '{"error":{"code":"DirectApiAuthorizationRequired","message":"The request must be authenticated only by Shared Access scheme."}}',
  ],
  [
    'Azure Monitor',
    '{"error":{"code":"InvalidStream","message":"Data collection rule with immutable Id \'dcr-00000000000000000000000000000000\' not found."}}',
  ],
  [
    'nginx',
    '<html>\r\n<head><title>413 Request Entity Too Large</title></head>\r\n<body>\r\n<center><h1>413 Request Entity Too Large</h1></center>\r\n<hr><center>nginx/1.22.1</center>\r\n</body>\r\n</html>\r\n',
  ],
  [
    'Apache httpd',
    '<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<html><head>\n<title>401 Unauthorized</title>\n</head><body>\n<h1>Unauthorized</h1>\n<p>This server could not verify that you\nare authorized to access the document\nrequested.  Either you supplied the wrong\ncredentials (e.g., bad password), or your\nbrowser doesn\'t understand how to supply\nthe credentials required.</p>\n<hr>\n<address>Apache/2.4.62 (Debian) Server at siem.example.com Port 443</address>\n</body></html>\n',
  ],
  [
    'IIS',
    '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">\r\n<html xmlns="http://www.w3.org/1999/xhtml">\r\n<head>\r\n<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-1"/>\r\n<title>403 - Forbidden: Access is denied.</title>\r\n</head><body><div id="header"><h1>Server Error</h1></div><div id="content"><h2>403 - Forbidden: Access is denied.</h2><h3>You do not have permission to view this directory or page using the credentials that you supplied.</h3></div></body></html>',
  ],
  [
    'an AWS load balancer',
    '<html>\r\n<head><title>503 Service Temporarily Unavailable</title></head>\r\n<body>\r\n<center><h1>503 Service Temporarily Unavailable</h1></center>\r\n</body>\r\n</html>\r\n',
  ],
  [
    'Amazon API Gateway',
    '{"message":"The security token included in the request is invalid.","requestId":"2f5b1c1e-8f36-4e0e-9a76-3f9a52a6f0b1"}',
  ],
  [
    'Cloudflare',
    '<!doctype html><html lang="en-US"><head><title>Attention Required! | Cloudflare</title><meta charset="UTF-8" /><meta name="robots" content="noindex, nofollow" /></head><body><div id="cf-wrapper"><h1 data-translate="block_headline">Sorry, you have been blocked</h1><h2>You are unable to access siem.example.com</h2><p>Cloudflare Ray ID: <strong>8d1f0c2b3a4e5f60</strong> &bull; Performance &amp; security by <a href="https://www.cloudflare.com/5xx-error-landing">Cloudflare</a></p></div></body></html>',
  ],
  ['Graylog', '{"type":"ApiError","message":"HTTP 401 Unauthorized"}'],
  [
    'Grafana Loki',
    "error at least one label pair is required per stream, ignored; entry for stream '{}' has timestamp too old: 2026-01-01T00:00:00Z, oldest acceptable timestamp is: 2026-01-24T12:00:00Z\n",
  ],
  ['CrowdStrike Humio', '{"text":"The supplied authentication is invalid","code":3,"status":"unauthorized"}'],
  [
    'Google Chronicle',
    '{"error":{"code":403,"message":"The caller does not have permission","status":"PERMISSION_DENIED","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"IAM_PERMISSION_DENIED","domain":"chronicle.googleapis.com"}]}}',
  ],
  [
    'Envoy',
    'upstream connect error or disconnect/reset before headers. retried and the latest reset reason: connection timeout',
  ],
  [
    'HAProxy',
    '<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this request.\n</body></html>\n',
  ],
  [
    'express',
    '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>Error</title>\n</head>\n<body>\n<pre>Cannot POST /services/collector</pre>\n</body>\n</html>\n',
  ],
];
