# Starts a server as the master's replica, or as the master. REDISCLI_AUTH is the password.
set -eu
umask 077
. /scripts/master.sh
cat >/tmp/server.conf <<END
$(sh /scripts/tls.sh 6379)
dir /data
appendonly yes
appendfsync everysec
min-replicas-to-write ${MIN_REPLICAS}
min-replicas-max-lag 2
maxmemory ${MAX_MEMORY}
maxmemory-policy noeviction
replica-announce-ip $me
requirepass $REDISCLI_AUTH
masterauth $REDISCLI_AUTH
END
[ "$master" = "$me" ] || echo "replicaof $master 6379" >>/tmp/server.conf
sh /renewal/renew.sh sh /scripts/reload.sh &
exec valkey-server /tmp/server.conf
