#!/bin/sh
# nginx, and what takes its log to Kafka, as one process tree: run.sh LOG PORT SYSLOG_PORT BROKERS TOPIC, where LOG is none, kcat
# or rsyslog. All files are made in the working folder. SIGTERM ends nginx first, then the other once it has sent all it has.
set -eu
log=$1 port=$2 syslog_port=$3 brokers=$4 topic=$5
here=$(dirname "$0")
PATH=$PATH:/usr/sbin

case $log in
  none) access_log=off ;;
  kcat) access_log='access.log click buffer=64k flush=100ms' ;;
  rsyslog) access_log="syslog:server=127.0.0.1:$syslog_port,nohostname,tag=redirect click" ;;
esac
fill() {
  sed "s|@ACCESS_LOG@|$access_log|; s|@PORT@|$port|; s|@SYSLOG_PORT@|$syslog_port|
    s|@BROKERS@|$(echo "$brokers" | sed 's/,/", "/g')|; s|@TOPIC@|$topic|" "$here/$1" >"$1"
}

fill nginx.conf
shipper=
if [ "$log" = rsyslog ]; then
  fill rsyslog.conf
  rsyslogd -n -i "$PWD/rsyslog.pid" -f "$PWD/rsyslog.conf" &
  shipper=$!
  until [ -s rsyslog.pid ]; do
    kill -0 "$shipper"
    sleep 0.05
  done
fi

nginx -p "$PWD/" -c nginx.conf &
nginx=$!
stopping=
trap 'stopping=yes; kill -QUIT "$nginx"' TERM
# It writes the file once it has the port.
until [ -s nginx.pid ]; do
  if ! kill -0 "$nginx" 2>/dev/null; then
    [ -z "$shipper" ] || kill "$shipper"
    exit 1
  fi
  sleep 0.05
done

if [ "$log" = kcat ]; then
  tail --pid="$nginx" -n +1 -s 0.1 -F access.log |
    kcat -P -b "$brokers" -t "$topic" -X acks=all -X enable.idempotence=true -X linger.ms=10 \
      -X queue.buffering.max.messages=1000000 &
  shipper=$!
fi
echo listening

status=0
wait "$nginx" || status=$?
[ -n "$stopping" ] || exit "$status"
# The first wait was ended by the signal, this one by nginx.
wait "$nginx" || true
if [ "$log" = rsyslog ]; then
  # What is in the socket's buffer is not in the queue yet.
  sleep 1
  kill "$shipper"
fi
[ -z "$shipper" ] || wait "$shipper"
rm -f access.log
