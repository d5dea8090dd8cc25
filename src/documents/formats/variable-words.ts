/** `questdb_http` of `QUESTDB_HTTP_PORT`, `ui` of `PORT_UI`, in small letters. */
export function bareVariable(variable: string): string {
  return variable
    .toLowerCase()
    .replace(/_?port(_(tcp|udp|number))?$/, '')
    .replace(/^port_/, '');
}

/** What is looked for elsewhere by those who set such variables: they are clients of it. */
const SERVERS =
  /^(smtp|mail|mailer|imap|pop3?|db|database|postgres(ql)?|pg|mysql|mariadb|mongo(db)?|redis|cache|rabbitmq|rabbit|amqp|kafka|broker|elastic(search)?|opensearch|es|ldap|ad|memcached|mqtt|nats|s3|minio|clickhouse|cassandra|influx(db)?|consul|vault|etcd|zookeeper|statsd|graphite|syslog|graylog|logstash|loki|proxy|https?_proxy|ssh|sftp|ftp)(_|$)/;
/** A program's own port, whatever the program is. */
const OWN =
  /^(app|http|https|server|listen|web|api|dev|ui|frontend|backend|admin|metrics|ws|websocket|grpc|debug)?$/;

/** Whether what a variable carries is looked for elsewhere, as `smtp` and `db` are. */
export function isOfServer(bare: string): boolean {
  return SERVERS.test(bare);
}

/** Whether it is a program's own port, whatever the program is: `app`, `http`. */
export function isOwnWord(bare: string): boolean {
  return OWN.test(bare);
}
