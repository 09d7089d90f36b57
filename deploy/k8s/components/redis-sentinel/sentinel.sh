# Starts a Sentinel: two of three decide that the master is gone, after three seconds of silence.
set -eu
umask 077
. /scripts/master.sh
cat >/tmp/sentinel.conf <<END
$(sh /scripts/tls.sh 26379)
dir /tmp
requirepass $REDISCLI_AUTH
sentinel resolve-hostnames yes
sentinel announce-hostnames yes
sentinel announce-ip $me
sentinel monitor switchyard $master 6379 ${QUORUM}
sentinel auth-pass switchyard $REDISCLI_AUTH
sentinel sentinel-pass $REDISCLI_AUTH
sentinel down-after-milliseconds switchyard 3000
sentinel failover-timeout switchyard 30000
END
# A Sentinel cannot be told: it ends and is started anew, one after the other.
sh /renewal/renew.sh sh -c "sleep $((${HOSTNAME##*-} * 20)) && kill $$" &
exec valkey-sentinel /tmp/sentinel.conf
